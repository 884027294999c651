// The order of a restore: sort the log, merge its runs, make the parts of every table, make those again whose values
// need another form. Hands out pieces to a crew and keeps count; reads and writes nothing itself.

import { PitrError } from '../domain/errors.ts';
import { MERGE_FAN_IN } from './change-sorter.ts';
import type { EngineCrew } from './crew.ts';
import type { EngineJob, ShardResult, TableJob } from './engine-job.ts';
import type { Run } from './run-file.ts';
import { FileIndex, type Shard, type SnapshotFile, shardTable } from './shards.ts';

/** What a person sees while it runs; sums since the phase began, except rows. */
export interface EngineProgress {
  readonly phase: 'log' | 'tables';
  readonly bytesDone: number;
  /** 0 = not known. */
  readonly bytesTotal: number;
  readonly rows: number;
  readonly tablesDone: number;
  readonly tablesTotal: number;
}

export interface EngineRun {
  readonly job: EngineJob;
  readonly tables: readonly TableJob[];
  /** SSTs of all layers. */
  readonly files: readonly SnapshotFile[];
  /** Metas of the log that the range needs. */
  readonly metaKeys: readonly string[];
  readonly signal: AbortSignal;
  readonly progress: (event: EngineProgress) => void;
}

/** What one table came to. */
export interface TableOutcome {
  /** Parts 0 … parts−1 are there (partName). */
  readonly parts: number;
  readonly rows: number;
  readonly bytes: number;
  /** Columns that were written as text, by position. */
  readonly asText: readonly number[];
}

/** Metas that a worker is given at once. */
const METAS_PER_PIECE = 32;
/** Parts of a large table: several per worker, so that all end together; neither crumbs nor mountains. */
const PARTS_PER_WORKER = 6;
const MIN_PART_BYTES = 8 * 1024 * 1024;
const MAX_PART_BYTES = 256 * 1024 * 1024;

/** Runs it all. Errors: those of the workers; INTERRUPTED when the signal fires. By table, in the job's order. */
export async function runEngine(crew: EngineCrew, run: EngineRun): Promise<readonly TableOutcome[]> {
  await sortLog(crew, run);
  const index = new FileIndex(run.files);
  const total = run.files.reduce((sum, file) => sum + file.size, 0);
  const target = total / (crew.size * PARTS_PER_WORKER);
  const partBytes = Math.min(MAX_PART_BYTES, Math.max(MIN_PART_BYTES, target));
  const shards = run.tables.map(({ physicalIds }, table) => shardTable(table, physicalIds, index, partBytes));
  const outcome = new TableCount(shards);
  await makeParts(crew, run, shards.flat(), outcome);
  for (const table of outcome.tablesToRepeat()) {
    outcome.restart(table);
    await makeParts(crew, run, shards[table], outcome);
  }
  return outcome.outcomes();
}

async function sortLog(crew: EngineCrew, run: EngineRun): Promise<void> {
  if (run.metaKeys.length === 0) return;
  const pieces: (readonly string[])[] = [];
  for (let at = 0; at < run.metaKeys.length; at += METAS_PER_PIECE)
    pieces.push(run.metaKeys.slice(at, at + METAS_PER_PIECE));
  const report = () =>
    run.progress({
      phase: 'log',
      bytesDone: crew.stats().bytes,
      bytesTotal: 0,
      rows: 0,
      tablesDone: 0,
      tablesTotal: run.tables.length,
    });
  crew.watch(report);
  await handOut(crew.size, pieces, run.signal, async (piece) => void (await crew.sortLog(piece)));
  report();
  const runs = await crew.finishLog();
  await crew.useRuns(await mergeDown(crew, runs));
}

/** Merges in parallel as long as there are several groups, then the rest in one go. */
async function mergeDown(crew: EngineCrew, runs: readonly Run[]): Promise<readonly Run[]> {
  let left = runs;
  while (left.length > MERGE_FAN_IN * 2 && crew.size > 1) {
    const groups: Run[][] = [];
    for (let at = 0; at < left.length; at += MERGE_FAN_IN * 2)
      groups.push(left.slice(at, at + MERGE_FAN_IN * 2));
    left = (await Promise.all(groups.map((group) => crew.reduceRuns(group)))).flat();
  }
  return left.length > MERGE_FAN_IN ? crew.reduceRuns(left) : left;
}

async function makeParts(
  crew: EngineCrew,
  run: EngineRun,
  shards: readonly Shard[],
  outcome: TableCount,
): Promise<void> {
  const before = crew.stats().bytes;
  const bytesTotal = shards.reduce((sum, { bytes }) => sum + bytes, 0);
  const report = () => {
    const { bytes, rows } = crew.stats();
    run.progress({
      phase: 'tables',
      bytesDone: Math.min(bytes - before, bytesTotal),
      bytesTotal,
      rows,
      tablesDone: outcome.done,
      tablesTotal: run.tables.length,
    });
  };
  crew.watch(report);
  await handOut(crew.size, shards, run.signal, async (shard) =>
    outcome.add(
      await crew.materialize({
        shard,
        table: run.tables[shard.table],
        asText: outcome.asText(shard.table),
      }),
    ),
  );
  report();
}

/** Gives each piece to a free hand, in order; the first failure ends it. */
async function handOut<T>(
  hands: number,
  pieces: readonly T[],
  signal: AbortSignal,
  work: (piece: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const hand = async () => {
    while (next < pieces.length) {
      if (signal.aborted)
        throw new PitrError('INTERRUPTED', 'the restore was stopped; nothing of it was published', {
          hint: 'run the same command again: it starts over and replaces what is left of this run',
        });
      await work(pieces[next++]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(hands, pieces.length) }, hand));
}

/** Counts parts and rows by table. */
class TableCount {
  readonly #expected: readonly number[];
  readonly #asText: Set<number>[];
  readonly #repeat: Set<number>[];
  #results: ShardResult[][];
  done = 0;

  constructor(shards: readonly (readonly Shard[])[]) {
    this.#expected = shards.map((parts) => parts.length);
    this.#results = shards.map(() => []);
    this.#asText = shards.map(() => new Set());
    this.#repeat = shards.map(() => new Set());
  }

  add(result: ShardResult): void {
    this.#results[result.table].push(result);
    for (const column of result.unrepresentable) this.#repeat[result.table].add(column);
    if (this.#results[result.table].length === this.#expected[result.table]) this.done++;
  }

  asText(table: number): readonly number[] {
    return [...this.#asText[table]];
  }

  tablesToRepeat(): readonly number[] {
    return this.#repeat.flatMap((columns, table) => (columns.size > 0 ? [table] : []));
  }

  restart(table: number): void {
    this.#asText[table] = this.#repeat[table];
    this.#repeat[table] = new Set();
    this.#results[table] = [];
    this.done--;
  }

  outcomes(): TableOutcome[] {
    return this.#results.map((results, table) => ({
      parts: results.length,
      rows: results.reduce((sum, { rows }) => sum + rows, 0),
      bytes: results.reduce((sum, { bytes }) => sum + bytes, 0),
      asText: [...this.#asText[table]].sort((a, b) => a - b),
    }));
  }
}
