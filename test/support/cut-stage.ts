// A cut of the recorded log by our own engine, as its flow does it: the real flow on a virtual clock, with the real operations on a bucket
// and a state in memory; any of their calls may be the last of its process.

import { setImmediate } from 'node:timers/promises';
import type { Facts } from '../../lib/domain/state/run-identity.ts';
import type { TruncationRun } from '../../lib/domain/state/truncation-run.ts';
import { type FlowRunner, openFlowRunner } from '../../lib/local/flow-runner.ts';
import { FlowError } from '../../lib/local/flows/flow-error.ts';
import type { FlowExecution, Json } from '../../lib/local/flows/flow-records.ts';
import { VirtualClock } from '../../lib/local/virtual-clock.ts';
import { cutLog } from '../../lib/operations/control/cut/cut-log.ts';
import type { CutDeps } from '../../lib/operations/control/cut/cut-refusal.ts';
import { settleRun } from '../../lib/operations/control/runs/settle-run.ts';
import { startBr } from '../../lib/operations/control/runs/start-br.ts';
import { gatedStore } from '../../lib/sim/gated-store.ts';
import { controlStage, type Stage, stageText, withWindow } from './control-stage.ts';
import type { MemoryObjectStore } from './memory-object-store.ts';
import { recordedCopy, shopBucket } from './recorded-store.ts';

export const cutId = '20261122063000';
export const cutExecution = `${cutId}-truncate`;
export const cutStartMs = Date.UTC(2026, 10, 22, 6, 30);
/** BackupTS of the third snapshot: the window begins after it, so up to here the log may be cut. */
export const newestBase = 470632772993548292n;

/** Native. */
export const nativeText = stageText
  .replace('window: 7d, minBases: 1', 'window: 1h, minBases: 1, engine: native')
  .replace('every 2 days at 00:00', 'rate(30 minutes)');

/** Keeps the newest snapshot alone: the window ends with the log, fifteen seconds after it. */
const windowMs = 10_000;

interface Options {
  readonly settings?: string;
  readonly bucket?: MemoryObjectStore;
  /** Metas of a part: few, so that there are many parts. */
  readonly partMetas?: number;
}

/** The stage of the control plane under the clock of the flow. */
export type CutStageParts = Stage & Pick<CutDeps, 'partMetas'>;

interface Life {
  isOver: boolean;
  readonly end: PromiseWithResolvers<never>;
}

/** What a dead process goes on with. */
const nothing = () => new Promise<never>(() => {});

export class CutStage {
  readonly clock: VirtualClock;
  readonly stage: CutStageParts;
  readonly invoked: { readonly name: string; readonly step: string; readonly atMs: number }[] = [];
  readonly faults: unknown[] = [];
  /** Calls of bucket and state, of all functions together. */
  calls = 0;
  deaths = 0;
  /** The call at which the process of its function ends; the next begins anew. */
  dieAt: { readonly call: number; readonly when: 'before' | 'after' } | undefined;
  /** Before each function. */
  before: (step: string) => Promise<void> = async () => {};
  /** When a process ends. */
  onDeath: () => void = () => {};
  runner!: FlowRunner;
  #inFlight = 0;

  constructor(stage: CutStageParts, clock: VirtualClock) {
    this.stage = stage;
    this.clock = clock;
  }

