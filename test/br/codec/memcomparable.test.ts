import assert from 'node:assert/strict';
import test from 'node:test';
import {
  decodeBytes,
  decodeBytesInto,
  encodeBytes,
  encodedLength,
  newDecodedSpan,
} from '../../../lib/br/codec/memcomparable.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

test('bytes become groups of eight with a marker that counts the pad', () => {
  assert.deepEqual(encodeBytes(hex('')), hex('0000000000000000f7'));
  assert.deepEqual(encodeBytes(hex('010203')), hex('0102030000000000fa'));
  assert.deepEqual(encodeBytes(hex('0102030405060708')), hex('0102030405060708ff 0000000000000000f7'));
  assert.equal(encodedLength(8), 18);
  assert.equal(encodedLength(7), 9);
});

test('decoding stops after the last group and says where', () => {
  const { bytes, next } = decodeBytes(hex('aa 0102030000000000fa 99'), 1);
  assert.deepEqual(bytes, hex('010203'));
  assert.equal(next, 10);
});

test('a key with a bad pad byte is refused and names its offset', () => {
  assert.throws(() => decodeBytes(hex('0102030000010000fa')), {
    code: 'ROW_DAMAGED',
    message: 'pad byte at offset 5: expected 00, found 01',
  });
});

test('a marker that pads more than eight bytes is refused', () => {
  assert.throws(() => decodeBytes(hex('0102030000000000f6')), { code: 'ROW_DAMAGED' });
});

test('groups without an end are refused', () => {
  assert.throws(() => decodeBytes(hex('0102030405060708ff')), { code: 'ROW_DAMAGED' });
  assert.throws(() => decodeBytes(hex('01020304050607')), { code: 'ROW_DAMAGED' });
  assert.throws(() => decodeBytes(hex('')), { code: 'ROW_DAMAGED' });
});

test('decoding never reads at or past the given end', () => {
  const span = newDecodedSpan();
  assert.throws(() => decodeBytesInto(hex('0102030000000000fa'), 0, 8, new Uint8Array(16), span), {
    code: 'ROW_DAMAGED',
  });
});
