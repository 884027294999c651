// What the window says: each of its moments comes back as it was, and none that the retention promises is ever lost again.

import type { TsInterval } from '../../../../lib/domain/intervals.ts';
import { describeTs, tsFromMs } from '../../../../lib/domain/ts.ts';
import type { Window } from '../../../../lib/domain/window.ts';
import type { Message } from '../../../../lib/ports/messenger.ts';
import { SeededRandom } from '../../../../lib/sim/seeded-random.ts';
import type { SimRun } from '../../../../lib/sim/sim-br.ts';
import { judgeMoment } from '../../sim-judge.ts';
import type { Invariant } from '../invariant.ts';
import type { SimWorld } from '../sim-world.ts';
import { clusterName } from '../world-plan.ts';

const freshMs = 20 * 60_000;

/** The last commit in (from, to], or `to` when nothing was committed there. */
function lastCommit({ history }: SimWorld, from: bigint, to: bigint): bigint {
  const found = history.model.transactions.findLast(({ commitTs }) => commitTs > from && commitTs <= to);
  return found?.commitTs ?? to;
}

/** A moment that was restorable and lies in the promised time stays restorable, whatever is cut, stopped or broken. */
export class NothingPromisedIsLost implements Invariant {
  readonly rule = 'no moment of the promised window is lost again';
  #before: readonly TsInterval[] = [];

  async hourly(world: SimWorld): Promise<void> {
    const { merged } = await world.window();
    const promisedFrom = tsFromMs(world.clock.nowMs() - world.policies.windowMs);
    for (const { from, to } of this.#before) {
      if (to < promisedFrom) continue;
      const first = from < promisedFrom ? promisedFrom : from;
      if (merged.some((one) => one.from <= first && one.to >= to)) continue;
      const now = merged.map((one) => `${describeTs(one.from)} to ${describeTs(one.to)}`).join(', ');
      throw new Error(
        `${describeTs(first)} to ${describeTs(to)} was restorable, and now it is ${now || 'nothing'}`,
      );
    }
    this.#before = merged;
  }

  beforeDamage(world: SimWorld): Promise<void> {
    return this.hourly(world);
  }

  /** What the damage took is nobody's fault. */
  afterDamage(_world: SimWorld, { merged }: Window): void {
    this.#before = merged;
  }
}

/** What a person pinned, and was told so, stays until the pin is over. */
export class PinnedStays implements Invariant {
  readonly rule = 'no moment and no snapshot that is pinned is lost';

  async hourly(world: SimWorld): Promise<void> {
    const { merged, intervals } = await world.window();
    for (const { id, from, to, base, untilMs } of world.holds.pins.values()) {
      if (untilMs <= world.clock.nowMs()) continue;
      const isThere = merged.some((one) => one.from <= from && one.to >= to);
      if (isThere && (base === '' || intervals.some((one) => one.base === base))) continue;
      const what = base === '' ? `${describeTs(from)} to ${describeTs(to)}` : base;
      throw new Error(`${what} is pinned by ${id}, and cannot be restored any more`);
    }
  }
}

/** A plan that a person refused stays refused. */
export class VetoesHold implements Invariant {
  readonly rule = 'a plan of the retention that was refused is never carried out';

  async hourly({ holds, store, clock }: SimWorld): Promise<void> {
    for (const id of holds.vetoed) {
      const found = await store.get({ cluster: clusterName, kind: 'plan', id }, clock.nowMs());
      if (found === undefined || found.record.state === 'vetoed') continue;
      throw new Error(`${id} was refused, and is ${found.record.state}`);
    }
  }
}

/** Moments are tried by real restores: now and then, after each cut, and several at the end. */
export class WindowIsTrue implements Invariant {
  readonly rule = 'every moment of the window can be restored to the truth';
  readonly #random: SeededRandom;
  #isCut = false;
  #personCuts = 0;
  /** Of a hundred hours. */
  readonly #percent: number;

  constructor(seed: number, percent: number) {
    this.#random = new SeededRandom(seed ^ 0x7174);
    this.#percent = percent;
  }

  onRun(_world: SimWorld, { kind, over }: SimRun): void {
    if (kind === 'log truncate' && over !== undefined) this.#isCut = true;
  }

  /** Those of our own engine are no runs of br. */
  onMessage(_world: SimWorld, { topic }: Message): void {
    if (topic === 'truncation-done') this.#isCut = true;
  }

  /** Nor are those of people, whom nobody tells. */
  #hasPersonCut({ cuts }: SimWorld): boolean {
    const isNew = cuts.done > this.#personCuts;
    this.#personCuts = cuts.done;
    return isNew;
  }

  async hourly(world: SimWorld): Promise<void> {
    const isChosen = this.#random.chance(this.#percent);
    const isFresh = this.#isFresh(world) && this.#random.chance(30);
    const isCut = this.#hasPersonCut(world) || this.#isCut;
    if (!isChosen && !isFresh && !isCut) return;
    this.#isCut = false;
    await this.#try(world, 1);
  }

  async atEnd(world: SimWorld): Promise<void> {
    await this.#try(world, 3);
  }

  /** Something was committed within the last minutes, which the log may hold in parts. */
  #isFresh({ history, clock }: SimWorld): boolean {
    const [from, to] = [tsFromMs(clock.nowMs() - freshMs), tsFromMs(clock.nowMs())];
    return history.model.transactions.some(({ commitTs }) => commitTs > from && commitTs <= to);
  }

  async #try(world: SimWorld, count: number): Promise<void> {
    const { intervals } = await world.window();
    for (let i = 0; i < count && intervals.length > 0; i++) {
      const { from, to, base } = this.#random.pick(intervals);
      const [first, last] = [from.ts, to.ts];
      const between = this.#random.bigBetween(first, last);
      const ts = this.#random.pick([first, last, last, between, lastCommit(world, first, between)]);
      try {
        await judgeMoment(world.bucket, world.history, ts, base);
      } catch (caught) {
        throw new Error(
          `${describeTs(ts)} from ${base}: ${caught instanceof Error ? caught.message : caught}`,
        );
      }
    }
  }
}

/** What br restored for the control plane is what was at that moment. */
export class RestoresAreRight implements Invariant {
  readonly rule = 'a restore by br brings the moment that was asked for';
  #judged = 0;

  async hourly(world: SimWorld): Promise<void> {
    for (; this.#judged < world.restored.length; this.#judged++) {
      const restored = world.restored[this.#judged];
      if (restored === undefined) return;
      const { contents, bucket } = restored;
      const base = contents.snapshotFolder.replace(/\/$/, '');
      await judgeMoment(bucket, world.history, contents.restoredTs, base);
    }
  }
}
