// The next automatic ids of a table at a moment, as SHOW CREATE TABLE prints them: from the counters in the log, else
// from the snapshot's document. It must not invent one: undefined when neither knows.
import { versionAt } from './key-versions.ts';
import { counterName, type SchemaVersions, type TableHistory } from './schema-versions.ts';
import type { TableInfo } from './table-info.ts';

/**
 * The value of a table's next automatic id: what the log counted, else what the baseline's document says, where BR
 * writes the counter's value at BackupTS. Counters name the end of the last allocated range (CODEC §8.2).
 */
export function nextAutoId(
  versions: SchemaVersions,
  history: TableHistory,
  table: TableInfo,
  ts: bigint,
): bigint | undefined {
  const separate = table.version >= 5 && table.autoIdCache === 1n;
  const home = table.oldSchemaId === 0n ? history.dbId : table.oldSchemaId;
  const name = counterName(separate ? 'autoIncId' : 'autoId', home, history.tableId);
  return counted(versions, name, ts) ?? versions.baselineTables.get(history.tableId)?.autoIncId;
}

/** The same for AUTO_RANDOM. */
export function nextRandomId(
  versions: SchemaVersions,
  history: TableHistory,
  table: TableInfo,
  ts: bigint,
): bigint | undefined {
  const home = table.oldSchemaId === 0n ? history.dbId : table.oldSchemaId;
  const inLog = counted(versions, counterName('autoRandomId', home, history.tableId), ts);
  if (inLog !== undefined) return inLog;
  return versions.baselineTables.get(history.tableId)?.autoRandId;
}

function counted(versions: SchemaVersions, name: string, ts: bigint): bigint | undefined {
  const value = versionAt(versions.counters.get(name) ?? [], ts)?.document();
  return value === undefined ? undefined : value + 1n;
}
