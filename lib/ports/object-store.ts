// The port of everything that is in a bucket: a flat map from keys to bytes below one URL.
// Adapters: lib/local/file-object-store.ts (a folder), lib/aws/s3-object-store.ts. Contract: test/contracts/.

import type { PitrError } from '../domain/errors.ts';

export interface ObjectInfo {
  /** Relative to the store's root, with `/` between parts and none in front. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** When it was last written, unix milliseconds, by the storage's clock; a hint, never a basis for deletion. */
  readonly modifiedMs: number;
  /** What the storage calls the class that it is kept and charged in: `STANDARD`, `GLACIER` …; a listing of S3 tells it. */
  readonly storageClass?: string;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface ListOptions {
  /** Only keys after this one in byte order. */
  readonly startAfter?: string;
}

/** An object that the storage refused to remove, and why: STORAGE_DENIED (also a lock on the object), STORAGE_UNAVAILABLE. */
export interface UndeletedObject {
  readonly key: string;
  readonly error: PitrError;
}

/**
 * A bucket prefix (or a folder), read and written as a whole object at a time.
 * Consistency: what a `put` that returned has written, the next `get` and `list` see (S3 has this since 2020-12).
 * Errors: STORAGE_DENIED, STORAGE_UNAVAILABLE; a missing object is `undefined`, never an error.
 * Nothing here retries: retries are a decorator (lib/ports/retrying-object-store.ts).
 */
export interface ObjectStore {
  /** For messages: the URL without secrets, e.g. `s3://bucket/prefix` or `file:///backups`. */
  readonly url: string;

  /**
   * How many objects one request of a listing brings, where each is a round trip: ranges of a long listing are then quicker at once
   * (lib/ports/listing-in-ranges.ts). undefined where a listing is one reading, which ranges would repeat.
   */
  readonly pageKeys?: number | undefined;

  /** All objects whose key starts with `prefix`, in byte order of their keys, lazily, page by page. */
  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectInfo>;

  /**
   * The distinct first parts below `prefix` (which ends with `/` or is empty), each with its trailing `/`,
   * in byte order: S3's CommonPrefixes. Costs one page per thousand folders, not per thousand objects.
   */
  listFolders(prefix: string): Promise<readonly string[]>;

  /** Size and time of one object, or undefined. */
  head(key: string): Promise<ObjectInfo | undefined>;

  /**
   * The bytes of the object, or of a range of it. undefined when there is no such object. A range that reaches past
   * the end gives what there is; one that starts at or past the end gives no bytes.
   */
  get(key: string, range?: ByteRange): Promise<Uint8Array | undefined>;

  /** Writes the whole object, replacing any; it is there whole or not at all. */
  put(key: string, bytes: Uint8Array): Promise<void>;

  /** Removes it; removing what is not there is fine. */
  delete(key: string): Promise<void>;

  /**
   * Removes any number of objects in as few requests as the storage has: on S3 one per thousand. Gives those that the storage
   * refused to remove; every other is gone, or never was. Where it throws, nobody knows which are gone. A key that is none is
   * refused before anything is removed.
   */
  deleteMany(keys: readonly string[]): Promise<readonly UndeletedObject[]>;
}
