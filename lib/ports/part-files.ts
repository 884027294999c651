// The port of what a restore writes: files that grow from front to back and count only when they are finished.

/** One output file in the making. */
export interface PartFile {
  /** Appends; returns when the bytes are handed to the storage. Errors: LOCAL_IO, STORAGE_*. */
  append(bytes: Uint8Array): Promise<void>;
  /** Nothing more comes: flushes and closes. */
  finish(): Promise<void>;
  /** It will never be finished: gives back what it holds. Never throws. */
  abandon(): Promise<void>;
}

/** Where parts go. Unfinished ones are invisible to readers of the result, or removed with the restore. */
export interface PartSpace {
  /** name: a path below the space, `/` between parts. */
  create(name: string): Promise<PartFile>;
}
