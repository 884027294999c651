// How a run is while it runs and when it is over: part of the contract of lib/ports/runner.ts.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Departures, isAlive, request, rest, sh, type WithRunner, waitFor } from './runner-steps.ts';

export function runnerEndings(withRunner: WithRunner, departures: Departures): void {
  withRunner('a run that ends by itself tells its exit code, and stays ended', async ({ runner }) => {
    for (const exitCode of departures['codes-are-signals'] === undefined ? [0, 1, 137] : [0, 1, 127]) {
      const handle = await runner.start(request(`exit-${exitCode}`, sh(`exit ${exitCode}`)));
      const state = await rest(runner, handle);
      assert.equal(state.state, 'ended');
      assert.deepEqual(state.end, { exitCode });
      assert.equal(state.wasStopped, false);
      assert.deepEqual(await runner.poll(handle), state);
    }
  });

  withRunner('a run that a signal ended tells the signal, not an exit code', async ({ runner }) => {
    const handle = await runner.start(request('signal', sh('kill -KILL $$')));
    const state = await rest(runner, handle);
    assert.equal(state.state, 'ended');
    assert.deepEqual(state.end, { signal: 'SIGKILL' });
    assert.equal(state.wasStopped, false);
  });

  withRunner('a running run tells since when, and when it last printed', async ({ runner }) => {
    const before = Date.now();
    const handle = await runner.start(request('since', sh('sleep 0.5; echo now; sleep 30')));
    const silent = await runner.poll(handle);
    assert.equal(silent.state, 'running');
    assert.equal(silent.lastOutputMs, undefined);
    assert.ok(silent.sinceMs >= before - 1 && silent.sinceMs <= Date.now());
    const printed = async () => {
      const state = await runner.poll(handle);
      return state.state === 'running' && (state.lastOutputMs ?? 0) >= silent.sinceMs;
    };
    await waitFor(printed, 'a time of the last output');
    await runner.stop(handle, { graceMs: 0 });
    await rest(runner, handle);
  });

  const why = departures['codes-are-signals'];
  if (why !== undefined) {
    withRunner(
      `an exit code above 128 is told as the signal that it stands for: ${why}`,
      async ({ runner }) => {
        const handle = await runner.start(request('above', sh('exit 137')));
        const state = await rest(runner, handle);
        assert.ok(state.state === 'ended');
        assert.deepEqual(state.end, { signal: 'SIGKILL' });
      },
    );
  }

  withRunner('what a program leaves behind in its group ends with it', async (opened) => {
    const { runner, scratch } = opened;
    const pidFile = join(scratch, 'left');
    const handle = await runner.start(
      request('left', sh('sleep 300 >/dev/null 2>&1 & echo $! > "$1"; exit 4', pidFile)),
    );
    const state = await rest(runner, handle);
    assert.equal(state.state, 'ended');
    assert.deepEqual(state.end, { exitCode: 4 });
    const left = Number(readFileSync(pidFile, 'utf8'));
    assert.equal(isAlive(opened, left), false);
  });
}
