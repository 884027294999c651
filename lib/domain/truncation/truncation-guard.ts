// Whether a log may be cut at a moment that a person names: no snapshot that stays may need what goes. Decides from the
// bucket's facts alone; what a policy keeps is truncation-plan.ts.

import { findChains, sameCluster, snapshotLabel } from '../chain.ts';
import type { CatalogFacts, LogFacts } from '../facts.ts';
import type { Failure } from '../state/run-identity.ts';
import { describeTs } from '../ts.ts';

/**
 * The refusal, or undefined. A snapshot needs the log from its BackupTS on, and a cut at the BackupTS itself takes nothing of
 * that (FACTS §5.3); br does not check it. Snapshots that the log does not continue any more need nothing of it.
 */
export function refusalOfCut(facts: CatalogFacts, log: LogFacts, untilTs: bigint): Failure | undefined {
  const served = findChains(facts).chains.filter(
    ({ clusterId, endTs }) => sameCluster(clusterId, log.clusterId) && log.minTs <= endTs,
  );
  const unreadable = facts.snapshots.filter(
    ({ state, clusterId, backupTs }) =>
      state.kind === 'unreadable' && sameCluster(clusterId, log.clusterId) && log.minTs <= backupTs,
  );
  const needs = [
    ...served.map(({ name, endTs }) => ({ name, ts: endTs })),
    // Without its key nobody knows whether it is sound; it is kept, so what it needs is.
    ...unreadable.map(({ name, backupTs }) => ({ name, ts: backupTs })),
  ];
  if (needs.length === 0) {
    return {
      code: 'BASE_MISSING',
      message:
        'no complete snapshot is continued by this log: whatever is cut, nothing could be restored with it',
      hint: 'take a snapshot first; --unsafe-ignore-snapshots cuts all the same',
    };
  }
  const oldest = needs.reduce((a, b) => (b.ts < a.ts ? b : a));
  if (untilTs <= oldest.ts) return undefined;
  return {
    code: 'LOG_NEEDED',
    message: `${snapshotLabel(oldest.name)} needs the log from ${describeTs(oldest.ts)} on, and the cut is at ${describeTs(untilTs)}`,
    hint: `cut at ${oldest.ts} or before, or delete that snapshot first; --unsafe-ignore-snapshots cuts all the same, and ${snapshotLabel(oldest.name)} then holds its own BackupTS alone`,
  };
}
