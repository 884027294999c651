// The partitions of a table document: their definitions, and which of their ids hold rows while a DDL is under way.
// It must not print them (show-create-partition.ts does).
import type { JsonNode } from './json-node.ts';

export interface PartitionDefinition {
  /** The physical id: rows of the partition are under it. */
  readonly id: bigint;
  readonly name: string;
  /** RANGE: SQL text, e.g. `'2026-06-01'` or `MAXVALUE`. */
  readonly lessThan: readonly string[];
  /** LIST: SQL text, a tuple per value. */
  readonly inValues: readonly (readonly string[])[];
  readonly comment: string;
}

/** CODEC §7.3. */
export interface PartitionInfo {
  /** 0 none (in the middle of a DDL), 1 RANGE, 2 HASH, 3 LIST, 4 KEY, 5 SYSTEM_TIME. */
  readonly type: number;
  readonly expr: string;
  readonly columns: readonly string[];
  /** false: to be treated as not partitioned. */
  readonly enable: boolean;
  readonly num: bigint;
  readonly definitions: readonly PartitionDefinition[];
  readonly addingDefinitions: readonly PartitionDefinition[];
  readonly droppingDefinitions: readonly PartitionDefinition[];
  /** ActionType of the DDL under way, 0 = none. */
  readonly ddlAction: number;
  /** SchemaState of the DDL under way. */
  readonly ddlState: number;
}

const actionDropPartition = 20;
const typeNone = 0;

function definition(node: JsonNode): PartitionDefinition {
  const tuple = (one: JsonNode): readonly string[] => one.items().map((value) => value.text());
  return {
    id: node.field('id').integer(),
    name: node.field('name').field('O').text(),
    lessThan: tuple(node.field('less_than')),
    inValues: node.field('in_values').items().map(tuple),
    comment: node.field('comment').text(''),
  };
}

/** The `partition` member of a table document. */
export function partitionInfo(node: JsonNode, tableId: bigint): PartitionInfo {
  const type = node.field('type').small();
  const definitions = node.field('definitions').items().map(definition);
  return {
    type,
    expr: node.field('expr').text(''),
    columns: node
      .field('columns')
      .items()
      .map((one) => one.field('O').text()),
    enable: node.field('enable').flag(false),
    num: node.field('num').integer(0n),
    // ALTER TABLE … PARTITION BY of a plain table begins with one definition that stands for the table itself.
    definitions:
      type === typeNone
        ? definitions.map((one) => (one.id === 0n ? { ...one, id: tableId } : one))
        : definitions,
    addingDefinitions: node.field('adding_definitions').items().map(definition),
    droppingDefinitions: node.field('dropping_definitions').items().map(definition),
    ddlAction: node.field('ddl_action').small(0),
    ddlState: node.field('ddl_state').small(0),
  };
}

/**
 * Ids under which the rows of an enabled partitioned table are (CODEC §7.3): its definitions as they stand, without
 * those that a DROP PARTITION under way has already made unreadable. A REORGANIZE keeps its old ids until it switches.
 */
export function partitionRowIds(partition: PartitionInfo): readonly bigint[] {
  const ids = partition.definitions.map((one) => one.id);
  if (partition.ddlAction !== actionDropPartition) return ids;
  const dropping = new Set(partition.droppingDefinitions.map((one) => one.id));
  return ids.filter((id) => !dropping.has(id));
}
