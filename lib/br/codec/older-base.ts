// Which tables of a moment cannot be read from a given base and the log after it, because a DDL brought their rows
// back without writing them: RECOVER, FLASHBACK TABLE and DATABASE, partitions that were already being filled.
// It must not guess: what is not proven to be new is named, with `unsure` when it is not proven to be old either.
import { action, type SchemaDiff } from './ddl-job.ts';
import { versionAt } from './key-versions.ts';
import type { JsonObject, JsonValue } from './lossless-json.ts';
import type { SchemaAt, TableAt } from './schema-history.ts';
import type { SchemaVersions, TableHistory } from './schema-versions.ts';
import { physicalIds, statePublic, type TableInfo } from './table-info.ts';

export interface OlderBaseNeed {
  readonly dbId: bigint;
  readonly tableId: bigint;
  readonly database: string;
  readonly table: string;
  /** The id whose rows are not in the base, and its partition's name. */
  readonly physicalId: bigint;
  readonly partition: string | undefined;
  /** Commit that made the rows visible (again); undefined when the baseline mentions the id already. */
  readonly commitTs: bigint | undefined;
  readonly reason: string;
  /** Not proven: the id may have been given out after the base after all. */
  readonly unsure: boolean;
}

/** Above this are TiDB's own tables with fixed ids (CODEC §1.1), which tell nothing about the global counter. */
const largestUserId = 0x0000ffffffffffffn - 1000n;
const deleteOnly = 1;

/** DDLs whose new document is a new, empty table: all of its ids are new. */
const makesTables: ReadonlySet<number> = new Set([
  action.createTable,
  action.truncateTable,
  action.createView,
  action.createSequence,
  action.createTables,
]);
/** DDLs that add new partition ids to a table that was there: ids the earlier document lacks are new. */
const makesPartitions: ReadonlySet<number> = new Set([
  action.addPartition,
  action.truncatePartition,
  action.reorganizePartition,
  action.alterPartitioning,
  action.removePartitioning,
]);
const bringsBack: ReadonlySet<number> = new Set([action.recoverTable, action.flashbackDatabase]);
/** DDLs that copy rows into ids before these become visible. */
const copiesRows: ReadonlySet<number> = new Set([
  action.reorganizePartition,
  action.alterPartitioning,
  action.removePartitioning,
]);

function listedIds(value: JsonValue | undefined): readonly bigint[] {
  if (typeof value === 'bigint') return value === 0n ? [] : [value];
  return Array.isArray(value) ? value.filter((one): one is bigint => typeof one === 'bigint') : [];
}

/** Ids that a document is going to give rows to: of partitions being added, and of a table being made anew. */
function comingIds(table: TableInfo): readonly bigint[] {
  const { partition } = table;
  if (partition === undefined) return [];
  const raw = (table.raw as JsonObject)['partition'] as JsonObject;
  const adding = partition.addingDefinitions.map((one) => one.id);
  return [...adding, ...listedIds(raw['new_partition_ids']), ...listedIds(raw['new_table_id'])];
}

function mentionedIds(table: TableInfo): readonly bigint[] {
  const partitions = table.partition?.definitions.map((one) => one.id) ?? [];
  const leaving = table.partition?.droppingDefinitions.map((one) => one.id) ?? [];
  return [table.id, ...partitions, ...leaving, ...comingIds(table)];
}

interface IdsAtBase {
  /** Ids whose rows a snapshot at the base holds. */
  readonly withRows: ReadonlySet<bigint>;
  /** Ids that a DDL under way was copying rows into, so that some are older than the base. */
  readonly halfFilled: ReadonlySet<bigint>;
  /** Every id of the global counter known to have been given out by then is at most this. */
  readonly largestKnown: bigint;
}

function idsAtBase(versions: SchemaVersions, baseTs: bigint): IdsAtBase {
  const withRows = new Set<bigint>();
  const halfFilled = new Set<bigint>();
  let largestKnown = 0n;
  const given = (id: bigint): void => {
    if (id > largestKnown && id <= largestUserId) largestKnown = id;
  };
  for (const { dbId, versions: history } of versions.tables) {
    const version = versionAt(history, baseTs);
    const table = version?.document();
    if (version === undefined || table === undefined) continue;
    given(dbId);
    for (const id of mentionedIds(table)) given(id);
    if (version.fromBaseline || table.state === statePublic)
      for (const id of physicalIds(table)) withRows.add(id);
    const filling =
      copiesRows.has(table.partition?.ddlAction ?? 0) && (table.partition?.ddlState ?? 0) > deleteOnly;
    if (filling) for (const id of comingIds(table)) halfFilled.add(id);
  }
  for (const [id, history] of versions.databases) if (versionAt(history, baseTs) !== undefined) given(id);
  for (const job of versions.jobs) if (job.commitTs <= baseTs) given(job.id);
  given(versionAt(versions.globalIds, baseTs)?.document() ?? 0n);
  return { withRows, halfFilled, largestKnown };
}

