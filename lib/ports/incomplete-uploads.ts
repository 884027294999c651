// The port of uploads in parts that were begun and neither finished nor given up. No listing of objects shows them, and they are paid
// for. Only an object storage has them: a folder has no adapter. Adapter: lib/aws/s3-incomplete-uploads.ts.

import type { PitrError } from '../domain/errors.ts';

export interface IncompleteUpload {
  /** Of the object that it would become, relative to the store's root. */
  readonly key: string;
  readonly id: string;
  /** By the storage's clock, Unix ms. */
  readonly begunMs: number;
}

export interface IncompleteUploads {
  /** All below the store's root, by key, lazily, a page of a thousand at a time. Errors: STORAGE_DENIED, STORAGE_UNAVAILABLE. */
  list(): AsyncIterable<IncompleteUpload>;

  /** Bytes of its parts so far; 0n when it is over meanwhile. One request per thousand parts. Errors: as list. */
  bytesOf(upload: IncompleteUpload): Promise<bigint>;

  /**
   * Gives its parts up; one that is over meanwhile is fine. The refusal of the storage (STORAGE_DENIED), or undefined. Errors:
   * STORAGE_UNAVAILABLE.
   */
  abort(upload: IncompleteUpload): Promise<PitrError | undefined>;
}
