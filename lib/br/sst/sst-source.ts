// Random access to the bytes of one object, with read-ahead for those who read it from front to back.
// Decrypts on the way when told how; knows nothing of tables.

import { damagedObject, missingObject } from '../../domain/errors.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

/**
 * The plain bytes of one object. `read` gives exactly `length` bytes from `offset`, both inside `size`; the bytes
 * belong to the source and are never written to. One caller at a time.
 * Errors: OBJECT_DAMAGED when the object is shorter than `size`, OBJECT_MISSING, and the store's own.
 */
export interface SstSource {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Gives the plain form of bytes that stand at `offset` of the object (AES-CTR works at any offset). */
export type DecryptAt = (offset: number, bytes: Uint8Array) => Uint8Array;

export interface ObjectSourceOptions {
  /** Bytes of the object when known (File.size); otherwise the store is asked. */
  readonly size?: number;
  /** Bytes of one request, default 1 MiB; memory is about three times that. */
  readonly chunkBytes?: number;
  readonly decrypt?: DecryptAt;
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
    if (bytes.length !== length) {
      throw damagedObject(key, `${size} bytes`, `an object that ends at ${offset + bytes.length}`);
    }
    return options.decrypt === undefined ? bytes : options.decrypt(offset, bytes);
  };
  return new ReadAheadSource(key, size, options.chunkBytes ?? defaultChunkBytes, fetch);
}

/** A source over bytes in memory. */
export function bytesSource(name: string, bytes: Uint8Array): SstSource {
  return {
    name,
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

type Fetch = (offset: number, length: number) => Promise<Uint8Array>;

/** One chunk is held, and the one behind it is under way while the held one is read. */
class ReadAheadSource implements SstSource {
  readonly name: string;
  readonly size: number;
  private readonly chunkBytes: number;
  private readonly fetch: Fetch;
  private held: Uint8Array = new Uint8Array(0);
  private heldAt = 0;
  private ahead: Promise<Uint8Array> | undefined;

  constructor(name: string, size: number, chunkBytes: number, fetch: Fetch) {
    this.name = name;
    this.size = size;
    this.chunkBytes = chunkBytes;
    this.fetch = fetch;
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    const at = offset - this.heldAt;
    if (at >= 0 && at + length <= this.held.length) {
      return Promise.resolve(this.held.subarray(at, at + length));
    }
    return this.readOn(offset, length);
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
    await this.hold(heldEnd, this.ahead ?? this.request(heldEnd, this.chunkBytes), true);
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
      const next = this.heldAt + this.held.length;
      await this.hold(next, this.ahead ?? this.request(next, this.chunkBytes), true);
    }
  }

  private async hold(offset: number, coming: Promise<Uint8Array>, readOn: boolean): Promise<void> {
    this.ahead = undefined;
    this.held = await coming;
    this.heldAt = offset;
    const end = offset + this.held.length;
    this.ahead = readOn && end < this.size ? this.request(end, this.chunkBytes) : undefined;
    // Nobody may ever come for it; whoever does still gets the error.
    this.ahead?.catch(() => undefined);
  }

  private request(offset: number, length: number): Promise<Uint8Array> {
    const most = this.size - offset;
    if (offset < 0 || most <= 0) {
      return Promise.reject(damagedObject(this.name, `${this.size} bytes`, `a read at ${offset}`));
    }
    return this.fetch(offset, Math.min(length, most));
  }
}
