// What people do to keep things, through the one function that does it: each action reads its own input, and is refused as it always was.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdActions } from '../../../../lib/config/functions.ts';
import { hold } from '../../../../lib/operations/control/retention/hold.ts';
import { retentionPlan } from '../../../../lib/operations/control/retention/retention-plan.ts';
import { type RetentionStage, retentionStage, shopSnapshots } from '../../../support/retention-stage.ts';

const asked = (stage: RetentionStage, action: string, input: object = {}) =>
  hold.run(stage, hold.parseInput({ cluster: 'shop', action, ...input }));

test('each action is carried out with its own input', async () => {
  const stage = await retentionStage();
  const [folder] = shopSnapshots;
  const pinned = await asked(stage, 'pin', { what: 'snapshot', folder, reason: 'an audit' });
  assert.equal(pinned['decision'], 'pinned');
  const idOf = (answer: Readonly<Record<string, unknown>>) =>
    (answer['pins'] as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(idOf(await asked(stage, 'list-pins')), [pinned['id']]);
  assert.equal((await asked(stage, 'unpin', { id: pinned['id'] }))['decision'], 'released');
  assert.deepEqual(idOf(await asked(stage, 'list-pins')), []);
  const plan = await retentionPlan.run(stage, { dueMs: undefined, who: 'ann', dryRun: false });
  assert.equal((await asked(stage, 'veto', { planId: plan['id'], reason: 'no' }))['decision'], 'vetoed');
});

test('an input is held against its action: what another knows, and what none knows, is refused', () => {
  assert.throws(() => hold.parseInput({ cluster: 'shop', action: 'delete' }), {
    code: 'INVALID_INPUT',
    message: `action of hold is "delete", expected one of ${holdActions.join(', ')}`,
  });
  assert.throws(() => hold.parseInput({ cluster: 'shop', action: 'unpin', id: 'x', reason: 'y' }), {
    code: 'INVALID_INPUT',
    message: 'unpin knows no field "reason"',
  });
  assert.throws(() => hold.parseInput({ cluster: 'shop', action: 'veto', planId: 'x' }), {
    message: /^reason of veto is missing/,
  });
});
