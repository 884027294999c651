import assert from 'node:assert/strict';
import test from 'node:test';
import { type BlockCompression, blockCompressionTypes, decompressBlock } from '../../lib/br/block-codec.ts';

const hello = (type: BlockCompression, bytes: readonly number[], limit = 1000): string => {
  const input = Uint8Array.from([9, ...bytes, 9]);
  const code = blockCompressionTypes[type];
  return Buffer.from(decompressBlock(code, input, 1, input.length - 1, limit, 'x.sst block at 0')).toString();
};
const ascii = (text: string): number[] => [...Buffer.from(text)];

test('snappy copies with one, two and four bytes of offset are followed, also into what they write', () => {
  assert.equal(hello('snappy', [7, 2 << 2, ...ascii('abc'), 0b000_000_01, 3]), 'abcabca');
  assert.equal(hello('snappy', [8, 1 << 2, ...ascii('ab'), (5 << 2) | 2, 2, 0]), 'abababab');
  assert.equal(hello('snappy', [8, 1 << 2, ...ascii('ab'), (5 << 2) | 3, 1, 0, 0, 0]), 'abbbbbbb');
});

test('a long snappy literal has its length in one to four bytes', () => {
  const text = 'x'.repeat(70);
  for (const bytes of [1, 2, 3, 4]) {
    const length = [69, 0, 0, 0].slice(0, bytes);
    assert.equal(hello('snappy', [70, (59 + bytes) << 2, ...length, ...ascii(text)]), text);
  }
});

test('an lz4 match may reach into what it writes, and lengths above 15 go on in bytes of 255', () => {
  assert.equal(hello('lz4', [9, 0x31, ...ascii('abc'), 3, 0, 0x10, ...ascii('z')]), 'abcabcabz');
  const run = hello('lz4', [0x96, 2, 0x1f, ...ascii('a'), 1, 0, 255, 2, 0x10, ...ascii('a')]);
  assert.equal(run, 'a'.repeat(1 + (15 + 4 + 255 + 2) + 1));
});

test('a block that claims more bytes than the limit is damage, before anything is allocated', () => {
  for (const type of ['snappy', 'lz4', 'zstd'] as const) {
    assert.throws(() => hello(type, [0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0], 1 << 20), {
      code: 'OBJECT_DAMAGED',
      message: /x\.sst block at 0 .*at most 1048576 decompressed bytes, found 4294967295/,
    });
    assert.throws(() => hello(type, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]), { code: 'OBJECT_DAMAGED' });
    assert.throws(() => hello(type, []), { code: 'OBJECT_DAMAGED' });
  }
});

const damaged: readonly (readonly [string, BlockCompression, readonly number[]])[] = [
  ['a snappy literal beyond the input', 'snappy', [9, 8 << 2, 65]],
  ['a snappy literal length that is cut off', 'snappy', [9, 63 << 2, 1]],
  ['a snappy literal of four gigabytes', 'snappy', [9, 63 << 2, 0xff, 0xff, 0xff, 0xff, 65]],
  ['a snappy copy from before the start', 'snappy', [5, 0, 65, 0b01, 2]],
  ['a snappy copy from here', 'snappy', [5, 0, 65, 0b01, 0]],
  ['a snappy copy that writes too much', 'snappy', [3, 0, 65, 0b01, 1]],
  ['a snappy copy without its offset', 'snappy', [5, 0, 65, 0b10, 1]],
  ['a snappy block that ends early', 'snappy', [5, 0, 65]],
  ['an lz4 literal beyond the input', 'lz4', [9, 0x50, 65]],
  ['an lz4 literal length that is cut off', 'lz4', [9, 0xf0, 255]],
  ['an lz4 match from before the start', 'lz4', [9, 0x10, 65, 2, 0, 0x40]],
  ['an lz4 match from here', 'lz4', [9, 0x10, 65, 0, 0, 0x40]],
  ['an lz4 match that writes too much', 'lz4', [4, 0x1f, 65, 1, 0, 255, 255, 1]],
  ['an lz4 match length that is cut off', 'lz4', [4, 0x1f, 65, 1, 0, 255]],
  ['an lz4 block that ends in a match', 'lz4', [5, 0x10, 65, 1, 0]],
  ['an lz4 offset that is cut off', 'lz4', [5, 0x10, 65, 1]],
];
for (const [what, type, bytes] of damaged) {
  test(`${what} is damage that names the block`, () => {
    assert.throws(() => hello(type, bytes), {
      code: 'OBJECT_DAMAGED',
      message: /^x\.sst block at 0 is damaged/,
    });
  });
}

test('a compression that RocksDB has and BR does not write is refused by its name', () => {
  assert.throws(() => decompressBlock(2, new Uint8Array(9), 0, 9, 100, 'x'), {
    code: 'UNSUPPORTED',
    message: /zlib/,
  });
  assert.throws(() => decompressBlock(99, new Uint8Array(9), 0, 9, 100, 'x'), { code: 'OBJECT_DAMAGED' });
});
