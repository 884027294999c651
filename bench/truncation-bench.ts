// `node bench/truncation-bench.ts`: the native truncation over many metas with timestamps in their names, from a folder, from memory with
// the latency of S3, and from a real S3 server where versitygw is installed: time and requests of the plan, a dry run and a cut.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { logHeadObjects, logMetaObject } from '../lib/br/backup-writer.ts';
import { keyOf } from '../lib/br/layout.ts';
import { checkpointTsBytes } from '../lib/br/locks.ts';
import { FileType } from '../lib/br/proto/gen/log_pb.js';
import { openFileObjectStore } from '../lib/local/file-object-store.ts';
import { openStore } from '../lib/local/open-store.ts';
import {
  type NativeTruncationDeps,
  runNativeTruncation,
} from '../lib/operations/truncation/native-truncation.ts';
import { planNativeTruncation } from '../lib/operations/truncation/native-truncation-plan.ts';
import { previewTruncation } from '../lib/operations/truncation/native-truncation-preview.ts';
import { mapBounded } from '../lib/ports/bounded-parallel.ts';
import type { ObjectStore } from '../lib/ports/object-store.ts';
import { useTestCredentials } from '../test/support/s3-environment.ts';
import { findVersitygw, startVersitygw } from '../test/support/versitygw.ts';
import { LatentStore } from './latent-store.ts';

const firstTs = 470632754787647489n;
const keysPerPage = 1000;
const parallel = 32;
/** A day of a window of thirty. */
const cutShare = 1 / 30;

interface Requests {
  lists: number;
  gets: number;
  puts: number;
  deletes: number;
}

export interface TruncationFigure {
  readonly place: string;
  readonly what: 'listing alone' | 'plan' | 'dry run' | 'cut';
  readonly metas: number;
  /** Metas that had to be opened, and objects that go. */
  readonly opened: number;
  readonly objects: number;
  readonly ms: number;
  readonly requests: Requests;
}

/** A log of `count` metas of one object each, one second apart; only the objects of the first share that is cut are made. */
async function writeLog(store: ObjectStore, count: number): Promise<void> {
  for (const { key, bytes } of logHeadObjects({ clusterId: 7n, clusterVersion: 'v8.5.7', startTs: firstTs }))
    await store.put(key, bytes);
  const end = tsAt(count);
  await store.put(keyOf({ kind: 'central-checkpoint' }), checkpointTsBytes(end));
  const one = async (n: number): Promise<void> => {
    const minTs = tsAt(n);
    const storeId = BigInt(1 + (n % 20));
    const uuid = `201c0b0b-e1c4-4b67-8355-${n.toString(16).padStart(12, '0')}`;
    const path = keyOf({
      kind: 'log-data',
      layout: 'merged',
      owner: 'tables',
      day: '20261122',
      hour: '04',
      storeId,
      minTs,
      uuid,
    });
    const file = { sha256: new Uint8Array(32), cf: 'write', type: FileType.PUT, tableId: 0n, length: 64n };
    const times = { minTs, maxTs: minTs + 5000n, minBeginTsInDefaultCf: minTs - 10n };
    const groups = [{ path, length: 64n, dataFilesInfo: [{ ...file, ...times, rangeLength: 64n }] }];
    const flushTs = minTs + 9000n;
    const meta = logMetaObject({ storeId, resolvedTs: flushTs, groups }, { format: 'flagged', flushTs });
    await store.put(meta.key, meta.bytes);
    if (n < count * cutShare) await store.put(path, new Uint8Array(64));
  };
  for await (const _ of mapBounded(
    Array.from({ length: count }, (_, n) => n),
    parallel,
    one,
  ));
}

const tsAt = (n: number): bigint => firstTs + (BigInt(n) << 28n);

function counted(store: ObjectStore, requests: Requests): ObjectStore {
  return {
    url: store.url,
    pageKeys: store.pageKeys,
    async *list(prefix, options) {
      let keys = 0;
      requests.lists += 1;
      for await (const info of store.list(prefix, options)) {
        if (keys > 0 && keys % keysPerPage === 0) requests.lists += 1;
        keys += 1;
        yield info;
      }
    },
    listFolders: async (prefix) => {
      requests.lists += 1;
      return await store.listFolders(prefix);
    },
    head: (key) => store.head(key),
    get: (key, range) => {
      requests.gets += 1;
      return store.get(key, range);
    },
    put: (key, bytes) => {
      requests.puts += 1;
      return store.put(key, bytes);
    },
    delete: (key) => {
      requests.deletes += 1;
      return store.delete(key);
    },
    deleteMany: (keys) => {
      requests.deletes += Math.ceil(keys.length / keysPerPage);
      return store.deleteMany(keys);
    },
  };
}

