// What people are told: each event once, unless who told it died in the act or two told it at the same instant; no end of a work is kept
// from them; and the changes of the log task tell one story, each beginning where the one before ended.

import { reactions } from '../../../../lib/operations/control/reactions.ts';
import type { Message } from '../../../../lib/ports/messenger.ts';
import type { Invariant } from '../invariant.ts';
import type { SimWorld } from '../sim-world.ts';
import type { Invocation } from '../world-functions.ts';
import { clusterName, hour } from '../world-plan.ts';

export class ToldOnce implements Invariant {
  readonly rule = 'a message comes once';
  readonly #told = new Map<string, Invocation[]>();

  onMessage(world: SimWorld, { id }: Message, by: Invocation): void {
    const before = this.#told.get(id) ?? [];
    this.#told.set(id, [...before, by]);
    const sound = before.find((other) => other.end?.how === 'answered' && other.end.atMs < by.startedMs);
    if (sound === undefined) return;
    world.record.violate(
      this.rule,
      `${id} was told by ${sound.name}#${sound.number} and again by #${by.number}`,
    );
  }
}

/** Topics that tell the end of a record, by kind and state. */
const endTopics = {
  snapshot: { complete: 'snapshot-complete', failed: 'snapshot-failed' },
  truncation: { done: 'truncation-done', failed: 'truncation-failed', refused: 'truncation-refused' },
  'task-change': { done: 'task-change-done', failed: 'task-change-failed' },
  restore: { done: 'restore-done', failed: 'restore-failed' },
} as const;

/** What people are told of at all is the product's choice. */
const toldTopics = new Map(Object.entries(reactions));

export class EveryEndIsTold implements Invariant {
  readonly rule = 'the end of every work is told';
  readonly #told = new Set<string>();

  onMessage(_world: SimWorld, { topic, facts }: Message): void {
    this.#told.add(`${topic} ${String(facts['id'])}`);
  }

  async atEnd({ store, clock, refused }: SimWorld): Promise<void> {
    const query = { nowMs: clock.nowMs(), newestFirst: true, limit: 1000 };
    for (const kind of Object.keys(endTopics) as (keyof typeof endTopics)[]) {
      const { entries } = await store.list(kind, clusterName, query);
      for (const { record } of entries) {
        const topics: Readonly<Record<string, string>> = endTopics[kind];
        const topic = topics[record.state];
        const isAdopted = 'trigger' in record && record.trigger === 'adopted';
        if (topic === undefined || isAdopted || this.#told.has(`${topic} ${record.id}`)) continue;
        if (toldTopics.get(topic)?.tell === undefined) continue;
        const refusedMs = refused.get(`${clusterName}/${topic}/${record.id}`) ?? 0;
        const atMs =
          'endedMs' in record ? record.endedMs : 'refusedMs' in record ? record.refusedMs : refusedMs;
        // Given up after a day, by a clock that may be wrong by an hour and a half.
        if (refusedMs - atMs > 22 * hour) continue;
        throw new Error(`${kind} ${record.id} is ${record.state}, and nobody was told ${topic}`);
      }
    }
  }
}

export class OneStoryOfTheTask implements Invariant {
  readonly rule = 'the changes of the log task tell one story';
  readonly #changes: { readonly atMs: number; readonly from: string; readonly to: string }[] = [];
  readonly #seen = new Set<string>();

  onMessage(_world: SimWorld, { id, topic, atMs, facts }: Message): void {
    if (topic !== 'log-task-changed' || this.#seen.has(id)) return;
    this.#seen.add(id);
    this.#changes.push({ atMs, from: String(facts['from']), to: String(facts['to']) });
  }

  async atEnd({ plan }: SimWorld): Promise<void> {
    // With clocks that are off, the times of two looks do not tell their order.
    if (plan.faults.odds.clock > 0) return;
    const changes = [...this.#changes].sort((a, b) => a.atMs - b.atMs);
    for (const [i, { from, to, atMs }] of changes.entries()) {
      const before = changes[i - 1];
      if (before === undefined || before.to === from || before.atMs === atMs) continue;
      const at = new Date(atMs).toISOString();
      throw new Error(`it became ${before.to}, and at ${at} it went from ${from} to ${to}`);
    }
  }
}
