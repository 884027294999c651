// A doctor's findings about what others left in PD: keys and safe points of tasks and runs that are gone, leases of
// imports. Decides and changes nothing.

import { type ServiceSafePoint, ttlLeftMs } from '../cluster-facts.ts';
import type { LogBackupFacts, LogTaskFacts } from '../log-task/log-task-facts.ts';
import { type DoctorFacts, type DoctorFinding, duration, ok } from './doctor-finding.ts';

/** Keys, safe points, imports: three rows. `nowMs`: by the cluster's clock. */
export function leftoverFindings(facts: DoctorFacts, nowMs: number): readonly DoctorFinding[] {
  return [
    leftoverKeysFinding(facts.logBackup),
    leftoverSafePointsFinding(facts, nowMs),
    importsFinding(facts.logBackup),
  ];
}

function leftoverKeysFinding({ leftovers, unexplained }: LogBackupFacts): DoctorFinding {
  const check = 'leftover-keys';
  const expected = 'no keys of tasks that are gone, none that are not known';
  const gone = leftovers.map(({ name, keys }) => `${keys.length} of ${name}`);
  const strange = unexplained.map(({ key, problem }) => `${key} (${problem})`);
  if (gone.length === 0 && strange.length === 0) return ok(check, 'none', expected);
  const hint =
    gone.length === 0
      ? 'a newer version may have written them; nothing was read from them'
      : 'a task of the same name would start with the old checkpoint: use another name, or remove the keys with etcdctl';
  return { check, level: 'warn', found: [...gone, ...strange].join(', '), expected, hint };
}

function leftoverSafePointsFinding({ logBackup, safePoints }: DoctorFacts, nowMs: number): DoctorFinding {
  const check = 'leftover-safe-points';
  const expected = 'only safe points of what runs';
  const tasks = [logBackup.task, ...logBackup.otherTasks].flatMap((task) =>
    task.kind === 'none' ? [] : [task],
  );
  const left = safePoints.services.filter((point) => ttlLeftMs(point, nowMs) > 0 && isLeftOver(point, tasks));
  if (left.length === 0) return ok(check, 'none', expected);
  const found = left.map((point) => `${point.id} for ${duration(ttlLeftMs(point, nowMs))}`).join(', ');
  const hint =
    'they end by themselves and hold back garbage collection until then; a br-… may also be a run of br that is alive';
  return { check, level: 'warn', found, expected, hint };
}

/** Whether no task that is there explains the safe point. Those of single runs of br always count. */
export function isLeftOver({ owner }: ServiceSafePoint, tasks: readonly LogTaskFacts[]): boolean {
  switch (owner.kind) {
    case 'gc-worker':
    case 'other':
      return false;
    case 'br':
      // A log start leaves one for half an hour, a killed backup for longer: nothing tells them from a living run.
      return true;
    case 'advancer':
      return tasks.length === 0;
    case 'store':
      return !tasks.some(({ name }) => name === owner.task);
    case 'pause-guard':
      return !tasks.some(({ name, state }) => name === owner.task && state.kind === 'error');
    case 'pause':
      return !tasks.some(({ name, state }) => name === owner.task && state.kind !== 'normal');
    default:
      return owner satisfies never;
  }
}

function importsFinding({ imports, task }: LogBackupFacts): DoctorFinding {
  const check = 'imports';
  const expected = 'no restore and no import';
  if (imports.length === 0) return ok(check, 'none', expected);
  const found = imports
    .map(({ name, hasLease }) => `${name}${hasLease ? '' : ' (without a lease)'}`)
    .join(', ');
  const isForEver = imports.some(({ hasLease }) => !hasLease);
  const end = isForEver
    ? 'a key without a lease stays until it is removed with etcdctl'
    : 'the key of a dead one goes within three minutes';
  const hint = `wait for its end; ${end}; br log start refuses as long as it is there, and what it ingests is not in the log`;
  return { check, level: task.kind === 'none' ? 'fail' : 'warn', found, expected, hint };
}
