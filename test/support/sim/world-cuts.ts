// The people of a simulated world who cut the log by hand with our own engine, as `pitr truncate --engine native` does it: at any moment,
// slowly, dying in the middle, and coming back to do the rest.

import { readCatalog } from '../../../lib/br/catalog.ts';
import { removeLocksOf } from '../../../lib/br/lock-protocol.ts';
import { PitrError, toPitrError } from '../../../lib/domain/errors.ts';
import { truncateStorage } from '../../../lib/operations/truncate-storage.ts';
import type { ObjectStore } from '../../../lib/ports/object-store.ts';
import { retryingObjectStore } from '../../../lib/ports/retrying-object-store.ts';
import { Crash, CrashPoint } from '../../../lib/sim/crash-point.ts';
import { gatedStore } from '../../../lib/sim/gated-store.ts';
import type { SimWorld } from './sim-world.ts';
import { storeBelow } from './store-below.ts';
import { minute } from './world-plan.ts';

/** Refusals that will be the same in an hour. */
const isFinal = (code: string) => code !== 'BR_LOCKED' && !code.startsWith('STORAGE_');
/** Of a hundred cuts, how many die at one of their calls. */
const deathPercent = 40;

export class WorldCuts {
  readonly #world: SimWorld;
  /** Cuts that were begun and are to be finished. */
  open = 0;
  /** Cuts that came to their end. */
  done = 0;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  begin(): void {
    for (const atMs of this.#world.plan.cutsMs) void this.#cutAt(atMs);
  }

  async #cutAt(atMs: number): Promise<void> {
    const { clock, random, record } = this.#world;
    await clock.sleep(atMs - clock.nowMs());
    const chosen = await this.#choose();
    if (chosen === undefined) return;
    const { path, until } = chosen;
    this.open += 1;
    const dead: string[] = [];
    for (;;) {
      record.note(`a person cuts ${path} at ${until}`);
      const how = await this.#cut(path, until, dead);
      record.note(`the cut of a person: ${how}`);
      if (how === 'done') this.done += 1;
      if (how === 'done' || (how !== 'died' && isFinal(how))) break;
      await clock.sleep(random.between(20, 200) * minute);
    }
    await this.#removeLocks(path, dead);
    this.open -= 1;
  }

  /** The oldest complete snapshot's moment, one before it, or any: then the guard has something to refuse. */
  async #choose(): Promise<{ readonly path: string; readonly until: bigint } | undefined> {
    const { bucket, random } = this.#world;
    const { snapshots, logs } = await readCatalog({ snapshots: bucket, log: bucket, keys: {} });
    const bases = snapshots.flatMap(({ state, backupTs }) => (state.kind === 'complete' ? [backupTs] : []));
    const [first, ...others] = bases.sort((a, b) => (a < b ? -1 : 1));
    if (first === undefined || logs.length === 0) return undefined;
    const { path, minTs, maxTs = minTs } = random.pick(logs);
    const until = random.pick([
      first,
      first,
      random.pick([first, ...others]),
      minTs < maxTs ? random.bigBetween(minTs, maxTs) : first,
    ]);
    return { path, until };
  }

  /** `done`, `died`, or the code of the refusal. */
  async #cut(path: string, until: bigint, dead: string[]): Promise<string> {
    const { bucket, random, clock } = this.#world;
    const isMortal = random.chance(deathPercent) && this.#world.odds().crash > 0;
    const call = random.between(1, 60);
    const point = new CrashPoint(isMortal ? { call, when: random.pick(['before', 'after']) } : undefined);
    const retrying = { clock, random: () => random.below(1000) / 1000 };
    const store = point.mortalStore(retryingObjectStore(this.#slow(bucket.as('control')), retrying));
    const ownerId = random.uuid();
    const holder = { ownerId, host: 'desk', pid: 1, startedMs: clock.nowMs(), detail: 'a cut by hand' };
    const deps = {
      backup: { snapshots: store, log: storeBelow(store, path === '' ? '' : `${path}/`), keys: {} },
      ...{ holder, nowMs: () => clock.nowMs(), progress: () => undefined },
      signal: new AbortController().signal,
    };
    const input = { until: `${until}`, unsafeIgnoreSnapshots: false, deadOwners: [...dead] };
    try {
      const report = await point.live(() => truncateStorage(deps, input));
      return report.undeletedCount === 0 ? 'done' : 'STORAGE_DENIED';
    } catch (caught) {
      // Whatever kept it from its end may have kept it from releasing its locks.
      dead.push(ownerId);
      if (caught instanceof Crash) return 'died';
      if (!(caught instanceof PitrError)) throw caught;
      return toPitrError(caught).code;
    }
  }

  /** A disk that is far away: the rest of the world goes on between two requests. */
  #slow(store: ObjectStore): ObjectStore {
    const { random, clock } = this.#world;
    return gatedStore(store, async (_verb, _key, call) => {
      if (random.chance(20)) await clock.sleep(random.between(1, 120) * 1000);
      return await call();
    });
  }

  /** Who gives up leaves nothing in the way of others. */
  async #removeLocks(path: string, dead: readonly string[]): Promise<void> {
    if (dead.length === 0) return;
    await removeLocksOf(this.#world.bucket, path === '' ? '' : `${path}/`, dead);
  }
}
