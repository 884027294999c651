// The end of a run that somebody asked for: part of the contract of lib/ports/runner.ts.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allOutput, isAlive, isReady, request, rest, sh, textsOf, type WithRunner } from './runner-steps.ts';

export function runnerStops(withRunner: WithRunner): void {
  const polite = "trap 'echo cleaned; exit 7' TERM; echo ready; while :; do sleep 0.05; done";
  const deaf = "trap '' TERM; echo ready; while :; do sleep 0.05; done";

  withRunner('a stop is SIGTERM, and the program may clean up', async ({ runner }) => {
    const handle = await runner.start(request('polite', sh(polite)));
    await isReady(runner, handle);
    await runner.stop(handle, { graceMs: 10_000 });
    const state = await rest(runner, handle);
    assert.equal(state.state, 'ended');
    assert.deepEqual(state.end, { exitCode: 7 });
    assert.equal(state.wasStopped, true);
    assert.deepEqual(textsOf((await allOutput(runner, handle)).lines, 'stdout'), ['ready', 'cleaned']);
  });

  withRunner('a run that ignores SIGTERM is killed after the grace', async ({ runner }) => {
    const handle = await runner.start(request('deaf', sh(deaf)));
    await isReady(runner, handle);
    const askedMs = Date.now();
    await runner.stop(handle, { graceMs: 700 });
    const state = await rest(runner, handle);
    assert.equal(state.state, 'ended');
    assert.deepEqual(state.end, { signal: 'SIGKILL' });
    assert.ok(Date.now() - askedMs >= 700, 'the grace was kept');
  });

  withRunner(
    'stopping again sends no second SIGTERM, and the earlier deadline holds',
    async ({ runner, openAgain }) => {
      const counts = "n=0; trap 'n=$((n+1)); echo term $n' TERM; echo ready; while :; do sleep 0.05; done";
      const handle = await runner.start(request('twice', sh(counts)));
      await isReady(runner, handle);
      await runner.stop(handle, { graceMs: 60_000 });
      await openAgain().stop(handle, { graceMs: 1_000 });
      await runner.stop(handle, { graceMs: 60_000 });
      const state = await rest(runner, handle);
      assert.equal(state.state, 'ended');
      assert.deepEqual(textsOf((await allOutput(runner, handle)).lines, 'stdout'), ['ready', 'term 1']);
    },
  );

  withRunner('a stop ends what the program started, also when the program dies of it', async (opened) => {
    const { runner, scratch } = opened;
    const pidFile = join(scratch, 'child');
    const wrapper = 'sh -c "trap \'\' TERM; while :; do sleep 0.05; done" & echo $! > "$1"; echo ready; wait';
    const handle = await runner.start(request('wrapper', sh(wrapper, pidFile)));
    await isReady(runner, handle);
    await runner.stop(handle, { graceMs: 500 });
    assert.equal((await rest(runner, handle)).state, 'ended');
    const child = Number(readFileSync(pidFile, 'utf8'));
    assert.equal(isAlive(opened, child), false);
  });

  withRunner('stopping what is over changes nothing', async ({ runner }) => {
    const handle = await runner.start(request('over', sh('exit 0')));
    const state = await rest(runner, handle);
    await runner.stop(handle, { graceMs: 0 });
    assert.deepEqual(await runner.poll(handle), state);
  });
}
