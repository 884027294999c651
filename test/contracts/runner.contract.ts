// The contract of lib/ports/runner.ts as one suite, run on every adapter. Each test gets a runner of its own; the runs are
// small programs of `sh` and Node.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { PitrError } from '../../lib/domain/errors.ts';
import { identityOf } from '../../lib/local/runs/process-identity.ts';
import {
  decodeRunHandle,
  encodeRunHandle,
  type OutputLine,
  outputStart,
  type RunHandle,
  type Runner,
  type RunRequest,
  type RunState,
} from '../../lib/ports/runner.ts';

export interface OpenedRunner {
  readonly runner: Runner;
  /** The same runner, as another controller opens it. */
  readonly openAgain: () => Runner;
  /** A folder that the programs of the test may write to. */
  readonly scratch: string;
  readonly close: () => Promise<void>;
}

type WithRunner = (title: string, run: (opened: OpenedRunner) => Promise<void>) => void;

const sh = (script: string, ...args: readonly string[]): readonly string[] => [
  'sh',
  '-c',
  script,
  'sh',
  ...args,
];

export const request = (runId: string, argv: readonly string[]): RunRequest => ({ runId, argv, env: {} });

/** The state in which the run rests, or the running one when it takes longer than `withinMs`. */
export async function rest(runner: Runner, handle: RunHandle, withinMs = 20_000): Promise<RunState> {
  const untilMs = Date.now() + withinMs;
  for (;;) {
    const state = await runner.poll(handle);
    if (state.state !== 'running' || Date.now() > untilMs) return state;
    await setTimeout(20);
  }
}

/** Everything that is kept of what the run printed. */
export async function allOutput(
  runner: Runner,
  handle: RunHandle,
): Promise<{ readonly lines: readonly OutputLine[]; readonly droppedBytes: number }> {
  const lines: OutputLine[] = [];
  let droppedBytes = 0;
  let from = outputStart;
  for (;;) {
    const page = await runner.output(handle, from);
    lines.push(...page.lines);
    droppedBytes += page.droppedBytes;
    const isFurther = page.next.stdout > from.stdout || page.next.stderr > from.stderr;
    assert.ok(page.isEnd || isFurther, `reading stands still at ${JSON.stringify(from)}`);
    from = page.next;
    if (page.isEnd) return { lines, droppedBytes };
  }
}

export async function waitFor(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const untilMs = Date.now() + 20_000;
  while (!(await isSo())) {
    assert.ok(Date.now() < untilMs, `20 s without ${what}`);
    await setTimeout(20);
  }
}

const textsOf = (lines: readonly OutputLine[], stream: string): readonly string[] =>
  lines.filter((line) => line.stream === stream).map((line) => line.text);

const hasCode = (code: string) => (error: unknown) => error instanceof PitrError && error.code === code;

export function runnerContract(name: string, open: () => Promise<OpenedRunner>): void {
  const withRunner: WithRunner = (title, run) => {
    test(title, { timeout: 60_000 }, async () => {
      const opened = await open();
      try {
        await run(opened);
      } finally {
        await opened.close();
      }
    });
  };
  describe(`${name} as a runner`, { concurrency: 4 }, () => {
    endings(withRunner);
    starts(withRunner);
    outputs(withRunner);
    stops(withRunner);
    handles(withRunner);
  });
}

function endings(withRunner: WithRunner): void {
  withRunner('a run that ends by itself tells its exit code, and stays ended', async ({ runner }) => {
    for (const exitCode of [0, 1, 137]) {
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

  withRunner('what a program leaves behind in its group ends with it', async ({ runner, scratch }) => {
    const pidFile = join(scratch, 'left');
    const handle = await runner.start(
      request('left', sh('sleep 300 >/dev/null 2>&1 & echo $! > "$1"; exit 4', pidFile)),
    );
    const state = await rest(runner, handle);
    assert.equal(state.state, 'ended');
    assert.deepEqual(state.end, { exitCode: 4 });
    const left = Number(readFileSync(pidFile, 'utf8'));
    assert.equal(identityOf(left), undefined);
  });
}

function starts(withRunner: WithRunner): void {
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

  withRunner('a run id that could not be a name everywhere is refused', async ({ runner }) => {
    for (const runId of ['', '../up', 'a/b', '.hidden', 'blank in it', 'x'.repeat(129)]) {
      await assert.rejects(runner.start(request(runId, sh('exit 0'))), hasCode('INVALID_INPUT'));
    }
  });

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
        workFolder: scratch,
      });
      await rest(runner, handle);
      const { lines } = await allOutput(runner, handle);
      const seen = JSON.parse(textsOf(lines, 'stdout')[0] ?? '{}');
      assert.deepEqual(seen.argv, words);
      assert.equal(seen.mark, 'é$x');
      assert.equal(seen.stdin, '');
      assert.ok(seen.cwd.endsWith(scratch));
    },
  );
}

