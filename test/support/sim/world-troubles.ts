// Carries out the troubles of a plan: each begins, is in force, and ends; of two of one kind the later end counts.

import type { PitrError } from '../../../lib/domain/errors.ts';
import type { Trouble, TroubleKind } from '../../../lib/sim/faults.ts';
import { type BucketUser, bucketUsers, objectKept, storageDown } from '../../../lib/sim/sim-bucket.ts';
import type { SimWorld } from './sim-world.ts';

const mostOffMs = 90 * 60_000;

export class WorldTroubles {
  readonly #world: SimWorld;
  readonly #inForce = new Map<TroubleKind, number>();
  /** How far the clock of the functions is off, ms. */
  clockOffMs = 0;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  begin(): void {
    for (const trouble of this.#world.plan.faults.troubles) void this.#live(trouble);
  }

  isInForce(...kinds: readonly TroubleKind[]): boolean {
    return kinds.some((kind) => (this.#inForce.get(kind) ?? 0) > 0);
  }

  get isAny(): boolean {
    return [...this.#inForce.values()].some((count) => count > 0);
  }

  async #live({ kind, fromMs, untilMs }: Trouble): Promise<void> {
    const { clock, record } = this.#world;
    await clock.sleep(fromMs - clock.nowMs());
    record.note(`trouble ${kind} begins, until ${new Date(untilMs).toISOString()}`);
    this.#count(kind, 1);
    await this.#change(kind);
    await clock.sleep(untilMs - clock.nowMs());
    record.note(`trouble ${kind} ends`);
    this.#count(kind, -1);
    await this.#change(kind);
  }

  #count(kind: TroubleKind, by: number): void {
    this.#inForce.set(kind, (this.#inForce.get(kind) ?? 0) + by);
  }

  async #change(kind: TroubleKind): Promise<void> {
    const { cluster, people } = this.#world;
    const isOn = this.isInForce(kind);
    this.#world.stir();
    switch (kind) {
      case 'storage-down':
      case 'storage-down-for-stores':
      case 'storage-throttles':
        return this.#shutDoors();
      case 'deletes-refused':
        this.#world.bucket.keeps = isOn
          ? (key) => (this.#world.random.chance(20) ? objectKept(key) : undefined)
          : undefined;
        return;
      case 'clock-wrong':
        this.clockOffMs = isOn ? this.#world.random.between(-mostOffMs, mostOffMs) : 0;
        return;
      // Looked at where the calls are made.
      case 'pd-hidden':
      case 'state-throttles':
      case 'runner-throttles':
      case 'channels-down':
        return;
      case 'pd-down':
        return cluster.hidePd(isOn);
      case 'tidb-gone':
        if (isOn) cluster.tidb.stop();
        else cluster.tidb.isUp = true;
        return cluster.touch();
      case 'advancer-stuck':
        cluster.tidb.isStuck = isOn;
        return cluster.touch();
      case 'store-lost':
        if (isOn) cluster.stores.lose(cluster.options.storeIds[0] ?? 1n);
        else cluster.stores.bringBack(cluster.options.storeIds[0] ?? 1n);
        return cluster.touch();
      case 'person-pauses':
        return isOn ? await people.pause() : await people.resume('the pause of a person is over');
      case 'person-stops':
        return isOn ? await people.stopTask() : await people.startTask();
      default:
        return kind satisfies never;
    }
  }

  #shutDoors(): void {
    for (const user of bucketUsers) this.#world.bucket.shut(user, this.#refusalFor(user));
  }

  #refusalFor(user: BucketUser): ((verb: string, key: string) => PitrError | undefined) | undefined {
    if (this.isInForce('storage-down')) return storageDown;
    if (user === 'stores' && this.isInForce('storage-down-for-stores')) return storageDown;
    if (user === 'stores' || !this.isInForce('storage-throttles')) return undefined;
    const { random } = this.#world;
    return (verb, key) => (random.chance(15) ? storageDown(verb, key) : undefined);
  }
}
