// Operation take-snapshot: whether a snapshot is to be taken now, and if so its record and the wish to start its flow, in one write.

import { isDue } from '../../config/schedule.ts';
import { localMidnightMs } from '../../config/zone.ts';
import { decideSnapshot, type SnapshotTrigger } from '../../domain/snapshot-decision.ts';
import { type Facts, runId } from '../../domain/state/run-identity.ts';
import type { SnapshotRun } from '../../domain/state/snapshot-run.ts';
import type { StateDeps } from './control-deps.ts';
import { InputReader, type Operation } from './operation.ts';
import { plannedSnapshot } from './planned-snapshot.ts';

export interface TakeSnapshotInput {
  readonly trigger: SnapshotTrigger;
  /** The time that the schedule named, Unix ms; undefined: now. */
  readonly dueMs: number | undefined;
  /** Who asked, for the audit. */
  readonly who: string;
}

/**
 * Input `{cluster, trigger, dueAt?, who?}`; dueAt: ISO time of the firing. Answers `{decision: 'planned' | 'skipped', id?, reason}`.
 * A firing that comes twice plans once: the id is made of its time. Fires daily where the settings say every N days, and then
 * most firings are skipped. Errors: INVALID_INPUT; those of the state table.
 */
export const takeSnapshot: Operation<StateDeps, TakeSnapshotInput, Facts> = {
  name: 'take-snapshot',
  parseInput: (value) => {
    const input = new InputReader('take-snapshot', value);
    input.text('cluster');
    const trigger = input.oneOf('trigger', ['schedule', 'person', 'first']);
    const dueMs = input.optionalTime('dueAt');
    const who = input.optionalText('who') ?? trigger;
    input.done();
    return { trigger, dueMs, who };
  },
  run: async (deps, input) => {
    const { settings, store } = deps;
    const nowMs = deps.nowMs();
    const dueMs = Math.floor((input.dueMs ?? nowMs) / 1000) * 1000;
    const { schedule, zone, onOverlap } = settings.policy.snapshot;
    const decision = decideSnapshot({
      trigger: input.trigger,
      dueMs,
      isScheduledDay: isDue(schedule, localMidnightMs(zone, dueMs)),
      onOverlap,
      isFirstWanted: settings.policy.firstSnapshot === 'now',
      logStartTs: await logStart(deps),
      recent: await recentSnapshots(deps),
    });
    if (decision.kind === 'skip') return { decision: 'skipped', reason: decision.reason };
    const id = runId(dueMs);
    const { record, signal } = plannedSnapshot(settings.name, { id, dueMs, trigger: input.trigger }, nowMs);
    await store.commit({
      cluster: settings.name,
      nowMs,
      records: [{ record, expect: 'absent' }],
      signals: [signal],
      audit: {
        shape: 'audit/v1',
        cluster: settings.name,
        id: `take-snapshot/${id}`,
        atMs: nowMs,
        who: input.who,
        what: 'planned a snapshot',
        why: decision.reason,
        facts: { folder: record.folder, trigger: input.trigger },
      },
    });
    return { decision: 'planned', id, reason: decision.reason };
  },
};

async function logStart({ store, settings, nowMs }: StateDeps): Promise<bigint> {
  const key = { cluster: settings.name, kind: 'log-task', id: 'current' } as const;
  const record = (await store.get(key, nowMs()))?.record;
  return record?.state === 'running' || record?.state === 'stuck' ? record.startTs : 0n;
}

/** Newest first. More than a page back nothing runs any more. */
async function recentSnapshots({ store, settings, nowMs }: StateDeps): Promise<readonly SnapshotRun[]> {
  const page = await store.list('snapshot', settings.name, { nowMs: nowMs(), newestFirst: true, limit: 200 });
  return page.entries.map(({ record }) => record);
}