function outputs(withRunner: WithRunner): void {
  withRunner('lines come with their offsets, the two streams apart', async ({ runner }) => {
    const handle = await runner.start(
      request('lines', sh('printf "one\\n\\ntwo\\r\\n"; printf "bad\\n" >&2; printf "h\\303\\251\\n"')),
    );
    await rest(runner, handle);
    const { lines, droppedBytes } = await allOutput(runner, handle);
    assert.equal(droppedBytes, 0);
    assert.deepEqual(
      lines.map(({ stream, offset, text, isCut }) => [stream, offset, text, isCut]),
      [
        ['stdout', 0, 'one', false],
        ['stdout', 4, '', false],
        ['stdout', 5, 'two', false],
        ['stdout', 10, 'hé', false],
        ['stderr', 0, 'bad', false],
      ],
    );
  });

  withRunner('a run that prints nothing has no lines, and its output ends', async ({ runner }) => {
    const handle = await runner.start(request('silent', sh('exit 0')));
    await rest(runner, handle);
    const page = await runner.output(handle, outputStart);
    assert.deepEqual(page, { lines: [], next: outputStart, droppedBytes: 0, isEnd: true });
  });

  withRunner(
    'half a line is held back while the run goes on, and given as cut when it ended',
    async ({ runner, scratch }) => {
      const handle = await runner.start(
        request(
          'half',
          sh(
            'printf "whole\\nhal"; touch "$1"; while [ ! -e "$2" ]; do sleep 0.05; done; printf "f"',
            join(scratch, 'a'),
            join(scratch, 'b'),
          ),
        ),
      );
      await waitFor(() => existsSync(join(scratch, 'a')), 'the first half');
      await waitFor(async () => (await runner.output(handle, outputStart)).lines.length > 0, 'a line');
      const early = await runner.output(handle, outputStart);
      assert.deepEqual(
        early.lines.map((line) => line.text),
        ['whole'],
      );
      assert.equal(early.isEnd, false);
      const go = await runner.start(request('go', sh('touch "$1"', join(scratch, 'b'))));
      await rest(runner, go);
      await rest(runner, handle);
      const late = await runner.output(handle, early.next);
      assert.deepEqual(late.lines, [{ stream: 'stdout', offset: 6, text: 'half', isCut: true }]);
      assert.equal(late.isEnd, true);
    },
  );

  withRunner(
    'of 100 MB the beginning and the end are kept within the limit, and the gap is counted',
    async ({ runner }) => {
      const lines = 1_000_000;
      const script = `const line = (n) => String(n).padStart(99, '.') + '\\n';
      let text = '';
      for (let n = 0; n < ${lines}; n++) { text += line(n); if (n % 5000 === 4999) { require('fs').writeSync(1, text); text = ''; } }`;
      const limitBytes = 4 * 1024 * 1024;
      const handle = await runner.start({
        ...request('much', [process.execPath, '-e', script]),
        log: { limitBytes },
      });
      assert.equal((await rest(runner, handle, 50_000)).state, 'ended');
      const { lines: kept, droppedBytes } = await allOutput(runner, handle);
      assert.equal(kept.length * 100 + droppedBytes, lines * 100);
      assert.ok(
        kept.length * 100 <= limitBytes && kept.length * 100 > limitBytes / 2,
        `${kept.length} lines kept`,
      );
      for (const line of kept) {
        assert.equal(line.isCut, false);
        assert.equal(line.text, String(line.offset / 100).padStart(99, '.'));
      }
      assert.equal(kept[0]?.offset, 0);
      assert.equal(kept.at(-1)?.offset, (lines - 1) * 100);
    },
  );
}

function stops(withRunner: WithRunner): void {
  const polite = "trap 'echo cleaned; exit 7' TERM; echo ready; while :; do sleep 0.05; done";
  const deaf = "trap '' TERM; echo ready; while :; do sleep 0.05; done";
  const isReady = (runner: Runner, handle: RunHandle) =>
    waitFor(
      async () => (await runner.output(handle, outputStart)).lines.length > 0,
      'the program being ready',
    );

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

  withRunner(
    'a stop ends what the program started, also when the program dies of it',
    async ({ runner, scratch }) => {
      const pidFile = join(scratch, 'child');
      const wrapper =
        'sh -c "trap \'\' TERM; while :; do sleep 0.05; done" & echo $! > "$1"; echo ready; wait';
      const handle = await runner.start(request('wrapper', sh(wrapper, pidFile)));
      await isReady(runner, handle);
      await runner.stop(handle, { graceMs: 500 });
      assert.equal((await rest(runner, handle)).state, 'ended');
      const child = Number(readFileSync(pidFile, 'utf8'));
      assert.equal(identityOf(child), undefined);
    },
  );

  withRunner('stopping what is over changes nothing', async ({ runner }) => {
    const handle = await runner.start(request('over', sh('exit 0')));
    const state = await rest(runner, handle);
    await runner.stop(handle, { graceMs: 0 });
    assert.deepEqual(await runner.poll(handle), state);
  });
}

function handles(withRunner: WithRunner): void {
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
