// Moments and backups that must be refused: the code, the exit code, the nearest moments, and nothing left at the target.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, afterEach, before, describe } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { blocklistObject } from '../../../lib/br/blocklist.ts';
import { MigrationSchema } from '../../../lib/br/proto/gen/log_pb.js';
import { BackupMetaSchema } from '../../../lib/br/proto/gen/snapshot_pb.js';
import type { CatalogFacts } from '../../../lib/domain/facts.ts';
import { hireLocally } from '../../../lib/local/engine/hire.ts';
import { openDuckDbTarget } from '../../../lib/local/targets/duckdb-target.ts';
import { openFolderTarget } from '../../../lib/local/targets/folder-target.ts';
import type { WorkDeps } from '../../../lib/operations/deps.ts';
import { describeWindow } from '../../../lib/operations/describe-window.ts';
import { openMoment } from '../../../lib/operations/moment/open-moment.ts';
import { restoreEmbedded } from '../../../lib/operations/moment/restore-embedded.ts';
import type { ObjectStore } from '../../../lib/ports/object-store.ts';
import { restoreInMemory } from '../../support/memory-restore.ts';
import { OverlayObjectStore } from '../../support/overlay-object-store.ts';
import { recordedCopy, shopBucket } from '../../support/recorded-store.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.ts';
import { readTruth } from '../../support/truth.ts';
import { assertIsTruth, firstBase, lastBase, middleBase, sourceOf } from './recorded-moments.ts';

const t5 = readTruth('shop', 't5').tso;
const log = 'log-backup/';

