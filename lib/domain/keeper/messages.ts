// What people are told of the log backup task: one message when something begins, one when it is over, none in between but for an
// alarm that rises. What was told is remembered until its end was told. The words are in keeper-words.ts.

import type { AlarmLevel, AlarmName, KeeperAlarm, KeeperTold } from '../state/keeper-record.ts';
import type { Alarm } from './alarms.ts';
import { failuresInARow } from './attempts.ts';
import type { Intent, Situation } from './keeper-acts.ts';
import type { KeeperAct, KeeperMessage } from './keeper-facts.ts';
import { isTrouble, isWell } from './keeper-state.ts';
import {
  alarmOverMessage,
  alarmRaisedMessage,
  epochMessage,
  troubleMessage,
  wellMessage,
} from './keeper-words.ts';

export interface ToldNow {
  readonly messages: readonly KeeperMessage[];
  readonly told: readonly KeeperTold[];
  readonly alarms: readonly KeeperAlarm[];
  readonly isIntroduced: boolean;
}

const minuteMs = 60_000;
/** A TiDB server that restarts is no news, and neither is the lag of one flush. */
const frozenAfterMs = 3 * minuteMs;
const calmAfterMs = 5 * minuteMs;

const rank: Readonly<Record<AlarmLevel, number>> = { ok: 0, warning: 1, critical: 2 };

/** `both`: its end, too. `begin`: the end of the trouble tells it. `no`: the trouble itself, or the run, is told. */
const tells: Readonly<Record<AlarmName, 'both' | 'begin' | 'no'>> = {
  lag: 'both',
  paused: 'begin',
  error: 'no',
  frozen: 'no',
  'gc-passed': 'both',
  fuse: 'begin',
  snapshot: 'both',
  restore: 'no',
  truncation: 'both',
  'restore-time': 'both',
};

export function toldNow(
  situation: Situation,
  act: KeeperAct | undefined,
  intent: Intent,
  levels: readonly Alarm[],
): ToldNow {
  const ofState = stateMessages(situation, act, intent);
  const ofAlarms = alarmMessages(situation, levels, ofState.told);
  const { history, epochs } = situation;
  const isNewEpoch =
    history !== undefined && history.epochs.length > 0 && epochs.length > history.epochs.length;
  return {
    messages: [...ofState.messages, ...(isNewEpoch ? [epochMessage(situation)] : []), ...ofAlarms.messages],
    told: ofAlarms.told,
    alarms: ofAlarms.alarms,
    isIntroduced: ofState.isIntroduced,
  };
}

type StateMessages = Pick<ToldNow, 'messages' | 'told' | 'isIntroduced'>;

function stateMessages(situation: Situation, act: KeeperAct | undefined, intent: Intent): StateMessages {
  const { sight, history, nowMs, sinceMs, settings } = situation;
  const told = history?.told ?? [];
  const isIntroduced = history?.isIntroduced ?? false;
  const { state, cause } = sight;
  const open = told.filter(({ key }) => key.startsWith('state/'));
  const others = told.filter(({ key }) => !key.startsWith('state/'));
  if (!settings.isWanted) return { messages: [], told: others, isIntroduced };
  // A task that never was is no trouble until its start fails.
  const isUnstartable = state === 'none' && failuresInARow(situation.attempts, 'start').length > 0;
  if (isTrouble(state) || isUnstartable) {
    const key = `state/${state}/${cause}`;
    const isTooEarly = state === 'frozen' && nowMs - sinceMs < frozenAfterMs;
    if (isTooEarly || open.some((one) => one.key === key)) return { messages: [], told, isIntroduced };
    const messages = [troubleMessage(situation, act, intent)];
    return { messages, told: [...told, { key, atMs: nowMs }], isIntroduced };
  }
  const isOver = open.length > 0 && (isWell(state) || state === 'none');
  const isFirst = isWell(state) && !isIntroduced;
  const messages = isOver || isFirst ? [wellMessage(situation, open)] : [];
  return { messages, told: isOver ? others : told, isIntroduced: isIntroduced || isWell(state) };
}

function alarmMessages(
  situation: Situation,
  levels: readonly Alarm[],
  told: readonly KeeperTold[],
): Pick<ToldNow, 'messages' | 'told' | 'alarms'> {
  const { history, nowMs, sight } = situation;
  const messages: KeeperMessage[] = [];
  const alarms: KeeperAlarm[] = [];
  let open = [...told];
  for (const alarm of levels) {
    const before = history?.alarms.find(({ name }) => name === alarm.name);
    const next = alarmNow(alarm, before, nowMs);
    const key = `alarm/${alarm.name}`;
    const isRaised = rank[next?.level ?? 'ok'] > rank[before?.level ?? 'ok'];
    const isToldByState = isTrouble(sight.state) && (alarm.name === 'gc-passed' || alarm.name === 'lag');
    if (isRaised && tells[alarm.name] !== 'no' && !isToldByState) {
      messages.push(alarmRaisedMessage(situation, alarm));
      if (!open.some((one) => one.key === key)) open.push({ key, atMs: nowMs });
    }
    const isOver = next === undefined && before !== undefined;
    if (isOver) {
      const wasTold = open.some((one) => one.key === key);
      if (wasTold && tells[alarm.name] === 'both') messages.push(alarmOverMessage(situation, alarm, before));
      open = open.filter((one) => one.key !== key);
    }
    if (next !== undefined) alarms.push(next);
  }
  return { messages, told: open, alarms };
}

/** It rises at once, and falls when it was lower for a while. Undefined: it is ok, and was for a while. */
function alarmNow(
  { name, level, sentence }: Alarm,
  before: KeeperAlarm | undefined,
  nowMs: number,
): KeeperAlarm | undefined {
  const fresh: KeeperAlarm = { name, level, sinceMs: nowMs, calmMs: null, sentence };
  if (before === undefined) return level === 'ok' ? undefined : fresh;
  if (rank[level] > rank[before.level]) return fresh;
  if (level === before.level) return { ...before, calmMs: null, sentence };
  const calmMs = before.calmMs ?? nowMs;
  if (nowMs - calmMs < calmAfterMs) return { ...before, calmMs, sentence };
  return level === 'ok' ? undefined : fresh;
}
