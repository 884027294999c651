// What the bucket of a simulated world makes restorable, as nobody's door or death keeps it from being read, without the snapshots that
// are damaged. It is read anew only when something in the bucket changed.

import { readCatalog } from '../../../lib/br/catalog.ts';
import { computeWindow, type Window } from '../../../lib/domain/window.ts';
import type { SimWorld } from './sim-world.ts';

export class WorldWindow {
  readonly #world: SimWorld;
  #read: { readonly changes: number; readonly window: Window } | undefined;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  async window(): Promise<Window> {
    const { bucket, damage } = this.#world;
    const { changes } = bucket;
    if (this.#read?.changes === changes) return this.#read.window;
    const facts = await readCatalog({ snapshots: bucket, log: bucket, keys: {} });
    const snapshots = facts.snapshots.filter(({ name }) => !damage.damaged.has(name));
    const window = computeWindow({ ...facts, snapshots });
    if (changes === bucket.changes) this.#read = { changes, window };
    return window;
  }
}
