// The epochs of the log as the folders of a bucket tell them, for a keeper that lost its memory: each folder of a log is one, from where its
// task began up to its newest checkpoint. What the keeper still knows of an epoch stays as it is. Decides; writes nothing.

import type { LogFacts } from '../facts.ts';
import type { KeeperEpoch, KeeperRecord } from '../state/keeper-record.ts';
import { formatTs, maxTs, msOfTs } from '../ts.ts';
import { isLogFolder } from './epochs.ts';

/** A log of ours: below the folder of the epochs, or, of a task that was adopted, right below the prefix. */
export function isLogOfOurs(epochsIn: string, path: string): boolean {
  return isLogFolder(epochsIn, path) || (path !== '' && !path.includes('/'));
}

export interface RebuiltEpochs {
  /** Oldest first; the last is the one that is written to. */
  readonly epochs: readonly KeeperEpoch[];
  /** Those that were not known, a sentence each. */
  readonly added: readonly string[];
}

/**
 * `known`: what the keeper remembers; its last one stays the last, because a look at PD knows better where the task writes than a bucket.
 * A log that cannot be read, or of which nothing tells when it began, is no epoch: the next look that needs it says why.
 */
export function rebuiltEpochs(
  logs: readonly LogFacts[],
  known: readonly KeeperEpoch[],
  epochsIn: string,
): RebuiltEpochs {
  const paths = new Set(known.map(({ path }) => path));
  const found = logs
    .filter(({ path }) => isLogOfOurs(epochsIn, path) && !paths.has(path))
    .filter(({ problem, startTs }) => problem === undefined && startTs > 0n);
  const goesOn = known.at(-1);
  const before = [...known.slice(0, -1), ...found.map(epochOf)].sort(byStart);
  const all = goesOn === undefined ? before : [...before, goesOn];
  const epochs = all.map((epoch, index) => endedBy(epoch, all[index + 1]));
  return {
    epochs,
    added: found.map(
      ({ path, startTs, maxTs: endTs }) =>
        `${path} is an epoch from ${formatTs(startTs)} to ${endTs === undefined ? 'no checkpoint yet' : formatTs(endTs)}`,
    ),
  };
}

function epochOf({ path, startTs, maxTs: newest }: LogFacts): KeeperEpoch {
  const endTs = maxTs(startTs, newest ?? startTs);
  return { path, startTs, sinceMs: msOfTs(startTs), endTs, endedMs: null, why: '' };
}

function byStart(one: KeeperEpoch, other: KeeperEpoch): number {
  return one.startTs < other.startTs ? -1 : one.startTs > other.startTs ? 1 : 0;
}

/** The last one goes on, as far as anybody knows: nothing ended it. */
function endedBy(epoch: KeeperEpoch, next: KeeperEpoch | undefined): KeeperEpoch {
  if (next === undefined) return { ...epoch, endTs: null, endedMs: null, why: '' };
  if (epoch.endedMs !== null) return epoch;
  const why = `a later log begins in ${next.path}, as the bucket tells`;
  return { ...epoch, endTs: epoch.endTs ?? epoch.startTs, endedMs: next.sinceMs, why };
}

/** The memory of a keeper of which nothing but the epochs is left: it never saw the task run, so it starts none unasked. */
export function forgetfulKeeper(
  cluster: string,
  epochs: readonly KeeperEpoch[],
  nowMs: number,
): KeeperRecord {
  return {
    ...{ shape: 'keeper/v1', state: 'stopped', cluster, sinceMs: nowMs, decidedMs: nowMs, cause: 'none' },
    reason: 'its memory was made again from the bucket',
    ...{ pausedBy: 'nobody', progress: null, waitsForTs: null, aliveMs: null, isIntroduced: false },
    ...{ attempts: [], epochs, told: [], alarms: [], logHours: [], next: null, adopted: null },
  };
}
