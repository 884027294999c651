// What calls the functions of a simulated control plane, as AWS does: the minute, the schedules, the stream of the table, the ends of
// runs. Calls come late, twice and never, as the odds say. While nothing happens the minutes are longer, and the world is faster.

import type { FunctionName } from '../../../lib/config/functions.ts';
import type { Schedule } from '../../../lib/config/schedule.ts';
import { firingsOf } from '../../../lib/local/firings.ts';
import type { Change } from '../../../lib/ports/task-store.ts';
import type { SimRun } from '../../../lib/sim/sim-br.ts';
import type { SimWorld } from './sim-world.ts';
import { clusterName, hour, minute, worldStartMs } from './world-plan.ts';

/** So long after something happened every minute is looked at. */
const stirredMs = 5 * minute;
const calmMinutes = 20;
/** While br runs, its flow and its lease live by the looks at it: long before either is over. */
const watchedMinutes = 4;
/** br under way and signals that wait are looked for each minute; the rest of a sweep is for what was forgotten. */
const sweepMinutes = 5;
const dailyCut: Schedule = { kind: 'every', days: 1, hour: 1, minute: 0 };
/** More often than daily, so that short worlds have plans, too. */
const retentionPlans: Schedule = { kind: 'rate', everyMs: 5 * hour };
const retentionWork: Schedule = { kind: 'rate', everyMs: hour };

export class WorldRhythm {
  readonly #world: SimWorld;
  #stirredUntilMs = 0;
  /** False: no schedule fires any more. */
  #isScheduling = true;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  begin(): void {
    const { settings } = this.#world;
    void this.#minutes();
    const { schedule, zone } = settings.policy.snapshot;
    void this.#schedule(schedule, zone, 'take-snapshot', { trigger: 'schedule' });
    void this.#schedule(dailyCut, 'UTC', 'truncate-log', {});
    void this.#schedule(retentionPlans, 'UTC', 'retention-plan', {});
    void this.#schedule(retentionWork, 'UTC', 'retention-apply', {});
  }

  /** Something happened: what follows is looked at closely. */
  stir(): void {
    this.#stirredUntilMs = this.#world.clock.nowMs() + stirredMs;
  }

  /** Schedules fire no more; what was begun goes on. */
  quieten(): void {
    this.#isScheduling = false;
  }

  async #minutes(): Promise<void> {
    const { clock, functions, random } = this.#world;
    for (let turn = 0; ; turn++) {
      const isStirred = clock.nowMs() < this.#stirredUntilMs;
      const isWatched = [...this.#world.br.runs.values()].some(({ over }) => over === undefined);
      const { twice, late } = this.#world.odds();
      if (random.chance(late)) await clock.sleep(random.between(1, 9) * minute);
      await this.#look();
      if (random.chance(twice)) await Promise.all([this.#look(), this.#look()]);
      if (isStirred || isWatched || turn % 2 === 0) {
        const swept = await functions.quietly('br-ended', { cluster: clusterName });
        // The leases of what runs live by this sweep: one that failed is made good a minute later.
        if (swept === undefined && isWatched) this.stir();
      }
      if (!isStirred || turn % sweepMinutes === 0) await functions.quietly('react', { cluster: clusterName });
      await clock.sleep((isStirred ? 1 : isWatched ? watchedMinutes : calmMinutes) * minute);
    }
  }

  async #look(): Promise<void> {
    const answer = await this.#world.functions.quietly('observe', { cluster: clusterName });
    if ((answer?.['change'] ?? null) !== null) this.stir();
  }

  async #schedule(
    schedule: Schedule,
    zone: string,
    name: FunctionName,
    input: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { clock, random } = this.#world;
    const next = firingsOf(schedule, zone, worldStartMs);
    for (let dueMs = next(clock.nowMs()); dueMs !== undefined && this.#isScheduling; dueMs = next(dueMs)) {
      await clock.sleep(dueMs - clock.nowMs());
      if (!this.#isScheduling) return;
      const due = name === 'retention-apply' ? {} : { dueAt: new Date(dueMs).toISOString() };
      const payload = { cluster: clusterName, ...due, ...input };
      if (name === 'take-snapshot') this.stir();
      void this.again(name, payload);
      if (random.chance(this.#world.odds().twice)) void this.again(name, payload);
    }
  }

  /** An asynchronous call: what fails is tried again twice, as Lambda does. */
  async again(name: FunctionName, payload: unknown): Promise<void> {
    const { clock, functions } = this.#world;
    for (const waitMs of [0, minute, 2 * minute]) {
      await clock.sleep(waitMs);
      if ((await functions.quietly(name, payload)) !== undefined) return;
    }
  }

  /** The stream of the table: new signals are brought within seconds, to one react at a time, or lost. */
  #stream: Promise<void> = Promise.resolve();
  streamed({ signals = [] }: Change): void {
    const { random } = this.#world;
    const ids = signals.map(({ id }) => id).filter(() => !random.chance(this.#world.odds().lost));
    if (signals.length > 0) this.stir();
    if (ids.length === 0) return;
    this.#stream = this.#stream.then(async () => {
      await this.#world.clock.sleep(1000);
      await this.again('react', { cluster: clusterName, ids });
    });
  }

  /** The runner's event of an end. */
  ended({ runId }: SimRun): void {
    const { random, clock, functions } = this.#world;
    this.stir();
    if (random.chance(this.#world.odds().lost)) return;
    void clock.sleep(2000).then(() => functions.quietly('br-ended', { cluster: clusterName, run: runId }));
  }
}

/** How long everything is given to come to its end. */
export const longestEndMs = 60 * hour;