function depsOf(store: ObjectStore): NativeTruncationDeps {
  return {
    ...{ store, logPrefix: '', parallel, progress: () => {}, deadOwners: [], nowMs: Date.now },
    holder: {
      ownerId: '0b4c9a56-0f0e-4f6e-9d0a-1f2e3d4c5b6a',
      ...{ host: 'bench', pid: process.pid, startedMs: Date.now(), detail: 'a benchmark' },
    },
    stillAllowed: async () => undefined,
    signal: new AbortController().signal,
  };
}

/** `count` metas in an empty store. */
export async function benchTruncation(
  place: string,
  store: ObjectStore,
  count: number,
): Promise<readonly TruncationFigure[]> {
  await writeLog(store, count);
  const untilTs = tsAt(Math.floor(count * cutShare));
  const figures: TruncationFigure[] = [];
  const measure = async (
    what: TruncationFigure['what'],
    run: (deps: NativeTruncationDeps) => Promise<{ readonly opened: number; readonly objects: number }>,
  ): Promise<void> => {
    const requests = { lists: 0, gets: 0, puts: 0, deletes: 0 };
    const started = performance.now();
    const done = await run(depsOf(counted(store, requests)));
    figures.push({ place, what, metas: count, ...done, ms: performance.now() - started, requests });
  };
  await measure('listing alone', async (deps) => {
    for await (const _ of deps.store.list('v1/backupmeta/'));
    return { opened: 0, objects: 0 };
  });
  await measure('plan', async (deps) => {
    await planNativeTruncation(deps, untilTs);
    return { opened: 0, objects: 0 };
  });
  await measure('dry run', async (deps) => {
    const { plan, changes } = await previewTruncation(deps, untilTs);
    const objects = changes.filter(({ kind }) => kind === 'data').length;
    return { opened: plan.toOpen.length, objects };
  });
  await measure('cut', async (deps) => {
    const { plan, objects } = await runNativeTruncation(deps, untilTs);
    return { opened: plan.toOpen.length, objects };
  });
  return figures;
}

/** Numbers of metas as `--metas` takes them: `20000,200000`. */
export function metaCounts(text: string): readonly number[] {
  return text.split(',').map((one) => {
    const count = Number(one);
    if (!Number.isSafeInteger(count) || count < 1)
      throw new Error(`--metas is ${text}, expected 20000,200000`);
    return count;
  });
}

/** From a folder below `scratch`, and from versitygw where it is: for each number of metas. */
export async function benchTruncations(
  scratch: string,
  counts: readonly number[],
): Promise<readonly TruncationFigure[]> {
  const figures: TruncationFigure[] = [];
  for (const count of counts) figures.push(...(await benchPlaces(scratch, count)));
  return figures;
}

async function benchPlaces(scratch: string, count: number): Promise<readonly TruncationFigure[]> {
  const folder = mkdtempSync(join(scratch, 'truncation-'));
  const ofFolder = await benchTruncation('folder', await openFileObjectStore(folder), count);
  rmSync(folder, { recursive: true, force: true });
  const program = findVersitygw();
  const ofLatency = await benchTruncation('latency alone', new LatentStore(), count);
  if (program === undefined) {
    console.log('no figures from S3: versitygw is not on this machine (test/support/versitygw.ts)');
    return [...ofFolder, ...ofLatency];
  }
  useTestCredentials();
  const server = await startVersitygw(program, ['bench']);
  try {
    const url = `s3://bench/log?region=us-east-1&endpoint=${server.endpoint}&force-path-style=true`;
    return [...ofFolder, ...ofLatency, ...(await benchTruncation('versitygw', await openStore(url), count))];
  } finally {
    await server.close();
  }
}

export function printTruncations(
  figures: readonly TruncationFigure[],
  figure: (name: string, value: string) => void,
): void {
  let listMs = 0;
  for (const { place, what, metas, opened, objects, ms, requests } of figures) {
    const all = requests.lists + requests.gets + requests.puts + requests.deletes;
    if (what === 'listing alone') listMs = ms;
    const isGoal = what === 'plan' && metas === 20_000;
    const times = what === 'plan' ? `, ${(ms / listMs).toFixed(2)} × listing alone` : '';
    const goal = times + (isGoal ? ' (goal: ≤ 1000 ms, ≤ 30 requests)' : '');
    const work =
      what === 'plan' || what === 'listing alone' ? '' : `, ${opened} metas opened, ${objects} objects`;
    const kinds = `${requests.lists} lists, ${requests.gets} gets, ${requests.puts} puts, ${requests.deletes} deletes`;
    figure(
      `truncation of ${metas} metas, ${place}: ${what}`,
      `${ms.toFixed(0)} ms${work}, ${all} requests: ${kinds}${goal}`,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { metas: { type: 'string', default: '20000,200000' } } });
  const scratch = mkdtempSync(join(tmpdir(), 'pitr-truncation-'));
  try {
    const figures = await benchTruncations(scratch, metaCounts(values.metas));
    printTruncations(figures, (name, value) => console.log(`${name.padEnd(54)} ${value}`));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
