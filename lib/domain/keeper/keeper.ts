// The keeper of the log backup task: from one look, what it remembers, the settings and the time to what is remembered next, what is
// done now and what people are told. Pure: the same question has the same answer, and nothing happens here.

import type { KeeperAttempt, KeeperRecord, LogHour } from '../state/keeper-record.ts';
import { alarmsOf } from './alarms.ts';
import { judgedAttempts } from './attempts.ts';
import { epochsAt } from './epochs.ts';
import { forecastRestore } from './forecast.ts';
import { actOf, intentOf, type Situation } from './keeper-acts.ts';
import type { KeeperAct, KeeperDecision, KeeperFacts, KeeperSettings } from './keeper-facts.ts';
import { type KeeperSight, sightOf } from './keeper-sight.ts';
import { toldNow } from './messages.ts';

const logHoursKept = 48;

/** `history`: the record of the last look; undefined at the first. `nowMs`: when PD was asked, by our clock. */
export function keep(
  facts: KeeperFacts,
  history: KeeperRecord | undefined,
  settings: KeeperSettings,
  nowMs: number,
): KeeperDecision {
  const sight = sightOf(facts, history, settings, nowMs);
  const sinceMs = history?.state === sight.state ? history.sinceMs : nowMs;
  const attempts = judgedAttempts(facts, history, sight, nowMs);
  const epochs = epochsAt(facts, history, nowMs);
  const logHours = withHour(history?.logHours ?? [], facts.measured);
  const forecast = forecastRestore({
    momentMs: facts.serverMs,
    snapshots: facts.snapshots,
    restores: facts.restores,
    logHours,
    logStartTs: epochs.at(-1)?.startTs ?? 0n,
    stores: facts.stores,
    rtoMs: settings.rtoMs,
  });
  const situation: Situation = {
    facts,
    sight,
    sinceMs,
    history,
    attempts,
    epochs,
    forecast,
    settings,
    nowMs,
  };
  const intent = intentOf(situation);
  const act = actOf(situation, intent);
  const troubleMs = history?.told.find(({ key }) => key.startsWith('state/'))?.atMs;
  const alarms = alarmsOf({ facts, sight, sinceMs, troubleMs, settings, forecast, nowMs });
  const told = toldNow(situation, act, intent, alarms);
  const record: KeeperRecord = {
    shape: 'keeper/v1',
    state: sight.state,
    cluster: settings.cluster,
    sinceMs,
    decidedMs: nowMs,
    cause: sight.cause,
    reason: sight.reason,
    pausedBy: sight.pausedBy,
    progress: sight.progress,
    waitsForTs: sight.waitsForTs,
    aliveMs: sight.aliveMs,
    isIntroduced: told.isIntroduced,
    attempts: act?.kind === 'change' ? [...attempts, attemptOf(act, sight, nowMs)] : attempts,
    epochs,
    told: told.told,
    alarms: told.alarms,
    logHours,
    next: act === undefined ? (intent.next ?? null) : null,
    adopted: facts.adopted,
  };
  return { record, act, waiting: act === undefined ? intent.waiting : '', messages: told.messages };
}

function attemptOf(
  { id, action, path, why }: Extract<KeeperAct, { readonly kind: 'change' }>,
  { progress }: KeeperSight,
  nowMs: number,
): KeeperAttempt {
  const fromTs = action === 'start' ? 0n : (progress?.checkpointTs ?? 0n);
  return { id, action, path, atMs: nowMs, fromTs, outcome: 'open', endedMs: null, why };
}

function withHour(before: readonly LogHour[], measured: LogHour | undefined): readonly LogHour[] {
  if (measured === undefined || before.some(({ hourMs }) => hourMs === measured.hourMs)) return before;
  return [...before, measured].sort((a, b) => a.hourMs - b.hourMs).slice(-logHoursKept);
}
