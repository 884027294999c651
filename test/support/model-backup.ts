// Random buckets of random histories, and how the engine is run on them in this process.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlockCompression } from '../../lib/br/block-codec.ts';
import { type BackupKeys, parseKey } from '../../lib/br/encryption.ts';
import type { EngineJob, WorkerMemory } from '../../lib/engine/engine-job.ts';
import { hireLocally } from '../../lib/local/engine/hire.ts';
import { openFolderTarget } from '../../lib/local/targets/folder-target.ts';
import type { WorkDeps } from '../../lib/operations/deps.ts';
import { type RestoreReport, restoreEmbedded } from '../../lib/operations/moment/restore-embedded.ts';
import type { RestoreTarget } from '../../lib/ports/restore-target.ts';
import { writeBackup } from '../../lib/sim/backup-builder.ts';
import type { LogOptions } from '../../lib/sim/log-builder.ts';
import type { ModelDatabase } from '../../lib/sim/model-database.ts';
import { SeededRandom } from '../../lib/sim/seeded-random.ts';
import type { SnapshotOptions } from '../../lib/sim/snapshot-builder.ts';
import { runWorkload, usualWorkload, type WorkloadOptions } from '../../lib/sim/workload.ts';
import { MemoryObjectStore } from './memory-object-store.ts';

export interface ModelBackup {
  readonly seed: number;
  readonly model: ModelDatabase;
  readonly store: MemoryObjectStore;
  readonly keys: BackupKeys;
  readonly snapshots: readonly SnapshotOptions[];
  readonly log: LogOptions;
}

const clusterId = 7_654_321_098_765_432_109n;
const clusterVersion = 'v8.5.6';
const compressions: readonly BlockCompression[] = ['zstd', 'lz4', 'snappy', 'none'];
const allNames: LogOptions['names'] = ['decimal', 'hex', 'synthetic', 'tagged', 'flagged'];

/** A bucket of everything that the seed draws; `workload` overrides its size, `changed` what was drawn for the log. */
export async function modelBackup(
  seed: number,
  workload: Partial<WorkloadOptions> = {},
  changed: Partial<LogOptions> = {},
): Promise<ModelBackup> {
  const random = new SeededRandom(seed);
  const newCollation = random.chance(80);
  const model = runWorkload(random, { ...usualWorkload, newCollation, ...workload });
  const keys: BackupKeys = {
    snapshot: random.chance(30) ? parseKey('00112233445566778899aabbccddeeff') : undefined,
    log: random.chance(30) ? parseKey('ffeeddccbbaa99887766554433221100'.repeat(2)) : undefined,
  };
  const snapshots = snapshotOptions(random, model, keys);
  const log = { ...logOptions(random, model, keys, snapshots[0].backupTs), ...changed };
  const store = new MemoryObjectStore();
  await writeBackup(store, random, model, { snapshots, log });
  return { seed, model, store, keys, snapshots, log };
}

/** A commit, or a moment just before or long after one. */
function momentNear(random: SeededRandom, model: ModelDatabase, percent: number): bigint {
  const { commitTs } = model.transactions[Math.floor((model.transactions.length * percent) / 100)];
  return commitTs + random.pick([0n, -1n, 1n, 1000n << 18n]);
}

function snapshotOptions(random: SeededRandom, model: ModelDatabase, keys: BackupKeys): SnapshotOptions[] {
  const percents = [random.between(15, 30), random.between(40, 55), random.between(60, 80)];
  const times = percents.map((percent) => momentNear(random, model, percent));
  const incremental = random.pick([0, 1, 2]);
  return times.map((backupTs, i) => ({
    name: `snapshot-2026060${i + 1}000000`,
    clusterId,
    clusterVersion,
    startTs: i > 0 && i <= incremental ? times[i - 1] : 0n,
    backupTs,
    metaVersion: random.pick([1, 2]),
    entriesPerSubFile: random.pick([3, 100]),
    compression: random.pick(compressions),
    blockBytes: random.pick([300, 4096]),
    stores: 3,
    regions: random.pick([1, 3]),
    sharedPercent: random.pick([0, 40]),
    key: keys.snapshot,
  }));
}

function logOptions(
  random: SeededRandom,
  model: ModelDatabase,
  keys: BackupKeys,
  firstBaseTs: bigint,
): LogOptions {
  const names = random.chance(50) ? allNames : [random.pick(allNames)];
  return {
    prefix: 'log-backup/',
    clusterId,
    clusterVersion,
    startTs: momentNear(random, model, random.between(2, 12)),
    endTs: momentNear(random, model, random.between(90, 97)),
    flushes: random.pick([1, 3, 8, 40]),
    stores: random.between(1, 3),
    regions: random.between(1, 3),
    names,
    oldMetas: random.chance(50),
    filesPerObject: random.pick([1, 5, 100]),
    duplicatePercent: random.pick([0, 30]),
    noisePercent: random.pick([0, 40]),
    key: keys.log,
    safepointTs: random.chance(50) ? firstBaseTs : undefined,
    centralCheckpoint: random.chance(50),
  };
}

/** The order of the parts of a job, changed: less memory than `planMemory` ever gives. */
export interface RunOptions {
  readonly memory?: Partial<WorkerMemory>;
}

export function workDeps(
  backup: Pick<ModelBackup, 'store' | 'keys'>,
  { memory = {} }: RunOptions = {},
): WorkDeps {
  const { store, keys } = backup;
  const source = { snapshots: store, log: store, keys };
  const hire = hireLocally(source, { snapshots: store.url, log: store.url });
  return {
    backup: source,
    memoryBytes: 200 * 1024 * 1024,
    workers: 1,
    hire: (job: EngineJob, target: RestoreTarget, workers: number) =>
      hire({ ...job, memory: { ...job.memory, ...memory } }, target, workers, 0),
    progress: () => {},
    signal: new AbortController().signal,
    monotonicMs: () => 0,
  };
}

export interface RestoredJson {
  readonly report: RestoreReport;
  /** By `db.table`: the rows as JSON values, members in order. */
  readonly rows: ReadonlyMap<string, readonly (readonly (readonly [string, unknown])[])[]>;
}

/** Restores into JSON Lines in `folder` and reads it back. */
export async function restoreToJson(
  backup: ModelBackup,
  folder: string,
  input: { readonly at: bigint; readonly base?: string | undefined },
  options: RunOptions = {},
): Promise<RestoredJson> {
  const target = await openFolderTarget(folder, 'jsonl');
  const report = await restoreEmbedded(
    workDeps(backup, options),
    { at: String(input.at), base: input.base },
    target,
  );
  const rows = new Map<string, readonly (readonly (readonly [string, unknown])[])[]>();
  for (const { database, name, file = '' } of report.tables) {
    const lines = (await readFile(join(folder, file), 'utf8')).split('\n').slice(0, -1);
    rows.set(
      `${database}.${name}`,
      lines.map((line) => Object.entries(JSON.parse(line))),
    );
  }
  return { report, rows };
}