interface Mention {
  readonly commitTs: bigint;
  /** Whether an earlier document of the same key was there, in which the id was not. */
  readonly joined: boolean;
  readonly tableId: bigint;
}

/** For each of the ids, the first document after the base in which it occurs. */
function firstMentions(
  tables: readonly TableHistory[],
  ids: ReadonlySet<bigint>,
  from: bigint,
  to: bigint,
): ReadonlyMap<bigint, Mention> {
  const mentions = new Map<bigint, Mention>();
  for (const { tableId, versions } of tables) {
    let before = versionAt(versions, from)?.document();
    for (const version of versions) {
      if (version.commitTs <= from || version.commitTs > to) continue;
      const table = version.document();
      for (const id of table === undefined ? [] : mentionedIds(table)) {
        const known = mentions.get(id);
        if (!ids.has(id) || (known !== undefined && known.commitTs <= version.commitTs)) continue;
        mentions.set(id, { commitTs: version.commitTs, joined: before !== undefined, tableId });
      }
      before = table;
    }
  }
  return mentions;
}

type Verdict =
  | { readonly needed: false }
  | { readonly needed: true; readonly reason: string; readonly unsure: boolean };

const isNew: Verdict = { needed: false };

function byDiff(mention: Mention, diff: SchemaDiff | undefined): Verdict | undefined {
  if (diff === undefined) return undefined;
  if (bringsBack.has(diff.type)) {
    const what = diff.type === action.recoverTable ? 'RECOVER or FLASHBACK TABLE' : 'FLASHBACK DATABASE';
    return {
      needed: true,
      reason: `${what} brought back rows that were dropped before the base`,
      unsure: false,
    };
  }
  if (!mention.joined && makesTables.has(diff.type)) return isNew;
  return mention.joined && makesPartitions.has(diff.type) ? isNew : undefined;
}

/**
 * Ids come from one counter that only grows (CODEC §1.1): what was given out by the base may have rows of before it,
 * the rest is new. A DDL takes its ids a moment before it makes the documents, so without its diff this proves nothing.
 */
function byCounter(id: bigint, base: IdsAtBase, firstAfter: bigint | undefined, explained: boolean): Verdict {
  if (id <= base.largestKnown) {
    const reason = 'its id was given out before the base, which has no rows of it';
    return { needed: true, reason, unsure: !explained };
  }
  if (firstAfter !== undefined && id > firstAfter) return isNew;
  return { needed: true, reason: 'nothing in the log tells that it was made after the base', unsure: true };
}

function verdictOf(id: bigint, mention: Mention | undefined, evidence: Evidence): Verdict {
  const { base, diffs, firstAfter } = evidence;
  if (base.halfFilled.has(id)) {
    return {
      needed: true,
      reason: 'a reorganization was filling it while the base was taken',
      unsure: false,
    };
  }
  const diff = mention && diffs.get(mention.commitTs);
  return (mention && byDiff(mention, diff)) ?? byCounter(id, base, firstAfter, diff !== undefined);
}

interface Evidence {
  readonly base: IdsAtBase;
  readonly diffs: ReadonlyMap<bigint, SchemaDiff>;
  /** The counter's first known value after the base: ids above it were given out after the base. */
  readonly firstAfter: bigint | undefined;
}

/** See SchemaHistory.needsOlderBase: for each table of `schema` the ids whose rows the base cannot give. */
export function olderBaseNeeds(
  versions: SchemaVersions,
  schema: SchemaAt,
  baseTs: bigint,
): readonly OlderBaseNeed[] {
  const base = idsAtBase(versions, baseTs);
  const missing = schema.tables.flatMap((table) =>
    physicalIds(table.table)
      .filter((id) => !base.withRows.has(id))
      .map((id) => ({ table, id })),
  );
  if (missing.length === 0) return [];
  const mentions = firstMentions(versions.tables, new Set(missing.map((one) => one.id)), baseTs, schema.ts);
  const evidence: Evidence = {
    base,
    diffs: new Map(versions.diffs.map((one) => [one.commitTs, one])),
    firstAfter: versions.globalIds.find((one) => one.commitTs > baseTs)?.document(),
  };
  return missing.flatMap(({ table, id }) => {
    const mention = mentions.get(id);
    const verdict = verdictOf(id, mention, evidence);
    return verdict.needed ? [need(table, id, mention, verdict)] : [];
  });
}

function need(
  at: TableAt,
  id: bigint,
  mention: Mention | undefined,
  verdict: { reason: string; unsure: boolean },
): OlderBaseNeed {
  return {
    dbId: at.db.id,
    tableId: at.table.id,
    database: at.db.name,
    table: at.table.name,
    physicalId: id,
    partition: at.table.partition?.definitions.find((one) => one.id === id)?.name,
    commitTs: mention?.commitTs,
    reason: verdict.reason,
    unsure: verdict.unsure,
  };
}
