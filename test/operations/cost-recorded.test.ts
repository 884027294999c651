// The cost of the recorded buckets: every byte is counted once, and no meta is opened.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costBucket } from '../../lib/operations/cost-bucket.ts';
import type { ObjectStore } from '../../lib/ports/object-store.ts';
import { recordedStore, shopBucket, variantsStorage } from '../support/recorded-store.ts';

const keys = { snapshot: undefined, log: undefined };

for (const folder of [shopBucket, variantsStorage]) {
  test(`every byte of ${folder} is a snapshot's, a day's of the log, or of the rest`, async () => {
    const store = await recordedStore(folder);
    const opened: string[] = [];
    const watched: ObjectStore = {
      ...{ url: store.url, head: (key) => store.head(key), put: async () => {}, delete: async () => {} },
      ...{ deleteMany: async () => [], listFolders: (prefix) => store.listFolders(prefix) },
      list: (prefix, options) => store.list(prefix, options),
      get: (key, range) => {
        opened.push(key);
        return store.get(key, range);
      },
    };
    const report = await costBucket(
      { backup: { snapshots: watched, log: watched, keys } },
      { price: undefined, windowsMs: [0] },
    );
    let bytes = 0n;
    for await (const { size } of store.list('')) bytes += BigInt(size);
    assert.equal(report.total.bytes, bytes);
    assert.deepEqual(
      report.days.map(({ day }) => day),
      ['2026-11-22'],
    );
    assert.deepEqual(
      report.months.map(({ month }) => month),
      ['2026-11'],
    );
    assert.equal(report.other.bytes, 0n);
    assert.deepEqual(
      opened.filter((key) => key.startsWith('log-backup/v1/backupmeta/')),
      [],
    );
    for (const { name, bytes } of report.snapshots) {
      let sum = 0n;
      for await (const { size } of store.list(`${name}/`)) sum += BigInt(size);
      assert.equal(bytes, sum, name);
    }
  });
}

test('one store for the snapshots and another for the log are counted apart, each once', async () => {
  const whole = await recordedStore(shopBucket);
  const parts = { snapshots: whole, log: await recordedStore(`${shopBucket}/log-backup`), keys };
  const together = await costBucket(
    { backup: { snapshots: whole, log: whole, keys } },
    { price: undefined, windowsMs: [] },
  );
  const apart = await costBucket({ backup: parts }, { price: undefined, windowsMs: [] });
  assert.deepEqual(
    apart.snapshots.map(({ bytes }) => bytes),
    together.snapshots.map(({ bytes }) => bytes),
  );
  assert.deepEqual(apart.days, together.days);
  assert.deepEqual(apart.total, together.total);
});
