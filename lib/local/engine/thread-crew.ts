// A crew of threads: each is one EngineWorker (worker.ts), pieces go to whoever is free.

import { Worker } from 'node:worker_threads';
import { type ErrorCode, errorCodes, PitrError } from '../../domain/errors.ts';
import type { EngineCrew } from '../../engine/crew.ts';
import type { ShardResult } from '../../engine/engine-job.ts';
import type { Run } from '../../engine/run-file.ts';
import type { WorkerCall, WorkerMessage, WorkerStart } from './worker.ts';

/** V8's nursery per thread; larger ones only hold more garbage at a time. */
const YOUNG_GENERATION_MB = 16;

/** Starts the threads. Errors of a thread come out of the call that it was doing. */
export function threadCrew(start: WorkerStart, size: number): EngineCrew {
  let listener = () => {};
  const threads = Array.from({ length: size }, () => new Thread(start, () => listener()));
  const idle = [...threads];
  const waiting: ((thread: Thread) => void)[] = [];
  const take = (): Promise<Thread> => {
    const thread = idle.pop();
    return thread === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(thread);
  };
  const giveBack = (thread: Thread) => {
    const next = waiting.shift();
    if (next === undefined) idle.push(thread);
    else next(thread);
  };
  const byAny = async (call: WorkerCall): Promise<unknown> => {
    const thread = await take();
    try {
      return await thread.call(call);
    } finally {
      giveBack(thread);
    }
  };
  const byAll = (call: WorkerCall) => Promise.all(threads.map((thread) => thread.call(call)));
  return {
    size,
    stats: () => ({
      bytes: threads.reduce((sum, { bytes }) => sum + bytes, 0),
      rows: threads.reduce((sum, { rows }) => sum + rows, 0),
    }),
    watch: (wanted) => {
      listener = wanted;
    },
    sortLog: async (metaKeys) => (await byAny({ method: 'sortLog', arguments: [metaKeys] })) as number,
    finishLog: async () => ((await byAll({ method: 'finishLog', arguments: [] })) as Run[][]).flat(),
    reduceRuns: async (runs) => (await byAny({ method: 'reduceRuns', arguments: [runs] })) as readonly Run[],
    useRuns: async (runs) => void (await byAll({ method: 'useRuns', arguments: [runs] })),
    materialize: async (task) => (await byAny({ method: 'materialize', arguments: [task] })) as ShardResult,
    close: async () => void (await Promise.all(threads.map((thread) => thread.stop()))),
  };
}

class Thread {
  bytes = 0;
  rows = 0;
  readonly #worker: Worker;
  readonly #onStats: () => void;
  #pending: { resolve: (value: unknown) => void; reject: (error: PitrError) => void } | undefined;
  #failure: PitrError | undefined;

  constructor(start: WorkerStart, onStats: () => void) {
    this.#onStats = onStats;
    // The file has this one's extension: .ts in the repository, .js in a packed install.
    const url = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
    this.#worker = new Worker(url, {
      workerData: start,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker.on('message', (message: WorkerMessage) => this.#receive(message));
    this.#worker.on('error', (cause) =>
      this.#fail(new PitrError('INTERNAL', `a worker thread failed: ${String(cause)}`, { cause })),
    );
    this.#worker.on('exit', (code) =>
      this.#fail(new PitrError('INTERRUPTED', `a worker thread ended with code ${code}`)),
    );
  }

  /** One call at a time. */
  call(call: WorkerCall): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#worker.postMessage(call);
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #receive(message: WorkerMessage): void {
    switch (message.kind) {
      case 'stats':
        this.bytes = message.bytes;
        this.rows = message.rows;
        this.#onStats();
        return;
      case 'result':
        this.#settle()?.resolve(message.value);
        return;
      case 'error': {
        const { code, message: text, hint, details } = message;
        const known: ErrorCode = code in errorCodes ? (code as ErrorCode) : 'INTERNAL';
        this.#settle()?.reject(
          new PitrError(known, text, { ...(hint === undefined ? {} : { hint }), details }),
        );
        return;
      }
      default:
        message satisfies never;
    }
  }

  #fail(error: PitrError): void {
    this.#failure ??= error;
    this.#settle()?.reject(this.#failure);
  }

  #settle() {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }
}
