// The recorded backups as sources, and comparing a restore of them with a recorded truth.
import assert from 'node:assert/strict';
import type { BackupKeys } from '../../../lib/br/encryption.ts';
import type { BackupSource } from '../../../lib/operations/deps.ts';
import type { ObjectStore } from '../../../lib/ports/object-store.ts';
import type { MemoryRestore } from '../../support/memory-restore.ts';
import { sortedLines, type Truth, truthLines } from '../../support/truth.ts';

export const firstBase = 'snapshot-20261122042442';
export const middleBase = 'snapshot-20261122042455';
export const lastBase = 'snapshot-20261122042552';

export const shopTruths = ['t1', 't2', 't3', 't4', 't5', 't6', 't7'] as const;

/** One store for snapshots and log. */
export function sourceOf(store: ObjectStore, keys: BackupKeys = {}): BackupSource {
  return { snapshots: store, log: store, keys };
}

/** The same tables, the same DDL to the letter, the same rows byte for byte. */
export function assertIsTruth({ tables }: MemoryRestore, truth: Truth): void {
  assert.deepEqual([...tables.keys()].sort(), [...truth.tables.keys()].sort());
  for (const [name, expected] of truth.tables) {
    const found = tables.get(name);
    assert.equal(found?.ddl, expected.ddl, `the DDL of ${name}`);
    assert.deepEqual(sortedLines(found?.text ?? ''), truthLines(expected), `the rows of ${name}`);
  }
}
