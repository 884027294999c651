// Operation adopt: makes what stands in the bucket known to the state, once the control plane meets a cluster, and asks for the
// first snapshot. Touches no object, and changes no record that is there.

import { type Adoption, decideAdoption } from '../../domain/adoption.ts';
import { PitrError } from '../../domain/errors.ts';
import type { Facts } from '../../domain/state/run-identity.ts';
import type { SnapshotRun } from '../../domain/state/snapshot-run.ts';
import type { BucketDeps, StateDeps } from './control-deps.ts';
import { findSnapshots } from './found-snapshots.ts';
import { currentLogPath } from './keeper/log-place.ts';
import { logTaskKey } from './keeper/log-task-signals.ts';
import { takeTaskOver } from './keeper/take-task-over.ts';
import { InputReader, type Operation } from './operation.ts';
import { takeSnapshot } from './take-snapshot.ts';

export interface AdoptInput {
  /** The time that the first snapshot is for, Unix ms; undefined: now. The same time twice plans one snapshot. */
  readonly dueMs: number | undefined;
  readonly who: string;
  /** A running log task of another name, which is to be ours; undefined: only what needs no word of anybody is adopted. */
  readonly task: string | undefined;
}

type Deps = StateDeps & BucketDeps;

/**
 * Input `{cluster, dueAt?, who?, task?}`. Answers `{adopted, known, told, logTask, first}`: ids that became records, ids that had one, folders that
 * are not ours to record with the reason, the log task that was asked for (take-task-over.ts), and what came of the first snapshot. Called twice, or by two at once, it does the same
 * once. The truncations of before get no record: one would claim a run of which nobody knows when it was and what it was asked
 * for, and what matters of it, where the log begins, everybody reads from the bucket itself. Errors: INVALID_INPUT; those of
 * storage and state table.
 */
export const adopt: Operation<Deps, AdoptInput, Facts> = {
  name: 'adopt',
  parseInput: (value) => {
    const input = new InputReader('adopt', value);
    input.text('cluster');
    const dueMs = input.optionalTime('dueAt');
    const task = input.optionalText('task');
    const parsed = { dueMs, who: input.optionalText('who') ?? 'adopt', task };
    input.done();
    return parsed;
  },
  run: async (deps, input) => {
    const logTask = input.task === undefined ? null : await takeTaskOver(deps, input.task, input.who);
    const path = await currentLogPath(deps);
    const { snapshots, clusterId } = await findSnapshots(await deps.openBucket(), path);
    const adoptions = snapshots.map((found) => decideAdoption(deps.settings.name, found, clusterId));
    const adopted: string[] = [];
    const known: string[] = [];
    for (const adoption of adoptions) {
      if (adoption.kind !== 'adopt') continue;
      const isNew = await writeOnce(deps, adoption.record, input.who);
      (isNew ? adopted : known).push(adoption.record.id);
    }
    return { adopted, known, told: toldOf(adoptions), logTask, first: await firstSnapshot(deps, input) };
  },
};

export function toldOf(adoptions: readonly Adoption[]): readonly Facts[] {
  return adoptions.flatMap((one) =>
    one.kind === 'told' ? [{ folder: one.folder, reason: one.reason }] : [],
  );
}

/** False when there is a record of that id, whatever it says: it knows more than the folder. */
async function writeOnce(
  { store, settings, nowMs: now }: Deps,
  record: Extract<SnapshotRun, { readonly state: 'complete' }>,
  who: string,
): Promise<boolean> {
  const nowMs = now();
  const key = { cluster: settings.name, kind: 'snapshot', id: record.id } as const;
  if ((await store.get(key, nowMs)) !== undefined) return false;
  try {
    const outcome = await store.commit({
      cluster: settings.name,
      nowMs,
      records: [{ record, expect: 'absent' }],
      audit: {
        shape: 'audit/v1',
        cluster: settings.name,
        id: `adopt/${record.id}`,
        atMs: nowMs,
        who,
        what: 'adopted a snapshot',
        why: 'its folder was in the bucket, complete',
        facts: { folder: record.folder, backupTs: `${record.backupTs}` },
      },
    });
    return outcome.kind === 'written';
  } catch (caught) {
    // Another adopt was faster: the happy path of two.
    if (caught instanceof PitrError && caught.code === 'STATE_CONFLICT') return false;
    throw caught;
  }
}

/**
 * Asked for when the log runs, or none is wanted; where the log is about to be started, its start asks again once it is done.
 * The operation is called, not begun elsewhere: it needs no more rights than this one has, and its answer is worth telling.
 */
async function firstSnapshot(deps: Deps, { dueMs, who }: AdoptInput): Promise<Facts> {
  const { settings, store } = deps;
  if (settings.policy.firstSnapshot !== 'now') {
    return { decision: 'skipped', reason: 'the settings leave the first snapshot to the schedule' };
  }
  const task = (await store.get(logTaskKey(deps), deps.nowMs()))?.record;
  if (settings.policy.log.kind === 'on' && task?.state !== 'running') {
    return { decision: 'skipped', reason: `the log task is ${task?.state ?? 'not known yet'}` };
  }
  return await takeSnapshot.run(deps, { trigger: 'first', dueMs, who });
}
