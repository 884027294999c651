// The printer of bytes against the slow reference of test/support: same text, or the same error with the same words.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { appendBinaryJson, binaryJsonLength, binaryJsonText } from '../../../lib/br/codec/binary-json.ts';
import { ByteSink } from '../../../lib/br/codec/byte-sink.ts';
import { encodeBinaryJson } from '../../../lib/br/codec/json-encode.ts';
import { PitrError } from '../../../lib/domain/errors.ts';
import { referenceJsonText } from '../../support/binary-json-reference.ts';

interface Outcome {
  readonly text?: string;
  readonly error?: string;
}

function outcome(run: () => string): Outcome {
  try {
    return { text: run() };
  } catch (caught) {
    assert.ok(caught instanceof PitrError, String(caught));
    return { error: `${caught.code}: ${caught.message}` };
  }
}

/** Appends to a small sink that already holds something, which must still be there, alone after an error. */
function appended(src: Uint8Array, start: number, end: number): string {
  const sink = new ByteSink(3);
  sink.ascii('ab');
  try {
    appendBinaryJson(src, start, end, sink);
  } catch (caught) {
    assert.equal(sink.length, 2);
    throw caught;
  }
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
    sink.bytes.subarray(0, sink.length),
  );
  assert.ok(text.startsWith('ab'));
  return text.slice(2);
}

function agree(src: Uint8Array, start = 0, end = src.length): void {
  const expected = outcome(() => referenceJsonText(src, start, end));
  assert.deepEqual(
    outcome(() => binaryJsonText(src, start, end)),
    expected,
  );
  assert.deepEqual(
    outcome(() => appended(src, start, end)),
    expected,
  );
  if (expected.text !== undefined) assert.equal(binaryJsonLength(src, start, src.length), end - start);
}

function uvarint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...uvarint(value >>> 7)];
}

const word = fc.uint8Array({ minLength: 8, maxLength: 8 });
const doubleBytes = (value: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
};
const integerBytes = (value: bigint): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value, true);
  return bytes;
};
/** Text with everything that is escaped, cut characters, and bytes that are no UTF-8. */
const noise = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'plain',
        'é',
        '灯',
        '🦊',
        '\u2028',
        '\u2029',
        '\u202a',
        '"',
        '\\',
        '\n',
        '\u0000',
        '\u007f',
      ),
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.uint8Array({ maxLength: 4 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))));

const scalar = fc.oneof(
  fc.constantFrom(0, 1, 2).map((one) => Uint8Array.of(0x04, one)),
  fc
    .tuple(fc.constantFrom(0x09, 0x0a, 0x0b, 0x0e, 0x0f, 0x10), word)
    .map(([type, bytes]) => Uint8Array.of(type, ...bytes)),
  fc
    .tuple(
      fc.constantFrom(0x09, 0x0a),
      fc.oneof(fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }), fc.bigInt({ min: -300n, max: 300n })),
    )
    .map(([type, value]) => Uint8Array.of(type, ...integerBytes(value))),
  fc
    .tuple(fc.integer({ min: -(2 ** 33), max: 2 ** 33 }), fc.nat(20))
    .map(([digits, places]) => Uint8Array.of(0x0b, ...doubleBytes(digits / 10 ** places))),
  noise.map((bytes) => Uint8Array.of(0x0c, ...uvarint(bytes.length), ...bytes)),
  fc
    .tuple(fc.nat(255), fc.uint8Array({ maxLength: 200 }))
    .map(([type, bytes]) => Uint8Array.of(0x0d, type, ...uvarint(bytes.length), ...bytes)),
  fc
    .bigInt({ min: -3_100_000_000_000_000n, max: 3_100_000_000_000_000n })
    .map((nanos) => Uint8Array.of(0x11, ...integerBytes(nanos), 6, 0, 0, 0)),
);

