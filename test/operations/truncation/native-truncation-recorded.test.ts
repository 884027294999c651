// What the real `br log truncate --until` did to a copy of the recorded log, the native engine does to another copy: the same
// objects gone, the same metas rewritten, the same safepoint, the same shift.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { type Metadata, MetadataSchema } from '../../../lib/br/proto/gen/log_pb.js';
import { runNativeTruncation } from '../../../lib/operations/truncation/native-truncation.ts';
import { previewTruncation } from '../../../lib/operations/truncation/native-truncation-preview.ts';
import { recordedCopy, shopBucket } from '../../support/recorded-store.ts';
import { contentsOf, differenceOf, logFolder, truncationDeps } from '../../support/truncation-stage.ts';

interface Recorded {
  readonly until: string;
  readonly deleted: readonly string[];
  readonly created: readonly string[];
  readonly rewritten: readonly string[];
  readonly safepoint: string;
}

const folder = fileURLToPath(new URL('../../fixtures/shop/truncate/', import.meta.url));
const recordings = globSync('until-*.json', { cwd: folder }).sort();

/** What br said of the cut: the shift, when it lies before the cut, and how many objects it would delete. */
function saidByBr(name: string): { readonly shift: bigint | undefined; readonly files: number } {
  const stdout = readFileSync(`${folder}${name.replace('.json', '.stdout')}`, 'utf8');
  const shift = /"shift-ts":(\d+)/.exec(stdout)?.[1];
  const files = /We are going to truncate (\d+) files/.exec(stdout)?.[1];
  return { shift: shift === undefined ? undefined : BigInt(shift), files: Number(files ?? 0) };
}

/** The meta that br writes: groups gone, bounds counted again, everything encoded anew. */
function encodedAnew(before: string, gone: ReadonlySet<string>): Uint8Array {
  const meta: Metadata = fromBinary(MetadataSchema, Buffer.from(before, 'hex'));
  meta.fileGroups = meta.fileGroups.filter(({ path }) => !gone.has(path));
  const least = (values: readonly bigint[]) => values.reduce((x, y) => (y < x ? y : x));
  meta.minTs = least(meta.fileGroups.map(({ minTs }) => minTs));
  meta.maxTs = -least(meta.fileGroups.map(({ maxTs }) => -maxTs));
  meta.resolvedTs = least(meta.fileGroups.map(({ minResolvedTs }) => minResolvedTs));
  return toBinary(MetadataSchema, meta);
}

describe('a native truncation of the recorded log', () => {
  test('there are recordings to compare with', () => assert.equal(recordings.length, 7));

  for (const name of recordings) {
    const recorded: Recorded = JSON.parse(readFileSync(`${folder}${name}`, 'utf8'));
    const untilTs = BigInt(recorded.until);

    test(`until ${recorded.until} leaves the bucket that br left`, async () => {
      const store = await recordedCopy(shopBucket);
      const before = await contentsOf(store);
      const report = await runNativeTruncation(truncationDeps(store), untilTs);
      const after = await contentsOf(store);
      const below = (keys: readonly string[]) => keys.map((key) => key.slice(logFolder.length)).sort();
      const { deleted, created, rewritten } = differenceOf(before, after);
      assert.deepEqual(below(deleted), [...recorded.deleted].sort());
      assert.deepEqual(below(created), [...recorded.created].sort());
      assert.deepEqual(below(rewritten), [...recorded.rewritten].sort());
      const safepoint = Buffer.from(after.get(`${logFolder}v1_stream_trancate_safepoint.txt`)!, 'hex');
      assert.equal(safepoint.toString(), recorded.safepoint);
      const said = saidByBr(name);
      assert.equal(report.plan.shiftTs, said.shift ?? untilTs);
      assert.equal(report.objects, said.files);
      assert.equal(report.undeletedCount, 0);
      for (const key of rewritten) {
        const bytes = encodedAnew(before.get(key)!, new Set(below(deleted)));
        assert.equal(after.get(key), Buffer.from(bytes).toString('hex'), key);
      }
    });

    test(`until ${recorded.until} does what its dry run told, and the dry run writes nothing`, async () => {
      const store = await recordedCopy(shopBucket);
      const before = await contentsOf(store);
      const { changes } = await previewTruncation(truncationDeps(store), untilTs);
      assert.deepEqual(await contentsOf(store), before);
      await runNativeTruncation(truncationDeps(store), untilTs);
      const { deleted, created, rewritten } = differenceOf(before, await contentsOf(store));
      const told = (action: string) =>
        changes
          .filter((one) => one.action === action)
          .map(({ key }) => key)
          .sort();
      assert.deepEqual(told('delete'), [...deleted].sort());
      assert.deepEqual(told('rewrite'), [...rewritten].sort());
      assert.deepEqual(told('write'), [...created].sort());
      for (const { key, action, bytes } of changes) {
        if (action !== 'write') assert.equal(bytes, before.get(key)!.length / 2, key);
      }
    });
  }

  test('one cut after the other leaves what the last alone leaves', async () => {
    const [step, once] = [await recordedCopy(shopBucket), await recordedCopy(shopBucket)];
    const untils = recordings.map((name) => BigInt(name.slice('until-'.length, -'.json'.length)));
    for (const untilTs of untils) {
      await runNativeTruncation(truncationDeps(step), untilTs);
      await runNativeTruncation(truncationDeps(step), untilTs);
    }
    await runNativeTruncation(truncationDeps(once), untils.at(-1)!);
    assert.deepEqual(await contentsOf(step), await contentsOf(once));
  });

  test('the plan opens no meta of a tagged name, and the cut only those that begin before the shift', async () => {
    const store = await recordedCopy(shopBucket);
    const gets: string[] = [];
    const watched = truncationDeps(store).store;
    const get = watched.get.bind(watched);
    store.get = async (key, range) => {
      gets.push(key);
      return await get(key, range);
    };
    const untilTs = 470632766374150149n;
    const report = await runNativeTruncation(truncationDeps(store), untilTs);
    const opened = gets.filter((key) => key.includes('v1/backupmeta/'));
    assert.deepEqual(
      opened,
      report.plan.toOpen.map(({ key }) => key),
    );
    assert.ok(opened.length < report.plan.metas);
  });
});
