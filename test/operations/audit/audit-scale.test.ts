// Audits of buckets with 200,000 objects of log data: found in one part and in several alike, in seconds, and with a table for the names
// that stays as small as it was told to be.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logHeadObjects, logMetaObject } from '../../../lib/br/backup-writer.ts';
import { logDataKey } from '../../../lib/br/layout-log-data.ts';
import { tsFromMs } from '../../../lib/domain/ts.ts';
import type { ObjectStore } from '../../../lib/ports/object-store.ts';
import { SeededRandom } from '../../../lib/sim/seeded-random.ts';
import { auditOf, keysByKind } from '../../support/audit-stage.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';

const metas = 2000;
const objectsOfMeta = 100;
const startMs = Date.UTC(2026, 9, 1);

interface Bucket {
  readonly store: ObjectStore;
  readonly damage: readonly string[];
  readonly reads: () => number;
}

/** Objects without bytes: only metas are read. Four are gone, five are too many. */
async function bigBucket(): Promise<Bucket> {
  const random = new SeededRandom(5);
  const small = new MemoryObjectStore();
  const damage: string[] = [];
  const keys: string[] = [];
  const head = { clusterId: 7n, clusterVersion: 'v8.5.6', startTs: tsFromMs(startMs) };
  for (const { key, bytes } of logHeadObjects(head)) await small.put(`log-backup/${key}`, bytes);
  for (let at = 0; at < metas; at++) {
    const ms = startMs + at * 180_000;
    const minTs = tsFromMs(ms);
    const groups = Array.from({ length: objectsOfMeta }, (_, i) => ({ path: pathAt(random, ms), i }));
    const meta = logMetaObject(
      {
        storeId: 1n,
        resolvedTs: minTs,
        groups: groups.map(({ path }) => ({ path, length: 10n, dataFilesInfo: [fileAt(minTs)] })),
      },
      { format: 'decimal', uuid: random.uuid() },
    );
    await small.put(`log-backup/${meta.key}`, meta.bytes);
    for (const { path, i } of groups) {
      if (i === 50 && at % 500 === 7) damage.push(`missing-log-data log-backup/${path}`);
      else keys.push(`log-backup/${path}`);
    }
    if (at % 400 !== 9) continue;
    const extra = `log-backup/${pathAt(random, ms)}`;
    keys.push(extra);
    damage.push(`unnamed-log-data ${extra}`);
  }
  const listed = new Set(keys);
  for await (const { key } of small.list('')) keys.push(key);
  keys.sort();
  let reads = 0;
  const info = (key: string) => ({ key, size: 10, modifiedMs: startMs });
  return {
    damage: damage.sort(),
    reads: () => reads,
    store: {
      ...{ url: small.url, listFolders: (prefix) => small.listFolders(prefix) },
      ...{ put: async () => {}, delete: async () => {}, deleteMany: async () => [] },
      async *list(prefix) {
        for (const key of keys) if (key.startsWith(prefix)) yield info(key);
      },
      head: async (key) => (await small.head(key)) ?? (listed.has(key) ? info(key) : undefined),
      get: async (key, range) => {
        reads += 1;
        return await small.get(key, range);
      },
    },
  };
}

function fileAt(ts: bigint) {
  const bounds = { minTs: ts, maxTs: ts, resolvedTs: ts, minBeginTsInDefaultCf: ts };
  return {
    ...bounds,
    cf: 'write',
    type: 1,
    tableId: 104n,
    regionId: 5n,
    sha256: new Uint8Array(32),
    length: 10n,
    rangeLength: 10n,
  };
}

function pathAt(random: SeededRandom, ms: number): string {
  const iso = new Date(ms).toISOString();
  const [day, hour] = [iso.slice(0, 10).replaceAll('-', ''), iso.slice(11, 13)];
  const storeId = BigInt(random.between(1, 20));
  return logDataKey({
    kind: 'log-data',
    layout: 'merged',
    owner: 'tables',
    day,
    hour,
    storeId,
    minTs: tsFromMs(ms),
    uuid: random.uuid(),
  });
}

const bucket = bigBucket();

test('an audit of 200,000 objects finds the four that are gone and the five that are too many, with one GET for a meta', async () => {
  const { store, damage, reads } = await bucket;
  const begun = performance.now();
  const report = await auditOf(store, {}, { nameBytes: 8 << 20 });
  const tookMs = performance.now() - begun;
  assert.deepEqual(keysByKind(report.findings), damage);
  assert.equal(report.parts, 1);
  assert.equal(report.read, metas);
  assert.ok(reads() < metas + 30, `${reads()} GETs for ${metas} metas`);
  assert.ok(tookMs < 60_000, `${tookMs} ms`);
});

test('with less memory than the names need it reads the metas once for each part, and finds the same', async () => {
  const { store, damage } = await bucket;
  const report = await auditOf(store, {}, { nameBytes: 3 << 20 });
  assert.deepEqual(keysByKind(report.findings), damage);
  assert.equal(report.parts, 2);
  assert.equal(report.read, metas * 2);
});

test('it stops between two objects when it is told to', async () => {
  const { store } = await bucket;
  await assert.rejects(auditOf(store, { signal: AbortSignal.abort() }), { code: 'INTERRUPTED' });
});