describe('refusals', () => {
  let bucket: ObjectStore;
  let facts: CatalogFacts;
  let folder: TemporaryFolder;
  before(async () => {
    bucket = await recordedCopy(shopBucket);
    ({ facts } = await describeWindow({ backup: sourceOf(bucket) }));
    folder = await temporaryFolder();
  });
  after(() => folder.remove());
  afterEach(async () => {
    assert.deepEqual(await readdir(folder.path), [], 'a refusal leaves nothing behind');
  });

  const backupTs = (base: string) => facts.snapshots.find(({ name }) => name === base)?.backupTs ?? 0n;
  const checkpoint = () => facts.logs[0]?.maxTs ?? 0n;

  /** The bucket with some objects other or gone. */
  async function changed(changes: Readonly<Record<string, Uint8Array | 'gone'>>): Promise<ObjectStore> {
    const store = new OverlayObjectStore(bucket);
    for (const [key, change] of Object.entries(changes)) {
      if (change === 'gone') await store.delete(key);
      else await store.put(key, change);
    }
    return store;
  }

  /** Restores into a real folder, as the command does. */
  async function restore(
    store: ObjectStore,
    input: { readonly at: string; readonly base?: string; readonly tables?: readonly string[] },
  ): Promise<unknown> {
    const target = await openFolderTarget(join(folder.path, 'restored'), 'jsonl');
    return restoreEmbedded(workDeps(store), input, target);
  }

  /** The head of the log as another one. */
  async function logHead(change: { readonly clusterId?: bigint; readonly startVersion?: bigint }) {
    const head = fromBinary(BackupMetaSchema, (await bucket.get(`${log}backupmeta`)) ?? new Uint8Array(0));
    return toBinary(BackupMetaSchema, Object.assign(head, change));
  }

  const nearest = (which: { readonly before?: bigint; readonly after?: bigint }) => (error: unknown) => {
    const { details } = error as { readonly details: { readonly nearest?: unknown } };
    assert.deepEqual(details.nearest, which);
    return true;
  };

  test('a moment before the first base is not in the window; the nearest is the BackupTS of the base', async () => {
    const first = backupTs(firstBase);
    const refused = restore(bucket, { at: String(first - 1n) });
    await assert.rejects(refused, { code: 'MOMENT_NOT_IN_WINDOW', exitCode: 3, message: /first base/ });
    await assert.rejects(refused, nearest({ after: first }));
  });

  test('a moment after the checkpoint is not in the window; the nearest is the checkpoint', async () => {
    const refused = restore(bucket, { at: String(checkpoint() + 1n) });
    await assert.rejects(refused, {
      code: 'MOMENT_NOT_IN_WINDOW',
      exitCode: 3,
      message: /checkpoint of the log/,
    });
    await assert.rejects(refused, nearest({ before: checkpoint() }));
  });

  test('the checkpoint and the first BackupTS themselves are in the window', async () => {
    for (const at of [checkpoint(), backupTs(firstBase)]) {
      const { report } = await restoreInMemory(sourceOf(bucket), { at: String(at) });
      assert.equal(report.moment, at);
    }
  });

  test('a base that is not there is refused, with the names of those that are', async () => {
    await assert.rejects(restore(bucket, { at: t5, base: 'snapshot-19990101000000' }), {
      code: 'BASE_MISSING',
      exitCode: 3,
      message: new RegExp(`there is no snapshot snapshot-19990101000000.*${lastBase}`),
    });
  });

  test('a base that is newer than the moment is refused', async () => {
    const refused = restore(bucket, { at: t5, base: lastBase });
    await assert.rejects(refused, { code: 'MOMENT_NOT_IN_WINDOW', exitCode: 3 });
    await assert.rejects(refused, nearest({ after: backupTs(lastBase) }));
  });

  test('without any snapshot a moment and "latest" are refused as without a base', async () => {
    const logOnly = await recordedCopy(shopBucket, log);
    for (const at of [t5, 'latest', '-90s'])
      await assert.rejects(restore(logOnly, { at }), {
        code: 'BASE_MISSING',
        exitCode: 3,
        message: /no complete snapshot/,
      });
  });

  test('an unfinished snapshot is no base, and an older one goes on in its place', async () => {
    const store = await changed({ [`${middleBase}/backupmeta`]: 'gone' });
    await assert.rejects(restore(store, { at: t5, base: middleBase }), {
      code: 'BASE_MISSING',
      exitCode: 3,
      message: /unfinished/,
    });
    const restored = await restoreInMemory(sourceOf(store), { at: t5 });
    assert.equal(restored.report.base, firstBase);
    assertIsTruth(restored, readTruth('shop', 't5'));
  });

  test('a log that was truncated after the base is said to be so, by its safepoint or by BASE alone', async () => {
    const minimum = backupTs(middleBase) + 1n;
    const base = create(MigrationSchema, { truncatedTo: minimum, creator: 'br' });
    const safepoint = { [`${log}v1_stream_trancate_safepoint.txt`]: Buffer.from(String(minimum)) };
    const migrations = { [`${log}v1/migrations/BASE`]: toBinary(MigrationSchema, base) };
    for (const changes of [safepoint, migrations, { ...safepoint, ...migrations }]) {
      const refused = restore(await changed(changes), { at: t5 });
      await assert.rejects(refused, {
        code: 'LOG_TRUNCATED',
        exitCode: 3,
        message: /begins at .* since it was truncated/,
      });
      await assert.rejects(refused, nearest({ before: backupTs(middleBase), after: backupTs(lastBase) }));
    }
  });

  test('a log truncated to exactly the BackupTS of a base still serves that base', async () => {
    const safepoint = Buffer.from(String(backupTs(middleBase)));
    const store = await changed({ [`${log}v1_stream_trancate_safepoint.txt`]: safepoint });
    const restored = await restoreInMemory(sourceOf(store), { at: t5 });
    assert.equal(restored.report.base, middleBase);
    assertIsTruth(restored, readTruth('shop', 't5'));
    await assert.rejects(restore(store, { at: t5, base: firstBase }), { code: 'LOG_TRUNCATED', exitCode: 3 });
  });

  test('a log that began after the base is no way on from it', async () => {
    const head = await logHead({ startVersion: backupTs(lastBase) + 1n });
    await assert.rejects(restore(await changed({ [`${log}backupmeta`]: head }), { at: t5 }), {
      code: 'MOMENT_NOT_IN_WINDOW',
      exitCode: 3,
      message: /begins at .* after the base/,
    });
  });

  test('the log of another cluster is named as such, and is never laid over the base', async () => {
    const store = await changed({ [`${log}backupmeta`]: await logHead({ clusterId: 4711n }) });
    const refused = restore(store, { at: t5 });
    await assert.rejects(refused, {
      code: 'CLUSTER_MISMATCH',
      exitCode: 3,
      message: /of cluster 4711, the base .* of cluster \d+/,
    });
    await assert.rejects(refused, nearest({ before: backupTs(middleBase), after: backupTs(lastBase) }));
  });

  test('a log without a checkpoint serves nothing, because nothing says how far it is whole', async () => {
    const keys = facts.logs[0]?.checkpoints.map(({ source }) => source) ?? [];
    assert.equal(keys.length, 2);
    const store = await changed(Object.fromEntries(keys.map((key) => [key, 'gone' as const])));
    await assert.rejects(restore(store, { at: t5 }), {
      code: 'MOMENT_NOT_IN_WINDOW',
      exitCode: 3,
      message: /no checkpoint/,
    });
  });

  test('tables that a restore wrote past the log are refused, and the others come back', async () => {
    const opened = await openMoment({ backup: sourceOf(bucket) }, { at: t5 });
    const orders = opened.tables.find(({ table }) => table.name === 'orders');
    assert.ok(orders);
    const list = blocklistObject({
      restoreStartTs: BigInt(t5) - 2n,
      restoreCommitTs: BigInt(t5),
      rewriteTs: BigInt(t5) - 1n,
      tableIds: [orders.table.id],
      dbIds: [],
    });
    const store = await changed({ [log + list.key]: list.bytes });
    await assert.rejects(restore(store, { at: t5 }), {
      code: 'MOMENT_NOT_IN_WINDOW',
      exitCode: 3,
      message: /shop\.orders cannot be read at .* past the log.*log_restore_tables_blocklists/,
      hint: /--tables '!shop\.orders'/,
    });
    const others = await restoreInMemory(sourceOf(store), { at: t5, tables: ['!shop.orders'] });
    assert.equal(others.tables.size, readTruth('shop', 't5').tables.size - 1);
    const later = readTruth('shop', 't7');
    assertIsTruth(await restoreInMemory(sourceOf(store), { at: later.tso }), later);
  });

  test('a date-time without a zone is refused with the reason', async () => {
    await assert.rejects(restore(bucket, { at: '2026-11-22 04:25:06' }), {
      code: 'MOMENT_WITHOUT_ZONE',
      exitCode: 2,
    });
  });

  for (const at of ['yesterday', '', '1795321506', '2026-13-01T00:00:00Z', '+90m'])
    test(`the moment "${at}" is refused as no moment`, async () => {
      await assert.rejects(restore(bucket, { at }), { code: 'INVALID_INPUT', exitCode: 2 });
    });

  test('a filter that selects nothing at the moment is refused, also for a table of another time', async () => {
    for (const tables of [['nothing.*'], ['shop.refunds'], ['*.*', '!*.*']])
      await assert.rejects(restore(bucket, { at: t5, tables }), {
        code: 'INVALID_TABLE_FILTER',
        exitCode: 2,
      });
    const t2 = readTruth('shop', 't2').tso;
    const { tables } = await restoreInMemory(sourceOf(bucket), { at: t2, tables: ['shop.refunds'] });
    assert.deepEqual([...tables.keys()], ['shop.refunds']);
  });

  test('damage that shows in the middle of the work leaves nothing at the target either', async () => {
    const keys: string[] = [];
    for await (const { key } of bucket.list(`${firstBase}/1/`)) keys.push(key);
    const all = keys.filter((key) => key.endsWith('_write.sst'));
    const store = await changed(Object.fromEntries(all.map((key) => [key, new Uint8Array(100)])));
    await assert.rejects(restore(store, { at: t5, base: firstBase }), {
      code: 'OBJECT_DAMAGED',
      exitCode: 4,
    });
    const path = join(folder.path, 'restored.duckdb');
    const target = await openDuckDbTarget(path, { memoryBytes: 1 << 28, threads: 1, force: false });
    await assert.rejects(restoreEmbedded(workDeps(store), { at: t5, base: firstBase }, target), {
      code: 'OBJECT_DAMAGED',
      exitCode: 4,
    });
  });
});

/** The hands of a person's restore. */
function workDeps(store: ObjectStore): WorkDeps {
  const backup = sourceOf(store);
  return {
    backup,
    memoryBytes: 256 * 1024 * 1024,
    workers: 1,
    hire: hireLocally(backup, { snapshots: '', log: '' }),
    progress: () => {},
    signal: new AbortController().signal,
    monotonicMs: () => 0,
  };
}
