import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  type BlockCompression,
  blockCompressionTypes,
  compressBlock,
  decompressBlock,
} from '../../lib/br/block-codec.ts';
import { decodeLz4 } from '../../lib/br/sst/lz4.ts';
import { decodeSnappy } from '../../lib/br/sst/snappy.ts';
import { PitrError } from '../../lib/domain/errors.ts';

const settings = { seed: 20261122, numRuns: 2000 };
const compression = fc.constantFrom<BlockCompression>('none', 'snappy', 'lz4', 'zstd');

test('what is compressed is decompressed, for every compression', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 700 }), compression, (bytes, type) => {
      const packed = compressBlock(bytes, type);
      const out = decompressBlock(blockCompressionTypes[type], packed, 0, packed.length, bytes.length, 'x');
      assert.deepEqual(Buffer.from(out), Buffer.from(bytes));
    }),
    { ...settings, numRuns: 300 },
  );
});

test('random bytes of any type are decompressed within the limit or refused by name', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(0, 1, 2, 4, 5, 7, 8), (bytes, type) => {
      try {
        assert.ok(decompressBlock(type, bytes, 0, bytes.length, 1 << 16, 'x').length <= 1 << 16);
      } catch (error) {
        assert.ok(error instanceof PitrError, String(error));
      }
    }),
    settings,
  );
});

/** A reference that is slow and plain: one byte at a time, in an array that grows. */
function slowLz4(src: Uint8Array): number[] | undefined {
  const out: number[] = [];
  let at = 0;
  const more = (first: number): number => {
    let length = first;
    for (let byte = 255; first === 15 && byte === 255; length += byte) byte = src[at++] ?? Number.NaN;
    return length;
  };
  while (at < src.length) {
    const token = src[at++]!;
    for (let left = more(token >> 4); left > 0; left--) out.push(src[at++] ?? Number.NaN);
    if (at === src.length) return out;
    const offset = (src[at++] ?? Number.NaN) + 256 * (src[at++] ?? Number.NaN);
    const length = more(token & 15) + 4;
    if (!(offset > 0 && offset <= out.length) || !(length < 5000)) return undefined;
    for (let left = length; left > 0; left--) out.push(out[out.length - offset]!);
    if (out.length > 5000) return undefined;
  }
  return undefined;
}

test('lz4 agrees with a slow and plain reference on whatever bytes form a block', () => {
  let blocks = 0;
  const small = fc.array(fc.constantFrom(0x00, 0x10, 0x21, 0x14, 1, 2, 3, 0xf0, 0x1f), { maxLength: 14 });
  fc.assert(
    fc.property(small, (array) => {
      const src = Uint8Array.from(array);
      const expected = slowLz4(src);
      if (expected === undefined || expected.some(Number.isNaN)) return;
      blocks++;
      const out = new Uint8Array(expected.length);
      assert.equal(decodeLz4(src, 0, src.length, out), undefined);
      assert.deepEqual([...out], expected);
      assert.notEqual(decodeLz4(src, 0, src.length, new Uint8Array(expected.length + 1)), undefined);
    }),
    settings,
  );
  assert.ok(blocks > 100, `${blocks} blocks`);
});

test('snappy copies of every kind equal copying one byte at a time', () => {
  const copy = fc.record({
    kind: fc.constantFrom(1, 2, 3),
    offset: fc.integer({ min: 1, max: 60 }),
    length: fc.integer({ min: 4, max: 11 }),
  });
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 60, maxLength: 60 }),
      fc.array(copy, { maxLength: 20 }),
      (literal, copies) => {
        const expected = [...literal];
        const src: number[] = [59 << 2, ...literal];
        for (const { kind, offset, length } of copies) {
          if (kind === 1) src.push(((length - 4) << 2) | 1, offset);
          else src.push(((length - 1) << 2) | kind, offset, ...(kind === 2 ? [0] : [0, 0, 0]));
          for (let left = length; left > 0; left--) expected.push(expected[expected.length - offset]!);
        }
        const out = new Uint8Array(expected.length);
        assert.equal(decodeSnappy(Uint8Array.from(src), 0, src.length, out), undefined);
        assert.deepEqual([...out], expected);
      },
    ),
    { ...settings, numRuns: 300 },
  );
});
