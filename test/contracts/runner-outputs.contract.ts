// What a run printed, in pages that can be read again: part of the contract of lib/ports/runner.ts.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { outputStart } from '../../lib/ports/runner.ts';
import { allOutput, type Departures, request, rest, sh, type WithRunner, waitFor } from './runner-steps.ts';

export function runnerOutputs(withRunner: WithRunner, departures: Departures): void {
  const whyOne = departures['one-stream'];
  const whyWhole = departures['whole-log'];

  if (whyOne !== undefined) {
    withRunner(`lines come with their offsets, both streams as stdout: ${whyOne}`, async ({ runner }) => {
      const handle = await runner.start(
        request('lines', sh('printf "one\\n\\ntwo\\r\\n"; printf "bad\\n" >&2; printf "h\\303\\251\\n"')),
      );
      await rest(runner, handle);
      const { lines, droppedBytes } = await allOutput(runner, handle);
      assert.equal(droppedBytes, 0);
      assert.deepEqual(
        lines.map(({ stream, offset, text }) => [stream, offset, text]),
        [
          ['stdout', 0, 'one'],
          ['stdout', 4, 'two'],
          ['stdout', 9, 'bad'],
          ['stdout', 13, 'hé'],
        ],
      );
    });
  } else {
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
  }

  withRunner('a run that prints nothing has no lines, and its output ends', async ({ runner }) => {
    const handle = await runner.start(request('silent', sh('exit 0')));
    await rest(runner, handle);
    assert.deepEqual((await allOutput(runner, handle)).lines, []);
    const page = await runner.output(handle, outputStart);
    assert.deepEqual(page, { lines: [], next: outputStart, droppedBytes: 0, isEnd: true });
  });

  withRunner(
    `half a line is held back while the run goes on, and given ${whyOne === undefined ? 'as cut ' : ''}when it ended`,
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
      const late = await allOutput(runner, handle, early.next);
      assert.deepEqual(late.lines, [
        { stream: 'stdout', offset: 6, text: 'half', isCut: whyOne === undefined },
      ]);
      assert.deepEqual((await allOutput(runner, handle)).lines.length, 2);
    },
  );

  if (whyWhole === undefined) limitedLog(withRunner);
  else wholeLog(withRunner, whyWhole);
}

/** Lines of 100 bytes that tell their own number. */
const counted = (lines: number): readonly string[] => [
  process.execPath,
  '-e',
  `const line = (n) => String(n).padStart(99, '.') + '\\n';
  let text = '';
  for (let n = 0; n < ${lines}; n++) { text += line(n); if (n % 5000 === 4999) { require('fs').writeSync(1, text); text = ''; } }`,
];

function limitedLog(withRunner: WithRunner): void {
  withRunner(
    'of 100 MB the beginning and the end are kept within the limit, and the gap is counted',
    async ({ runner }) => {
      const lines = 1_000_000;
      const limitBytes = 4 * 1024 * 1024;
      const handle = await runner.start({
        ...request('much', counted(lines)),
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

function wholeLog(withRunner: WithRunner, why: string): void {
  withRunner(`all of 10 MB is kept, whatever limit was asked for: ${why}`, async ({ runner }) => {
    const lines = 100_000;
    const handle = await runner.start({
      ...request('much', counted(lines)),
      log: { limitBytes: 65_536 },
    });
    assert.equal((await rest(runner, handle, 50_000)).state, 'ended');
    const { lines: kept, droppedBytes } = await allOutput(runner, handle);
    assert.equal(droppedBytes, 0);
    assert.equal(kept.length, lines);
    for (const [n, line] of kept.entries()) {
      assert.equal(line.offset, n * 100);
      assert.equal(line.text, String(n).padStart(99, '.'));
    }
  });
}
