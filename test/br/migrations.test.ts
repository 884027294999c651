import assert from 'node:assert/strict';
import test from 'node:test';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { blocklistObject, parseBlocklist } from '../../lib/br/blocklist.ts';
import { extBackupMetaKey, parseExtBackup } from '../../lib/br/ext-backup.ts';
import { compactedAway, loadMigrations, migrationVerdict } from '../../lib/br/migrations.ts';
import {
  IngestedSstsSchema,
  MigrationSchema,
  type MigrationVersion,
  RestoreBlocklistSchema,
} from '../../lib/br/proto/gen/log_pb.js';
import { MemoryObjectStore } from '../support/memory-object-store.ts';

const metaPath = 'v1/backupmeta/a.meta';
const row = { isMeta: false, rangeOffset: 0 };

function bytesOf(migration: MessageInitShape<typeof MigrationSchema>): Uint8Array {
  return toBinary(MigrationSchema, create(MigrationSchema, migration));
}

async function bucket(objects: Readonly<Record<string, MessageInitShape<typeof MigrationSchema>>>) {
  const store = new MemoryObjectStore();
  for (const [name, migration] of Object.entries(objects))
    await store.put(`log/v1/migrations/${name}`, bytesOf(migration));
  return store;
}

test('a log without migrations has no edits', async () => {
  const state = await loadMigrations(await bucket({}), 'log/');
  assert.equal(state.truncatedTo, undefined);
  assert.equal(migrationVerdict(state, metaPath, { path: 'x' }, row), undefined);
});

test('BASE and numbered migrations are merged, a BASE_TMP of a crash is not', async () => {
  const state = await loadMigrations(
    await bucket({
      BASE: {
        truncatedTo: 7n,
        version: 2,
        editMeta: [{ path: metaPath, deletePhysicalFiles: ['v1/gone.log'] }],
      },
      BASE_TMP: { truncatedTo: 99n },
      '00000002_00000000000000AA.mgrt': {
        ingestedSstPaths: ['v1/ext_backups/backup-1'],
        destructPrefix: ['v1/old/'],
      },
      '00000001_00000000000000BB.mgrt': {
        truncatedTo: 5n,
        editMeta: [
          {
            path: metaPath,
            deleteLogicalFiles: [{ path: 'v1/part.log', spans: [{ offset: 10n, length: 5n }] }],
          },
          { path: 'v1/backupmeta/b.meta', allDataFilesCompacted: true },
          { path: 'v1/backupmeta/c.meta', destructSelf: true },
        ],
        compactions: [{ name: 'run', inputMinTs: 3n, inputMaxTs: 6n }],
      },
    }),
    'log/',
  );
  assert.equal(state.truncatedTo, 7n);
  assert.deepEqual(state.extBackupPaths, ['v1/ext_backups/backup-1']);
  assert.equal(state.compactions[0]?.name, 'run');
  const verdict = (meta: string, path: string, file = row) => migrationVerdict(state, meta, { path }, file);
  assert.equal(verdict(metaPath, 'v1/gone.log'), 'deleted');
  assert.equal(verdict(metaPath, 'v1/part.log', { isMeta: false, rangeOffset: 10 }), 'compacted');
  assert.equal(verdict(metaPath, 'v1/part.log', { isMeta: false, rangeOffset: 11 }), undefined);
  assert.equal(verdict('v1/backupmeta/b.meta', 'v1/x.log'), 'compacted');
  assert.equal(verdict('v1/backupmeta/b.meta', 'v1/x.log', { isMeta: true, rangeOffset: 0 }), undefined);
  assert.equal(verdict('v1/backupmeta/c.meta', 'v1/x.log', { isMeta: true, rangeOffset: 0 }), 'deleted');
  assert.match(compactedAway(state, 'v1/gone.log', 6n, 9n).message, /the compactions run/);
  assert.match(compactedAway(state, 'v1/gone.log', 7n, 9n).message, /a compaction,/);
});

test('a migration of a newer version is refused by name', async () => {
  const store = await bucket({ '00000001_00000000000000BB.mgrt': { version: 3 as MigrationVersion } });
  await assert.rejects(loadMigrations(store, 'log/'), {
    name: 'UNSUPPORTED',
    message: /00000001.*version 3/,
  });
});

test('a damaged migration stops the log', async () => {
  const store = await bucket({});
  await store.put('log/v1/migrations/BASE', new Uint8Array([0xff, 1, 2]));
  await assert.rejects(loadMigrations(store, 'log/'), { name: 'OBJECT_DAMAGED', message: /BASE/ });
});

test('an ext backup tells its tables and its time', () => {
  const message = create(IngestedSstsSchema, {
    finished: true,
    asIfTs: 8n,
    rewrittenTables: [{ ancestorUpstream: 1n, upstream: 2n }],
  });
  assert.deepEqual(parseExtBackup('x', toBinary(IngestedSstsSchema, message)), {
    object: 'x',
    finished: true,
    asIfTs: 8n,
    tableIds: [2n],
  });
  for (const path of ['v1/ext_backups/b', 'v1/ext_backups/b/', 'v1/ext_backups/b/extbackupmeta']) {
    assert.equal(extBackupMetaKey('log/', path), 'log/v1/ext_backups/b/extbackupmeta');
  }
});

const facts = { restoreStartTs: 10n, restoreCommitTs: 31n, rewriteTs: 30n, tableIds: [5n, 6n], dbIds: [2n] };

test('a blocklist reads back as it was written', () => {
  const { key, bytes } = blocklistObject(facts);
  assert.deepEqual(parseBlocklist(`log/${key}`, bytes), { object: `log/${key}`, ...facts });
});

test('a blocklist with another table, another checksum or another name is damaged', () => {
  const { key, bytes } = blocklistObject(facts);
  const list = create(RestoreBlocklistSchema, {
    ...facts,
    tableIds: [5n, 7n],
    dbIds: [2n],
    checksum: new Uint8Array(32),
  });
  assert.throws(() => parseBlocklist(key, toBinary(RestoreBlocklistSchema, list)), {
    name: 'OBJECT_DAMAGED',
    message: /checksum/,
  });
  const other = blocklistObject({ ...facts, restoreStartTs: 11n }).key;
  assert.throws(() => parseBlocklist(other, bytes), { name: 'OBJECT_DAMAGED', message: /as in its name/ });
  for (let length = 0; length < bytes.length; length += 1) {
    assert.throws(() => parseBlocklist(key, bytes.subarray(0, length)), { name: /OBJECT_/ });
  }
});
