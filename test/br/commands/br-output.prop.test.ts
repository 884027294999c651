import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { BrEvent } from '../../../lib/br/commands/br-events.ts';
import { BrOutputReader, readBrOutput } from '../../../lib/br/commands/br-output.ts';
import { parseLogLine } from '../../../lib/br/commands/log-line.ts';
import { recordedRun } from '../../support/recorded-runs.ts';

const seed = 20261122;

function inChunks(stdout: Uint8Array, cuts: readonly number[]): BrEvent[] {
  const reader = new BrOutputReader();
  const edges = [0, ...[...cuts].sort((a, b) => a - b), stdout.length];
  const events = edges.slice(1).flatMap((end, index) => {
    // The reader must not keep what it was handed: a runner reuses its buffer.
    const chunk = new Uint8Array(stdout.subarray(edges[index], end));
    const found = reader.push('stdout', chunk);
    chunk.fill(0x20);
    return found;
  });
  return [...events, ...reader.end()];
}

test('wherever an output is cut into chunks, the events are the same', () => {
  for (const name of ['shop/br/10-log-status-paused', 'shop/br/07-log-status', 'faults/truncate-2-again']) {
    const { stdout } = recordedRun(name);
    const whole = readBrOutput(stdout);
    fc.assert(
      fc.property(fc.array(fc.nat(stdout.length), { maxLength: 40 }), (cuts) => {
        assert.deepEqual(inChunks(stdout, cuts), whole);
      }),
      { seed, numRuns: 30 },
    );
  }
});

test('random bytes are kept as lines, in order, and nothing throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(400), { maxLength: 6 }), (noise, cuts) => {
      const events = inChunks(
        noise,
        cuts.map((cut) => Math.min(cut, noise.length)),
      );
      const texts = Buffer.from(noise)
        .toString('latin1')
        .split('\n')
        .map((line) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from(line, 'latin1')))
        .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
        .filter((line) => line !== '');
      assert.deepEqual(
        events.map((event) => (event.kind === 'line' ? event.text : event.kind)),
        texts,
      );
    }),
    { seed, numRuns: 300 },
  );
});

test('a log line of any fields comes back with all of them in order, repetitions included', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.string(), { maxLength: 3 }),
  );
  const fieldName = fc.string().filter((name) => !['level', 'time', 'caller', 'message'].includes(name));
  const field = fc.tuple(fieldName, value).map(([name, one]) => ({ name, value: one }));
  const textOf = (one: unknown): string =>
    typeof one === 'bigint' ? String(one) : (JSON.stringify(one) ?? 'null');
  fc.assert(
    fc.property(
      fc.string(),
      fc.array(field, { maxLength: 8 }),
      fc.constantFrom('', ' '),
      (message, fields, gap) => {
        const members = fields.map((one) => `,${gap}${textOf(one.name)}${gap}:${gap}${textOf(one.value)}`);
        const line = parseLogLine(`{"level":"INFO","message":${textOf(message)}${members.join('')}}`);
        assert.equal(line?.message, message);
        assert.deepEqual(line?.fields, fields);
      },
    ),
    { seed, numRuns: 300 },
  );
});

test('whatever stands where br writes its words, a line is an event or a line', () => {
  const pieces = fc.constantFrom(
    '{"level":"ERROR","message":"br failed","error":',
    '{"level":"INFO","message":"progress","step":"a","count":',
    '{"level":"INFO","message":"x success summary","BackupTS":',
    '[2024/01/02 03:04:05.678 +08:00] [ERROR] [a] ["br failed"] [error=',
    '[{"name":"a","last_errors":',
    'Error: ',
    '[[[[[[[[[[[[[[[[',
    '"\\',
    '"}',
    '}',
    ']',
    '}]',
    '184467440737095516160',
    'null',
    ',',
    'Locked(at: ',
    'locked, path = ',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 8 }), (parts) => {
      const events = readBrOutput(Buffer.from(parts.join('')));
      for (const event of events) assert.equal(typeof event.kind, 'string');
    }),
    { seed, numRuns: 500 },
  );
});

test('a line that is nested deep, or of a million words that mean something, is kept and costs little', () => {
  const deep = '['.repeat(250_000);
  const lines = [
    `{"level":"INFO","message":"m","a":${deep}${deep.replaceAll('[', ']')}}`,
    `{"level":"INFO","message":"m","a":${deep}`,
    `[{${deep}`,
    `[2024/01/02 03:04:05.678 +08:00] [INFO] [a] ["m"]${' ["'.repeat(250_000)}`,
  ];
  assert.deepEqual(
    readBrOutput(Buffer.from(lines.join('\n'))).map(({ kind }) => kind),
    ['line', 'line', 'line', 'line'],
  );
  const words = [
    'NotFound ',
    'backupmeta ',
    '[BR:A:',
    'restore log from 1(',
    'locked, path = ',
    'meta = Locked(',
  ];
  const before = performance.now();
  for (const word of words) {
    const event = readBrOutput(Buffer.from(`Error: ${word.repeat(1_000_000 / word.length)}`))[0];
    assert.equal(event?.kind, 'error', word);
  }
  assert.ok(performance.now() - before < 5000, 'a line took seconds');
});
