// Flows that another process of this machine runs: a wish is written into the state that both read, as a signal, and the runtime that
// has the folder takes it up. A wish that nobody takes up is taken back, so that no restore begins when nobody expects it any more.

import { join } from 'node:path';
import { PitrError } from '../../domain/errors.ts';
import { executionName } from '../../domain/execution-name.ts';
import type { RestoreRun } from '../../domain/state/restore-run.ts';
import type { Facts } from '../../domain/state/run-identity.ts';
import { signalOf } from '../../operations/control/signals.ts';
import type { ExecutionLook, FlowConsole } from '../../ports/flow-console.ts';
import type { FlowName } from '../../ports/launcher.ts';
import { newestRestores } from '../../ports/newest-restores.ts';
import type { TaskStore } from '../../ports/task-store.ts';
import { type FlowStore, openFlowStore } from '../flows/flow-store.ts';
import { openSqliteTaskStore } from '../sqlite-task-store.ts';
import { runningIn } from './daemon-claim.ts';
import { type LocalConsoleOptions, lookOf } from './local-flow-console.ts';

export type NeighbourOptions = Pick<LocalConsoleOptions, 'folder' | 'cluster' | 'clock'>;

/** How long a wish may wait. A runtime reads its signals every few seconds. */
const takenUpMs = 120_000;

/** Errors: those of the two files. */
export async function openNeighbourConsole(options: NeighbourOptions): Promise<FlowConsole> {
  const store = await openSqliteTaskStore(join(options.folder, 'state.sqlite'));
  try {
    return new NeighbourFlowConsole(options, store, openFlowStore(join(options.folder, 'flows.sqlite')));
  } catch (error) {
    await store.close();
    throw error;
  }
}

interface Wish {
  readonly name: string;
  readonly signal: string;
  readonly atMs: number;
  isTakenBack: boolean;
}

class NeighbourFlowConsole implements FlowConsole {
  readonly outlives = true;
  readonly #options: NeighbourOptions;
  readonly #store: TaskStore;
  readonly #flows: FlowStore;
  #wish: Wish | undefined;

  constructor(options: NeighbourOptions, store: TaskStore, flows: FlowStore) {
    this.#options = options;
    this.#store = store;
    this.#flows = flows;
  }

  async place(): Promise<string> {
    return `this machine, the runtime of ${this.#options.folder}`;
  }

  async startFlow(flow: FlowName, name: string, input: Facts): Promise<'started' | 'exists'> {
    if (flow !== 'restore-to-point') {
      throw new PitrError('INVALID_INPUT', `${flow} cannot be asked for, expected restore-to-point`, {
        hint: 'the runtime starts it by itself',
      });
    }
    if (this.#flows.execution({ flow, name }) !== undefined) return 'exists';
    const { cluster, clock } = this.#options;
    const nowMs = clock.nowMs();
    const id = name.replace(/-restore$/, '');
    if (executionName(id, 'restore') !== name)
      throw new PitrError('INTERNAL', `${name} does not name a restore`);
    const signal = signalOf('restore-requested', { cluster, id, atMs: nowMs }, { request: input });
    await this.#store.commit({
      cluster,
      nowMs,
      records: [],
      signals: [signal],
      audit: {
        ...{ shape: 'audit/v1', cluster, id: signal.id, atMs: nowMs, who: 'a person' },
        ...{
          what: 'asked for a restore',
          why: 'pitr restore-cluster',
          facts: { execution: name, request: input },
        },
      },
    });
    this.#wish = { name, signal: signal.id, atMs: nowMs, isTakenBack: false };
    return 'started';
  }

  async look(flow: FlowName, name: string): Promise<ExecutionLook | undefined> {
    const execution = this.#flows.execution({ flow, name });
    if (execution === undefined) return await this.#lookAtWish(name);
    if (execution.state === 'running' && runningIn(this.#options.folder) === undefined) {
      throw new PitrError(
        'RUNNER_UNAVAILABLE',
        `the runtime of ${this.#options.folder} is gone, and ${name} is left unfinished`,
        { hint: 'it goes on with the next pitr local up; a br that was started runs on meanwhile' },
      );
    }
    return lookOf(execution);
  }

  async restores(): Promise<readonly RestoreRun[]> {
    const { cluster, clock } = this.#options;
    return await newestRestores(this.#store, cluster, clock.nowMs());
  }

  async close(): Promise<void> {
    this.#flows.close();
    await this.#store.close();
  }

  async #lookAtWish(name: string): Promise<ExecutionLook | undefined> {
    const wish = this.#wish;
    if (wish?.name !== name) return await this.#lookAtSignal(name);
    if (wish.isTakenBack) throw notTakenUp(this.#options.folder);
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - wish.atMs > takenUpMs) {
      const { cluster } = this.#options;
      // One more look comes after this one: the runtime may be about to start it.
      await this.#store.consumeSignal({ cluster, id: wish.signal }, 'pitr restore-cluster', nowMs);
      wish.isTakenBack = true;
    }
    return { state: 'running', at: '', sinceMs: wish.atMs };
  }

  /** Asked for by a process that did not wait, a moment ago. */
  async #lookAtSignal(name: string): Promise<ExecutionLook | undefined> {
    const { cluster, clock } = this.#options;
    const query = { nowMs: clock.nowMs(), newestFirst: true, limit: 1000 };
    const { entries } = await this.#store.waitingSignals(cluster, query);
    const waiting = entries.find(({ id }) => id === signalId(name));
    if (waiting !== undefined) return { state: 'running', at: '', sinceMs: waiting.atMs };
    // Between the two looks it may have been taken up.
    const execution = this.#flows.execution({ flow: 'restore-to-point', name });
    return execution === undefined ? undefined : lookOf(execution);
  }
}

function signalId(name: string): string {
  return `restore-requested/${name.replace(/-restore$/, '')}`;
}

function notTakenUp(folder: string): PitrError {
  const holder = runningIn(folder);
  const whose = holder === undefined ? 'no runtime has it any more' : `the process ${holder.pid} has it`;
  return new PitrError(
    'STATE_CONFLICT',
    `nobody took up the restore within ${takenUpMs / 60_000} minutes in ${folder}: ${whose}; nothing was begun`,
    {
      hint: 'another pitr restore-cluster has the folder until its end; pitr local up takes up what is asked of it',
      details: { folder, pid: holder?.pid ?? null },
    },
  );
}
