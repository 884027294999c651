// The logs of a bucket: the one that goes on is cut in front where no base that stays needs it; one of an old epoch goes whole, or
// stays whole. Decides from facts; cuts nothing.

import { findReaches, sameCluster, snapshotLabel } from '../chain.ts';
import type { CatalogFacts, LogFacts } from '../facts.ts';
import { subtract, type TsInterval } from '../intervals.ts';
import { planTruncation } from '../truncation/truncation-plan.ts';
import { formatTs, maxTs, minTs, msOfTs } from '../ts.ts';
import type { Hold } from './holds.ts';
import { sizeOf } from './judge-snapshots.ts';
import type { NeededBase } from './needed-bases.ts';
import type { Kept, RetentionStep } from './retention-plan.ts';
import { folderName, type RetentionSettings, type RetentionState } from './retention-state.ts';

export interface LogQuestion {
  readonly state: RetentionState;
  readonly settings: RetentionSettings;
  readonly window: TsInterval;
  readonly needed: readonly NeededBase[];
  readonly holds: readonly Hold[];
  /** Verified snapshots alone, without those that go. */
  readonly left: CatalogFacts;
}

export interface LogVerdicts {
  readonly steps: readonly RetentionStep[];
  readonly kept: readonly Kept[];
}

export function judgeLogs(question: LogQuestion): LogVerdicts {
  const current = folderName(question.state.currentLog);
  const goingOn = question.left.logs.find(({ path }) => folderName(path) === current);
  const steps: RetentionStep[] = [];
  const kept: Kept[] = [];
  let rest = question.left.logs;
  for (const log of oldestFirst(question.left.logs)) {
    if (log === goingOn) continue;
    const stays = staysBecause(question, log, goingOn, rest);
    const size = sizeOf(question.state.contents.get(folderName(log.path)));
    const name = folderName(log.path);
    if (stays !== undefined) {
      kept.push({ of: 'log', name, reasons: [{ code: 'BASE_NEEDS_LOG', sentence: stays }], ...size });
      continue;
    }
    rest = rest.filter((one) => one !== log);
    const rule = `it is of an old epoch, which ended at ${formatTs(endOf(log) ?? 0n)} before the window, and no base that stays needs it`;
    steps.push({ kind: 'delete-log', path: name, endTs: endOf(log) ?? 0n, reasons: [rule], ...size });
  }
  if (goingOn === undefined) return { steps, kept };
  const cut = cutOf(question, goingOn);
  return {
    steps: cut.step === undefined ? steps : [...steps, cut.step],
    kept: [...kept, cut.kept],
  };
}

function oldestFirst(logs: readonly LogFacts[]): readonly LogFacts[] {
  return [...logs].sort((a, b) => (a.startTs < b.startTs ? -1 : 1));
}

/** Up to where it restores; where it was emptied, up to where that was. Undefined: it has just begun. */
function endOf({ maxTs: end, safepointTs }: LogFacts): bigint | undefined {
  if (end === undefined || safepointTs === undefined) return end ?? safepointTs;
  return maxTs(end, safepointTs);
}

function staysBecause(
  question: LogQuestion,
  log: LogFacts,
  goingOn: LogFacts | undefined,
  rest: readonly LogFacts[],
): string | undefined {
  const { window, needed, holds, state } = question;
  const name = folderName(log.path);
  // Of one that is being deleted the checkpoints may have gone already.
  const end = endOf(log) ?? (state.begun.has(name) ? log.startTs : undefined);
  if (name === '') return 'the root of the storage is the log, and a root is never deleted';
  if (goingOn === undefined) return 'no log goes on: nobody knows that this one is over';
  if (end === undefined) return 'it has no checkpoint yet';
  if (log.startTs >= goingOn.startTs) return `it is not older than the log ${goingOn.path}, which goes on`;
  if (maxTs(end, log.lastFlushTs ?? 0n) >= window.from) {
    return `it reaches into the window, which begins at ${formatTs(window.from)}`;
  }
  const lock = log.locks[0];
  if (lock !== undefined) return `${lock.object} is there: ${lock.description}`;
  const hold = holds.find(({ moments }) => moments !== undefined && isReadAt(log, end, moments));
  if (hold !== undefined) return hold.sentence;
  const base = needed.find((one) => one.withLog && addsTo(one, log, rest));
  return base === undefined
    ? undefined
    : `${snapshotLabel(base.chain.name)} stays and leads on with it to ${formatTs(end)}`;
}

/** A pinned moment that lies in it, whether or not a base leads there now. */
function isReadAt({ minTs: begin }: LogFacts, end: bigint, { from, to }: TsInterval): boolean {
  return begin <= to && from <= end;
}

/** Whether the base reaches moments with this log that it reaches with none of the others. */
function addsTo({ chain }: NeededBase, log: LogFacts, rest: readonly LogFacts[]): boolean {
  const others = rest.filter((one) => one !== log);
  return subtract(findReaches([chain], [log]), findReaches([chain], others)).length > 0;
}

interface Cut {
  readonly step: RetentionStep | undefined;
  readonly kept: Kept;
}

function cutOf({ state, settings, window, needed, left }: LogQuestion, log: LogFacts): Cut {
  const path = folderName(log.path);
  const size = sizeOf(state.contents.get(path));
  const keep = (sentence: string): Kept => ({
    of: 'log',
    name: path,
    reasons: [{ code: 'LOG_GOES_ON', sentence }],
    ...size,
  });
  const lowest = lowestNeed(needed, log);
  if (lowest === undefined) return { step: undefined, kept: keep('no base that stays goes on with it') };
  const { windowMs, minBases } = settings;
  // The window's start of this plan, which may lie before that of the clock.
  const nowMs = msOfTs(window.from) + windowMs;
  const allowed = planTruncation({
    facts: left,
    logPath: path,
    retention: { windowMs, minBases },
    nowMs,
  });
  if (allowed.kind === 'refused') return { step: undefined, kept: keep(allowed.refusal.message) };
  const untilTs = minTs(allowed.untilTs, lowest.chain.endTs);
  const sentence = `${snapshotLabel(lowest.chain.name)} stays and goes on with it from ${formatTs(lowest.chain.endTs)}: ${lowest.sentence}`;
  if (allowed.kind === 'nothing' || untilTs <= log.minTs) return { step: undefined, kept: keep(sentence) };
  const rule = `no base that stays needs the log before ${formatTs(untilTs)}`;
  return {
    step: {
      kind: 'cut-log',
      path,
      untilTs,
      base: lowest.chain.name,
      reasons: [rule, sentence, ...allowed.reasons],
      objects: undefined,
      bytes: undefined,
    },
    kept: keep(sentence),
  };
}

/** The oldest base that stays with its log and goes on with this one. */
export function lowestNeed(needed: readonly NeededBase[], log: LogFacts): NeededBase | undefined {
  return needed
    .filter(
      ({ chain, withLog }) =>
        withLog && sameCluster(chain.clusterId, log.clusterId) && log.minTs <= chain.endTs,
    )
    .reduce<NeededBase | undefined>(
      (lowest, one) => (lowest === undefined || one.chain.endTs < lowest.chain.endTs ? one : lowest),
      undefined,
    );
}
