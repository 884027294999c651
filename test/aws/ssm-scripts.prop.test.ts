// What SSM is given and what the machine answers: every word comes through as it is, and nothing else is believed.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { readRead, readStart, readState } from '../../lib/aws/ssm-answers.ts';
import { lookScript, quoteWord, readScript, startScript, stopScript } from '../../lib/aws/ssm-scripts.ts';
import { PitrError } from '../../lib/domain/errors.ts';

const seed = 20261122;
const pieces = fc.constantFrom(
  '{',
  '}',
  "'",
  '"',
  '$',
  '`',
  '\\',
  ' ',
  '\n',
  '-',
  '*',
  'é',
  '日',
  '%',
  '!',
  '#',
  'x',
  '~',
);
const word = fc.oneof(
  fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\0')),
);

test('a quoted word is that word to a shell, and never holds two opening braces in a row', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 30 }), (words) => {
      const quoted = words.map(quoteWord).join(' ');
      assert.ok(!quoted.includes('{{'));
      const { stdout } = spawnSync('sh', ['-c', `printf '%s\\0' ${quoted}`], { encoding: 'utf8' });
      assert.deepEqual(stdout.split('\0').slice(0, -1), words);
    }),
    { seed, numRuns: 60 },
  );
});

test('no command holds what SSM would replace', () => {
  const request = { runId: 'r', argv: ['br', '{{ssm:secret}}'], env: { A: '{{{' }, workFolder: '/{{x}}' };
  for (const script of [
    startScript('/{{runs}}/r', request),
    lookScript('/{{runs}}/r'),
    readScript('/{{runs}}/r', { stdout: 0, stderr: 0 }, 100),
    stopScript('/{{runs}}/r', 1.5),
  ]) {
    assert.ok(!script.includes('{{'));
    assert.equal(spawnSync('sh', ['-n'], { input: script }).status, 0);
  }
});

test('the lines of the machine are states, whatever a shell prints around them', () => {
  assert.deepEqual(readState('motd\npitr running 1000 -\n'), {
    state: 'running',
    sinceMs: 1000,
    lastOutputMs: undefined,
  });
  assert.deepEqual(readState('pitr ended 143 2000 yes\n'), {
    state: 'ended',
    end: { signal: 'SIGTERM' },
    endedMs: 2000,
    wasStopped: true,
  });
  assert.deepEqual(readState('pitr lost so it goes'), { state: 'lost', why: 'so it goes' });
  assert.deepEqual(readStart('pitr failed no such folder\n'), { kind: 'failed', why: 'no such folder' });
});

test('what is no line of ours is no answer', () => {
  const packed = gzipSync('abc').toString('base64');
  const isNoAnswer = (error: unknown) => error instanceof PitrError && error.code === 'RUNNER_UNAVAILABLE';
  for (const text of [
    '',
    'ended 0 1 no',
    'pitr',
    'pitr ended',
    'pitr ended x 1 no',
    'pitr ended 0 1 maybe',
    'pitr running',
    'pitr running soon -',
    'pitr asleep',
  ]) {
    assert.throws(() => readState(text), isNoAnswer, text);
  }
  assert.throws(() => readStart('pitr ended 0 1 no'), isNoAnswer);
  for (const chunk of [
    '',
    'stdout 0 3 3 3',
    'stdout 0 3 3 3 !!!!',
    `stdout 0 4 4 4 ${packed}`,
    `stdout x 3 3 3 ${packed}`,
  ]) {
    assert.throws(() => readRead(`pitr running 1 -\n${chunk}\nstderr 0 0 0 0 -\n`), isNoAnswer, chunk);
  }
  const good = readRead(`pitr running 1 -\nstdout 4 3 7 9 ${packed}\nstderr 0 0 0 0 -\n`);
  assert.equal(Buffer.from(good.stdout.bytes).toString(), 'abc');
  assert.deepEqual([good.stdout.endsAtGap, good.stdout.isLast, good.stderr.isLast], [true, false, true]);
});
