// The flow truncate with our own engine, from a planned record to the end: for each cut that was recorded of br the bucket that br left,
// and of a cut that the window does not allow nothing at all.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runNativeTruncation } from '../../../../lib/operations/truncation/native-truncation.ts';
import { cutExecution, cutId, cutStage, newestBase } from '../../../support/cut-stage.ts';
import { recordedCopy, shopBucket } from '../../../support/recorded-store.ts';
import { contentsOf, differenceOf, logFolder, truncationDeps } from '../../../support/truncation-stage.ts';

interface Recorded {
  readonly until: string;
  readonly deleted: readonly string[];
  readonly created: readonly string[];
  readonly rewritten: readonly string[];
  readonly safepoint: string;
}

const folder = fileURLToPath(new URL('../../../fixtures/shop/truncate/', import.meta.url));
const recordings: readonly Recorded[] = globSync('until-*.json', { cwd: folder })
  .sort()
  .map((name) => JSON.parse(readFileSync(`${folder}${name}`, 'utf8')));
const below = (keys: readonly string[]) => keys.map((key) => key.slice(logFolder.length)).sort();

describe('the flow of a cut by our own engine', () => {
  const allowed = recordings.filter(({ until }) => BigInt(until) <= newestBase);
  const [tooFar] = recordings.filter(({ until }) => BigInt(until) > newestBase);

  test('has recordings to be compared with', () => {
    assert.equal(allowed.length, 6);
    assert.ok(tooFar !== undefined);
  });

  const parts: number[] = [];
  for (const recorded of allowed) {
    for (const partMetas of [1, 1000]) {
      test(`leaves what br left until ${recorded.until}, ${partMetas} metas a part`, async () => {
        const cut = await cutStage(BigInt(recorded.until), { partMetas });
        const before = await contentsOf(cut.stage.bucket);
        const execution = await cut.run();
        assert.equal(execution.state, 'succeeded', JSON.stringify(execution));
        assert.equal(
          cut.states(),
          'Begin BeginCut WhichEngine CutParts EndCut Settle Judge Succeeded',
          JSON.stringify(cut.faults),
        );
        const after = await contentsOf(cut.stage.bucket);
        const { deleted, created, rewritten } = differenceOf(before, after);
        assert.deepEqual(below(deleted), [...recorded.deleted].sort());
        assert.deepEqual(below(created), [...recorded.created].sort());
        assert.deepEqual(below(rewritten), [...recorded.rewritten].sort());
        const safepoint = after.get(`${logFolder}v1_stream_trancate_safepoint.txt`) ?? '';
        assert.equal(Buffer.from(safepoint, 'hex').toString(), recorded.safepoint);
        // Byte for byte what the same engine leaves in one process, which is compared with br's own bytes elsewhere.
        const alone = await recordedCopy(shopBucket, '');
        await runNativeTruncation(truncationDeps(alone), BigInt(recorded.until));
        assert.deepEqual(after, await contentsOf(alone));
        assert.equal(cut.stage.runner.starts, 0);
        parts.push(cut.invoked.filter(({ step }) => step === 'part').length);
      });
    }
  }

  test('has as many parts as there is to cut, also none', () => {
    assert.deepEqual(parts, [0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 3, 1]);
  });

  test('records and tells what it did as a cut by br does', async () => {
    const recorded = allowed[3]!;
    const cut = await cutStage(BigInt(recorded.until));
    await cut.run();
    const { stage } = cut;
    const record = await cut.record();
    assert.ok(record.state === 'done');
    assert.equal(record.logMinimumTs, BigInt(recorded.until));
    assert.equal((await stage.store.lease('shop', 'restore'))?.state, 'free');
    const { entries: signals } = await stage.store.waitingSignals('shop', { nowMs: stage.nowMs() });
    assert.deepEqual(
      signals.map(({ topic }) => topic),
      ['truncation-done'],
    );
    const { untilTs, logMinimumTs, facts } = signals[0]!.facts;
    assert.deepEqual([untilTs, logMinimumTs], [recorded.until, recorded.until]);
    const data = recorded.deleted.filter((key) => key.endsWith('.log')).length;
    const metas = recorded.deleted.filter((key) => key.endsWith('.meta')).length;
    const { objects, metas: gone, rewritten, undeletedItems } = facts as Record<string, unknown>;
    assert.deepEqual(
      [objects, gone, rewritten, undeletedItems],
      [data, metas, recorded.rewritten.length, undefined],
    );
    const audit = await stage.store.audit('shop', { nowMs: stage.nowMs() });
    assert.deepEqual(audit.entries.map(({ id, who }) => [id, who]).sort(), [
      [`begin-cut/${cutId}`, cutExecution],
      [`settle/truncation/${cutId}`, cutExecution],
    ]);
  });

  test('takes nothing of a log that the window needs, and says so', async () => {
    const cut = await cutStage(BigInt(tooFar!.until));
    const before = await contentsOf(cut.stage.bucket);
    const execution = await cut.run();
    assert.ok(execution.state === 'failed');
    assert.equal(execution.error, 'STATE_CONFLICT');
    assert.match(execution.cause, /and the bucket allows 470632772993548292 /);
    assert.deepEqual(await contentsOf(cut.stage.bucket), before);
    assert.equal((await cut.record()).state, 'failed');
    assert.equal((await cut.stage.store.lease('shop', 'restore'))?.state, 'free');
  });

  test('done again for the same moment finds nothing to do, and leaves the same', async () => {
    const until = BigInt(allowed[3]!.until);
    const first = await cutStage(until);
    await first.run();
    const left = await contentsOf(first.stage.bucket);
    const second = await cutStage(until, { bucket: first.stage.bucket });
    assert.equal((await second.run()).state, 'succeeded');
    assert.deepEqual(await contentsOf(second.stage.bucket), left);
  });
});
