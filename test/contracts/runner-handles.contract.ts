// The handle of a run as stored text: part of the contract of lib/ports/runner.ts.

import assert from 'node:assert/strict';
import { decodeRunHandle, encodeRunHandle, outputStart, type RunHandle } from '../../lib/ports/runner.ts';
import { hasCode, request, rest, sh, type WithRunner } from './runner-steps.ts';

export function runnerHandles(withRunner: WithRunner): void {
  withRunner('a handle survives as text', async ({ runner, openAgain }) => {
    const handle = await runner.start(request('text', sh('exit 0')));
    const again = decodeRunHandle(encodeRunHandle(handle));
    assert.deepEqual(again, handle);
    assert.equal((await rest(openAgain(), again)).state, 'ended');
  });

  withRunner('a handle of another runner is refused', async ({ runner }) => {
    const foreign: RunHandle = { runner: 'elsewhere', runId: 'x', place: '/nowhere' };
    await assert.rejects(runner.poll(foreign), hasCode('INTERNAL'));
    await assert.rejects(runner.stop(foreign, { graceMs: 0 }), hasCode('INTERNAL'));
    await assert.rejects(runner.output(foreign, outputStart), hasCode('INTERNAL'));
  });
}
