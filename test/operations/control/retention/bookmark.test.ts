// A bookmark of now: pinned once the log has passed the moment, once only, and kept by the retention like any pin; and the flush that hurries it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkpointTsBytes } from '../../../../lib/br/locks.ts';
import { PitrError } from '../../../../lib/domain/errors.ts';
import type { Facts } from '../../../../lib/domain/state/run-identity.ts';
import { tsFromMs } from '../../../../lib/domain/ts.ts';
import { forceFlush } from '../../../../lib/operations/control/force-flush.ts';
import { hold } from '../../../../lib/operations/control/retention/hold.ts';
import { controlStage, stageText } from '../../../support/control-stage.ts';
import { recordedRun } from '../../../support/recorded-runs.ts';
import { type RetentionStage, retentionStage, shopNowMs } from '../../../support/retention-stage.ts';

const asked = (stage: RetentionStage, input: object = {}): Promise<Facts> =>
  hold.run(stage, hold.parseInput({ cluster: 'shop', action: 'bookmark', name: 'before v42', ...input }));

const nowTs = tsFromMs(shopNowMs + 1000);
const flushed = (stage: RetentionStage, ts: bigint) =>
  stage.bucket.put('log-backup/v1/global_checkpoint/9.ts', checkpointTsBytes(ts));

describe('a bookmark', () => {
  test('waits while the log is before the moment, and is pinned when it has passed it', async () => {
    const stage = await retentionStage();
    const waiting = await asked(stage);
    assert.deepEqual(waiting, {
      ...{ decision: 'waiting', atTs: `${nowTs}`, checkpointTs: `${tsFromMs(shopNowMs)}` },
      ...{ log: 'log-backup', flushesOnDemand: true },
    });
    await stage.clock.sleep(60_000);
    assert.equal((await asked(stage, { at: `${nowTs}` }))['decision'], 'waiting');
    await flushed(stage, nowTs);
    const pinned = await asked(stage, { at: `${nowTs}`, who: 'ann' });
    assert.deepEqual(
      [pinned['decision'], pinned['name'], pinned['what'], pinned['fromTs'], pinned['toTs'], pinned['holes']],
      ['pinned', 'before v42', 'moment', `${nowTs}`, `${nowTs}`, []],
    );
    assert.deepEqual([pinned['reason'], pinned['madeBy']], ['the bookmark before v42', 'ann']);
  });

  test('that is asked for again, since nobody saw the answer, is the same pin', async () => {
    const stage = await retentionStage();
    await flushed(stage, nowTs);
    const first = await asked(stage, { at: `${nowTs}` });
    const again = await asked(stage, { at: `${nowTs}` });
    assert.equal(again['id'], first['id']);
    const other = await asked(stage, { at: `${nowTs}`, name: 'after v42' });
    assert.notEqual(other['id'], first['id']);
    await hold.run(stage, hold.parseInput({ cluster: 'shop', action: 'unpin', id: first['id'] }));
    const anew = await asked(stage, { at: `${nowTs}` });
    assert.notEqual(anew['id'], first['id'], 'a pin that was released holds nothing');
  });

  test('of a moment to come, without a name, or relative to the log is wrong usage', async () => {
    const stage = await retentionStage();
    for (const [input, says] of [
      [{ at: `${tsFromMs(shopNowMs + 2000)}` }, /expected a moment that has been/],
      [{ name: '' }, /name/],
    ] as const) {
      await assert.rejects(async () => asked(stage, input), { code: 'INVALID_INPUT', message: says });
    }
    await assert.rejects(async () => asked(stage, { at: 'latest' }), PitrError);
  });

  test('says of an old version that its stores do not flush on demand, and of a log without checkpoints that it has none', async () => {
    const stage = await retentionStage();
    const old = controlStage({
      bucket: stage.bucket,
      nowMs: shopNowMs,
      settings: stageText.replace('v9.0.0-beta.2', 'v8.5.5'),
    });
    assert.equal((await asked({ ...stage, ...old, bucket: stage.bucket }))['flushesOnDemand'], false);
    for await (const { key } of stage.bucket.list('log-backup/v1/global_checkpoint/'))
      await stage.bucket.delete(key);
    assert.equal((await asked(stage))['checkpointTs'], null);
  });
});

describe('a forced flush', () => {
  const flush = (stage: ReturnType<typeof controlStage>) =>
    forceFlush.run(stage, forceFlush.parseInput({ cluster: 'shop', id: '1' }));
  const runId = 'force-flush-1';

  test('is br operator force-flush, begun once, and looked at until it is over', async () => {
    const stage = controlStage();
    assert.deepEqual(await flush(stage), { decision: 'running', reasons: [] });
    assert.deepEqual(await flush(stage), { decision: 'running', reasons: [] });
    assert.equal(stage.runner.runs.size, 1);
    const { argv, rights } = stage.runner.run(runId).request;
    assert.deepEqual(argv.slice(0, 4), ['/opt/br', 'operator', 'force-flush', '--pd=127.0.0.1:2379']);
    assert.equal(rights, 'writer');
    stage.runner.end(runId, { exitCode: 0 });
    assert.deepEqual(await flush(stage), { decision: 'flushed', reasons: [] });
  });

  test('that fails is told in br’s own words, or by what is known', async () => {
    const failing = controlStage();
    await flush(failing);
    const run = recordedRun('faults/truncate-2-again');
    failing.runner.print(runId, Buffer.from(run.stdout).toString());
    failing.runner.print(runId, Buffer.from(run.stderr).toString(), 'stderr');
    failing.runner.end(runId, { exitCode: 1 });
    const answer = await flush(failing);
    assert.equal(answer['decision'], 'failed');
    assert.ok(String((answer['reasons'] as string[])[0]).length > 10);
    const lost = controlStage();
    await flush(lost);
    lost.runner.lose(runId);
    assert.deepEqual(await flush(lost), { decision: 'failed', reasons: ['the machine was switched off'] });
  });

  test('is impossible before 8.5.6, and nothing is started', async () => {
    const stage = controlStage({ settings: stageText.replace('v9.0.0-beta.2', 'v8.5.5') });
    const answer = await flush(stage);
    assert.equal(answer['decision'], 'impossible');
    assert.match(String((answer['reasons'] as string[])[0]), /8\.5\.6/);
    assert.equal(stage.runner.runs.size, 0);
  });
});
