import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readCatalog } from '../../lib/br/catalog.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import { disprovenOf, proveSnapshot } from '../../lib/operations/prove-snapshots.ts';
import { recordedCopy } from '../support/recorded-store.ts';

const folder = 'snapshot-20261122042455';
/** What br and TiKV leave beside a backup and no backupmeta names (FACTS §3.1, §3.3). */
const beside = /\/(backup\.lock|checkpoints\/)/;

const shop = () => recordedCopy('shop/bucket/backup-data', '');

async function keysOf(store: Awaited<ReturnType<typeof shop>>): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(`${folder}/`)) keys.push(key);
  return keys;
}

describe('the proof of a snapshot', () => {
  test('is sound for everything that the real br completed, in every form', async () => {
    for (const bucket of ['shop/bucket/backup-data', 'variants/storage']) {
      const store = await recordedCopy(bucket, '');
      const { snapshots } = await readCatalog({ snapshots: store, log: undefined, keys: {} });
      assert.deepEqual([...(await disprovenOf(store, snapshots))], []);
      const complete = snapshots.filter(({ state }) => state.kind === 'complete');
      assert.ok(complete.length >= 3);
      for (const { name } of complete) {
        const proof = await proveSnapshot(store, name);
        assert.ok(proof?.kind === 'sound', `${name}: ${JSON.stringify(proof)}`);
        assert.ok(proof.objects >= 3, `${name}: ${proof.objects}`);
      }
    }
  });

  test('fails by name when any object that was named is gone, and by nothing else', async () => {
    const store = await shop();
    const keys = await keysOf(store);
    assert.ok(keys.some((key) => beside.test(key)));
    for (const key of keys) {
      const bytes = await store.get(key);
      assert.ok(bytes !== undefined);
      await store.delete(key);
      const proof = await proveSnapshot(store, folder);
      await store.put(key, bytes);
      if (beside.test(key)) assert.equal(proof?.kind, 'sound', key);
      else assert.ok(proof?.kind === 'failed' && proof.why.includes(key), `${key}: ${JSON.stringify(proof)}`);
    }
  });

  test('fails when an SST is not as long as it was written', async () => {
    const store = await shop();
    const sst = (await keysOf(store)).find((key) => key.endsWith('.sst'));
    assert.ok(sst !== undefined);
    const bytes = await store.get(sst);
    await store.put(sst, bytes?.subarray(1) ?? new Uint8Array());
    assert.deepEqual(await proveSnapshot(store, folder), {
      kind: 'failed',
      why: `${sst}: not there, or not as long as its backupmeta says`,
    });
  });

  test('names some of many that are gone, and counts the rest', async () => {
    const store = await shop();
    const gone = (await keysOf(store)).filter((key) => key.endsWith('.sst'));
    assert.ok(gone.length > 4);
    await store.deleteMany(gone);
    const proof = await proveSnapshot(store, folder);
    assert.ok(proof?.kind === 'failed');
    assert.match(proof.why, new RegExp(`sst and ${gone.length - 3} others: not there`));
  });

  test('believes an object that came after the listing', async () => {
    const store = await shop();
    const late = (await keysOf(store)).find((key) => key.endsWith('.sst'));
    const listed = store.list.bind(store);
    store.list = async function* (prefix) {
      for await (const info of listed(prefix)) if (info.key !== late) yield info;
    };
    assert.equal((await proveSnapshot(store, folder))?.kind, 'sound');
  });

  test('is not made without the key of an encrypted one, and a storage that is down is no proof against it', async () => {
    const store = await recordedCopy('variants/storage', '');
    assert.equal(await proveSnapshot(store, 'snapshot-aes256'), undefined);
    store.head = () => Promise.reject(new PitrError('STORAGE_UNAVAILABLE', 'it is down'));
    await assert.rejects(proveSnapshot(store, 'snapshot-base'), { code: 'STORAGE_UNAVAILABLE' });
  });
});
