import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { keyOf, meaningOf } from '../../lib/br/layout.ts';
import type { ObjectMeaning } from '../../lib/br/object-meaning.ts';
import { snapshotFolder, snapshotFolderMs } from '../../lib/br/snapshot-folder.ts';
import { recordedStore, shopBucket, variantsStorage } from '../support/recorded-store.ts';

const uuid = '201c0b0b-e1c4-4b67-8355-a6ee0aa6adda';
const txn = 'e624c72f1e334ea4934f0f9bb1aaff72';

test('every object of the recorded buckets has a meaning, and its meaning gives back its key', async () => {
  const kinds = new Set<string>();
  for (const folder of [
    shopBucket,
    variantsStorage,
    'faults/backup-1-left/f',
    'faults/truncate-1-left-objects',
    'faults/restore-1-left-objects/backup-data',
  ]) {
    const store = await recordedStore(folder);
    for await (const { key } of store.list('')) {
      const below = key.slice(key.indexOf('/') + 1);
      const meaning = meaningOf(below);
      assert.notEqual(meaning.kind, 'unknown', key);
      assert.equal(keyOf(meaning), below);
      kinds.add(meaning.kind);
    }
  }
  assert.deepEqual([...kinds].sort(), [
    'backup-checkpoint-lock',
    'backup-checkpoint-meta',
    'backup-lock',
    'backupmeta',
    'central-checkpoint',
    'log-data',
    'log-meta',
    'migration-lock',
    'sst',
    'stats',
    'store-checkpoint',
    'sub-file',
    'truncating-lock',
  ]);
});

test('what real truncations made and deleted has a meaning', () => {
  const url = new URL('../fixtures/shop/truncate/until-470632757998649345.json', import.meta.url);
  const { created, deleted } = JSON.parse(readFileSync(url, 'utf8')) as {
    created: string[];
    deleted: string[];
  };
  assert.deepEqual(
    created.map((key) => meaningOf(key).kind),
    ['truncate-safepoint'],
  );
  assert.deepEqual(
    deleted.map((key) => meaningOf(key).kind),
    ['log-data', 'log-data', 'log-meta'],
  );
});

const examples: readonly (readonly [string, ObjectMeaning])[] = [
  ['v1_stream_trancate_safepoint.txt', { kind: 'truncate-safepoint' }],
  [`truncating.lock.INTENT.${txn}`, { kind: 'truncating-lock-intent', txn }],
  ['v1/LOCK.WRIT', { kind: 'migration-lock', mode: 'write', id: '', intent: '' }],
  [
    `v1/LOCK.READ.5ebd8b83014050e7.INTENT.${txn}`,
    { kind: 'migration-lock', mode: 'read', id: '5ebd8b83014050e7', intent: txn },
  ],
  ['v1/APPEND_LOCK.WRIT', { kind: 'append-lock', intent: '' }],
  ['v1/migrations/00000012_00000000DEADBEEF.mgrt', { kind: 'migration', number: 12, hash: 0xdeadbeefn }],
  ['v1/migrations/BASE', { kind: 'migration-base' }],
  ['v1/migrations/BASE_TMP', { kind: 'migration-base-temporary' }],
  [
    'v1/compactions/c_0011/metas/batch_1.cmeta',
    { kind: 'compaction-meta', compaction: 'c_0011', name: 'batch_1.cmeta' },
  ],
  [
    'v1/compactions/c_0011/outputs/a_b_write_1_u.sst',
    { kind: 'compaction-sst', compaction: 'c_0011', name: 'a_b_write_1_u.sst' },
  ],
  ['v1/ext_backups/backup-000000000000001F/extbackupmeta', { kind: 'ext-backup-meta', commitTs: 31n }],
  [
    'v1/ext_backups/backup-000000000000001F/sst_files/1/x.sst',
    { kind: 'ext-backup-sst', commitTs: 31n, name: '1/x.sst' },
  ],
  [
    'v1/log_restore_tables_blocklists/R000000000000001F_S000000000000000A.meta',
    { kind: 'blocklist', commitTs: 31n, startTs: 10n },
  ],
  ['pitr_id_maps/pitr_id_map.cluster_id:7.restored_ts:8', { kind: 'id-map', clusterId: 7n, restoredTs: 8n }],
  ['crr-checkpoint/resume-state.json', { kind: 'replication-state' }],
  [`perm-check/${uuid}`, { kind: 'permission-check', id: uuid }],
  [
    'checkpoints/restore-7/snapshot_1/progress.meta',
    { kind: 'restore-checkpoint', task: '7', rest: 'snapshot_1/progress.meta' },
  ],
  [`checkpoints/backup/data/${txn}.cpt`, { kind: 'backup-checkpoint-data', of: 'data', id: txn }],
  [
    `v1/20261122/04/1/470632756047773698-${uuid}.log`,
    {
      kind: 'log-data',
      layout: 'merged',
      owner: 'tables',
      day: '20261122',
      hour: '04',
      storeId: 1n,
      minTs: 470632756047773698n,
      uuid,
    },
  ],
  [
    `v1/20261122/04/1/t00000086/470632756047773698-${uuid}.log`,
    {
      kind: 'log-data',
      layout: '6.2',
      owner: { tableId: 86n },
      day: '20261122',
      hour: '04',
      storeId: 1n,
      minTs: 470632756047773698n,
      uuid,
    },
  ],
  [
    `v1/t00000086/20261122-470632756047773698-${uuid}.log`,
    {
      kind: 'log-data',
      layout: '6.1',
      owner: { tableId: 86n },
      day: '20261122',
      minTs: 470632756047773698n,
      uuid,
    },
  ],
  [
    `v1/schema-meta/20261122-470632756047773698-${uuid}.log`,
    { kind: 'log-data', layout: '6.1', owner: 'schema', day: '20261122', minTs: 470632756047773698n, uuid },
  ],
];

for (const [key, meaning] of examples) {
  test(`${key} is read and written`, () => {
    assert.deepEqual(meaningOf(key), meaning);
    assert.equal(keyOf(meaning), key);
  });
}

test('an sst of a storage without folders keeps its separator', () => {
  const key = `1_28_14_${'a'.repeat(64)}_1795321486389_write.sst`;
  assert.equal(keyOf(meaningOf(key)), key);
});

test('keys that look like something but are not are unknown', () => {
  for (const key of [
    '',
    'backupmeta.datafile.1',
    'v1/backupmeta/x.txt',
    'v1_stream_truncate_safepoint.txt',
    'v1/global_checkpoint/99999999999999999999.ts',
    'toString',
    `1/2_3_${'a'.repeat(63)}_1_write.sst`,
  ]) {
    assert.deepEqual(meaningOf(key), { kind: 'unknown', key });
    assert.equal(keyOf(meaningOf(key)), key);
  }
});

test("a snapshot folder's name and its time are each other's inverse", () => {
  assert.equal(snapshotFolderMs('snapshot-20261122042442/'), Date.UTC(2026, 10, 22, 4, 24, 42));
  assert.equal(snapshotFolderMs('snapshot-20261122042442'), Date.UTC(2026, 10, 22, 4, 24, 42));
  assert.equal(snapshotFolder(Date.UTC(2026, 10, 22, 4, 24, 42) + 999), 'snapshot-20261122042442/');
  for (const name of [
    'snapshot-20261322042442',
    'snapshot-20260230000000',
    'snapshot-base',
    'snapshot-202611220424421',
  ]) {
    assert.equal(snapshotFolderMs(name), undefined, name);
  }
});
