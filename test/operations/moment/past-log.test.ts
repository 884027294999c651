// Tables into which an import wrote past the log: refused by name where a base from before it would be the only source.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { BackupKeys } from '../../../lib/br/encryption.ts';
import { writeBackup } from '../../../lib/sim/backup-builder.ts';
import { type History, ModelDatabase } from '../../../lib/sim/model-database.ts';
import { addColumn, createDatabase, createTable } from '../../../lib/sim/model-ddl.ts';
import { fieldType } from '../../../lib/sim/model-types.ts';
import { SeededRandom } from '../../../lib/sim/seeded-random.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { restoreInMemory } from '../../support/memory-restore.ts';

const keys: BackupKeys = { snapshot: undefined, log: undefined };
const snapshot = {
  clusterId: 5n,
  clusterVersion: 'v8.5.6',
  startTs: 0n,
  metaVersion: 1,
  entriesPerSubFile: 100,
  compression: 'zstd',
  blockBytes: 4096,
  stores: 1,
  regions: 1,
  sharedPercent: 0,
} as const;
const log = {
  prefix: 'log-backup/',
  clusterId: 5n,
  clusterVersion: 'v8.5.6',
  flushes: 2,
  stores: 1,
  regions: 1,
  names: ['tagged'],
  oldMetas: false,
  filesPerObject: 9,
  duplicatePercent: 0,
  noisePercent: 0,
  centralCheckpoint: false,
} as const;

/** The documents of one table committed in (from, to] with a mode in them. */
function withMode(history: ModelDatabase, tableId: bigint, from: bigint, to: bigint): History {
  const begin = `{"id":${tableId},`;
  const transactions = history.transactions.map((one) => {
    if (one.commitTs <= from || one.commitTs > to) return one;
    const writes = one.writes.map(({ rawKey, value }) => {
      const text = value === undefined ? '' : Buffer.from(value).toString();
      return text.startsWith(begin)
        ? { rawKey, value: Buffer.from(text.replace(begin, `${begin}"mode":1,`)) }
        : { rawKey, value };
    });
    return { ...one, writes };
  });
  const { newCollation } = history;
  return {
    newCollation,
    transactions,
    schemaAt: (ts) => history.schemaAt(ts),
    diffs: (after, until) => history.diffs(after, until),
    unusedTs: (after, until) => history.unusedTs(after, until),
  };
}

test('a table that was in import mode after the base is refused until a snapshot has it, and others are read', async () => {
  const random = new SeededRandom(3);
  const model = new ModelDatabase(random, Date.UTC(2026, 0, 1), true);
  const dbId = createDatabase(model, 'd');
  const make = (name: string) =>
    createTable(
      model,
      dbId,
      {
        name,
        columns: [{ id: 1n, name: 'id', type: fieldType(8, { flen: 20 }), state: 5, originDefault: null }],
        maxColumnId: 1n,
        key: { kind: 'int', column: 1n },
        indexed: false,
      },
      { kind: 'hash', partitions: 0 },
    );
  const imported = make('imported');
  make('other');
  const now = () => model.transactions[model.transactions.length - 1]!.commitTs;
  const extend = (name: string) => {
    const table = model.schema.get(dbId)!.tables.get(imported.id)!;
    addColumn(
      model,
      { dbId, table },
      { name, type: fieldType(8, { flen: 20 }), originDefault: null },
      () => {},
    );
  };
  const base = now();
  extend('a');
  const during = now();
  extend('b');
  const after = now();
  const store = new MemoryObjectStore();
  await writeBackup(store, random, withMode(model, imported.id, base, during), {
    snapshots: [
      { ...snapshot, name: 'snapshot-20260101000000', backupTs: base },
      { ...snapshot, name: 'snapshot-20260101000001', backupTs: after },
    ],
    log: { ...log, startTs: base - 1n, endTs: after + 1000n },
  });
  const backup = { snapshots: store, log: store, keys };
  const read = async (at: bigint, tables: readonly string[] = []) =>
    [...(await restoreInMemory(backup, { at: String(at), tables })).tables.keys()].sort();
  for (const at of [during, after - 1n]) {
    await assert.rejects(read(at), {
      code: 'MOMENT_NOT_IN_WINDOW',
      message: /d\.imported cannot be read .* in import mode/,
      hint: /!d\.imported/,
    });
    assert.deepEqual(await read(at, ['!d.imported']), ['d.other']);
  }
  for (const at of [base, after, after + 1000n]) assert.deepEqual(await read(at), ['d.imported', 'd.other']);
});
