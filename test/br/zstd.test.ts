import assert from 'node:assert/strict';
import test from 'node:test';
import { compressZstd, decompressZstd } from '../../lib/br/zstd.ts';

const plain = Uint8Array.from(Buffer.from('one frame and nothing else '.repeat(50)));
const frame = compressZstd(plain);
const open = (bytes: Uint8Array, size = plain.length): Uint8Array =>
  decompressZstd(bytes, 0, bytes.length, size, 'x.log range 0+9');
const damaged = { code: 'OBJECT_DAMAGED', message: /^x\.log range 0\+9 is damaged/ };

test('one frame of the promised size is opened, wherever it stands in the buffer', () => {
  assert.deepEqual(Buffer.from(open(frame)), Buffer.from(plain));
  const padded = Uint8Array.from([1, 2, 3, ...frame, 4]);
  assert.deepEqual(decompressZstd(padded, 3, 3 + frame.length, plain.length, 'x').length, plain.length);
  assert.equal(open(compressZstd(new Uint8Array(0)), 0).length, 0);
});

test('a second frame behind the first is damage, and not silently left out', () => {
  const two = Uint8Array.from([...frame, ...frame]);
  assert.throws(() => open(two), damaged);
  assert.throws(() => open(two, plain.length * 2), damaged);
});

test('another size than promised is damage', () => {
  assert.throws(() => open(frame, plain.length - 1), damaged);
  assert.throws(() => open(frame, plain.length + 1), damaged);
  assert.throws(() => open(frame, 0), damaged);
});

test('every truncation is damage, and every flipped byte is damage or the same bytes', () => {
  for (let length = 0; length < frame.length; length++)
    assert.throws(() => open(frame.slice(0, length)), damaged);
  for (let at = 0; at < frame.length; at++) {
    const bad = Uint8Array.from(frame);
    bad[at]! ^= 0x55;
    try {
      assert.equal(open(bad).length, plain.length);
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'OBJECT_DAMAGED');
    }
  }
});

test('a frame that wants a window above 128 MiB is refused before it gets one', () => {
  const header = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xf8, 1, 0, 0]);
  assert.throws(() => open(header, 0), { code: 'OBJECT_DAMAGED', message: /window/ });
});
