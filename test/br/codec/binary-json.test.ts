import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { binaryJsonLength, binaryJsonText } from '../../../lib/br/codec/binary-json.ts';
import { encodeBinaryJson } from '../../../lib/br/codec/json-encode.ts';
import { PitrError } from '../../../lib/domain/errors.ts';
import { hex } from './schemas.ts';

const textOf = (bytes: Uint8Array): string => binaryJsonText(bytes, 0, bytes.length);
const roundTrip = (text: string): string => textOf(encodeBinaryJson(text));

const worked = hex(
  '01 03000000 7d000000 29000000 0400 2d000000 0100 2e000000 0100 01 2f000000 09 6f000000 0c 77000000 64656570 6b 77' +
    '01000000 40000000 13000000 0100 03 14000000 61 04000000 2c000000 09 1c000000 0b 24000000 04 00000000 04 01000000' +
    '0100000000000000 0000000000000440 0700000000000000 05 6f6365616e',
);

test('the recorded document prints as TiDB prints it, and is encoded to the same bytes', () => {
  const text = '{"deep": {"a": [1, 2.5, null, true]}, "k": 7, "w": "ocean"}';
  assert.equal(textOf(worked), text);
  assert.deepEqual(encodeBinaryJson(text), worked);
});

test('numbers keep their kind: integers, unsigned integers and doubles', () => {
  assert.equal(roundTrip('[1, 1.0, 1e2, -0.0]'), '[1, 1.0, 100.0, -0.0]');
  assert.equal(
    roundTrip('[9223372036854775807, -9223372036854775808]'),
    '[9223372036854775807, -9223372036854775808]',
  );
  assert.equal(roundTrip('[18446744073709551615]'), '[18446744073709551615]');
  assert.equal(roundTrip('[18446744073709551616]'), '[1.8446744073709552e19]');
  assert.equal(
    roundTrip('[1.5e20, 1e15, 1e-16, 123456789012345.0]'),
    '[1.5e20, 1e15, 1e-16, 123456789012345.0]',
  );
});

test('members are in byte order and the last of equal keys wins', () => {
  assert.equal(
    roundTrip('{"b": 1, "a": 2, "b": 3, "é": 4, "__proto__": 5, "10": 6}'),
    '{"10": 6, "__proto__": 5, "a": 2, "b": 3, "é": 4}',
  );
});

test('strings are escaped as TiDB does it', () => {
  assert.equal(
    roundTrip('"\\u0001\\b\\f\\n\\r\\t\\"\\\\/<>&é\\u2028\\u2029\\u007f"'),
    '"\\u0001\\b\\f\\n\\r\\t\\"\\\\/<>&é\\u2028\\u2029\u007f"',
  );
  assert.equal(textOf(hex('0c 03 61 ff 62')), '"a\\ufffdb"');
});

test('opaque values, dates and times print as TiDB prints them', () => {
  assert.equal(textOf(hex('0d fc 03 616263')), '"base64:type252:YWJj"');
  const core = (year: bigint, month: bigint, day: bigint, clock: bigint, micro: bigint): Uint8Array => {
    const out = new Uint8Array(8);
    const value = (year << 50n) | (month << 46n) | (day << 41n) | (clock << 24n) | (micro << 4n) | 0xfn;
    new DataView(out.buffer).setBigUint64(0, value, true);
    return out;
  };
  const clock = (3n << 12n) | (4n << 6n) | 5n;
  assert.equal(textOf(Uint8Array.from([0x0e, ...core(2020n, 1n, 2n, 0n, 0n)])), '"2020-01-02"');
  assert.equal(
    textOf(Uint8Array.from([0x0f, ...core(2020n, 1n, 2n, clock, 7n)])),
    '"2020-01-02 03:04:05.000007"',
  );
  const nanos = new Uint8Array(12);
  new DataView(nanos.buffer).setBigInt64(0, -45296000000000n, true);
  assert.equal(textOf(Uint8Array.from([0x11, ...nanos])), '"-12:34:56.000000"');
});

test('scalars stand alone, empty containers print without blanks', () => {
  assert.equal(roundTrip('{"a": {}, "b": []}'), '{"a": {}, "b": []}');
  for (const text of ['null', 'true', 'false', '""', '0']) assert.equal(roundTrip(text), text);
});

test('documents read back as the same value', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const bytes = encodeBinaryJson(text);
      const printed = textOf(bytes);
      assert.equal(binaryJsonLength(bytes, 0, bytes.length), bytes.length);
      assert.deepEqual(encodeBinaryJson(printed), bytes);
      const value = JSON.parse(printed) as unknown;
      assert.equal(typeof value, typeof JSON.parse(text));
    }),
    { seed: 551, numRuns: 300 },
  );
});

test('more than a hundred levels are refused, a hundred are not', () => {
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  assert.equal(roundTrip(nested(100)), nested(100));
  assert.throws(() => roundTrip(nested(102)), { code: 'ROW_DAMAGED' });
});

test('a container whose values overlap is refused, so that a small document cannot print as a huge one', () => {
  const twice = hex('03 02000000 1a000000 09 12000000 09 12000000 0100000000000000');
  assert.throws(() => textOf(twice), { code: 'ROW_DAMAGED' });
});

test('text that is not JSON is refused', () => {
  for (const text of ['', '{', '[1,]', '{"a" 1}', '01', '"\\x"', 'nul', '[1] 2', "'a'"]) {
    assert.throws(() => encodeBinaryJson(text), { code: 'ROW_DAMAGED' }, text);
  }
});

test('damaged documents print as JSON or are refused', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.nat(255), fc.nat(), (text, at, byte, cut) => {
      const bytes = encodeBinaryJson(text);
      bytes[at % bytes.length] = byte;
      const end = cut % 4 === 0 ? cut % (bytes.length + 1) : bytes.length;
      try {
        JSON.parse(binaryJsonText(bytes, 0, end));
      } catch (caught) {
        assert.ok(caught instanceof PitrError && caught.code === 'ROW_DAMAGED', String(caught));
      }
    }),
    { seed: 552, numRuns: 3000 },
  );
});
