// Where the promised window begins, and when nothing may be deleted at all. A clock that is wrong, a log that stands still and a
// bucket that cannot be read whole never make the window smaller.

import { findChains } from '../chain.ts';
import type { ErrorCode } from '../errors.ts';
import type { CatalogFacts } from '../facts.ts';
import type { TsInterval } from '../intervals.ts';
import type { Failure } from '../state/run-identity.ts';
import { describeTs, formatTs, MAX_TS, maxTs, minTs, msOfTs, tsFromMs } from '../ts.ts';
import { reachesOf } from './invariant.ts';
import { folderName, type RetentionSettings, type RetentionState } from './retention-state.ts';
import { verifiedFacts } from './verified.ts';

/** Clocks of PD and of ours may differ by so much. */
export const clockSlackMs = 5 * 60_000;

/**
 * All moments from the window's start on. The window ends now, or at the newest restorable moment where that is older: so neither a
 * log that stands still nor a clock that runs ahead moves it past what there is. `facts`: verified snapshots alone.
 */
export function promisedWindow(
  facts: CatalogFacts,
  settings: Pick<RetentionSettings, 'windowMs'>,
  nowMs: number,
): TsInterval {
  const now = tsFromMs(Math.max(0, nowMs));
  const latest = reachesOf(facts).reduce((newest, { to }) => maxTs(newest, to), 0n);
  const endMs = msOfTs(minTs(now, latest));
  return { from: tsFromMs(Math.max(0, endMs - settings.windowMs)), to: MAX_TS };
}

/** Why nothing may be deleted; empty when a plan can be made. */
export function refusalsOf(
  state: RetentionState,
  settings: RetentionSettings,
  nowMs: number,
): readonly Failure[] {
  return [
    ...policyRefusal(settings),
    ...unreadable(state),
    ...mixedClusters(state.facts),
    ...clockRefusal(state.facts, nowMs),
    ...lastBase(state),
  ];
}

function policyRefusal({ windowMs, minBases, keepUnfinishedMs }: RetentionSettings): readonly Failure[] {
  const isWindow = Number.isFinite(windowMs) && windowMs > 0;
  const isCount = Number.isFinite(minBases) && minBases >= 1;
  const isAge = Number.isFinite(keepUnfinishedMs) && keepUnfinishedMs >= 0;
  if (isWindow && isCount && isAge) return [];
  return refused(
    'EMPTY_POLICY',
    `the retention says window ${windowMs} ms, minBases ${minBases} and keepUnfinished ${keepUnfinishedMs} ms, expected a window, one base at least and an age`,
    'write policy.retention: without a policy nothing is deleted',
  );
}

/**
 * How far a log that cannot be read reaches nobody knows: what needs it cannot be told from what does not. One that is being deleted
 * lacks what has gone already.
 */
function unreadable({ facts, begun }: RetentionState): readonly Failure[] {
  return facts.logs.flatMap(({ path, problem }) =>
    problem === undefined || begun.has(folderName(path))
      ? []
      : refused(
          'METADATA_UNREADABLE',
          `the log ${path} cannot be read: ${problem.problem}`,
          `restore ${problem.object} from a copy of the bucket, or move a log that nobody needs out of it; nothing is deleted before`,
        ),
  );
}

function mixedClusters({ snapshots, logs }: CatalogFacts): readonly Failure[] {
  const clusters = new Set([...snapshots, ...logs].map(({ clusterId }) => clusterId));
  clusters.delete(0n);
  if (clusters.size <= 1) return [];
  return refused(
    'CLUSTER_MISMATCH',
    `the bucket holds backups of ${clusters.size} clusters (${[...clusters].sort().join(', ')}), expected one`,
    'give each cluster a prefix of its own, and move what belongs to the other one',
  );
}

function clockRefusal({ snapshots, logs }: CatalogFacts, nowMs: number): readonly Failure[] {
  const newest = [...snapshots.map(({ backupTs }) => backupTs), ...logs.map((log) => log.maxTs ?? 0n)].reduce(
    maxTs,
    0n,
  );
  if (msOfTs(newest) <= nowMs + clockSlackMs) return [];
  return refused(
    'CLOCK_BEHIND',
    `it is ${formatTs(tsFromMs(Math.max(0, nowMs)))} by our clock, and the newest backup is of ${describeTs(newest)}`,
    'set the clock of this machine, or of PD: one of them is wrong, and nothing is deleted by a wrong clock',
  );
}

function lastBase({ facts }: RetentionState): readonly Failure[] {
  const { chains } = findChains(verifiedFacts(facts));
  if (chains.length > 0) return [];
  return refused(
    'LAST_BASE',
    'there is no verified snapshot: whatever is deleted may be the last that somebody can restore from',
    'take a snapshot, or look why none is complete with pitr snapshots',
  );
}

function refused(code: ErrorCode, message: string, hint: string): readonly Failure[] {
  return [{ code, message, hint }];
}
