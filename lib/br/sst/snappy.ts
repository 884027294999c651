// Raw snappy blocks (RocksDB compression type 1). Output goes into a buffer of a known size and never past it.
// Why not a package: docs/decisions/0002-block-codecs.md.

const elementMask = [0, 0xff, 0xffff, 0xffffff, 0xffffffff];

/**
 * Decodes the elements of `source[start, end)`, without the length in front (the caller has read it), and fills `out`.
 * Gives the reason when the bytes are not a snappy block of exactly that size, undefined when all is well.
 */
export function decodeSnappy(
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
    const tag = src[at++];
    const kind = tag & 3;
    if (kind === 0) {
      let length = (tag >>> 2) + 1;
      if (length > 60) {
        const bytes = length - 60;
        if (at + bytes > end) return 'a literal length that is cut off';
        length = (littleEndian(src, at, bytes) & elementMask[bytes]) >>> 0;
        length += 1;
        at += bytes;
      }
      if (length > end - at) return 'a literal longer than the block';
      if (length > limit - to) return 'more bytes than the block claims';
      to = copyLiteral(source, at, out, to, length);
      at += length;
      continue;
    }
    const bytes = kind === 3 ? 4 : kind;
    if (at + bytes > end) return 'a copy that is cut off';
    let length = (tag >>> 2) + 1;
    let offset = littleEndian(src, at, bytes);
    if (kind === 1) {
      length = ((tag >>> 2) & 7) + 4;
      offset |= (tag & 0xe0) << 3;
    }
    at += bytes;
    if (offset === 0 || offset > to) return `a copy from ${offset} bytes back at position ${to}`;
    if (length > limit - to) return 'more bytes than the block claims';
    to = copyWithin(out, to, offset, length);
  }
  return to === limit ? undefined : `${to} bytes instead of ${limit}`;
}

function littleEndian(src: number[], at: number, bytes: number): number {
  let value = src[at];
  if (bytes > 1) value |= src[at + 1] << 8;
  if (bytes > 2) value |= src[at + 2] << 16;
  if (bytes > 3) value |= src[at + 3] << 24;
  return value >>> 0;
}

/** Copies bytes of the input; returns the new position. Short runs are common, and a loop beats `set` on them. */
export function copyLiteral(
  source: Uint8Array,
  at: number,
  out: Uint8Array,
  to: number,
  length: number,
): number {
  if (length > 48) {
    out.set(source.subarray(at, at + length), to);
    return to + length;
  }
  const stop = to + length;
  while (to < stop) out[to++] = source[at++] as number;
  return to;
}

/** Copies from `offset` bytes back in the output, where source and target may overlap; returns the new position. */
export function copyWithin(out: Uint8Array, to: number, offset: number, length: number): number {
  if (length > 48 && offset >= length) {
    out.copyWithin(to, to - offset, to - offset + length);
    return to + length;
  }
  let from = to - offset;
  const stop = to + length;
  while (to < stop) out[to++] = out[from++] as number;
  return to;
}
