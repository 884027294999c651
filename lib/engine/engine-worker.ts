// Everything that one worker of a restore can do: sort a share of the log, merge runs, make one part of one table.
// It runs in a thread or in the caller's, and knows neither files nor threads: only ports.

import { decodeBytesInto, newDecodedSpan } from '../br/codec/memcomparable.ts';
import { compileRowDecoder, type RowDecoder } from '../br/codec/row-decoder.ts';
import type { BackupKeys } from '../br/encryption.ts';
import { selectLogFiles } from '../br/log/log-selection.ts';
import { PitrError } from '../domain/errors.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { PartSpace } from '../ports/part-files.ts';
import type { SpillSpace } from '../ports/spill.ts';
import { ChangeSorter, reduceRuns } from './change-sorter.ts';
import {
  type EngineJob,
  type LogSource,
  type PartTask,
  partName,
  type ShardResult,
  type TableJob,
} from './engine-job.ts';
import { LogChangeReader } from './log-changes.ts';
import { readLogFiles } from './log-files.ts';
import { makeEncoder } from './output/make-encoder.ts';
import { mergeRows } from './row-merge.ts';
import { OpenRun, type Run, RunCursor } from './run-file.ts';
import { chains, type Segment, type Shard } from './shards.ts';
import { openSnapshotSst } from './snapshot-sst.ts';
import { SstCursor } from './sst-cursor.ts';
import { TableOutput } from './table-output.ts';
import { VersionPicker } from './version-picker.ts';

export interface EnginePorts {
  readonly snapshots: ObjectStore;
  readonly log: ObjectStore;
  readonly keys: BackupKeys;
  readonly spill: SpillSpace;
  readonly parts: PartSpace;
}

const MAX_BATCH_ROWS = 65_536;

export class EngineWorker {
  readonly #ports: EnginePorts;
  readonly #job: EngineJob;
  readonly #wanted: ReadonlySet<bigint>;
  #sorter: ChangeSorter | undefined;
  #runs: readonly OpenRun[] = [];
  #last: { readonly index: number; readonly decoder: RowDecoder } | undefined;
  /** Rows written so far, for the progress. */
  rows = 0;

  constructor(ports: EnginePorts, job: EngineJob) {
    this.#ports = ports;
    this.#job = job;
    this.#wanted = new Set(job.wantedIds);
  }

  /** Reads the data files of these metas and keeps their changes; returns how many changes there were. */
  async sortLog(metaKeys: readonly string[]): Promise<number> {
    const log = this.#log();
    const sorter = (this.#sorter ??= new ChangeSorter(
      this.#ports.spill,
      this.#job.memory.sortBytes,
      this.#job.moment,
    ));
    const changes = new LogChangeReader(sorter, log);
    const reading = {
      store: this.#ports.log,
      prefix: log.prefix,
      key: this.#ports.keys.log,
      migrations: log.migrations,
    };
    const options = {
      start: log.after + 1n,
      until: log.until,
      shift: log.shift,
      tableIds: this.#wanted,
      meta: false,
    };
    let taken = 0;
    for await (const opened of readLogFiles(reading, metaKeys, (meta) => selectLogFiles(meta, options)))
      taken += changes.add(opened);
    return taken;
  }

  /** Writes out what sortLog kept. */
  finishLog(): readonly Run[] {
    const runs = this.#sorter?.finish() ?? [];
    this.#sorter = undefined;
    return runs;
  }

  /** Merges runs until few enough are left for one merge. */
  reduceRuns(runs: readonly Run[]): Promise<readonly Run[]> {
    return reduceRuns(this.#ports.spill, runs, this.#job.moment);
  }

  /** The changes of the log, all of them, for the parts that are made from now on. */
  useRuns(runs: readonly Run[]): void {
    this.#runs = runs.map((run) => new OpenRun(this.#ports.spill, run));
  }

  /** Makes one part. */
  async materialize({ shard, table, asText }: PartTask): Promise<ShardResult> {
    const { form, memory } = this.#job;
    const decoder = this.#decoder(shard.table, table);
    const encoder = makeEncoder(form, { columns: decoder.columns, asText: new Set(asText) }, table.ddl);
    const batch = decoder.newBatch(this.#batchRows(shard, decoder));
    const file = await this.#ports.parts.create(partName(shard.table, shard.part));
    const output = new TableOutput(
      `${table.database}.${table.name}`,
      batch,
      encoder,
      file,
      memory.batchBytes,
    );
    try {
      if (shard.part === 0) await output.begin();
      for (const segment of shard.segments) await this.#addSegment(segment, decoder, output);
      await output.finish();
    } catch (caught) {
      await file.abandon();
      throw caught;
    }
    return {
      table: shard.table,
      part: shard.part,
      rows: output.rows,
      bytes: output.bytes,
      unrepresentable: [...encoder.unrepresentable],
    };
  }

  close(): void {
    for (const run of this.#runs) run.close();
    this.#runs = [];
  }

  #log(): LogSource {
    if (this.#job.log === undefined)
      throw new PitrError('INTERNAL', 'a restore without a log was asked to read its log');
    return this.#job.log;
  }

  async #addSegment(segment: Segment, decoder: RowDecoder, output: TableOutput): Promise<void> {
    const { from, to } = segment;
    const { snapshots, keys } = this.#ports;
    const open = (file: Segment['files'][number]) =>
      openSnapshotSst(snapshots, this.#job.layers[file.layer], file, {
        key: keys.snapshot,
        chunkBytes: this.#job.memory.chunkBytes,
      });
    const cursors = [
      ...chains(segment.files).map((chain) => new SstCursor(chain, open, from)),
      ...this.#runs.map((run) => new RunCursor(run, from)),
    ];
    const span = newDecodedSpan();
    let raw = new Uint8Array(256);
    await mergeRows(cursors, new VersionPicker(this.#job.moment), to, (key, keyStart, keyEnd, value) => {
      if (keyEnd > raw.length) raw = new Uint8Array(keyEnd * 2);
      decodeBytesInto(key, keyStart, keyEnd, raw, span);
      decoder.decode(raw, 0, span.length, value.buffer, value.start, value.end, output.batch);
      this.rows++;
      return output.afterRow(keyEnd - keyStart + value.end - value.start);
    });
  }

  /** Parts of one table come one after another: the last decoder is the one that is wanted again. */
  #decoder(index: number, { table }: TableJob): RowDecoder {
    if (this.#last?.index !== index) {
      const { newCollation } = this.#job;
      this.#last = { index, decoder: compileRowDecoder(table, { newCollation }) };
    }
    return this.#last.decoder;
  }

  /** Rows of room: as many as the part seems to need, within the batch's bytes. */
  #batchRows(shard: Shard, decoder: RowDecoder): number {
    const files = shard.segments.flatMap((segment) => segment.files);
    const known = files.reduce((sum, file) => sum + file.totalKvs, 0);
    const likely = this.#runs.length > 0 ? Math.max(known, 4096) : Math.max(known, 64);
    const affordable = Math.floor(this.#job.memory.batchBytes / (12 * (decoder.columns.length + 1)));
    return Math.max(64, Math.min(MAX_BATCH_ROWS, likely, affordable));
  }
}
