// Answers: where bytes of text are collected before they go on: one buffer that grows, is filled and is used again.
// It must not check what is written: who writes promises UTF-8.

/** Runs at most this long are copied byte by byte; a view for a block copy costs more than that. */
const shortRun = 32;
const firstSize = 1024;
/** Below it an integer has 32 bits. */
const shortInteger = 2 ** 31;
/** 16 digits and a sign. */
const longestInteger = 17;
const billion = 1_000_000_000;
const zero = 0x30;
const minus = 0x2d;

/**
 * A growable buffer: bytes[0, length) is what was written. `bytes` is another array after a call that made it larger,
 * so it is read again after each call. `length` may be set back to an earlier value to take bytes away.
 */
export class ByteSink {
  bytes: Uint8Array;
  length = 0;

  constructor(size: number = firstSize) {
    this.bytes = new Uint8Array(Math.max(1, size));
  }

  /** Makes room for `count` bytes after `length`; the buffer at least doubles when it has to grow. */
  reserve(count: number): void {
    if (this.length + count > this.bytes.length) this.#grow(this.length + count);
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(2 * this.bytes.length, needed));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  /** One byte. */
  byte(value: number): void {
    if (this.length === this.bytes.length) this.#grow(this.length + 1);
    this.bytes[this.length++] = value;
  }

  /** Two bytes. */
  pair(first: number, second: number): void {
    this.reserve(2);
    const at = this.length;
    this.bytes[at] = first;
    this.bytes[at + 1] = second;
    this.length = at + 2;
  }

  /** Text of ASCII characters only; any other would lose its upper bits. */
  ascii(text: string): void {
    this.reserve(text.length);
    const { bytes } = this;
    let to = this.length;
    for (let i = 0; i < text.length; i++) bytes[to++] = text.charCodeAt(i);
    this.length = to;
  }

  /** src[start, end), which is not part of this sink. */
  copy(src: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    if (end - start > shortRun) this.bytes.set(src.subarray(start, end), this.length);
    else for (let at = start, to = this.length; at < end; ) this.bytes[to++] = src[at++];
    this.length += end - start;
  }

  /** An i32 in decimal, at least `width` digits (at most 16) with zeros before it and `-` before all. */
  integer32(value: number, width = 1): void {
    this.reserve(longestInteger);
    const { bytes } = this;
    let from = this.length;
    let left = value | 0;
    if (left < 0) {
      bytes[from++] = minus;
      left = -left;
    }
    const count = digitCount(left);
    const next = from + (count > width ? count : width);
    for (let at = next - 1; at >= from; at--) {
      const rest = (left / 10) | 0;
      bytes[at] = zero + left - rest * 10;
      left = rest;
    }
    this.length = next;
  }

  /** The same for any safe integer. */
  integer(value: number, width = 1): void {
    if (value < 0) {
      this.byte(minus);
      value = -value;
    }
    if (value < shortInteger) this.integer32(value, width);
    else {
      const low = value % billion;
      this.integer32((value - low) / billion, width - 9);
      this.integer32(low, 9);
    }
  }

  /** Forgets what was written; the buffer stays. */
  clear(): void {
    this.length = 0;
  }
}

/** Decimal digits of 0 ≤ value < 2^31. */
function digitCount(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1000) return 3;
  if (value < 10_000) return 4;
  if (value < 1_000_000) return value < 100_000 ? 5 : 6;
  if (value < 100_000_000) return value < 10_000_000 ? 7 : 8;
  return value < 1_000_000_000 ? 9 : 10;
}
