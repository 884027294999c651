// Random access to the bytes of one object, with read-ahead for those who read it from front to back.
// Decrypts on the way when told how, and takes the sha256 of the bytes as stored; knows nothing of tables.

import { createHash, type Hash } from 'node:crypto';
import { damagedObject, missingObject } from '../../domain/errors.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

/**
 * The plain bytes of one object, for one caller at a time.
 * Errors: OBJECT_DAMAGED when the object is shorter than `size`, OBJECT_MISSING, and the store's own.
 */
export interface SstSource {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Whether a key stands between the stored bytes and those of `read`. */
  readonly encrypted: boolean;
  /** Exactly `length` bytes from `offset`, both inside `size`; they belong to the source and are never written to. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Hex sha256 of the whole object as stored: that is what File.sha256 of a table covers, encrypted or not. */
  sha256(): Promise<string>;
}

/** Gives the plain form of bytes that stand at `offset` of the object (AES-CTR works at any offset). */
export type DecryptAt = (offset: number, bytes: Uint8Array) => Uint8Array;

export interface ObjectSourceOptions {
  /** Bytes of the object when known (File.size); otherwise the store is asked. */
  readonly size?: number;
  /** Bytes of one request, default 1 MiB; memory is about three times that. */
  readonly chunkBytes?: number;
  readonly decrypt?: DecryptAt | undefined;
  /** The metadata that names the object, for messages, e.g. `backupmeta`. */
  readonly namedBy: string;
}

const defaultChunkBytes = 1024 * 1024;

/** A source over an object of a store. Errors: OBJECT_MISSING. */
export async function openObjectSource(
  store: ObjectStore,
  key: string,
  options: ObjectSourceOptions,
): Promise<SstSource> {
  const size = options.size ?? (await store.head(key))?.size;
  if (size === undefined) throw missingObject(key, options.namedBy);
  const fetch = async (offset: number, length: number): Promise<Uint8Array> => {
    const bytes = await store.get(key, { offset, length });
    if (bytes === undefined) throw missingObject(key, options.namedBy);
    if (bytes.length === length) return bytes;
    throw damagedObject(key, `${size} bytes`, `an object that ends at ${offset + bytes.length}`);
  };
  return new ReadAheadSource(key, size, options.chunkBytes ?? defaultChunkBytes, fetch, options.decrypt);
}

/** A source over the stored bytes of an object in memory. */
export function bytesSource(name: string, stored: Uint8Array, decrypt?: DecryptAt): SstSource {
  const plain = decrypt === undefined ? stored : decrypt(0, stored);
  return {
    name,
    size: stored.length,
    encrypted: decrypt !== undefined,
    read: (offset, length) => Promise.resolve(plain.subarray(offset, offset + length)),
    sha256: () => Promise.resolve(createHash('sha256').update(stored).digest('hex')),
  };
}

type Fetch = (offset: number, length: number) => Promise<Uint8Array>;

/** One chunk is held, and the one behind it is under way while the held one is read. */
class ReadAheadSource implements SstSource {
  readonly name: string;
  readonly size: number;
  private readonly chunkBytes: number;
  private readonly fetch: Fetch;
  private readonly decrypt: DecryptAt | undefined;
  private held: Uint8Array = new Uint8Array(0);
  private heldAt = 0;
  private ahead: Promise<Uint8Array> | undefined;
  private readonly hash: Hash = createHash('sha256');
  private hashed = 0;
  private digest: string | undefined;

  constructor(name: string, size: number, chunkBytes: number, fetch: Fetch, decrypt: DecryptAt | undefined) {
    this.name = name;
    this.size = size;
    this.chunkBytes = chunkBytes;
    this.fetch = fetch;
    this.decrypt = decrypt;
  }

  get encrypted(): boolean {
    return this.decrypt !== undefined;
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    const at = offset - this.heldAt;
    if (at >= 0 && at + length <= this.held.length) {
      return Promise.resolve(this.held.subarray(at, at + length));
    }
    return this.readOn(offset, length);
  }

  async sha256(): Promise<string> {
    while (this.hashed < this.size) {
      if (this.hashed === this.heldAt + this.held.length) await this.holdNext();
      else await this.hold(this.hashed, this.request(this.hashed, this.chunkBytes), true);
    }
    this.digest ??= this.hash.digest('hex');
    return this.digest;
  }

  private async readOn(offset: number, length: number): Promise<Uint8Array> {
    const heldEnd = this.heldAt + this.held.length;
    if (offset < this.heldAt || offset > heldEnd || this.held.length === 0) {
      // A small object is one request, wherever its reader begins; a large one is expected to be read on from byte 0.
      const from = this.size <= this.chunkBytes ? 0 : offset;
      await this.hold(from, this.request(from, Math.max(length, this.chunkBytes)), from === 0);
      return this.held.subarray(offset - from, offset - from + length);
    }
    const kept = this.held.subarray(offset - this.heldAt);
    await this.holdNext();
    if (kept.length === 0 && length <= this.held.length) return this.held.subarray(0, length);
    return this.join(kept, length);
  }

  /** The bytes that begin in the chunk before and end in the one held, or further on. */
  private async join(kept: Uint8Array, length: number): Promise<Uint8Array> {
    const joined = new Uint8Array(length);
    joined.set(kept);
    let filled = kept.length;
    for (;;) {
      const part = this.held.subarray(0, length - filled);
      joined.set(part, filled);
      filled += part.length;
      if (filled === length) return joined;
      await this.holdNext();
    }
  }

  private holdNext(): Promise<void> {
    const next = this.heldAt + this.held.length;
    return this.hold(next, this.ahead ?? this.request(next, this.chunkBytes), true);
  }

  private async hold(offset: number, coming: Promise<Uint8Array>, readOn: boolean): Promise<void> {
    this.ahead = undefined;
    const stored = await coming;
    const end = offset + stored.length;
    this.ahead = readOn && end < this.size ? this.request(end, this.chunkBytes) : undefined;
    // Nobody may ever come for it; whoever does still gets the error.
    this.ahead?.catch(() => undefined);
    if (offset <= this.hashed && this.hashed < end) {
      this.hash.update(stored.subarray(this.hashed - offset));
      this.hashed = end;
    }
    this.held = this.decrypt === undefined ? stored : this.decrypt(offset, stored);
    this.heldAt = offset;
  }

  private request(offset: number, length: number): Promise<Uint8Array> {
    const most = this.size - offset;
    if (offset < 0 || most <= 0) {
      return Promise.reject(damagedObject(this.name, `${this.size} bytes`, `a read at ${offset}`));
    }
    return this.fetch(offset, Math.min(length, most));
  }
}
