// What the plan of a native truncation asks of a storage that lists in pages: at most thirty requests for twenty thousand metas, few of them one
// after the other, and the same plan as from a storage that lists in one go.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logMetaObject } from '../../../lib/br/backup-writer.ts';
import { checkpointTsBytes } from '../../../lib/br/locks.ts';
import { FileType } from '../../../lib/br/proto/gen/log_pb.js';
import { planNativeTruncation } from '../../../lib/operations/truncation/native-truncation-plan.ts';
import type { ObjectStore } from '../../../lib/ports/object-store.ts';
import type { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { recordedCopy, shopBucket } from '../../support/recorded-store.ts';
import { logFolder, truncationDeps } from '../../support/truncation-stage.ts';

const count = 20_000;
const firstTs = 470632754787647489n;
const tsAt = (n: number): bigint => firstTs + (BigInt(n) << 28n);
const pageKeys = 1000;

async function longLog(): Promise<MemoryObjectStore> {
  const store = await recordedCopy(shopBucket);
  for (let n = 0; n < count; n++) {
    const [minTs, flushTs, storeId] = [tsAt(n), tsAt(n) + 9000n, BigInt(1 + (n % 20))];
    const path = `v1/20261122/04/1/${minTs}-201c0b0b-e1c4-4b67-8355-a6ee0aa6adda.log`;
    const times = { minTs, maxTs: minTs + 5000n, minBeginTsInDefaultCf: minTs - 10n };
    const file = { sha256: new Uint8Array(32), cf: 'write', type: FileType.PUT, tableId: 0n, length: 64n };
    const groups = [{ path, length: 64n, dataFilesInfo: [{ ...file, ...times, rangeLength: 64n }] }];
    const meta = logMetaObject({ storeId, resolvedTs: flushTs, groups }, { format: 'flagged', flushTs });
    await store.put(`${logFolder}${meta.key}`, meta.bytes);
  }
  const end = checkpointTsBytes(tsAt(count));
  await store.put(`${logFolder}v1/global_checkpoint/central_global.ts`, end);
  return store;
}

/** As S3 lists: a request for each page, counted, and how many were one after the other. */
function inPages(store: MemoryObjectStore) {
  const counts = { requests: 0, underWay: 0, most: 0 };
  const page = async () => {
    counts.requests += 1;
    counts.underWay += 1;
    counts.most = Math.max(counts.most, counts.underWay);
    await new Promise((resolve) => setImmediate(resolve));
    counts.underWay -= 1;
  };
  const paged: ObjectStore = {
    ...{ url: store.url, pageKeys },
    async *list(prefix, options) {
      let given = 0;
      await page();
      for await (const info of store.list(prefix, options)) {
        if (given > 0 && given % pageKeys === 0) await page();
        given += 1;
        yield info;
      }
    },
    listFolders: (prefix) => page().then(() => store.listFolders(prefix)),
    head: (key) => page().then(() => store.head(key)),
    get: (key, range) => page().then(() => store.get(key, range)),
    put: () => assert.fail('a plan writes nothing'),
    delete: () => assert.fail('a plan deletes nothing'),
    deleteMany: () => assert.fail('a plan deletes nothing'),
  };
  return { paged, counts };
}

test('a plan over 20,000 named metas costs at most thirty requests, many of them at once, and is the same', async () => {
  const store = await longLog();
  const untilTs = tsAt(600);
  const { paged, counts } = inPages(store);
  const plan = await planNativeTruncation(truncationDeps(paged), untilTs);
  assert.ok(counts.requests <= 30, `${counts.requests} requests`);
  assert.ok(counts.most >= 16, `at most ${counts.most} at once`);
  assert.deepEqual(plan, await planNativeTruncation(truncationDeps(store), untilTs));
  assert.equal(plan.metas, count + 6);
});
