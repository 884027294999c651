// The control plane of one machine: the same operations and flows as on AWS, over a state file, a runner of child processes and a
// clock. Everything that must survive a kill is on disk: what was running goes on at the next start.

import { join } from 'node:path';
import type { FunctionName } from '../../config/functions.ts';
import type { Settings } from '../../config/settings-types.ts';
import { toPitrError } from '../../domain/errors.ts';
import type { Facts } from '../../domain/state/run-identity.ts';
import type { RandomFraction } from '../../ports/clock.ts';
import type { TaskStore } from '../../ports/task-store.ts';
import { type FlowRunner, openFlowRunner } from '../flow-runner.ts';
import type { LocalClock } from '../local-clock.ts';
import { openProcessRunner } from '../process-runner.ts';
import { openSqliteTaskStore } from '../sqlite-task-store.ts';
import { claimFolder } from './daemon-claim.ts';
import { type LastMetrics, lastMetrics } from './last-metrics.ts';
import { lateCallbacks, lateLauncher } from './late-parts.ts';
import { localDeps, type StandIns } from './local-deps.ts';
import { functionsOfCluster, type LocalFunctions, routedFunctions } from './local-functions.ts';
import { localMessenger } from './local-messenger.ts';
import type { RuntimeLog } from './runtime-log.ts';

export interface LocalRuntimeOptions {
  readonly settings: Settings;
  /** State, executions and runs; this machine's own disk. */
  readonly folder: string;
  readonly clock: LocalClock;
  readonly random: RandomFraction;
  readonly log: RuntimeLog;
  readonly standIns?: StandIns;
}

/** Errors: STATE_CONFLICT when a runtime has the folder; INVALID_INPUT for settings that are not of this machine; LOCAL_IO. */
export async function openLocalRuntime(options: LocalRuntimeOptions): Promise<LocalRuntime> {
  const { settings, folder, clock, random, log } = options;
  const claim = claimFolder(folder);
  try {
    const store = await openSqliteTaskStore(join(folder, 'state.sqlite'));
    const late: { flows?: FlowRunner; functions?: LocalFunctions } = {};
    const clusters = new Map<string, LocalFunctions>();
    const metrics = lastMetrics();
    const parts = {
      store,
      runner: options.standIns?.runner ?? openProcessRunner(join(folder, 'runs')),
      callbacks: lateCallbacks(() => late.flows),
      launcher: lateLauncher(() => late),
      metrics,
      nowMs: () => clock.nowMs(),
    };
    for (const cluster of settings.clusters) {
      const messenger = localMessenger(cluster.notifications, log);
      const deps = localDeps(cluster, { ...parts, messenger }, options.standIns);
      clusters.set(cluster.name, functionsOfCluster(deps));
    }
    late.functions = routedFunctions(clusters);
    late.flows = await openFlowRunner({
      path: join(folder, 'flows.sqlite'),
      functions: late.functions,
      clock,
      random,
      onFault: (key, error) => logTrouble(options, '', `flow ${key.flow} ${key.name}`, error),
      onEntered: ({ flow, name }, state) => log({ kind: 'flow', flow, name, state, atMs: clock.nowMs() }),
    });
    const { flows, functions } = late;
    return new LocalRuntime(options, { store, flows, functions, metrics, claim });
  } catch (error) {
    claim.release();
    throw error;
  }
}

interface Opened {
  readonly store: TaskStore;
  readonly flows: FlowRunner;
  readonly functions: LocalFunctions;
  readonly metrics: LastMetrics;
  readonly claim: { readonly release: () => void };
}

export class LocalRuntime {
  readonly store: TaskStore;
  readonly flows: FlowRunner;
  readonly functions: LocalFunctions;
  /** The last numbers of each cluster. */
  readonly metrics: LastMetrics;
  readonly options: LocalRuntimeOptions;
  readonly #claim: Opened['claim'];

  constructor(options: LocalRuntimeOptions, { store, flows, functions, metrics, claim }: Opened) {
    this.options = options;
    this.store = store;
    this.flows = flows;
    this.functions = functions;
    this.metrics = metrics;
    this.#claim = claim;
  }

  /**
   * Runs an operation now and logs what it did, if it did something. Undefined when it failed: that is logged, and the next turn
   * tries again.
   */
  async run(
    operation: FunctionName,
    input: Facts & { readonly cluster: string },
  ): Promise<Facts | undefined> {
    const { log, clock } = this.options;
    try {
      const answer = await this.functions[operation](input);
      if (isNews(operation, answer)) {
        log({ kind: 'operation', cluster: input.cluster, operation, answer, atMs: clock.nowMs() });
      }
      return answer;
    } catch (error) {
      this.trouble(input.cluster, operation, error);
      return undefined;
    }
  }

  trouble(cluster: string, what: string, error: unknown): void {
    logTrouble(this.options, cluster, what, error);
  }

  async close(): Promise<void> {
    await this.flows.close();
    await this.store.close();
    this.#claim.release();
  }
}

/** A look that found all as it was says nothing. */
function isNews(operation: FunctionName, answer: Facts): boolean {
  const isSome = (name: string) => Array.isArray(answer[name]) && answer[name].length > 0;
  switch (operation) {
    case 'observe':
      return answer['change'] !== null || (answer['planned'] ?? '') !== '';
    case 'br-ended':
      return (answer['ended'] ?? 0) !== 0 || isSome('problems');
    case 'retention-apply':
      return answer['decision'] !== 'nothing' && answer['decision'] !== 'waiting';
    case 'react':
      return isSome('restarted') || isSome('undelivered');
    default:
      return true;
  }
}

function logTrouble(
  { log, clock }: LocalRuntimeOptions,
  cluster: string,
  what: string,
  error: unknown,
): void {
  const { code, message, hint } = toPitrError(error);
  log({ kind: 'trouble', cluster, what, code, message, hint: hint ?? '', atMs: clock.nowMs() });
}
