// Scratch space in a folder of its own: created for one restore, removed with everything in it when that ends.

import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { PitrError } from '../../domain/errors.ts';
import type { SpillFile, SpillSpace } from '../../ports/spill.ts';

/** folder: exists, and only this restore uses it. */
export function folderSpillSpace(folder: string): SpillSpace {
  const path = (name: string) => join(folder, name);
  return {
    create() {
      const name = `${randomUUID()}.run`;
      const fd = attempt(path(name), () => openSync(path(name), 'wx+', 0o600));
      return new FolderSpillFile(name, path(name), fd, 0);
    },
    open(name) {
      const fd = attempt(path(name), () => openSync(path(name), 'r'));
      return new FolderSpillFile(name, path(name), fd, 0);
    },
    remove(name) {
      attempt(path(name), () => rmSync(path(name), { force: true }));
    },
  };
}

class FolderSpillFile implements SpillFile {
  readonly name: string;
  size: number;
  readonly #path: string;
  readonly #fd: number;

  constructor(name: string, path: string, fd: number, size: number) {
    this.name = name;
    this.#path = path;
    this.#fd = fd;
    this.size = size;
  }

  append(bytes: Uint8Array): void {
    attempt(this.#path, () => {
      for (let at = 0; at < bytes.length; )
        at += writeSync(this.#fd, bytes, at, bytes.length - at, this.size + at);
    });
    this.size += bytes.length;
  }

  readInto(offset: number, into: Uint8Array): void {
    attempt(this.#path, () => {
      for (let at = 0; at < into.length; ) {
        const read = readSync(this.#fd, into, at, into.length - at, offset + at);
        if (read === 0) throw new Error(`the file ends at ${offset + at}, expected ${offset + into.length}`);
        at += read;
      }
    });
  }

  close(): void {
    attempt(this.#path, () => closeSync(this.#fd));
  }
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PitrError('LOCAL_IO', `the scratch file ${path} cannot be used: ${reason}`, {
      hint: 'a restore spills beside its target: free space there, or choose a target on a larger disk',
      details: { path },
      cause,
    });
  }
}
