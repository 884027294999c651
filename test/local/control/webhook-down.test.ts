// The runtime of one machine while the webhook of its settings is down: its work goes on, people read the log, and the webhook is
// not hammered.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LocalStage, localStageText } from '../../support/local-stage.ts';

const minute = 60_000;
/** A port that nobody may be asked at: the refusal needs no network. */
const settings = localStageText.replace(
  '    policy:\n',
  '    notifications: { webhook: { url: https://127.0.0.1:1/pitr } }\n    policy:\n',
);

test('what could not be told is tried with growing pauses, is in the log once, and holds no work up', async (t) => {
  const stage = await LocalStage.make({ settings });
  t.after(() => stage.remove());
  const runtime = await stage.open();
  await stage.clock.advance(20 * minute);
  const tries = stage.troubles().filter((trouble) => /^react: MESSAGE_UNDELIVERED/.test(trouble)).length;
  assert.ok(tries >= 20 && tries <= 40, `${tries} tries in 20 minutes`);
  const titles = stage.messages();
  assert.ok(titles.length > 0);
  assert.equal(new Set(titles).size, titles.length, 'a line for each message');
  assert.equal(stage.runner.starts, 1, 'the snapshot that was due has begun');
  const numbers = runtime.metrics.of('shop');
  assert.ok((numbers?.atMs ?? 0) >= stage.clock.nowMs() - 2 * minute, 'each minute has its numbers');
  assert.ok(numbers?.metrics.some(({ name }) => name === 'lagSeconds'));
});
