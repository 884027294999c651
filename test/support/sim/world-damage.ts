// What befalls the snapshots of a simulated world from outside: an object of one goes, or loses its end, or its head is garbage. What only
// that snapshot could bring is lost by it, and nothing else may be.

import { readBackupMeta } from '../../../lib/br/backupmeta.ts';
import { objectsInSnapshot } from '../../../lib/br/snapshot-names.ts';
import type { SimWorld } from './sim-world.ts';

export class WorldDamage {
  readonly #world: SimWorld;
  /** Names of snapshots that br could not restore any more. */
  readonly damaged = new Set<string>();

  constructor(world: SimWorld) {
    this.#world = world;
  }

  begin(): void {
    for (const atMs of this.#world.plan.damagesMs) void this.#damageAt(atMs);
  }

  async #damageAt(atMs: number): Promise<void> {
    const { clock, random, bucket, record, holds, invariants } = this.#world;
    await clock.sleep(atMs - clock.nowMs());
    const { intervals } = await this.#world.window();
    if (intervals.length === 0) return;
    const { base } = random.pick(intervals);
    // What an attempt left that died is named by nobody, and missed by nobody.
    const ssts: string[] = [];
    for await (const { key } of objectsInSnapshot(bucket, await readBackupMeta(bucket, `${base}/`))) {
      if (key.endsWith('.sst')) ssts.push(key);
    }
    const head = `${base}/backupmeta`;
    const how = ssts.length === 0 ? 'garbage' : random.pick(['gone', 'short', 'garbage'] as const);
    const key = how === 'garbage' ? head : random.pick(ssts);
    const bytes = await bucket.get(key);
    if (bytes === undefined) return;
    for (const invariant of invariants) {
      await this.#world.hold(invariant.rule, () => invariant.beforeDamage?.(this.#world));
    }
    record.note(`${key} is ${how}`);
    this.damaged.add(base);
    if (how === 'gone') await bucket.delete(key);
    else
      await bucket.put(
        key,
        how === 'short' ? bytes.subarray(0, bytes.length - 1) : bytes.map((one) => one ^ 0xff),
      );
    const after = await this.#world.window();
    for (const [id, pin] of holds.pins) {
      const isThere = after.merged.some(({ from, to }) => from <= pin.from && to >= pin.to);
      if (!isThere || pin.base === base) holds.pins.delete(id);
    }
    for (const invariant of invariants) invariant.afterDamage?.(this.#world, after);
  }
}
