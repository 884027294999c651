// The thread of one restore worker: takes pieces from its crew (thread-crew.ts), does them with an EngineWorker over
// local files, and sends back results and counts. One piece at a time.

import { parentPort, workerData } from 'node:worker_threads';
import type { BackupKeys } from '../../br/encryption.ts';
import { toPitrError } from '../../domain/errors.ts';
import type { EngineJob } from '../../engine/engine-job.ts';
import { EngineWorker } from '../../engine/engine-worker.ts';
import { countingStore } from '../../engine/single-crew.ts';
import { openStore } from '../open-store.ts';
import { folderPartSpace } from './part-files.ts';
import { folderSpillSpace } from './spill-files.ts';

/** What the thread is started with; all of it plain data. */
export interface WorkerStart {
  readonly snapshotsUrl: string;
  readonly logUrl: string;
  readonly keys: BackupKeys;
  readonly spillFolder: string;
  readonly partFolder: string;
  readonly job: EngineJob;
}

/** Methods of EngineWorker that a thread can be asked for. */
export type WorkerMethod = 'sortLog' | 'finishLog' | 'reduceRuns' | 'useRuns' | 'materialize';

export interface WorkerCall {
  readonly method: WorkerMethod;
  readonly arguments: readonly unknown[];
}

export type WorkerMessage =
  | { readonly kind: 'stats'; readonly bytes: number; readonly rows: number }
  | { readonly kind: 'result'; readonly value: unknown }
  | {
      readonly kind: 'error';
      readonly code: string;
      readonly message: string;
      readonly hint: string | undefined;
      readonly details: Readonly<Record<string, unknown>>;
    };

const STATS_EVERY_MS = 200;

async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) return;
  const start = workerData as WorkerStart;
  let bytes = 0;
  const count = (more: number) => {
    bytes += more;
  };
  const snapshots = countingStore(await openStore(start.snapshotsUrl), count);
  const same = start.logUrl === start.snapshotsUrl;
  const log = same ? snapshots : countingStore(await openStore(start.logUrl), count);
  const worker = new EngineWorker(
    {
      snapshots,
      log,
      keys: start.keys,
      spill: folderSpillSpace(start.spillFolder),
      parts: folderPartSpace(start.partFolder),
    },
    start.job,
  );
  const send = (message: WorkerMessage) => port.postMessage(message);
  const stats = () => send({ kind: 'stats', bytes, rows: worker.rows });
  setInterval(stats, STATS_EVERY_MS).unref();
  port.on('message', (call: WorkerCall) => {
    perform(worker, call).then(
      (value) => {
        stats();
        send({ kind: 'result', value });
      },
      (caught) => {
        const { code, message, hint, details } = toPitrError(caught);
        send({ kind: 'error', code, message, hint, details });
      },
    );
  });
}

async function perform(worker: EngineWorker, call: WorkerCall): Promise<unknown> {
  const method = worker[call.method] as (...values: readonly unknown[]) => unknown;
  return await method.apply(worker, [...call.arguments]);
}

await main();
