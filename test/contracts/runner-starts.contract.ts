// That a run begins at most once, and as it was asked for: part of the contract of lib/ports/runner.ts.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunRequest } from '../../lib/ports/runner.ts';
import {
  allOutput,
  type Departures,
  hasCode,
  request,
  rest,
  sh,
  textsOf,
  type WithRunner,
} from './runner-steps.ts';

export function runnerStarts(withRunner: WithRunner, departures: Departures): void {
  const counting = (runId: string, scratch: string): RunRequest =>
    request(runId, sh('echo x >> "$1"; sleep 0.3', join(scratch, runId)));
  const countOf = (runId: string, scratch: string): number =>
    readFileSync(join(scratch, runId), 'utf8').split('\n').length - 1;

  withRunner(
    'starting the same run again is the same run, also after it ended',
    async ({ runner, openAgain, scratch }) => {
      const first = await runner.start(counting('again', scratch));
      assert.deepEqual(await openAgain().start(counting('again', scratch)), first);
      const ended = await rest(runner, first);
      assert.deepEqual(await openAgain().start(counting('again', scratch)), first);
      assert.deepEqual(await runner.poll(first), ended);
      assert.equal(countOf('again', scratch), 1);
    },
  );

  withRunner(
    'eight controllers that start one run at once start one process',
    async ({ openAgain, scratch }) => {
      const runners = Array.from({ length: 8 }, openAgain);
      const handles = await Promise.all(runners.map((runner) => runner.start(counting('race', scratch))));
      for (const handle of handles) assert.deepEqual(handle, handles[0]);
      assert.deepEqual((await rest(runners[0]!, handles[0]!)).state, 'ended');
      assert.equal(countOf('race', scratch), 1);
    },
  );

  withRunner('a run id that was used with another command is refused', async ({ runner }) => {
    const handle = await runner.start(request('once', sh('exit 0')));
    await assert.rejects(runner.start(request('once', sh('exit 1'))), hasCode('INTERNAL'));
    const state = await rest(runner, handle);
    assert.ok(state.state === 'ended' && 'exitCode' in state.end && state.end.exitCode === 0);
  });

  missingPrograms(withRunner, departures['missing-program-ends-127']);

  withRunner('a run id that could not be a name everywhere is refused', async ({ runner }) => {
    for (const runId of ['', '../up', 'a/b', '.hidden', 'blank in it', 'x'.repeat(129)]) {
      await assert.rejects(runner.start(request(runId, sh('exit 0'))), hasCode('INVALID_INPUT'));
    }
  });

  words(withRunner, departures['no-work-folder']);
}

function missingPrograms(withRunner: WithRunner, why: string | undefined): void {
  if (why !== undefined) {
    withRunner(`a program that is not there ends with 127: ${why}`, async ({ runner }) => {
      const handle = await runner.start(request('nowhere', ['no-such-br', 'backup', 'full']));
      const state = await rest(runner, handle);
      assert.ok(state.state === 'ended');
      assert.deepEqual(state.end, { exitCode: 127 });
    });
    return;
  }
  withRunner(
    'a program that is not there is named, and the run id can be used when it is',
    async ({ runner, scratch }) => {
      const missing = request('missing', [join(scratch, 'br'), 'backup', 'full']);
      await assert.rejects(runner.start(missing), hasCode('DEPENDENCY_MISSING'));
      await assert.rejects(runner.start(request('nowhere', ['no-such-br'])), hasCode('DEPENDENCY_MISSING'));
      const handle = await runner.start(request('nowhere', sh('exit 0')));
      assert.equal((await rest(runner, handle)).state, 'ended');
    },
  );
}

function words(withRunner: WithRunner, whyNoFolder: string | undefined): void {
  withRunner(
    'the program gets its words unchanged, its environment, its folder, and no input',
    async ({ runner, scratch }) => {
      const words = ['', 'two words', 'quote\'"$HOME`x`', '*', '日本', '-n', 'line\nend'];
      const script =
        'console.log(JSON.stringify({ argv: process.argv.slice(1), mark: process.env.MARK, cwd: process.cwd(), stdin: require("fs").readFileSync(0, "utf8") }))';
      const handle = await runner.start({
        runId: 'words',
        argv: [process.execPath, '-e', script, '--', ...words],
        env: { MARK: 'é$x' },
        ...(whyNoFolder === undefined ? { workFolder: scratch } : {}),
      });
      await rest(runner, handle);
      const { lines } = await allOutput(runner, handle);
      const seen = JSON.parse(textsOf(lines, 'stdout')[0] ?? '{}');
      assert.deepEqual(seen.argv, words);
      assert.equal(seen.mark, 'é$x');
      assert.equal(seen.stdin, '');
      if (whyNoFolder === undefined) assert.ok(seen.cwd.endsWith(scratch));
    },
  );

  if (whyNoFolder !== undefined) {
    withRunner(`a folder to run in is refused, not ignored: ${whyNoFolder}`, async ({ runner, scratch }) => {
      const asked = { ...request('folder', sh('exit 0')), workFolder: scratch };
      await assert.rejects(runner.start(asked), hasCode('UNSUPPORTED'));
    });
  }
}
