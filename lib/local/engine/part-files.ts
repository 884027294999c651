// Parts of tables as files of a folder: they stand in a staging folder until the whole restore is finished.

import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PitrError } from '../../domain/errors.ts';
import type { PartFile, PartSpace } from '../../ports/part-files.ts';

/** folder: the staging folder. A part that is made again replaces the one before. */
export function folderPartSpace(folder: string): PartSpace {
  return {
    async create(name) {
      const path = join(folder, name);
      return attempt(path, async () => {
        await mkdir(dirname(path), { recursive: true });
        return new FolderPartFile(path, await open(path, 'w'));
      });
    },
  };
}

class FolderPartFile implements PartFile {
  readonly #path: string;
  readonly #file: FileHandle;

  constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  append(bytes: Uint8Array): Promise<void> {
    return attempt(this.#path, async () => {
      for (let at = 0; at < bytes.length; )
        at += (await this.#file.write(bytes, at, bytes.length - at)).bytesWritten;
    });
  }

  finish(): Promise<void> {
    return attempt(this.#path, () => this.#file.close());
  }

  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }
}

async function attempt<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PitrError('LOCAL_IO', `the file ${path} cannot be written: ${reason}`, {
      hint: 'check that the target can be written and has room',
      details: { path },
      cause,
    });
  }
}
