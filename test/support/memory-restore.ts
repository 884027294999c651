// A restore whose target and scratch space are memory: the real operations and the real engine, without a file.
// The result is text (JSON Lines or CSV) by table, so that two restores are compared by comparing strings.

import type { BackupKeys } from '../../lib/br/encryption.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import type { EnginePorts } from '../../lib/engine/engine-worker.ts';
import { singleCrew } from '../../lib/engine/single-crew.ts';
import type { BackupSource, WorkDeps } from '../../lib/operations/deps.ts';
import type { MomentInput } from '../../lib/operations/moment/open-moment.ts';
import { type RestoreReport, restoreEmbedded } from '../../lib/operations/moment/restore-embedded.ts';
import type { PartSpace } from '../../lib/ports/part-files.ts';
import type { RestoreTarget } from '../../lib/ports/restore-target.ts';
import type { SpillFile, SpillSpace } from '../../lib/ports/spill.ts';

export interface MemoryTable {
  readonly ddl: string;
  /** The whole file that a restore into a folder would have written. */
  readonly text: string;
}

export interface MemoryRestore {
  readonly report: RestoreReport;
  /** By `database.table`. */
  readonly tables: ReadonlyMap<string, MemoryTable>;
}

export interface MemoryRestoreOptions {
  readonly form?: 'jsonl' | 'csv';
  /** Keys of the workers when they are to be others than those of the plan. */
  readonly workerKeys?: BackupKeys;
}

/** Restores one moment. Errors: those of restoreEmbedded. */
export async function restoreInMemory(
  backup: BackupSource,
  input: MomentInput,
  { form = 'jsonl', workerKeys = backup.keys }: MemoryRestoreOptions = {},
): Promise<MemoryRestore> {
  const parts = new MemoryParts();
  const tables = new Map<string, MemoryTable>();
  const target: RestoreTarget = {
    form,
    partFolder: '',
    spillFolder: '',
    async publish(restore) {
      for (const { database, name, ddl, parts: names } of restore.tables)
        tables.set(`${database}.${name}`, { ddl, text: names.map((part) => parts.text(part)).join('') });
      return restore.tables.map(() => undefined);
    },
    cleanUp: async () => {},
  };
  const report = await restoreEmbedded(memoryDeps(backup, workerKeys, parts), input, target);
  return { report, tables };
}

function memoryDeps(backup: BackupSource, keys: BackupKeys, parts: PartSpace): WorkDeps {
  const store = backup.snapshots ?? backup.log;
  return {
    backup,
    memoryBytes: 256 * 1024 * 1024,
    workers: 1,
    hire: (job) => {
      if (store === undefined) throw new PitrError('INTERNAL', 'a test restores from no store');
      const { snapshots = store, log = store } = backup;
      const ports: EnginePorts = { snapshots, log, keys, spill: new MemorySpill(), parts };
      return singleCrew(ports, job);
    },
    progress: () => {},
    signal: new AbortController().signal,
    monotonicMs: () => 0,
  };
}

/** Output parts in memory. */
class MemoryParts implements PartSpace {
  readonly #parts = new Map<string, Uint8Array[]>();

  async create(name: string) {
    const pieces: Uint8Array[] = [];
    this.#parts.set(name, pieces);
    return {
      append: async (bytes: Uint8Array) => void pieces.push(bytes.slice()),
      finish: async () => {},
      abandon: async () => {},
    };
  }

  text(name: string): string {
    return Buffer.concat(this.#parts.get(name) ?? []).toString('utf8');
  }
}

/** Scratch files in memory. */
class MemorySpill implements SpillSpace {
  readonly #files = new Map<string, MemorySpillFile>();

  create(): SpillFile {
    const file = new MemorySpillFile(`run-${this.#files.size}`);
    this.#files.set(file.name, file);
    return file;
  }

  open(name: string): SpillFile {
    const file = this.#files.get(name);
    if (file === undefined) throw new PitrError('LOCAL_IO', `there is no scratch file ${name}`);
    return file;
  }

  /** Names are never given out twice, as on a disk. */
  remove(name: string): void {
    this.#files.set(name, new MemorySpillFile(name));
  }
}

class MemorySpillFile implements SpillFile {
  readonly name: string;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(name: string) {
    this.name = name;
  }

  get size(): number {
    return this.#bytes.length;
  }

  append(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#bytes.length + bytes.length);
    joined.set(this.#bytes);
    joined.set(bytes, this.#bytes.length);
    this.#bytes = joined;
  }

  readInto(offset: number, into: Uint8Array): void {
    if (offset + into.length > this.#bytes.length)
      throw new PitrError('LOCAL_IO', `the scratch file ${this.name} ends at ${this.#bytes.length}`);
    into.set(this.#bytes.subarray(offset, offset + into.length));
  }

  close(): void {}
}
