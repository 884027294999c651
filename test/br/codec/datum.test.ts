import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { encodeUvarint, encodeVarint } from '../../../lib/br/codec/cell-encoder.ts';
import { Datum } from '../../../lib/br/codec/datum.ts';
import { PitrError } from '../../../lib/domain/errors.ts';
import { hex } from './schemas.ts';

const parse = (bytes: Uint8Array, at = 0, end = bytes.length): Datum => {
  const datum = new Datum();
  datum.parse(bytes, at, end);
  return datum;
};
const number = ({ lo, hi }: Datum): bigint => (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
const double = ({ lo, hi }: Datum): number => new Float64Array(new Int32Array([lo, hi]).buffer)[0]!;

test('comparable floats have their documented bytes', () => {
  assert.equal(double(parse(hex('05 bff8000000000000'))), 1.5);
  assert.equal(double(parse(hex('05 4007ffffffffffff'))), -1.5);
  assert.equal(double(parse(hex('05 8000000000000000'))), 0);
});

test('every 64-bit number comes back from its varint, signed and unsigned', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      const signed = BigInt.asIntN(64, value);
      assert.equal(BigInt.asIntN(64, number(parse(Uint8Array.from([8, ...encodeVarint(signed)])))), signed);
      assert.equal(number(parse(Uint8Array.from([9, ...encodeUvarint(value)]))), value);
    }),
    { seed: 131, numRuns: 500, examples: [[0n], [2n ** 63n], [2n ** 64n - 1n], [2n ** 32n - 1n]] },
  );
});

test('a varint of more than 64 bits is refused', () => {
  assert.equal(number(parse(hex('09 ffffffffffffffffff01'))), 2n ** 64n - 1n);
  assert.throws(() => parse(hex('09 ffffffffffffffffff02')), { code: 'ROW_DAMAGED' });
  assert.throws(() => parse(hex('09 ffffffffffffffffffff01')), { code: 'ROW_DAMAGED' });
});

test('bytes with a length past the end, or a negative one, are refused', () => {
  assert.throws(() => parse(hex('02 0a 616263')), { code: 'ROW_DAMAGED' });
  assert.throws(() => parse(hex('02 01')), { code: 'ROW_DAMAGED' });
  assert.throws(() => parse(hex('14 ffffffff 00')), { code: 'ROW_DAMAGED' });
});

test('the end of a datum is told for every flag', () => {
  const cases: readonly string[] = [
    '00',
    '01 0102030000000000fa',
    '02 06 616263',
    '03 8000000000000001',
    '04 0000000000000001',
    '05 bff8000000000000',
    '06 0a02 8000000c32',
    '07 8000000000000001',
    '08 80 01',
    '09 05',
    '0a 01 00000000 08000000',
    '0a 0c 03 616263',
    '14 01000000 0000803f',
  ];
  for (const text of cases) {
    const bytes = hex(text);
    const padded = Uint8Array.from([...bytes, 0xee, 0xee]);
    assert.equal(parse(padded).next, bytes.length, text);
    if (bytes.length > 1)
      assert.throws(() => parse(padded, 0, bytes.length - 1), { code: 'ROW_DAMAGED' }, text);
  }
});

test('random bytes are a datum inside its bounds or a named error', () => {
  const flag = fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 250);
  fc.assert(
    fc.property(flag, fc.uint8Array({ maxLength: 50 }), (first, tail) => {
      const bytes = Uint8Array.from([first, ...tail]);
      try {
        const datum = parse(bytes);
        assert.ok(datum.next <= bytes.length && datum.start <= datum.end && datum.end <= datum.buffer.length);
      } catch (caught) {
        assert.ok(caught instanceof PitrError && caught.code === 'ROW_DAMAGED', String(caught));
      }
    }),
    { seed: 132, numRuns: 3000 },
  );
});
