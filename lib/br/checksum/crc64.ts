// CRC-64/XZ (ECMA-182, reflected) and the XOR of it over key-values that BR keeps in File and DataFileInfo.
// Two 32-bit halves instead of bigint: it runs over every byte of a log.

const low = new Int32Array(2048);
const high = new Int32Array(2048);
buildTables();

function buildTables(): void {
  for (let byte = 0; byte < 256; byte++) {
    let lo = byte;
    let hi = 0;
    for (let bit = 0; bit < 8; bit++) {
      const carry = lo & 1;
      lo = (lo >>> 1) | (hi << 31);
      hi >>>= 1;
      if (carry) {
        lo ^= 0xd7870f42;
        hi ^= 0xc96c5795;
      }
    }
    low[byte] = lo;
    high[byte] = hi;
  }
  for (let at = 256; at < 2048; at++) {
    const lo = low[at - 256] ?? 0;
    const hi = high[at - 256] ?? 0;
    low[at] = ((lo >>> 8) | (hi << 24)) ^ (low[lo & 255] ?? 0);
    high[at] = (hi >>> 8) ^ (high[lo & 255] ?? 0);
  }
}

/** A running CRC-64/XZ. `digest` may be called at any time; `reset` starts again. */
export class Crc64 {
  lo = -1;
  hi = -1;

  reset(): void {
    this.lo = -1;
    this.hi = -1;
  }

  /** Takes in `bytes[start, end)`, eight bytes a step. */
  update(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    const b = bytes as unknown as number[];
    const tl = low as unknown as number[];
    const th = high as unknown as number[];
    let lo = this.lo;
    let hi = this.hi;
    let at = start;
    const stop = end - 7;
    for (; at < stop; at += 8) {
      lo ^= b[at] | (b[at + 1] << 8) | (b[at + 2] << 16) | (b[at + 3] << 24);
      hi ^= b[at + 4] | (b[at + 5] << 8) | (b[at + 6] << 16) | (b[at + 7] << 24);
      const i0 = 1792 + (lo & 255);
      const i1 = 1536 + ((lo >>> 8) & 255);
      const i2 = 1280 + ((lo >>> 16) & 255);
      const i3 = 1024 + (lo >>> 24);
      const i4 = 768 + (hi & 255);
      const i5 = 512 + ((hi >>> 8) & 255);
      const i6 = 256 + ((hi >>> 16) & 255);
      const i7 = hi >>> 24;
      lo = tl[i0] ^ tl[i1] ^ tl[i2] ^ tl[i3] ^ tl[i4] ^ tl[i5] ^ tl[i6] ^ tl[i7];
      hi = th[i0] ^ th[i1] ^ th[i2] ^ th[i3] ^ th[i4] ^ th[i5] ^ th[i6] ^ th[i7];
    }
    for (; at < end; at++) {
      const i = (lo ^ b[at]) & 255;
      lo = ((lo >>> 8) | (hi << 24)) ^ tl[i];
      hi = (hi >>> 8) ^ th[i];
    }
    this.lo = lo;
    this.hi = hi;
  }

  digest(): bigint {
    return (BigInt(~this.hi >>> 0) << 32n) | BigInt(~this.lo >>> 0);
  }
}

/** CRC-64/XZ of `bytes[start, end)`. */
export function crc64(bytes: Uint8Array, start = 0, end: number = bytes.length): bigint {
  const crc = new Crc64();
  crc.update(bytes, start, end);
  return crc.digest();
}

/** XOR over key-values of CRC-64/XZ(key‖value), whatever their order: FACTS §4.1 step 4 and File.crc64xor. */
export class Crc64Xor {
  private readonly crc = new Crc64();
  private lo = 0;
  private hi = 0;

  /** One key-value; both may lie in the same buffer. */
  add(
    keyBytes: Uint8Array,
    keyStart: number,
    keyEnd: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    const crc = this.crc;
    crc.reset();
    crc.update(keyBytes, keyStart, keyEnd);
    crc.update(valueBytes, valueStart, valueEnd);
    this.lo ^= ~crc.lo;
    this.hi ^= ~crc.hi;
  }

  get value(): bigint {
    return (BigInt(this.hi >>> 0) << 32n) | BigInt(this.lo >>> 0);
  }
}
