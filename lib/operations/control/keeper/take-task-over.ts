// A person says that a running task of another name is ours: from what the last look saw, written into the keeper's memory, which every
// command, the window and the retention read. Touches no task.

import { PitrError } from '../../../domain/errors.ts';
import { claimOf } from '../../../domain/log-task/own-task.ts';
import type { AdoptedTask, KeeperRecord } from '../../../domain/state/keeper-record.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import type { BucketDeps, StateDeps } from '../control-deps.ts';
import { keeperKey, taskOwner } from './log-place.ts';
import { logTaskKey } from './log-task-signals.ts';

/**
 * Answers `{decision: 'taken-over' | 'known', task, path}`; the next look, within a minute, keeps it. Errors: TASK_MISSING when the last look
 * saw no task of that name; TASK_EXISTS for one that cannot be ours, with what can be done; STATE_CONFLICT when somebody looked
 * meanwhile (try again); those of the state table.
 */
export async function takeTaskOver(deps: StateDeps & BucketDeps, name: string, who: string): Promise<Facts> {
  const nowMs = deps.nowMs();
  const [seen, keeper] = [
    (await deps.store.get(logTaskKey(deps), nowMs))?.record,
    await deps.store.get(keeperKey(deps), nowMs),
  ];
  const history = keeper?.record;
  if (seen !== undefined && 'checkpointTs' in seen && seen.task === name) {
    return { decision: 'known', task: name, path: history?.epochs.at(-1)?.path ?? '' };
  }
  if (seen?.state !== 'foreign' || seen.task !== name || keeper === undefined || history === undefined) {
    throw notSeen(name, seen === undefined ? undefined : { state: seen.state, atMs: seen.observedMs });
  }
  // The last look knew its endpoint; whoever asks for it by name has seen it.
  const owner = taskOwner(deps);
  const task = { name, storage: { url: seen.storage, endpoint: owner.endpoint } };
  const claim = claimOf(task, owner, history, true);
  if (claim.kind === 'foreign') {
    throw new PitrError('TASK_EXISTS', `the log task ${name} cannot be ours: ${claim.reason}`, {
      hint: claim.todo,
      details: { task: name, storage: seen.storage },
    });
  }
  const adopted: AdoptedTask = { name, path: claim.path, atMs: nowMs, who };
  const record: KeeperRecord = { ...history, adopted };
  await deps.store.commit({
    ...{ cluster: record.cluster, nowMs, records: [{ record, expect: keeper.revision }] },
    audit: {
      ...{ shape: 'audit/v1', cluster: record.cluster, id: `adopt-task/${name}-${nowMs}`, atMs: nowMs, who },
      ...{ what: 'took a log task over', why: 'it was asked for', facts: { task: name, path: claim.path } },
    },
  });
  return { decision: 'taken-over', task: name, path: claim.path };
}

function notSeen(
  name: string,
  seen: { readonly state: string; readonly atMs: number } | undefined,
): PitrError {
  const last =
    seen === undefined
      ? 'nobody has looked yet'
      : `the last look, at ${new Date(seen.atMs).toISOString()}, found ${seen.state === 'foreign' ? 'another one' : seen.state}`;
  return new PitrError('TASK_MISSING', `no log task ${name} is known that could be adopted: ${last}`, {
    hint: 'pitr status shows the task that runs; the look of the next minute sees one that was just started',
    details: { task: name },
  });
}
