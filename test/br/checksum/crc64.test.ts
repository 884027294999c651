import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { Crc64, Crc64Xor, crc64 } from '../../../lib/br/checksum/crc64.ts';

/** One bit at a time, as the polynomial says. */
function bitwise(bytes: Uint8Array): bigint {
  let crc = 0xffff_ffff_ffff_ffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xc96c5795d7870f42n : crc >> 1n;
  }
  return crc ^ 0xffff_ffff_ffff_ffffn;
}

test('crc64 has the check value of CRC-64/XZ', () => {
  assert.equal(crc64(Buffer.from('123456789')), 0x995dc9bbdf1939fan);
  assert.equal(crc64(new Uint8Array(0)), 0n);
});

test('crc64 of any part of any bytes equals the one taken bit by bit', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), fc.nat(60), (bytes, a, b) => {
      const start = Math.min(a, b, bytes.length);
      const end = Math.min(Math.max(a, b), bytes.length);
      assert.equal(crc64(bytes, start, end), bitwise(bytes.subarray(start, end)));
    }),
    { seed: 20261122, numRuns: 300 },
  );
});

test('crc64 does not care how the bytes were cut', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, cut) => {
      const crc = new Crc64();
      crc.update(bytes, 0, Math.min(cut, bytes.length));
      crc.update(bytes, Math.min(cut, bytes.length));
      assert.equal(crc.digest(), crc64(bytes));
    }),
    { seed: 20261122, numRuns: 200 },
  );
});

test('the xor of key-values does not care about their order, and a pair cancels itself', () => {
  const pairs = ['a', 'bc', 'def'].map((text) => Buffer.from(`${text}=value of ${text}`));
  const add = (sum: Crc64Xor, pair: Uint8Array): void => sum.add(pair, 0, 1, pair, 1, pair.length);
  const forwards = new Crc64Xor();
  const backwards = new Crc64Xor();
  for (const pair of pairs) add(forwards, pair);
  for (const pair of [...pairs].reverse()) add(backwards, pair);
  assert.equal(forwards.value, backwards.value);
  assert.equal(
    forwards.value,
    pairs.reduce((sum, pair) => sum ^ crc64(pair), 0n),
  );
  for (const pair of pairs) add(forwards, pair);
  assert.equal(forwards.value, 0n);
});
