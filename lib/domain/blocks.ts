// Tables that a restore put into the protected cluster past its log: the log does not hold their rows, so that some
// moments cannot be read for them although the rest of the database can. Says which, and for which moments.

import { type Chain, type Reach, sameCluster } from './chain.ts';
import type { CatalogFacts } from './facts.ts';
import { clipFrom, subtract, type TsInterval } from './intervals.ts';
import { describeTs } from './ts.ts';

export interface TableBlock {
  /** The object in the bucket that says it. */
  readonly object: string;
  readonly code: 'RESTORED_PAST_LOG' | 'INGESTED_PAST_LOG' | 'INGESTION_UNFINISHED';
  readonly reason: string;
  /** Table ids (physical ids included) and database ids that cannot be read. */
  readonly tableIds: readonly bigint[];
  readonly dbIds: readonly bigint[];
  /** The log's cluster; 0n = unknown, then it counts for every cluster. */
  readonly clusterId: bigint;
  /** Moments before it are not concerned. */
  readonly fromTs: bigint;
  /** A base with this BackupTS or a later one holds the rows itself; undefined: no base is known to. */
  readonly healedByBaseTs: bigint | undefined;
}

/** A block and the moments at which no base gets around it. */
export interface PartialHole extends TsInterval {
  readonly block: TableBlock;
}

/**
 * Every block that the logs name:
 * - a blocklist object: iff BackupTS < restore_commit_ts and moment ≥ restore_start_ts (FACTS §3.14). The rule is kept
 *   for a moment read from the snapshot alone too: a snapshot taken in the middle of a restore holds half a table;
 * - a finished ext backup: iff BackupTS < as_if_ts ≤ moment (br would ingest the SSTs again, we do not, FACTS §3.13);
 * - an unfinished one: for every moment from as_if_ts (or from any time, when not decided) that needs the log at all.
 */
export function findBlocks(facts: CatalogFacts): readonly TableBlock[] {
  return facts.logs.flatMap(({ clusterId, blocklists, extBackups }) => [
    ...blocklists.map((list): TableBlock => {
      const { object, tableIds, dbIds, restoreStartTs, restoreCommitTs } = list;
      const reason =
        `a restore between ${describeTs(restoreStartTs)} and ${describeTs(restoreCommitTs)} wrote these tables ` +
        'past the log; only a snapshot taken after it holds them';
      return {
        object,
        code: 'RESTORED_PAST_LOG',
        reason,
        tableIds,
        dbIds,
        clusterId,
        fromTs: restoreStartTs,
        healedByBaseTs: restoreCommitTs,
      };
    }),
    ...extBackups.map((ext): TableBlock => {
      const { object, tableIds, asIfTs, finished } = ext;
      const reason = finished
        ? `a restore ingested these tables at ${describeTs(asIfTs)} past the log; only a snapshot taken after it holds them`
        : 'a restore began to ingest these tables past the log and did not say that it finished; the log alone cannot tell their rows';
      return {
        object,
        code: finished ? 'INGESTED_PAST_LOG' : 'INGESTION_UNFINISHED',
        reason,
        tableIds,
        dbIds: [],
        clusterId,
        fromTs: asIfTs,
        healedByBaseTs: finished ? asIfTs : undefined,
      };
    }),
  ]);
}

type Base = Pick<Chain, 'endTs' | 'clusterId'>;

/** Whether the block concerns this base at this moment. */
export function blocks(block: TableBlock, base: Base, moment: bigint): boolean {
  if (!sameCluster(block.clusterId, base.clusterId) || moment < block.fromTs) return false;
  return block.healedByBaseTs === undefined ? base.endTs < moment : base.endTs < block.healedByBaseTs;
}

/** Whether a table (by any of its ids, partitions included) is concerned by one of the blocks. */
export function isBlockedTable(
  active: readonly TableBlock[],
  table: { readonly dbId: bigint; readonly ids: readonly bigint[] },
): TableBlock | undefined {
  return active.find(
    (one) => one.dbIds.includes(table.dbId) || one.tableIds.some((id) => table.ids.includes(id)),
  );
}

/** The moments at which a block stands even with the best base. Sorted by block, then by time. */
export function findPartialHoles(
  reaches: readonly Reach[],
  tableBlocks: readonly TableBlock[],
): readonly PartialHole[] {
  return tableBlocks.flatMap((block) => {
    const own = reaches.filter((reach) => sameCluster(reach.clusterId, block.clusterId));
    const { healedByBaseTs } = block;
    const healed =
      healedByBaseTs === undefined
        ? own.map(({ from }) => ({ from, to: from }))
        : own.filter((reach) => reach.chain.endTs >= healedByBaseTs);
    return clipFrom(subtract(own, healed), block.fromTs).map(({ from, to }) => ({ from, to, block }));
  });
}