/** A container of values with any bytes for keys; `keys` undefined for an array. */
function layOut(values: readonly Uint8Array[], keys?: readonly Uint8Array[]): Uint8Array {
  const entries = 8 + values.length * (keys === undefined ? 5 : 11);
  const offset = (at: number): number[] => [at & 0xff, (at >> 8) & 0xff, (at >> 16) & 0xff, 0];
  const keyEntries: number[] = [];
  const valueEntries: number[] = [];
  const data: number[] = [];
  for (const key of keys ?? []) {
    keyEntries.push(...offset(entries + data.length), key.length & 0xff, key.length >> 8);
    data.push(...key);
  }
  for (const [type = 0, ...bytes] of values) {
    if (type === 0x04) valueEntries.push(type, bytes[0]!, 0, 0, 0);
    else {
      valueEntries.push(type, ...offset(entries + data.length));
      data.push(...bytes);
    }
  }
  const head = [...offset(values.length), ...offset(entries + data.length)];
  return Uint8Array.of(keys === undefined ? 3 : 1, ...head, ...keyEntries, ...valueEntries, ...data);
}

const { document } = fc.letrec<{ document: Uint8Array }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie('document'), { maxLength: 5 }).map((values) => layOut(values)),
    fc.array(fc.tuple(noise, tie('document')), { maxLength: 5 }).map((members) =>
      layOut(
        members.map(([, value]) => value),
        members.map(([key]) => key),
      ),
    ),
  ),
}));

test('documents made of bytes of every type print as the slow reference prints them', () => {
  fc.assert(
    fc.property(document, (bytes) => agree(bytes)),
    { seed: 562, numRuns: 2000 },
  );
});

test('documents made of JSON text print as the slow reference prints them', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), (text) => agree(encodeBinaryJson(text))),
    { seed: 563, numRuns: 500 },
  );
});

test('doubles of any bits, and those near the ends of plain notation, print as the slow reference prints them', () => {
  const value = fc.oneof(
    fc.double(),
    fc.float(),
    fc.integer({ min: -2000, max: 2000 }).map((one) => one / 100),
    fc.tuple(fc.integer({ min: -18, max: 18 }), fc.double({ min: 1, max: 10 })).map(([e, m]) => m * 10 ** e),
  );
  fc.assert(
    fc.property(value, (one) => agree(Uint8Array.of(0x0b, ...doubleBytes(one)))),
    { seed: 564, numRuns: 3000 },
  );
});

test('damaged documents, and windows of them, give the error of the slow reference or its text', () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.nat(20))), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(document, edits, fc.nat(), fc.nat(), (bytes, changes, cut, shift) => {
      const damaged = Uint8Array.from(bytes);
      for (const [at, byte] of changes) damaged[at % damaged.length] = byte;
      agree(damaged);
      const start = shift % 3 === 0 ? shift % damaged.length : 0;
      agree(damaged, start, start + (cut % (damaged.length - start + 1)));
    }),
    { seed: 565, numRuns: 3000 },
  );
});

test('the length of a value is found in front of other bytes, and is the length that prints', () => {
  fc.assert(
    fc.property(document, fc.uint8Array({ maxLength: 9 }), (bytes, after) => {
      fc.pre(outcome(() => referenceJsonText(bytes, 0, bytes.length)).error === undefined);
      const both = Uint8Array.of(...bytes, ...after);
      assert.equal(binaryJsonLength(both, 0, both.length), bytes.length);
    }),
    { seed: 566, numRuns: 300 },
  );
});

test('an end beyond the buffer is refused, because bytes that are not there would read as zeros', () => {
  const number = Uint8Array.of(0x09, 1, 0, 0);
  for (const run of [binaryJsonText, binaryJsonLength])
    assert.throws(() => run(number, 0, 9), { code: 'ROW_DAMAGED' });
});

test('a string of megabytes prints, and so does a small document after it', () => {
  const line = Buffer.from('line\n');
  const body = Buffer.alloc(600_000 * line.length, line);
  const long = Buffer.concat([Uint8Array.of(0x0c, ...uvarint(body.length)), body]);
  assert.equal(binaryJsonText(long, 0, long.length), `"${'line\\n'.repeat(600_000)}"`);
  agree(encodeBinaryJson('{"k": 3}'));
});
