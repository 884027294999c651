// The functions of the control plane in a simulated world: each invocation is a process of its own, with the real operation, a clock
// that may be off, and a death that may come between any two of its calls.

import type { FunctionName } from '../../../lib/config/functions.ts';
import { toPitrError } from '../../../lib/domain/errors.ts';
import type { Facts } from '../../../lib/domain/state/run-identity.ts';
import type { LocalDeps } from '../../../lib/local/control/local-deps.ts';
import { functionsOfCluster } from '../../../lib/local/control/local-functions.ts';
import { FlowError } from '../../../lib/local/flows/flow-error.ts';
import { Crash, CrashPoint } from '../../../lib/sim/crash-point.ts';
import type { Odds } from '../../../lib/sim/faults.ts';
import type { SeededRandom } from '../../../lib/sim/seeded-random.ts';
import type { WorldRecord } from './world-record.ts';

/** One invocation, for who wants to know which process said something. */
export interface Invocation {
  readonly number: number;
  readonly name: FunctionName;
  readonly startedMs: number;
  /** When it was over, and how; undefined as long as it runs. */
  end: { readonly atMs: number; readonly how: 'answered' | 'failed' | 'died' } | undefined;
}

export interface FunctionParts {
  readonly nowMs: () => number;
  /** How far the clock of all of them is off. */
  readonly offMs: () => number;
  readonly random: SeededRandom;
  readonly record: WorldRecord;
  readonly odds: () => Odds;
  /** What an invocation is given, before its death is woven in. */
  readonly depsOf: (invocation: Invocation) => LocalDeps;
}

/** As AWS names the end of a function that died. */
const deaths = ['Lambda.Unknown', 'Runtime.ExitError', 'Sandbox.Timedout'] as const;
/** More invocations than this in an hour of the world are a wheel that spins. */
const mostInAnHour = 5000;
/** Deaths in the first calls, where most is decided; before most operations are over; and late in those that touch many objects. */
const lives = [6, 24, 100] as const;

export class WorldFunctions {
  readonly #parts: FunctionParts;
  invocations = 0;
  crashes = 0;
  #hour = { from: 0, until: Number.NEGATIVE_INFINITY };

  constructor(parts: FunctionParts) {
    this.#parts = parts;
  }

  /** Runs the operation once. Errors: what it throws; Crash. */
  async invoke(name: FunctionName, payload: unknown): Promise<Facts> {
    const { nowMs, record, depsOf } = this.#parts;
    this.invocations += 1;
    if (this.#isSpinning()) return await new Promise<never>(() => {});
    const invocation: Invocation = {
      number: this.invocations,
      name,
      startedMs: nowMs(),
      end: undefined,
    };
    const point = this.#drawDeath();
    const functions = functionsOfCluster(this.#woven(depsOf(invocation), point));
    const over = (how: 'answered' | 'failed' | 'died') => {
      invocation.end = { atMs: nowMs(), how };
    };
    try {
      const answer = await point.live(() => functions[name](payload));
      over('answered');
      if (isNews(name, answer)) record.note(`${name}#${invocation.number} ${JSON.stringify(answer)}`);
      return answer;
    } catch (caught) {
      over(caught instanceof Crash ? 'died' : 'failed');
      record.note(`${name}#${invocation.number} ${JSON.stringify(payload)} ${wordsOf(caught)}`);
      throw caught;
    }
  }

  /** A world in which time does not go on must not go on either. */
  #isSpinning(): boolean {
    const { nowMs, record } = this.#parts;
    if (nowMs() > this.#hour.until) this.#hour = { from: this.invocations, until: nowMs() + 3_600_000 };
    const count = this.invocations - this.#hour.from;
    if (count === mostInAnHour) record.violate('no wheel spins', `${count} invocations within an hour`);
    return count >= mostInAnHour;
  }

  /** As a flow calls it: a death has AWS's name. */
  async forFlow(name: FunctionName, payload: unknown): Promise<Facts> {
    try {
      return await this.invoke(name, payload);
    } catch (caught) {
      if (!(caught instanceof Crash)) throw caught;
      throw new FlowError(this.#parts.random.pick(deaths), caught.message);
    }
  }

  /** As a schedule or the stream calls it: what fails is told to nobody, and tried again when it says so. */
  async quietly(name: FunctionName, payload: unknown): Promise<Facts | undefined> {
    try {
      return await this.invoke(name, payload);
    } catch {
      return undefined;
    }
  }

  #drawDeath(): CrashPoint {
    const { random, odds } = this.#parts;
    if (!random.chance(odds().crash)) return new CrashPoint();
    this.crashes += 1;
    const call = random.between(1, random.pick(lives));
    return new CrashPoint({ call, when: random.pick(['before', 'after']) });
  }

  #woven(deps: LocalDeps, point: CrashPoint): LocalDeps {
    const { random, nowMs } = this.#parts;
    const own = random.chance(this.#parts.odds().clock) ? random.between(-120_000, 120_000) : 0;
    const offMs = own + this.#parts.offMs();
    return {
      ...deps,
      nowMs: () => nowMs() + offMs,
      store: point.mortal(deps.store),
      openBucket: async () => point.mortalStore(await deps.openBucket()),
      openRunner: async (role) => point.mortal(await deps.openRunner(role)),
      callbacks: point.mortal(deps.callbacks),
      launcher: point.mortal(deps.launcher),
      messenger: point.mortal(deps.messenger),
      openCluster: async (pd) => {
        const { cluster, close } = await deps.openCluster(pd);
        return { cluster: point.mortal(cluster), close };
      },
    };
  }
}

const wordsOf = (caught: unknown) => {
  if (caught instanceof Crash) return caught.message;
  const { code, message } = toPitrError(caught);
  return `${code}: ${message.slice(0, 300)}`;
};

/** A look that found all as it was is not worth a line. */
function isNews(name: FunctionName, answer: Facts): boolean {
  const isSome = (field: string) => Array.isArray(answer[field]) && answer[field].length > 0;
  switch (name) {
    case 'observe':
      return (answer['change'] ?? null) !== null || (answer['planned'] ?? '') !== '';
    case 'br-ended':
      return (answer['ended'] ?? 0) !== 0 || isSome('problems');
    case 'react':
      return isSome('begun') || isSome('restarted');
    case 'retention-apply':
      return answer['decision'] !== 'nothing';
    default:
      return true;
  }
}
