// The port of scratch space: files that one restore writes once, reads at any offset and throws away.
// Synchronous on purpose: it is local disk (or memory in tests), and the merge above it is a tight loop.

/** One scratch file. Written from front to back, then read at any offset. */
export interface SpillFile {
  /** Opens the same file again from another thread: a path, or a name in memory. */
  readonly name: string;
  /** Bytes written so far. */
  readonly size: number;
  /** Appends. Errors: LOCAL_IO when the disk is full or gone. */
  append(bytes: Uint8Array): void;
  /** Fills `into` from `offset`; reading past the end is an error (LOCAL_IO): the caller knows the size. */
  readInto(offset: number, into: Uint8Array): void;
  close(): void;
}

/** Where scratch files live; everything in it goes when the restore ends, also when it ends badly. */
export interface SpillSpace {
  create(): SpillFile;
  open(name: string): SpillFile;
  remove(name: string): void;
}
