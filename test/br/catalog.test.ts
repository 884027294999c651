import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { logHeadObjects } from '../../lib/br/backup-writer.ts';
import { blocklistObject } from '../../lib/br/blocklist.ts';
import { readCatalog } from '../../lib/br/catalog.ts';
import { parseKey } from '../../lib/br/encryption.ts';
import { checkpointTsBytes } from '../../lib/br/locks.ts';
import type { ObjectStore } from '../../lib/ports/object-store.ts';
import { MemoryObjectStore } from '../support/memory-object-store.ts';
import { recordedCopy, recordedStore, shopBucket, variantsStorage } from '../support/recorded-store.ts';

const history = JSON.parse(
  readFileSync(new URL('../fixtures/variants/history.json', import.meta.url), 'utf8'),
) as { key: string; log_key: string };
const catalogOf = (store: ObjectStore, keys = {}) => readCatalog({ snapshots: store, log: store, keys });
const logCheckpoint = 470632777030303745n;

test('the recorded bucket has three complete snapshots and one log of the same cluster', async () => {
  const { snapshots, logs, unknown } = await catalogOf(await recordedStore(shopBucket));
  assert.deepEqual(
    snapshots.map(({ name, state }) => [name, state.kind]),
    [
      ['snapshot-20261122042442', 'complete'],
      ['snapshot-20261122042455', 'complete'],
      ['snapshot-20261122042552', 'complete'],
    ],
  );
  const [log] = logs;
  assert.deepEqual([logs.length, log?.path, log?.problem], [1, 'log-backup', undefined]);
  assert.deepEqual(
    [log?.startTs, log?.minTs, log?.maxTs],
    [470632753594630146n, 470632753594630146n, logCheckpoint],
  );
  assert.deepEqual([log?.metaCount, log?.metaBytes, log?.lastFlushTs], [6, 18527n, logCheckpoint]);
  for (const { clusterId } of snapshots) assert.equal(clusterId, log?.clusterId);
  assert.deepEqual(unknown, []);
});

test('no meta is opened, and requests are few', async () => {
  const store = await recordedStore(shopBucket);
  const asked: string[] = [];
  const note = <T>(request: string, result: T): T => {
    asked.push(request);
    return result;
  };
  const counting: ObjectStore = {
    url: store.url,
    list: (prefix, options) => note(`LIST ${prefix}`, store.list(prefix, options)),
    listFolders: (prefix) => note(`FOLDERS ${prefix}`, store.listFolders(prefix)),
    head: (key) => note(`HEAD ${key}`, store.head(key)),
    get: (key, range) => note(`GET ${key}`, store.get(key, range)),
    put: () => assert.fail('a catalog writes nothing'),
    delete: () => assert.fail('a catalog deletes nothing'),
    deleteMany: () => assert.fail('a catalog deletes nothing'),
  };
  await catalogOf(counting);
  assert.equal(
    asked.filter((request) => request.startsWith('GET') && request.includes('v1/backupmeta/')).length,
    0,
  );
  assert.ok(asked.length <= 30, asked.join('\n'));
});

test('encrypted snapshots are unreadable without their key and complete with it', async () => {
  const store = await recordedStore(variantsStorage);
  const states = async (keys: object) =>
    Object.fromEntries((await catalogOf(store, keys)).snapshots.map(({ name, state }) => [name, state.kind]));
  assert.equal((await states({}))['snapshot-aes128'], 'unreadable');
  assert.equal((await states({}))['snapshot-incremental'], 'complete');
  assert.equal((await states({ snapshot: parseKey(history.key) }))['snapshot-aes128'], 'complete');
  assert.equal((await states({ snapshot: parseKey(history.key) }))['snapshot-aes256'], 'unreadable');
  assert.deepEqual(
    (await catalogOf(store)).logs.map(({ path }) => path),
    ['log-aes256'],
  );
});

test('what a killed backup left is unfinished and resumable', async () => {
  const { snapshots } = await catalogOf(await recordedStore('faults/backup-1-left/f'));
  assert.deepEqual(
    snapshots.map(({ state }) => state),
    [{ kind: 'unfinished', resumable: true, lockExpiresMs: 1795324779818, backupTs: 470633540373184513n }],
  );
});

test('locks that the dead left are told with their holder', async () => {
  const { logs } = await catalogOf(await recordedStore('faults/restore-1-left-objects/backup-data'));
  assert.deepEqual(
    logs[0]?.locks.map(({ object }) => object),
    ['log-backup/v1/LOCK.READ.5ebd8b83014050e7'],
  );
  assert.match(logs[0]?.locks[0]?.description ?? '', /migration-read .* pid 9721/);
  assert.match(logs[0]?.problem?.problem ?? '', /backupmeta is missing/);
});

