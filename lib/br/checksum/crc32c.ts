// CRC-32C (Castagnoli), the checksum of RocksDB blocks, and its masked form.
// Not for gzip or PNG sums (another polynomial: node:zlib has that one).

const width = 8;
const tables = buildTables();

function buildTables(): Int32Array {
  const all = new Int32Array(256 * width);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    all[byte] = crc;
  }
  for (let slice = 1; slice < width; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = all[(slice - 1) * 256 + byte] ?? 0;
      all[slice * 256 + byte] = (before >>> 8) ^ (all[before & 255] ?? 0);
    }
  }
  return all;
}

/** CRC-32C of `bytes[start, end)` as an unsigned 32-bit number. Eight bytes a step (slicing by eight). */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  const t = tables as unknown as number[];
  const b = bytes as unknown as number[];
  let crc = -1;
  let at = start;
  const stop = end - 7;
  for (; at < stop; at += 8) {
    crc ^= b[at] | (b[at + 1] << 8) | (b[at + 2] << 16) | (b[at + 3] << 24);
    crc =
      t[1792 + (crc & 255)] ^
      t[1536 + ((crc >>> 8) & 255)] ^
      t[1280 + ((crc >>> 16) & 255)] ^
      t[1024 + (crc >>> 24)] ^
      t[768 + b[at + 4]] ^
      t[512 + b[at + 5]] ^
      t[256 + b[at + 6]] ^
      t[b[at + 7]];
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t[(crc ^ b[at]) & 255];
  return ~crc >>> 0;
}

/** The form that RocksDB stores, so that a checksum of bytes that hold checksums stays useful (FACTS §9). */
export function maskedCrc32c(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  const crc = crc32c(bytes, start, end);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
