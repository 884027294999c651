// The settings of a simulated world, which people deploy anew in the middle, and what was promised under each of them.

import { parseSettings } from '../../../lib/config/settings.ts';
import type { ClusterSettings } from '../../../lib/config/settings-types.ts';
import type { SimWorld } from './sim-world.ts';
import { worldStartMs } from './world-plan.ts';

/** What was begun under a policy that is no more is finished, and looked at for the last time, within so long. */
const settlesMs = 2 * 3_600_000;

export class WorldPolicies {
  readonly #world: SimWorld;
  readonly #deployed: { readonly atMs: number; readonly settings: ClusterSettings }[] = [];

  constructor(world: SimWorld) {
    this.#world = world;
    this.#deployed.push({ atMs: worldStartMs, settings: clusterOf(world.plan.settings) });
  }

  begin(): void {
    for (const policy of this.#world.plan.policies) void this.#deployAt(policy.atMs, policy.settings);
  }

  get current(): ClusterSettings {
    const last = this.#deployed.at(-1);
    if (last === undefined) throw new Error('no settings were deployed');
    return last.settings;
  }

  /** The window that everything was made for that may be under way: the shortest of those that were in force just now. */
  get windowMs(): number {
    const { clock, br } = this.#world;
    const cuts = [...br.runs.values()].filter(
      ({ kind, over }) => kind === 'log truncate' && over === undefined,
    );
    const sinceMs = Math.min(clock.nowMs(), ...cuts.map(({ startedMs }) => startedMs)) - settlesMs;
    const recent = this.#deployed.filter(
      (_, i) => (this.#deployed[i + 1]?.atMs ?? Number.POSITIVE_INFINITY) >= sinceMs,
    );
    return Math.min(...recent.map(({ settings }) => settings.policy.retention.windowMs));
  }

  async #deployAt(atMs: number, text: string): Promise<void> {
    const { clock, record } = this.#world;
    await clock.sleep(atMs - clock.nowMs());
    const settings = clusterOf(text);
    this.#deployed.push({ atMs, settings });
    record.note(`a person deploys ${JSON.stringify(settings.policy.retention)}`);
  }
}

function clusterOf(text: string): ClusterSettings {
  const [settings] = parseSettings(text).clusters;
  if (settings === undefined) throw new Error('the settings of the world have no cluster');
  return settings;
}