test('the log and the snapshots can be named apart, and either can be the store itself', async () => {
  const log = await recordedCopy(shopBucket, 'log-backup/');
  const snapshot = await recordedCopy(shopBucket, 'snapshot-20261122042455/');
  const facts = await readCatalog({ snapshots: snapshot, log, keys: {} });
  assert.deepEqual(
    facts.snapshots.map(({ name, state }) => [name, state.kind]),
    [['', 'complete']],
  );
  assert.deepEqual(
    facts.logs.map(({ path, maxTs }) => [path, maxTs]),
    [['', logCheckpoint]],
  );
  assert.deepEqual(facts.unknown, []);
});

test('a store that is a log is no snapshot', async () => {
  const { snapshots, logs, unknown } = await catalogOf(await recordedCopy(shopBucket, 'log-backup/'));
  assert.deepEqual([snapshots.length, logs.length, unknown], [0, 1, []]);
});

async function withLog(folder: string, startTs: bigint, store = new MemoryObjectStore()) {
  for (const { key, bytes } of logHeadObjects({ clusterId: 5n, clusterVersion: '8.5.6', startTs }))
    await store.put(folder + key, bytes);
  return store;
}

test('each folder of log-backup that is a log is an epoch; others are unknown', async () => {
  const store = await withLog('log-backup/e1/', 100n);
  await withLog('log-backup/e2/', 200n, store);
  await store.put('log-backup/notes/readme.txt', Buffer.from('x'));
  await store.put('photos/a.jpg', Buffer.from('x'));
  const { logs, unknown } = await catalogOf(store);
  assert.deepEqual(
    logs.map(({ path, startTs, maxTs }) => [path, startTs, maxTs]),
    [
      ['log-backup/e1', 100n, undefined],
      ['log-backup/e2', 200n, undefined],
    ],
  );
  assert.deepEqual(unknown, ['log-backup/notes/', 'photos/']);
});

test('the log minimum is the largest of start, safepoint and migrations', async () => {
  const store = await recordedCopy(shopBucket);
  await store.put('log-backup/v1_stream_trancate_safepoint.txt', Buffer.from('470632757998649345'));
  const [log] = (await catalogOf(store)).logs;
  assert.deepEqual([log?.safepointTs, log?.minTs], [470632757998649345n, 470632757998649345n]);
});

test('the state of a replication counts before the checkpoints of the stores', async () => {
  const store = await recordedCopy(shopBucket);
  await store.put(
    'log-backup/crr-checkpoint/resume-state.json',
    Buffer.from('{"last_checkpoint":470632757998649345}'),
  );
  assert.equal((await catalogOf(store)).logs[0]?.maxTs, 470632757998649345n);
});

test('a log with a damaged checkpoint, blocklist, safepoint or head says so and names it', async () => {
  const { key } = blocklistObject({
    restoreStartTs: 1n,
    restoreCommitTs: 2n,
    rewriteTs: 3n,
    tableIds: [],
    dbIds: [],
  });
  for (const name of [
    'v1/global_checkpoint/1.ts',
    key,
    'v1_stream_trancate_safepoint.txt',
    'v1/migrations/BASE',
    'backupmeta',
  ]) {
    const store = await recordedCopy(shopBucket);
    await store.put(`log-backup/${name}`, new Uint8Array([0xff, 0xff]));
    const [log] = (await catalogOf(store)).logs;
    assert.equal(log?.problem?.object, `log-backup/${name}`);
  }
});

test('blocklists and the largest checkpoint of several stores are read', async () => {
  const store = await recordedCopy(shopBucket);
  const facts = { restoreStartTs: 1n, restoreCommitTs: 2n, rewriteTs: 3n, tableIds: [9n], dbIds: [] };
  const { key, bytes } = blocklistObject(facts);
  await store.put(`log-backup/${key}`, bytes);
  await store.put('log-backup/v1/global_checkpoint/7.ts', checkpointTsBytes(logCheckpoint + 5n));
  const [log] = (await catalogOf(store)).logs;
  assert.deepEqual(log?.blocklists, [{ object: `log-backup/${key}`, ...facts }]);
  assert.equal(log?.maxTs, logCheckpoint + 5n);
});

test('a damaged or empty snapshot folder is a fact, never skipped', async () => {
  const store = await recordedCopy(shopBucket);
  await store.put('snapshot-20261122042442/backupmeta', new Uint8Array([1, 2, 3]));
  await store.put('snapshot-20270101000000/1/x.sst', new Uint8Array(3));
  const { snapshots } = await catalogOf(store);
  assert.deepEqual(
    snapshots.map(({ state }) => state.kind),
    ['damaged', 'complete', 'complete', 'damaged'],
  );
});
