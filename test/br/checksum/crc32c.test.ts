import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { crc32c, maskedCrc32c } from '../../../lib/br/checksum/crc32c.ts';

/** One bit at a time, as the polynomial says. */
function bitwise(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test('crc32c has the values of its published test vectors', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(new Uint8Array(0)), 0);
});

test('the masked form rotates right by 15 and adds a constant', () => {
  const crc = crc32c(Buffer.from('foo'));
  assert.equal(maskedCrc32c(Buffer.from('foo')), (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  assert.notEqual(maskedCrc32c(Buffer.from('foo')), crc);
});

test('crc32c of any part of any bytes equals the one taken bit by bit', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(80), fc.nat(80), (bytes, a, b) => {
      const start = Math.min(a, b, bytes.length);
      const end = Math.min(Math.max(a, b), bytes.length);
      assert.equal(crc32c(bytes, start, end), bitwise(bytes.subarray(start, end)));
    }),
    { seed: 20261122, numRuns: 500 },
  );
});
