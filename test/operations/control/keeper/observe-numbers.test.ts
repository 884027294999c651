// The numbers of the look of every minute: put once, by the look that counts, with what it decided.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { levelIn } from '../../../../lib/domain/alarm-code.ts';
import { PitrError } from '../../../../lib/domain/errors.ts';
import { msOfTs } from '../../../../lib/domain/ts.ts';
import { observe } from '../../../../lib/operations/control/keeper/observe.ts';
import { refusalOf } from '../../../support/control-stage.ts';
import { observeStage } from '../../../support/observe-stage.ts';

const start = Date.UTC(2026, 10, 22, 4, 26, 12);
const checkpointMs = msOfTs(470632777030303745n);
const watch = { purpose: 'watch' } as const;
const stageOf = (situation = 'shop/pd/5-before-end', nowMs = start) => observeStage(situation, { nowMs });

describe('the look of a minute', () => {
  test('puts its numbers once, by our clock, for its cluster', async () => {
    const stage = stageOf();
    await observe.run(stage, watch);
    assert.deepEqual(
      stage.metrics.noted.map(({ cluster, atMs }) => [cluster, atMs]),
      [['shop', start]],
    );
    assert.equal(stage.metrics.last().get('lagSeconds'), Math.round((start - checkpointMs) / 1000));
  });

  test('puts the levels that the keeper decided and remembers', async () => {
    const stage = stageOf('shop/pd/5-before-end', checkpointMs + 31 * 60_000);
    await observe.run(stage, watch);
    const key = { cluster: 'shop', kind: 'keeper', id: 'current' } as const;
    const stored = await stage.store.get(key, stage.nowMs());
    const raised = stored?.record.alarms.filter(({ level }) => level !== 'ok') ?? [];
    assert.ok(raised.length > 0);
    const code = stage.metrics.last().get('alarmCode') ?? 0;
    for (const { name, level } of raised) assert.equal(levelIn(code, name), level, name);
  });

  test('puts nothing when PD does not answer: silence is what is told then', async () => {
    const stage = stageOf();
    stage.silence(new PitrError('PD_UNREACHABLE', 'no PD answered', {}));
    await refusalOf(observe.run(stage, watch));
    assert.deepEqual(stage.metrics.noted, []);
  });

  test('puts nothing when somebody looked later: theirs count', async () => {
    const stage = stageOf();
    await observe.run(stage, watch);
    const late = { ...stage, nowMs: () => start - 1000 };
    await observe.run(late, watch);
    assert.equal(stage.metrics.noted.length, 1);
  });
});

test('the look of a flow puts no numbers: the minute has its own', async () => {
  const stage = stageOf('shop/pd/0-no-task');
  const { planned } = await observe.run(stage, watch);
  await observe.run(stage, { purpose: 'confirm', id: String(planned) }).catch(() => undefined);
  assert.equal(stage.metrics.noted.length, 1);
});
