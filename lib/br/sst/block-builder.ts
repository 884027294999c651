// Puts entries into a RocksDB block: keys as deltas to the one before, restart points, and their table at the end.
// For the writer of tables; what the keys mean and how blocks are compressed is decided there.

/** One block after another in the same buffer. Keys must be added in ascending order: the writer sees to that. */
export class BlockBuilder {
  entries = 0;
  private readonly restartInterval: number;
  private buffer = new Uint8Array(64 * 1024);
  private length = 0;
  private restarts: number[] = [0];
  private sinceRestart = 0;
  private lastKey = new Uint8Array(256);
  private lastLength = 0;

  /** `restartInterval`: entries between two keys that are written whole. */
  constructor(restartInterval: number) {
    this.restartInterval = restartInterval;
  }

  /** Bytes so far, without the restart points. */
  get size(): number {
    return this.length;
  }

  add(key: Uint8Array, keyLength: number, value: Uint8Array): void {
    let shared = 0;
    if (this.sinceRestart === this.restartInterval) {
      this.restarts.push(this.length);
      this.sinceRestart = 0;
    } else {
      const most = Math.min(keyLength, this.lastLength);
      while (shared < most && key[shared] === this.lastKey[shared]) shared++;
    }
    const fresh = keyLength - shared;
    this.reserve(15 + fresh + value.length);
    this.varint(shared);
    this.varint(fresh);
    this.varint(value.length);
    this.buffer.set(key.subarray(shared, keyLength), this.length);
    this.length += fresh;
    this.buffer.set(value, this.length);
    this.length += value.length;
    if (this.lastKey.length < keyLength) this.lastKey = new Uint8Array(keyLength * 2);
    this.lastKey.set(key.subarray(0, keyLength));
    this.lastLength = keyLength;
    this.sinceRestart++;
    this.entries++;
  }

  /** The finished block as a view that the next `add` overwrites; the builder starts again. */
  finish(): Uint8Array {
    const bytes = 4 * (this.restarts.length + 1);
    this.reserve(bytes);
    const view = new DataView(this.buffer.buffer, this.length, bytes);
    for (const [i, restart] of this.restarts.entries()) view.setUint32(4 * i, restart, true);
    view.setUint32(bytes - 4, this.restarts.length, true);
    const block = this.buffer.subarray(0, this.length + bytes);
    this.length = 0;
    this.entries = 0;
    this.restarts = [0];
    this.sinceRestart = 0;
    this.lastLength = 0;
    return block;
  }

  private varint(value: number): void {
    let rest = value;
    for (; rest > 127; rest >>>= 7) this.buffer[this.length++] = (rest & 127) | 128;
    this.buffer[this.length++] = rest;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.length + bytes));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
  }
}
