// What every adapter of the port Cluster must do: lib/ports/cluster.ts. The judge is what was recorded, read by hand below.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { displayedCheckpoint } from '../../lib/domain/log-task/log-task-facts.ts';
import type { Cluster } from '../../lib/ports/cluster.ts';

/** A cluster in a recorded situation, closed when the test ends. */
export type OpenRecorded = (t: TestContext, situation: string) => Promise<Cluster>;

/** Situation → state of the task, time of its checkpoint (UTC), number of safe points that are not for ever. */
const situations: Readonly<Record<string, readonly [string, string, number]>> = {
  'shop/pd/0-no-task': ['none', '', 0],
  'shop/pd/1-running': ['normal', '04:24:38.251Z', 2],
  'shop/pd/2-running-after-flush': ['normal', '04:25:07.602Z', 3],
  'shop/pd/3-paused': ['paused', '04:25:07.602Z', 4],
  'shop/pd/4-resumed': ['normal', '04:25:37.601Z', 4],
  'shop/pd/5-before-end': ['normal', '04:26:07.651Z', 4],
  'shop/pd/6-stopped': ['none', '', 2],
  'error-state/pd/7-error': ['error', '04:29:53.651Z', 6],
  'error-state/pd/8-resumed-still-broken': ['error', '04:29:53.651Z', 7],
  'error-state/pd/9-after-fix': ['error', '04:29:53.651Z', 7],
  'variants/pd/encrypted-task': ['normal', '05:34:18.809Z', 3],
  'faults/pd/frozen-2-no-tidb-120s': ['normal', '05:15:15.167Z', 4],
  'faults/pd/restore-1-left-pd': ['none', '', 0],
};

export function clusterContract(name: string, open: OpenRecorded): void {
  describe(`the contract of a cluster: ${name}`, () => {
    for (const [situation, [state, checkpoint, ending]] of Object.entries(situations)) {
      test(`${situation} is ${state}${checkpoint === '' ? '' : ` at ${checkpoint}`}`, async (t) => {
        const cluster = await open(t, situation);
        const { logBackup, safePoints } = await cluster.observe();
        const { task } = logBackup;
        assert.equal(task.kind === 'none' ? 'none' : task.state.kind, state);
        const shown = task.kind === 'none' ? 0n : displayedCheckpoint(task);
        const clock = new Date(Number(shown >> 18n)).toISOString().slice(11);
        assert.equal(task.kind === 'none' ? '' : clock, checkpoint);
        assert.equal(safePoints.services.filter(({ expiresMs }) => expiresMs !== undefined).length, ending);
        assert.ok(logBackup.revision > 0n);
      });
    }

    test('the parts of a look are what each call gives alone', async (t) => {
      const cluster = await open(t, 'shop/pd/3-paused');
      const seen = await cluster.observe();
      assert.deepEqual(seen.logBackup, await cluster.readLogTask());
      assert.deepEqual(seen.safePoints, await cluster.readSafePoints());
      assert.deepEqual(seen.cluster, await cluster.readStores());
    });

    test('the clock tells two times and how uncertain it is', async (t) => {
      const cluster = await open(t, 'shop/pd/0-no-task');
      const { serverMs, localMs, uncertaintyMs } = await cluster.readClock();
      assert.ok(uncertaintyMs >= 500);
      assert.ok(Math.abs(serverMs - localMs) <= uncertaintyMs);
    });

    test('a setting of a store that does not answer is unknown, never an error', async (t) => {
      const cluster = await open(t, 'shop/pd/0-no-task');
      const [store] = (await cluster.readStores()).stores;
      const answer = await cluster.readStoreSetting(
        { ...store!, statusAddress: '127.0.0.1:1' },
        'log-backup.enable',
      );
      assert.equal(answer.kind, 'unknown');
    });

    test('its name holds no secret and is not empty', async (t) => {
      const cluster = await open(t, 'shop/pd/0-no-task');
      assert.match(cluster.name, /^[^@]+$/);
    });
  });
}
