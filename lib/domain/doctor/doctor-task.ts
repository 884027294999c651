// A doctor's findings about the log backup task: whose it is, whether it runs, moves on, and can still be brought up.
// Decides and changes nothing.

import { isSamePlace } from '../bucket-look.ts';
import { hasHistory, type SafePointFacts } from '../cluster-facts.ts';
import { displayedCheckpoint, type LogBackupFacts, type LogTaskFacts } from '../log-task/log-task-facts.ts';
import { describeTs, formatTs, msOfTs } from '../ts.ts';
import { type DoctorFacts, type DoctorFinding, type DoctorSettings, duration, ok } from './doctor-finding.ts';

/** One row without a task, six with one. `nowMs`: by the cluster's clock. */
export function logTaskFindings(
  facts: DoctorFacts,
  settings: DoctorSettings,
  nowMs: number,
): readonly DoctorFinding[] {
  const { task } = facts.logBackup;
  const ownership = ownershipFinding(facts.logBackup, settings);
  if (task.kind === 'none') return [ownership];
  return [
    ownership,
    stateFinding(task),
    credentialsFinding(task),
    advancerFinding(facts.logBackup),
    lagFinding(task, settings, nowMs),
    historyFinding(task, facts.safePoints),
  ];
}

function ownershipFinding(logBackup: LogBackupFacts, settings: DoctorSettings): DoctorFinding {
  const { task, otherTasks } = logBackup;
  const check = 'log-task';
  const expected = expectedTask(settings);
  if (task.kind === 'none') return ok(check, 'no task', expected);
  const all = [task, ...otherTasks];
  const found = all.map(({ name, storage }) => `${name} to ${storage.url}`).join(', ');
  const strangers = all.filter(
    ({ name, storage }) =>
      (settings.taskName !== undefined && name !== settings.taskName) ||
      (settings.logUrl !== undefined && !isSamePlace(storage.url, settings.logUrl)),
  );
  if (strangers.length === 0 && otherTasks.length === 0) return ok(check, found, expected);
  const hint =
    'br allows one task for a cluster: name this one in the settings to adopt it, or stop it with br log stop';
  return { check, level: 'fail', found, expected, hint };
}

function expectedTask({ taskName, logUrl }: DoctorSettings): string {
  if (taskName === undefined && logUrl === undefined) return 'no task, or one: nothing says which is ours';
  return `no task, or ours:${taskName === undefined ? '' : ` ${taskName}`}${logUrl === undefined ? '' : ` to ${logUrl}`}`;
}

function stateFinding({ state }: LogTaskFacts): DoctorFinding {
  const check = 'task-state';
  const expected = 'a task that runs';
  switch (state.kind) {
    case 'normal':
      return ok(check, 'running', expected);
    case 'paused': {
      const who = state.by === 'person' ? ` by a person${state.host === '' ? '' : ` on ${state.host}`}` : '';
      const since = state.sinceMs === undefined ? '' : ` since ${new Date(state.sinceMs).toISOString()}`;
      const hint =
        'resume it with br log resume within 24 hours of the pause: history may be collected after';
      return { check, level: 'warn', found: `paused${who}${since}`, expected, hint };
    }
    case 'error': {
      const errors = state.stores.map(({ storeId, code, message }) => `store ${storeId}: ${code} ${message}`);
      const found = `in error: ${errors.length === 0 ? state.pause.message || 'no reason given' : errors.join('; ')}`;
      const hint =
        'remove the cause, resume with br log resume, and look whether the checkpoint moves: resume succeeds either way';
      return { check, level: 'fail', found, expected, hint };
    }
    default:
      return state satisfies never;
  }
}

function credentialsFinding({ storage }: LogTaskFacts): DoctorFinding {
  const check = 'task-credentials';
  const expected = 'no keys in PD: the stores have their own access to the storage';
  if (!storage.hasCredentials) return ok(check, 'none', expected);
  const found = 'the task holds credentials in clear, for everybody who can read PD';
  const hint = 'start the next task with --send-credentials-to-tikv=false and give the stores a role';
  return { check, level: 'warn', found, expected, hint };
}

function advancerFinding({ advancers }: LogBackupFacts): DoctorFinding {
  const check = 'advancer';
  const expected = 'a TiDB server that advances the checkpoint';
  if (advancers.length > 0) return ok(check, `${advancers.length} elected or waiting`, expected);
  const hint =
    'start a TiDB server of 6.2 or later: without one the checkpoint stands still while TiKV goes on';
  return { check, level: 'fail', found: 'none', expected, hint };
}

/** How far `advanced` may be before `persisted`: TiKV saves what the advancer says at its next tick. FACTS §2.5 */
const savesWithinMs = 10 * 60_000;

function lagFinding(task: LogTaskFacts, settings: DoctorSettings, nowMs: number): DoctorFinding {
  const check = 'checkpoint-lag';
  const checkpoint = displayedCheckpoint(task);
  const lagMs = Math.max(0, nowMs - msOfTs(checkpoint));
  const expected = `less than ${duration(settings.maxLagMs)}`;
  const found = `${duration(lagMs)}: checkpoint ${formatTs(checkpoint)}`;
  const { advanced, objects } = task.checkpoints;
  if (advanced !== undefined && msOfTs(advanced) - msOfTs(checkpoint) > savesWithinMs) {
    const hint = 'look at the logs of TiKV: it does not save checkpoints to the storage';
    return { check, level: 'fail', found: `${found}, advanced to ${formatTs(advanced)}`, expected, hint };
  }
  if (objects !== undefined && objects < (task.checkpoints.persisted ?? 0n)) {
    const hint =
      'check that the task writes to this very bucket and prefix, and that nothing deletes from it';
    return { check, level: 'fail', found: `${found}, in the bucket ${formatTs(objects)}`, expected, hint };
  }
  if (lagMs > settings.maxLagMs) {
    const hint = 'look at the task state, at TiDB (advancer) and at the write access of TiKV to the storage';
    return { check, level: 'fail', found, expected, hint };
  }
  return ok(check, found, expected);
}

function historyFinding(task: LogTaskFacts, safePoints: SafePointFacts): DoctorFinding {
  const check = 'history';
  const checkpoint = displayedCheckpoint(task);
  const gc = safePoints.gcSafePoint;
  const expected = `garbage collection behind the checkpoint ${formatTs(checkpoint)}`;
  const found = gc === 0n ? 'nothing was collected yet' : `collected up to ${describeTs(gc)}`;
  if (hasHistory(safePoints, checkpoint)) return ok(check, found, expected);
  const hint =
    'what the log lacks is gone: take a snapshot now and start the log anew on a fresh path; the old window stays as it is';
  return { check, level: 'fail', found, expected, hint };
}
