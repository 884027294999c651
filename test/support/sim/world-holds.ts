// The people of a simulated world who keep things from the retention: they pin snapshots, moments and ranges, release pins, and refuse
// plans. What the control plane answered them is what it is held to.

import type { SimWorld } from './sim-world.ts';
import { clusterName, hour } from './world-plan.ts';

/** What was pinned, and the control plane said so. */
export interface HeldPin {
  readonly id: string;
  readonly from: bigint;
  readonly to: bigint;
  /** Of a pinned snapshot; empty for moments, which any base may bring. */
  readonly base: string;
  readonly untilMs: number;
}

export class WorldHolds {
  readonly #world: SimWorld;
  readonly pins = new Map<string, HeldPin>();
  /** Plans that a person refused, and was told that they are. */
  readonly vetoed = new Set<string>();

  constructor(world: SimWorld) {
    this.#world = world;
  }

  begin(): void {
    const { pinsMs, unpinsMs, vetoesMs } = this.#world.plan;
    for (const atMs of pinsMs) void this.#at(atMs, () => this.#pin());
    for (const atMs of unpinsMs) void this.#at(atMs, () => this.#unpin());
    for (const atMs of vetoesMs) void this.#at(atMs, () => this.#veto());
  }

  async #at(atMs: number, act: () => Promise<void>): Promise<void> {
    const { clock } = this.#world;
    await clock.sleep(atMs - clock.nowMs());
    await act();
  }

  async #hold(action: string, input: Readonly<Record<string, string>>) {
    const { record, functions } = this.#world;
    record.note(`a person: ${action} ${JSON.stringify(input)}`);
    return await functions.quietly('hold', { cluster: clusterName, action, ...input });
  }

  /** Something of the window, for hours or for good. */
  async #pin(): Promise<void> {
    const { clock, random } = this.#world;
    const picked = await this.#pick();
    if (picked === undefined) return;
    const { from, to, base, input } = picked;
    const untilMs = random.chance(50) ? clock.nowMs() + random.between(1, 72) * hour : undefined;
    const until = untilMs === undefined ? {} : { until: new Date(untilMs).toISOString() };
    const answer = await this.#hold('pin', { ...input, ...until, reason: 'it is worth keeping' });
    if (answer === undefined) return;
    const id = String(answer['id']);
    this.pins.set(id, { id, from, to, base, untilMs: untilMs ?? Number.POSITIVE_INFINITY });
  }

  async #pick() {
    const { random } = this.#world;
    const { merged, intervals } = await this.#world.window();
    if (merged.length === 0) return undefined;
    const kind = random.pick(['snapshot', 'moment', 'range'] as const);
    if (kind === 'snapshot') {
      const { base, from } = random.pick(intervals);
      const input: Readonly<Record<string, string>> = { what: kind, folder: base };
      return { from: from.ts, to: from.ts, base, input };
    }
    const part = random.pick(merged);
    const [one, other] = [random.bigBetween(part.from, part.to), random.bigBetween(part.from, part.to)];
    const [from, to] = one < other ? [one, other] : [other, one];
    const input: Readonly<Record<string, string>> =
      kind === 'moment' ? { what: kind, at: `${from}` } : { what: kind, from: `${from}`, to: `${to}` };
    return { from, to: kind === 'moment' ? from : to, base: '', input };
  }

  async #unpin(): Promise<void> {
    const { random } = this.#world;
    const pins = [...this.pins.keys()];
    if (pins.length === 0) return;
    const id = random.pick(pins);
    // Who dies in the act may have released it.
    this.pins.delete(id);
    await this.#hold('unpin', { id });
  }

  async #veto(): Promise<void> {
    const { store, clock, random } = this.#world;
    const { entries } = await store.list('plan', clusterName, { nowMs: clock.nowMs(), limit: 1000 });
    const open = entries.filter(({ record }) => record.work === 'retention' && record.state === 'open');
    if (open.length === 0) return;
    const { id } = random.pick(open).record;
    const answer = await this.#hold('veto', { planId: id, reason: 'it is wanted' });
    if (answer !== undefined) this.vetoed.add(id);
  }
}
