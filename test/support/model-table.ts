// A bucket of one table that a test writes down itself: columns, rows, and nothing else.

import type { CellValue } from '../../lib/br/codec/cell-encoder.ts';
import type { FieldType } from '../../lib/br/codec/table-info.ts';
import { writeBackup } from '../../lib/sim/backup-builder.ts';
import { ModelDatabase } from '../../lib/sim/model-database.ts';
import { createDatabase, createTable } from '../../lib/sim/model-ddl.ts';
import { fieldType } from '../../lib/sim/model-types.ts';
import { SeededRandom } from '../../lib/sim/seeded-random.ts';
import { MemoryObjectStore } from './memory-object-store.ts';

export interface TableToWrite {
  readonly columns: readonly (readonly [name: string, type: FieldType])[];
  /** Without the key, which is 1, 2, 3 … in a column `id`. */
  readonly rows: readonly (readonly CellValue[])[];
}

/** The table `d.t` in one snapshot, and its BackupTS. */
export async function tableBackup({ columns, rows }: TableToWrite) {
  const random = new SeededRandom(7);
  const model = new ModelDatabase(random, Date.UTC(2026, 0, 1), true);
  const all = [['id', fieldType(8, { flen: 20 })] as const, ...columns];
  const table = createTable(
    model,
    createDatabase(model, 'd'),
    {
      name: 't',
      columns: all.map(([name, type], i) => ({
        id: BigInt(i + 1),
        name,
        type,
        state: 5,
        originDefault: null,
      })),
      maxColumnId: BigInt(all.length),
      key: { kind: 'int', column: 1n },
      indexed: false,
    },
    { kind: 'hash', partitions: 0 },
  );
  const writes = rows.map((cells, i) => {
    const values = new Map([BigInt(i + 1), ...cells].map((value, c) => [BigInt(c + 1), value] as const));
    const rawKey = model.rowKey(table, table.id, values, 0n);
    return { table, physicalId: table.id, rawKey, values, format: { version: 2, omitNulls: false } as const };
  });
  const backupTs = model.commitRows(writes);
  const store = new MemoryObjectStore();
  const snapshot = {
    name: 'snapshot-20260101000000',
    clusterId: 5n,
    clusterVersion: 'v8.5.0',
    startTs: 0n,
    backupTs,
    metaVersion: 2,
    entriesPerSubFile: 100,
    compression: 'zstd',
    blockBytes: 4096,
    stores: 1,
    regions: 1,
    sharedPercent: 0,
  } as const;
  await writeBackup(store, random, model, { snapshots: [snapshot], log: undefined });
  return { store, keys: {}, backupTs };
}