  async open(): Promise<void> {
    this.runner = await openFlowRunner({
      path: ':memory:',
      functions: new Proxy({}, { get: (_, name) => (payload: Json) => this.#invoke(String(name), payload) }),
      clock: this.clock,
      random: () => 0.5,
      onFault: (_, error) => this.faults.push(error),
    });
  }

  /** Runs the flow to its end. The clock stands while a function works. */
  async run(name = cutExecution): Promise<FlowExecution> {
    await this.runner.start('truncate', name, { cluster: 'shop', id: cutId });
    return await this.wait(this.runner.whenEnded({ flow: 'truncate', name }));
  }

  async wait(ended: Promise<FlowExecution | undefined>): Promise<FlowExecution> {
    let execution: FlowExecution | undefined;
    ended.then((found) => {
      execution = found;
    });
    while (execution === undefined) {
      for (let turn = 0; turn < 5 || this.#inFlight > 0; turn++) await setImmediate();
      if (execution === undefined) await this.clock.advance(5000);
    }
    return execution;
  }

  states(name = cutExecution): string {
    return this.runner
      .history({ flow: 'truncate', name })
      .map(({ state }) => state)
      .join(' ');
  }

  async record(): Promise<TruncationRun> {
    const key = { cluster: 'shop', kind: 'truncation', id: cutId } as const;
    const found = await this.stage.store.get(key, this.stage.nowMs());
    if (found === undefined) throw new Error('there is no record of the cut');
    return found.record;
  }

  async #invoke(name: string, payload: Json): Promise<Facts> {
    const { step = '' } = payload as { readonly step?: string };
    this.invoked.push({ name, step, atMs: this.clock.nowMs() });
    const life = { isOver: false, end: Promise.withResolvers<never>() };
    this.#inFlight += 1;
    try {
      await this.before(step);
      return await Promise.race([life.end.promise, this.#operation(name, payload, this.#mortal(life))]);
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** Everything that the function calls, until its process ends: what it would have done next never happens. */
  #mortal(life: Life): CutStageParts {
    const { stage } = this;
    const pass = <T>(call: () => Promise<T>) => this.#pass(life, call);
    const store = new Proxy(stage.store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => pass(async () => await Reflect.apply(value, target, given));
      },
    });
    const bucket = gatedStore(stage.bucket, (_verb, _key, call) => pass(call));
    return { ...stage, store, openBucket: async () => bucket };
  }

  async #pass<T>(life: Life, call: () => Promise<T>): Promise<T> {
    if (life.isOver) return await nothing();
    this.calls += 1;
    const isLast = this.calls === this.dieAt?.call;
    if (isLast && this.dieAt?.when === 'before') return await this.#end(life);
    const result = await call();
    if (life.isOver) return await nothing();
    return isLast ? await this.#end(life) : result;
  }

  async #end(life: Life): Promise<never> {
    this.deaths += 1;
    this.onDeath();
    life.isOver = true;
    life.end.reject(new FlowError('Runtime.ExitError', 'the process died'));
    return await nothing();
  }

  async #operation(name: string, payload: Json, deps: CutStageParts): Promise<Facts> {
    if (name === 'cut-log') return await cutLog.run(deps, cutLog.parseInput(payload));
    if (name === 'settle-run') return await settleRun.run(deps, settleRun.parseInput(payload));
    if (name === 'start-br') return await startBr.run(deps, startBr.parseInput(payload));
    throw new Error(`nobody calls ${name} here`);
  }
}

export function stageOf(
  bucket: MemoryObjectStore,
  options: Options = {},
): { stage: CutStageParts; clock: VirtualClock } {
  const clock = new VirtualClock(cutStartMs);
  const control = controlStage({ bucket, settings: options.settings ?? nativeText, nowMs: cutStartMs });
  const settings = withWindow(control.settings, windowMs);
  const stage = { ...control, settings, nowMs: () => clock.nowMs(), partMetas: options.partMetas ?? 3 };
  return { stage, clock };
}

/** With a cut planned at `untilTs`. */
export async function cutStage(untilTs: bigint, options: Options = {}): Promise<CutStage> {
  const { stage, clock } = stageOf(options.bucket ?? (await recordedCopy(shopBucket, '')), options);
  await planCut(stage, untilTs);
  const made = new CutStage(stage, clock);
  await made.open();
  return made;
}

export async function planCut({ store }: Pick<Stage, 'store'>, untilTs: bigint, id = cutId): Promise<void> {
  const record: TruncationRun = {
    ...{ shape: 'truncation/v1', state: 'planned', cluster: 'shop', id, dueMs: cutStartMs },
    ...{ path: 'log-backup', untilTs, plannedMs: cutStartMs, reasons: ['a test wants it'] },
  };
  await store.commit({ cluster: 'shop', nowMs: cutStartMs, records: [{ record, expect: 'absent' }] });
}
