// Worlds in which a log task of another name, in another folder, was there before the control plane: it is adopted, and every rule holds.

import assert from 'node:assert/strict';
import test from 'node:test';
import { allInvariants } from '../support/sim/invariants/all-invariants.ts';
import { SimWorld } from '../support/sim/sim-world.ts';
import { clusterName, drawPlan } from '../support/sim/world-plan.ts';

const logTask = { name: 'old', folder: 'logs' };
const seeds = [1, 4, 9, 21];

test('a task that was there before is adopted, and every rule holds through troubles', async () => {
  for (const seed of seeds) {
    const world = new SimWorld(drawPlan(seed, { days: 1, logTask }), allInvariants(seed));
    await world.live();
    const { violations } = world.record;
    assert.deepEqual(
      violations.map(({ message }) => message),
      [],
      `seed ${seed}\n${world.record.last(60).join('\n')}`,
    );
    const key = { cluster: clusterName, kind: 'keeper', id: 'current' } as const;
    const keeper = (await world.store.get(key, world.clock.nowMs()))?.record;
    assert.equal(keeper?.adopted?.name, 'old', `seed ${seed}`);
    assert.equal(keeper.epochs[0]?.path, 'logs', `seed ${seed}`);
    const started = [...world.br.runs.values()].filter(({ kind }) => kind === 'log start');
    assert.ok(started.length > 0);
    for (const {
      request: { argv },
    } of started)
      assert.ok(argv.includes('--task-name=old'), `seed ${seed}: ${argv.join(' ')}`);
  }
});
