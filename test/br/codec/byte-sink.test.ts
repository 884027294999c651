import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ByteSink } from '../../../lib/br/codec/byte-sink.ts';

const written = (sink: ByteSink): string =>
  Buffer.from(sink.bytes.subarray(0, sink.length)).toString('latin1');

test('what is written in any order stands one after another, however often the buffer has to grow', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('byte' as const), value: fc.nat(255) }),
    fc.record({
      kind: fc.constant('ascii' as const),
      text: fc.string({ unit: 'binary-ascii', maxLength: 90 }),
    }),
    fc.record({ kind: fc.constant('copy' as const), bytes: fc.uint8Array({ maxLength: 90 }), cut: fc.nat() }),
    fc.record({
      kind: fc.constant('pair' as const),
      first: fc.nat(255),
      second: fc.nat(255),
    }),
    fc.record({
      kind: fc.constant('integer32' as const),
      value: fc.oneof(fc.integer(), fc.integer({ min: -120, max: 120 })),
    }),
    fc.record({
      kind: fc.constant('integer' as const),
      value: fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -120, max: 120 })),
      width: fc.nat(16),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.nat(40), (steps, size) => {
      const sink = new ByteSink(size);
      let expected = '';
      for (const one of steps) {
        switch (one.kind) {
          case 'byte':
            sink.byte(one.value);
            expected += String.fromCharCode(one.value);
            break;
          case 'ascii':
            sink.ascii(one.text);
            expected += one.text;
            break;
          case 'copy': {
            const start = one.cut % (one.bytes.length + 1);
            sink.copy(one.bytes, start, one.bytes.length);
            expected += Buffer.from(one.bytes.subarray(start)).toString('latin1');
            break;
          }
          case 'pair':
            sink.pair(one.first, one.second);
            expected += String.fromCharCode(one.first, one.second);
            break;
          case 'integer32':
            sink.integer32(one.value);
            expected += String(one.value);
            break;
          case 'integer':
            sink.integer(one.value, one.width);
            expected += (one.value < 0 ? '-' : '') + String(Math.abs(one.value)).padStart(one.width, '0');
            break;
        }
      }
      assert.equal(written(sink), expected);
    }),
    { seed: 561, numRuns: 500 },
  );
});

test('integers at every number of digits print all of them', () => {
  for (let power = 1; power <= 1e15; power *= 10) {
    for (const value of [power - 1, power, -power, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1, -(2 ** 53 - 1)]) {
      const sink = new ByteSink(1);
      sink.integer(value);
      assert.equal(written(sink), String(value));
      sink.clear();
      if (Math.abs(value) < 2 ** 31) sink.integer32(-value);
      assert.equal(written(sink), Math.abs(value) < 2 ** 31 ? String(-value) : '');
    }
  }
});

test('the smallest integer of 32 bits prints though its size has 33', () => {
  const sink = new ByteSink();
  sink.integer32(-(2 ** 31));
  assert.equal(written(sink), '-2147483648');
});

test('a cleared sink begins anew in the buffer it has, and a length set back takes bytes away', () => {
  const sink = new ByteSink(64);
  const first = sink.bytes;
  sink.ascii('forgotten');
  sink.clear();
  sink.ascii('kept, taken away');
  sink.length = 4;
  assert.equal(written(sink), 'kept');
  assert.equal(sink.bytes, first);
});
