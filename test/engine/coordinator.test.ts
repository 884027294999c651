import assert from 'node:assert/strict';
import test from 'node:test';
import { PitrError } from '../../lib/domain/errors.ts';
import { MERGE_FAN_IN } from '../../lib/engine/change-sorter.ts';
import { type EngineProgress, type EngineRun, runEngine } from '../../lib/engine/coordinator.ts';
import type { EngineCrew } from '../../lib/engine/crew.ts';
import type { PartTask, TableJob } from '../../lib/engine/engine-job.ts';
import type { Run } from '../../lib/engine/run-file.ts';
import type { Shard } from '../../lib/engine/shards.ts';
import { table } from '../br/codec/schemas.ts';

/** A crew that keeps a diary; what it should do otherwise is given. */
class FakeCrew implements EngineCrew {
  readonly size: number;
  readonly diary: string[] = [];
  used: readonly Run[] = [];
  busy = 0;
  mostBusy = 0;
  runs: readonly Run[] = [];
  materialized: (shard: Shard, asText: readonly number[]) => readonly number[] = () => [];
  sorted: (keys: readonly string[]) => void = () => {};

  constructor(size: number) {
    this.size = size;
  }

  stats = () => ({ bytes: 10, rows: 1 });
  watch(): void {}

  async sortLog(keys: readonly string[]): Promise<number> {
    this.diary.push(`sort ${keys.length}`);
    this.sorted(keys);
    return keys.length;
  }

  async finishLog(): Promise<readonly Run[]> {
    this.diary.push('finish');
    return this.runs;
  }

  async reduceRuns(runs: readonly Run[]): Promise<readonly Run[]> {
    this.diary.push(`reduce ${runs.length}`);
    return runs.slice(0, MERGE_FAN_IN);
  }

  async useRuns(runs: readonly Run[]): Promise<void> {
    this.diary.push(`use ${runs.length}`);
    this.used = runs;
  }

  async materialize({ shard, asText }: PartTask) {
    this.diary.push(`make ${shard.table}/${shard.part} as text [${asText}]`);
    this.busy++;
    this.mostBusy = Math.max(this.mostBusy, this.busy);
    await new Promise((resolve) => setImmediate(resolve));
    this.busy--;
    const unrepresentable = this.materialized(shard, asText);
    return { table: shard.table, part: shard.part, rows: 5, bytes: 50, unrepresentable };
  }

  async close(): Promise<void> {}
}

function engineRun(tables: number, metas: number, signal = new AbortController().signal) {
  const events: EngineProgress[] = [];
  const job = (i: number): TableJob => ({
    database: 'd',
    name: `t${i}`,
    table: table([]),
    physicalIds: [BigInt(100 + i)],
    ddl: '',
  });
  const run: EngineRun = {
    job: {
      moment: 5n,
      layers: [],
      log: undefined,
      wantedIds: [],
      form: 'parquet',
      newCollation: true,
      memory: { sortBytes: 1, batchBytes: 1, chunkBytes: 1 },
    },
    tables: Array.from({ length: tables }, (_, i) => job(i)),
    files: [],
    metaKeys: Array.from({ length: metas }, (_, i) => `${i}.meta`),
    signal,
    progress: (event) => events.push(event),
  };
  return { run, events };
}

test('without a log only parts are made, one a table at least, and counted by table', async () => {
  const crew = new FakeCrew(2);
  const { run, events } = engineRun(3, 0);
  const outcomes = await runEngine(crew, run);
  assert.deepEqual(outcomes, Array(3).fill({ parts: 1, rows: 5, bytes: 50, asText: [] }));
  assert.deepEqual(crew.diary, ['make 0/0 as text []', 'make 1/0 as text []', 'make 2/0 as text []']);
  assert.equal(crew.mostBusy, 2);
  assert.equal(events.at(-1)?.tablesDone, 3);
});

test('the log is sorted and merged before the first part, and every worker gets its runs', async () => {
  const crew = new FakeCrew(1);
  crew.runs = [{ name: 'r', records: 1, dataBytes: 1, indexBytes: 1 }];
  await runEngine(crew, engineRun(1, 70).run);
  const sorts = crew.diary.filter((line) => line.startsWith('sort'));
  assert.equal(
    sorts.reduce((sum, line) => sum + Number(line.slice(5)), 0),
    70,
  );
  assert.deepEqual(crew.diary.slice(sorts.length), ['finish', 'use 1', 'make 0/0 as text []']);
});

test('more runs than one merge can take are merged first, by several workers where there are very many', async () => {
  const runs = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ name: `r${i}`, records: 1, dataBytes: 1, indexBytes: 1 }));
  for (const [size, count] of [
    [1, MERGE_FAN_IN + 1],
    [1, MERGE_FAN_IN * 9],
    [3, MERGE_FAN_IN * 9],
  ] as const) {
    const crew = new FakeCrew(size);
    crew.runs = runs(count);
    await runEngine(crew, engineRun(1, 1).run);
    assert.ok(crew.used.length <= MERGE_FAN_IN, `${size} workers, ${count} runs`);
    const first = crew.diary.filter((line) => line.startsWith('reduce'));
    assert.ok(size === 1 ? first.length === 1 : first.length > 4);
  }
});

test('a table with values that have no native form is made once more, with these columns as text, and only it', async () => {
  const crew = new FakeCrew(2);
  crew.materialized = (shard, asText) => (shard.table === 1 && asText.length === 0 ? [4, 2] : []);
  const { run, events } = engineRun(3, 0);
  const outcomes = await runEngine(crew, run);
  assert.deepEqual(crew.diary.slice(3), ['make 1/0 as text [4,2]']);
  assert.deepEqual(
    outcomes.map(({ asText, rows }) => [asText, rows]),
    [
      [[], 5],
      [[2, 4], 5],
      [[], 5],
    ],
  );
  assert.equal(events.at(-1)?.tablesDone, 3);
});

test('the failure of a worker is the failure of the run, and no new piece is begun by its hand', async () => {
  const crew = new FakeCrew(1);
  crew.materialized = () => {
    throw new PitrError('OBJECT_DAMAGED', '1.sst is damaged');
  };
  await assert.rejects(runEngine(crew, engineRun(4, 0).run), { code: 'OBJECT_DAMAGED' });
  assert.equal(crew.diary.length, 1);
});

test('a failure while the log is sorted makes no part', async () => {
  const crew = new FakeCrew(2);
  crew.sorted = () => {
    throw new PitrError('OBJECT_MISSING', 'a.log is missing');
  };
  await assert.rejects(runEngine(crew, engineRun(2, 3).run), { code: 'OBJECT_MISSING' });
  assert.deepEqual(crew.diary, ['sort 3']);
});

test('a stop is obeyed between pieces, before the log and between parts', async () => {
  const before = new FakeCrew(1);
  await assert.rejects(runEngine(before, engineRun(2, 3, AbortSignal.abort()).run), { code: 'INTERRUPTED' });
  assert.deepEqual(before.diary, []);
  const crew = new FakeCrew(1);
  const stop = new AbortController();
  crew.materialized = () => {
    stop.abort();
    return [];
  };
  await assert.rejects(runEngine(crew, engineRun(9, 0, stop.signal).run), { code: 'INTERRUPTED' });
  assert.equal(crew.diary.length, 1);
});
