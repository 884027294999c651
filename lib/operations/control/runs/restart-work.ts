// Work that was planned and then forgotten: the sweep's second look, beside the signals that wait. Snapshots, cuts of the log and
// changes of the task go on in a flow of another name. Restores do not: who stopped one wanted it to stop.

import { decideRestart } from '../../../domain/log-task/restart-decision.ts';
import { leaseOfWork, runIdMs } from '../../../domain/state/run-identity.ts';
import type { SnapshotRun } from '../../../domain/state/snapshot-run.ts';
import type { TaskChange } from '../../../domain/state/task-change.ts';
import type { TruncationRun } from '../../../domain/state/truncation-run.ts';
import type { LauncherDeps, StateDeps } from '../control-deps.ts';
import { type PlannedWork, startWork } from '../reactions.ts';
import { runsOfWork } from './br-runs.ts';

type Deps = StateDeps & LauncherDeps;

interface OpenWork {
  readonly work: PlannedWork;
  readonly id: string;
  /** When it was planned, or its last sign of life. */
  readonly signMs: number;
}

/** Newest records of each kind that are looked at: what is open is never far behind. */
const looksBack = 50;

/** Names of the executions that were begun. Errors: RUNNER_UNAVAILABLE; those of the state table. */
export async function restartForgottenWork(deps: Deps): Promise<readonly string[]> {
  const started: string[] = [];
  for (const open of await openWorks(deps)) {
    const idMs = runIdMs(open.id) ?? open.signMs;
    const runs = await runsOfWork(deps, open.work, open.id);
    const lease = await deps.store.lease(deps.settings.name, leaseOfWork[open.work]);
    const nowMs = deps.nowMs();
    const question = { idMs, signMs: open.signMs, lease, lastRun: runs.at(-1)?.record, nowMs };
    const decision = decideRestart(question);
    if (decision.kind === 'wait') continue;
    const name = await startWork(deps, open.work, open.id, decision.round);
    if (name === '') continue;
    started.push(name);
    await note(deps, open, { name, why: decision.why });
  }
  return started;
}

async function openWorks({ store, settings, nowMs }: Deps): Promise<readonly OpenWork[]> {
  const query = { nowMs: nowMs(), newestFirst: true, limit: looksBack };
  const snapshots = await store.list('snapshot', settings.name, query);
  const cuts = await store.list('truncation', settings.name, query);
  const changes = await store.list('task-change', settings.name, query);
  return [
    ...snapshots.entries.flatMap(({ record }) => openWork('snapshot', record)),
    ...cuts.entries.flatMap(({ record }) => openWork('truncation', record)),
    ...changes.entries.flatMap(({ record }) => openWork('log-task', record)),
  ];
}

function openWork(work: PlannedWork, record: SnapshotRun | TruncationRun | TaskChange): readonly OpenWork[] {
  const { id } = record;
  if (record.state === 'planned') return [{ work, id, signMs: record.plannedMs }];
  return record.state === 'running' ? [{ work, id, signMs: record.heartbeatMs }] : [];
}

/** After the start: whoever dies before it is found by the next sweep, and the same name starts nothing twice. */
async function note(
  { store, settings, nowMs: now }: Deps,
  { work, id }: OpenWork,
  { name, why }: { readonly name: string; readonly why: string },
): Promise<void> {
  const nowMs = now();
  await store.commit({
    cluster: settings.name,
    nowMs,
    records: [],
    audit: {
      shape: 'audit/v1',
      cluster: settings.name,
      id: `restart/${name}`,
      atMs: nowMs,
      who: 'react',
      what: `began the flow of ${work} ${id} again`,
      why,
      facts: { execution: name },
    },
  });
}
