// Raw LZ4 blocks (RocksDB compression type 4). Output goes into a buffer of a known size and never past it.
// Why not a package: docs/decisions/0002-block-codecs.md.

import { copyLiteral, copyWithin } from './snappy.ts';

/**
 * Decodes `source[start, end)` and fills `out`. Gives the reason when the bytes are not an LZ4 block of exactly that
 * size, undefined when all is well.
 */
export function decodeLz4(
  source: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
): string | undefined {
  const src = source as unknown as number[];
  const limit = out.length;
  let at = start;
  let to = 0;
  while (at < end) {
    const token = src[at++];
    let literals = token >>> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255) {
        if (at >= end) return 'a literal length that is cut off';
        more = src[at++];
        literals += more;
      }
    }
    if (literals > end - at) return 'a literal longer than the block';
    if (literals > limit - to) return 'more bytes than the block claims';
    to = copyLiteral(source, at, out, to, literals);
    at += literals;
    if (at === end) break;
    if (at + 2 > end) return 'a match that is cut off';
    const offset = src[at] | (src[at + 1] << 8);
    at += 2;
    let length = (token & 15) + 4;
    if (length === 19) {
      let more = 255;
      while (more === 255) {
        if (at >= end) return 'a match length that is cut off';
        more = src[at++];
        length += more;
      }
    }
    if (offset === 0 || offset > to) return `a match from ${offset} bytes back at position ${to}`;
    if (length > limit - to) return 'more bytes than the block claims';
    to = copyWithin(out, to, offset, length);
    if (at === end) return 'a block that ends in a match';
  }
  return to === limit ? undefined : `${to} bytes instead of ${limit}`;
}
