// What a native truncation will not do: delete beside others' locks, after its leave was taken back, what it does not
// understand, or the name of what the storage keeps.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { logMetaObject } from '../../../lib/br/backup-writer.ts';
import { blocklistObject } from '../../../lib/br/blocklist.ts';
import { checkpointTsBytes, parseLock } from '../../../lib/br/locks.ts';
import { listLogMetas, readLogMetas } from '../../../lib/br/log/log-selection.ts';
import { FileType, MigrationSchema, MigrationVersion } from '../../../lib/br/proto/gen/log_pb.js';
import type { ErrorCode } from '../../../lib/domain/errors.ts';
import { PitrError } from '../../../lib/domain/errors.ts';
import { runNativeTruncation } from '../../../lib/operations/truncation/native-truncation.ts';
import { planNativeTruncation } from '../../../lib/operations/truncation/native-truncation-plan.ts';
import { previewTruncation } from '../../../lib/operations/truncation/native-truncation-preview.ts';
import type { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { collect, recordedCopy, shopBucket } from '../../support/recorded-store.ts';
import {
  contentsOf,
  differenceOf,
  logFolder,
  oneOwner,
  truncationDeps,
  withLockedObjects,
} from '../../support/truncation-stage.ts';

/** Cuts five objects, one of them of a meta of three, and three metas. */
const untilTs = 470632766374150149n;
const checkpoint = 470632777030303745n;

const put = (store: MemoryObjectStore, key: string, bytes: Uint8Array | string) =>
  store.put(`${logFolder}${key}`, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);

function migration(content: MessageInitShape<typeof MigrationSchema>): Uint8Array {
  return toBinary(MigrationSchema, create(MigrationSchema, { version: MigrationVersion.M2, ...content }));
}

/** It fails with the code and these words, and the bucket is as it was. */
async function refuses(
  store: MemoryObjectStore,
  code: ErrorCode,
  words: RegExp,
  until = untilTs,
): Promise<void> {
  const before = await contentsOf(store);
  await assert.rejects(runNativeTruncation(truncationDeps(store), until), { code, message: words });
  assert.deepEqual(await contentsOf(store), before);
}

describe('beside others', () => {
  for (const key of [
    'truncating.lock',
    'truncating.lock.INTENT.00112233445566778899aabbccddeeff',
    'v1/LOCK.WRIT',
    'v1/LOCK.READ.5ebd8b83014050e7',
    'v1/APPEND_LOCK.WRIT',
  ]) {
    test(`${key} stops it before anything is written`, async () => {
      const store = await recordedCopy(shopBucket);
      await put(store, key, '');
      await refuses(store, 'BR_LOCKED', new RegExp(key));
    });
  }

  test('a lock that appears while it runs stops it before the next page', async () => {
    const store = await recordedCopy(shopBucket);
    let pages = 0;
    const progress = () => {
      pages += 1;
      void put(store, 'v1/LOCK.READ.5ebd8b83014050e7', '{}');
    };
    const deps = truncationDeps(store, { progress, pageMetas: 1 });
    await assert.rejects(runNativeTruncation(deps, untilTs), { code: 'BR_LOCKED', message: /READ/ });
    assert.equal(pages, 1);
  });

  test('a lock of ours that somebody takes away stops it, and is not made again', async () => {
    const store = await recordedCopy(shopBucket);
    const progress = () => void store.delete(`${logFolder}truncating.lock`);
    const deps = truncationDeps(store, { progress, pageMetas: 1 });
    await assert.rejects(runNativeTruncation(deps, untilTs), { code: 'BR_LOCKED', message: /is gone/ });
    assert.equal(await store.head(`${logFolder}truncating.lock`), undefined);
    assert.equal(await store.head(`${logFolder}v1/LOCK.WRIT`), undefined);
  });

  test('its own locks are there while it works, and name it', async () => {
    const store = await recordedCopy(shopBucket);
    const found: string[] = [];
    const stillAllowed = async () => {
      for (const key of ['truncating.lock', 'v1/LOCK.WRIT']) {
        const bytes = await store.get(`${logFolder}${key}`);
        found.push(bytes === undefined ? 'none' : parseLock(key, bytes).ownerId);
      }
      return undefined;
    };
    await runNativeTruncation(truncationDeps(store, { stillAllowed }), untilTs);
    assert.ok(found.length >= 6);
    assert.deepEqual(new Set(found), new Set([oneOwner]));
  });

  test('a dead owner is only who was named', async () => {
    const store = await recordedCopy(shopBucket);
    const killed = await recordedCopy('faults/truncate-1-left-objects/log');
    await put(store, 'truncating.lock', (await killed.get('truncating.lock'))!);
    await refuses(store, 'BR_LOCKED', /owner dc72202d-48f3-4736-8bb8-c9f5d5693a59/);
    const deps = truncationDeps(store, { deadOwners: ['dc72202d-48f3-4736-8bb8-c9f5d5693a59'] });
    const report = await runNativeTruncation(deps, untilTs);
    assert.deepEqual(report.removedLocks, [`${logFolder}truncating.lock`]);
    assert.equal(report.objects, 5);
  });
});

describe('its leave', () => {
  const refusal = { code: 'LOG_NEEDED', message: 'a snapshot came that needs it', hint: 'wait' };

  test('is asked first of all: without it nothing is written', async () => {
    const store = await recordedCopy(shopBucket);
    const before = await contentsOf(store);
    const deps = truncationDeps(store, { stillAllowed: async () => refusal });
    await assert.rejects(runNativeTruncation(deps, untilTs), { code: 'LOG_NEEDED', hint: 'wait' });
    assert.deepEqual(await contentsOf(store), before);
  });

  test('is asked again before each page, and taken back it ends the run at once', async () => {
    for (let leave = 1; leave <= 5; leave++) {
      const store = await recordedCopy(shopBucket);
      let asked = 0;
      const stillAllowed = async () => (++asked > leave ? refusal : undefined);
      let undone = 0;
      const deps = truncationDeps(store, { stillAllowed, pageMetas: 1, progress: () => void undone++ });
      const run = runNativeTruncation(deps, untilTs);
      // Twice before the first page.
      if (leave < 5) await assert.rejects(run, { code: 'LOG_NEEDED' });
      else await run;
      assert.equal(undone, Math.max(0, leave - 2), `leave for ${leave}`);
      assert.equal(await store.head(`${logFolder}truncating.lock`), undefined);
    }
  });

  test('a stop ends it between two pages, without locks', async () => {
    const store = await recordedCopy(shopBucket);
    const stop = new AbortController();
    const deps = truncationDeps(store, { signal: stop.signal, pageMetas: 1, progress: () => stop.abort() });
    await assert.rejects(runNativeTruncation(deps, untilTs), { code: 'INTERRUPTED' });
    const keys = [...(await contentsOf(store)).keys()];
    assert.deepEqual(
      keys.filter((key) => /LOCK|truncating/.test(key)),
      [],
    );
  });
});

describe('what the storage keeps', () => {
  test('stays named: its meta is rewritten without the others, and goes with the next run', async () => {
    const store = await recordedCopy(shopBucket);
    const before = await contentsOf(store);
    const { changes } = await previewTruncation(truncationDeps(store), untilTs);
    const data = changes.filter(({ kind }) => kind === 'data').map(({ key }) => key);
    for (const kept of data) {
      const copy = await recordedCopy(shopBucket);
      const locked = withLockedObjects(copy, (key) => key === kept);
      const report = await runNativeTruncation(truncationDeps(locked), untilTs);
      assert.deepEqual(
        [report.objects, report.undeletedCount, report.undeleted.map(({ key }) => key)],
        [data.length - 1, 1, [kept]],
      );
      const named: string[] = [];
      for await (const { groups } of readLogMetas(copy, await listLogMetas(copy, logFolder)))
        named.push(...groups.map(({ path }) => `${logFolder}${path}`));
      assert.ok(named.includes(kept));
      const there = [...(await contentsOf(copy)).keys()].filter((key) => key.endsWith('.log'));
      assert.deepEqual(named.sort(), there.sort());
      await runNativeTruncation(truncationDeps(copy), untilTs);
      const { deleted } = differenceOf(before, await contentsOf(copy));
      assert.equal(deleted.filter((key) => key.endsWith('.log')).length, data.length);
      assert.equal(deleted.filter((key) => key.endsWith('.meta')).length, 3);
    }
  });

  test('a meta that cannot be deleted is told, names nothing that is gone, and goes with the next run', async () => {
    const store = await recordedCopy(shopBucket);
    const isMeta = (key: string) => key.endsWith('.meta');
    const locked = withLockedObjects(store, isMeta);
    const report = await runNativeTruncation(truncationDeps(locked), untilTs);
    assert.deepEqual([report.objects, report.metas, report.undeletedCount], [5, 0, 3]);
    const told = report.undeleted.map(({ key }) => key);
    for await (const { name, groups } of readLogMetas(store, await listLogMetas(store, logFolder))) {
      if (told.includes(name)) assert.deepEqual(groups, [], name);
      for (const { path } of groups) assert.ok(await store.head(`${logFolder}${path}`), path);
    }
    const again = await runNativeTruncation(truncationDeps(store), untilTs);
    assert.deepEqual([again.objects, again.metas, again.undeletedCount], [0, 3, 0]);
    const whole = await recordedCopy(shopBucket);
    await runNativeTruncation(truncationDeps(whole), untilTs);
    assert.deepEqual(await contentsOf(store), await contentsOf(whole));
  });

  test('a meta without groups that was cut short is not taken for one that was emptied: it stays', async () => {
    const store = await recordedCopy(shopBucket);
    const [entry] = await listLogMetas(store, logFolder);
    assert.ok(entry !== undefined);
    const [meta] = await collect(readLogMetas(store, [entry]));
    const bytes = await store.get(entry.key);
    assert.ok(meta !== undefined && bytes !== undefined && meta.version !== 1);
    const bounds = bytes.subarray(0, bytes.indexOf(0x32));
    await store.put(entry.key, bounds);
    await runNativeTruncation(truncationDeps(store), untilTs).catch(() => undefined);
    assert.deepEqual(Buffer.from((await store.get(entry.key)) ?? []), Buffer.from(bounds));
  });

  test('a meta that can neither be deleted nor written stays as it is, and is told', async () => {
    const store = await recordedCopy(shopBucket);
    const locked = withLockedObjects(store, (key) => key.endsWith('.meta'));
    const put = locked.put.bind(locked);
    locked.put = async (key, bytes, ...more) => {
      if (key.endsWith('.meta')) throw new PitrError('STORAGE_DENIED', `put ${key}: AccessDenied`);
      return await put(key, bytes, ...more);
    };
    const report = await runNativeTruncation(truncationDeps(locked), untilTs);
    assert.deepEqual([report.objects, report.metas, report.undeletedCount], [5, 0, 3]);
  });
});

describe('what is not understood', () => {
  test('a migration of a newer version, or of an unknown name', async () => {
    const store = await recordedCopy(shopBucket);
    await put(store, 'v1/migrations/BASE', migration({ version: 3 as MigrationVersion }));
    await refuses(store, 'UNSUPPORTED', /BASE has migration version 3/);
    await store.delete(`${logFolder}v1/migrations/BASE`);
    await put(store, 'v1/migrations/NEXT', 'x');
    await refuses(store, 'UNSUPPORTED', /v1\/migrations\/NEXT/);
    await store.delete(`${logFolder}v1/migrations/NEXT`);
    await put(store, 'v1/migrations/BASE_TMP', 'left by a crash');
    await runNativeTruncation(truncationDeps(store), untilTs);
  });

  const compactions = (inputMaxTs: bigint) => ({
    compactions: [{ name: 'c1', inputMinTs: 1n, inputMaxTs, artifacts: 'v1/compactions/c1' }],
  });

  test('a compaction in BASE that reaches past the cut: its inputs may be gone, and with them what they need', async () => {
    const store = await recordedCopy(shopBucket);
    await put(store, 'v1/migrations/BASE', migration(compactions(untilTs)));
    await refuses(store, 'UNSUPPORTED', /the compaction c1 reaches to .* past the cut/);
    await put(store, 'v1/migrations/BASE', migration(compactions(untilTs - 1n)));
    const { plan, objects } = await runNativeTruncation(truncationDeps(store), untilTs);
    assert.equal(objects, 5);
    assert.match(plan.notes.join('\n'), /the compaction c1 lies before the cut and stays/);
  });

  test('not a compaction whose inputs are still there: a migration with a number of its own', async () => {
    const store = await recordedCopy(shopBucket);
    await put(store, 'v1/migrations/00000001_00000000000000AA.mgrt', migration(compactions(untilTs + 5n)));
    assert.equal((await runNativeTruncation(truncationDeps(store), untilTs)).objects, 5);
  });

  test('a damaged meta that it would have to read', async () => {
    const store = await recordedCopy(shopBucket);
    const { toOpen } = await planNativeTruncation(truncationDeps(store), untilTs);
    const key = toOpen[1]?.key ?? '';
    await store.put(key, (await store.get(key))!.subarray(0, 40));
    const before = await contentsOf(store);
    await assert.rejects(runNativeTruncation(truncationDeps(store), untilTs), { code: 'OBJECT_DAMAGED' });
    const { deleted, rewritten } = differenceOf(before, await contentsOf(store));
    assert.deepEqual([deleted, rewritten], [[], []]);
  });

  test('a meta that names something else than a data object', async () => {
    const store = await recordedCopy(shopBucket);
    const file = { sha256: new Uint8Array(32), cf: 'write', type: FileType.PUT, minTs: 5n, maxTs: 9n };
    for (const path of ['backupmeta', '../snapshot-20261122042442/backupmeta', 'v1/backupmeta/x.meta']) {
      const groups = [{ path, length: 1n, dataFilesInfo: [{ ...file, rangeLength: 1n, length: 1n }] }];
      const meta = logMetaObject({ storeId: 1n, resolvedTs: 1n, groups }, { format: 'tagged', flushTs: 9n });
      await put(store, meta.key, meta.bytes);
      const before = await contentsOf(store);
      await assert.rejects(runNativeTruncation(truncationDeps(store), untilTs), {
        code: 'OBJECT_UNRECOGNIZED',
        message: /expected the key of a \.log object/,
      });
      assert.deepEqual(differenceOf(before, await contentsOf(store)).deleted, []);
    }
  });

  test('a damaged blocklist', async () => {
    const store = await recordedCopy(shopBucket);
    const list = { restoreCommitTs: 9n, restoreStartTs: 5n, rewriteTs: 1n, tableIds: [9n], dbIds: [] };
    const { key, bytes } = blocklistObject(list);
    await put(store, key, bytes.subarray(0, bytes.length - 1));
    await refuses(store, 'OBJECT_DAMAGED', /blocklists/);
  });

  test('a cut after the end of the log, or of a log whose end nobody knows', async () => {
    const store = await recordedCopy(shopBucket);
    await refuses(store, 'MOMENT_NOT_IN_WINDOW', /the log ends at 470632777030303745/, checkpoint + 1n);
    await put(store, 'crr-checkpoint/resume-state.json', `{"last_checkpoint":${untilTs - 1n}}`);
    await refuses(store, 'MOMENT_NOT_IN_WINDOW', /the log ends at/);
    await store.delete(`${logFolder}crr-checkpoint/resume-state.json`);
    for (const name of ['1.ts', 'central_global.ts'])
      await store.delete(`${logFolder}v1/global_checkpoint/${name}`);
    await refuses(store, 'MOMENT_NOT_IN_WINDOW', /nothing tells where the log ends/);
    await put(store, 'v1/global_checkpoint/77.ts', checkpointTsBytes(untilTs));
    await runNativeTruncation(truncationDeps(store), untilTs);
  });

  test('a folder without the head of a log', async () => {
    const store = await recordedCopy(shopBucket);
    await store.delete(`${logFolder}backupmeta`);
    await refuses(store, 'OBJECT_MISSING', /log-backup\/backupmeta/);
  });
});

describe('metas of idle stores', () => {
  const idle = (flushTs: bigint) =>
    logMetaObject({ storeId: 9n, resolvedTs: flushTs - 1n, groups: [] }, { format: 'flagged', flushTs });

  test('go unopened when they were flushed before the cut, which br never does', async () => {
    const store = await recordedCopy(shopBucket);
    for (const flushTs of [untilTs - 1n, untilTs]) await put(store, idle(flushTs).key, idle(flushTs).bytes);
    const report = await runNativeTruncation(truncationDeps(store), untilTs);
    assert.equal(report.emptyMetas, 1);
    assert.equal(await store.head(`${logFolder}${idle(untilTs - 1n).key}`), undefined);
    assert.notEqual(await store.head(`${logFolder}${idle(untilTs).key}`), undefined);
  });

  test('stay when the leave is taken back before them', async () => {
    const store = await recordedCopy(shopBucket);
    const { key, bytes } = idle(untilTs - 1n);
    await put(store, key, bytes);
    let pages = 0;
    const progress = () => void pages++;
    const refusal = { code: 'LOG_NEEDED', message: 'it is needed', hint: '' };
    const stillAllowed = async () => (pages > 0 ? refusal : undefined);
    const run = runNativeTruncation(truncationDeps(store, { progress, stillAllowed }), untilTs);
    await assert.rejects(run, { code: 'LOG_NEEDED' });
    assert.notEqual(await store.head(`${logFolder}${key}`), undefined);
  });

  test('are not believed when they are too large to be empty', async () => {
    const store = await recordedCopy(shopBucket);
    const [first] = await listLogMetas(store, logFolder);
    await put(store, idle(untilTs - 1n).key, (await store.get(first?.key ?? ''))!);
    await refuses(store, 'OBJECT_DAMAGED', /as its name says/);
  });
});

describe('the safepoint', () => {
  const safepoint = `${logFolder}v1_stream_trancate_safepoint.txt`;

  test('never goes back', async () => {
    const store = await recordedCopy(shopBucket);
    await store.put(safepoint, Buffer.from(String(untilTs + 1n)));
    const { plan } = await runNativeTruncation(truncationDeps(store), untilTs);
    assert.equal(Buffer.from((await store.get(safepoint))!).toString(), String(untilTs + 1n));
    assert.match(plan.notes.join('\n'), /the safepoint stays there/);
  });

  test('is there before anything is deleted', async () => {
    const store = await recordedCopy(shopBucket);
    const steps: string[] = [];
    const [write, removeMany] = [store.put.bind(store), store.deleteMany.bind(store)];
    store.put = async (key, bytes) => {
      steps.push(`put ${key}`);
      await write(key, bytes);
    };
    store.deleteMany = async (keys) => {
      steps.push(...keys.map((key) => `delete ${key}`));
      return await removeMany(keys);
    };
    await runNativeTruncation(truncationDeps(store), 470632757998649345n);
    const at = (pattern: RegExp) => steps.findIndex((step) => pattern.test(step));
    assert.ok(at(/put .*safepoint/) < at(/delete .*\.log/));
    assert.ok(at(/delete .*\.log/) < at(/put .*\.meta/));
    assert.ok(at(/delete .*\.log/) < at(/delete .*\.meta/));
  });
});

test('the plan of a log of decimal names opens each meta once, and the cut only those that it needs', async () => {
  const store = await recordedCopy(shopBucket);
  for (const { key } of await listLogMetas(store, logFolder)) {
    const bytes = (await store.get(key))!;
    await store.delete(key);
    const uuid = '201c0b0b-e1c4-4b67-8355-a6ee0aa6adda';
    await store.put(`${logFolder}v1/backupmeta/${BigInt(`0x${key.slice(25, 41)}`)}-${uuid}.meta`, bytes);
  }
  const gets: string[] = [];
  const get = store.get.bind(store);
  store.get = async (key, range) => {
    if (key.includes('v1/backupmeta/')) gets.push(key);
    return await get(key, range);
  };
  const { plan, objects } = await runNativeTruncation(truncationDeps(store), untilTs);
  assert.deepEqual([objects, plan.metas, plan.toOpen.length, gets.length], [5, 6, 3, 9]);
});
