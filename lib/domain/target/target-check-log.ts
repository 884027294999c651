// A target's finding about its own log backup: what br of a version does when one is there (FACTS §6.1, §7). Decides nothing.

import type { LogTaskFacts } from '../log-task/log-task-facts.ts';
import { pass, type RestoreFacts, type TargetFinding } from './target-finding.ts';
import { listed } from './target-look.ts';

/** `beside`: what br of the version that will run does about it. */
export function logTaskFinding(
  restore: RestoreFacts,
  tasks: readonly LogTaskFacts[],
  beside: 'unchecked' | 'refused' | 'allowed',
): TargetFinding {
  const check = 'log-task';
  const names = listed(tasks.map(({ name, storage }) => `${name} to ${storage.url || 'nowhere known'}`));
  if (tasks.length === 0) return pass(check, 'none', 'no log backup of the target');
  const stop = 'stop it with br log stop before the restore, and start it again after a first snapshot';
  switch (beside) {
    case 'unchecked':
    case 'refused': {
      const why =
        beside === 'refused'
          ? 'this br refuses to restore beside one'
          : 'this br would restore into its log, which then cannot be restored';
      return refused(names, `no log backup of the target: ${why}`, stop);
    }
    case 'allowed':
      return besideAllowed(restore, tasks, names, stop);
    default:
      return beside satisfies never;
  }
}

function besideAllowed(
  { needsLog, hasFilter }: RestoreFacts,
  tasks: readonly LogTaskFacts[],
  names: string,
  stop: string,
): TargetFinding {
  if (tasks.some(({ storage }) => storage.url === '')) {
    return refused(names, 'a log backup whose storage is known: br writes there what it restored', stop);
  }
  const isEncrypted = tasks.some(({ encryption }) => encryption.kind !== 'none');
  if (!needsLog && (!hasFilter || isEncrypted)) {
    const expected = 'no log backup of the target: beside one, br restores a snapshot only for chosen tables';
    return refused(names, `${expected}, and not beside an encrypted log`, stop);
  }
  return {
    check: 'log-task',
    level: 'warn',
    code: undefined,
    found: names,
    expected: 'no log backup of the target',
    hint: 'what is restored does not get into its log: take a snapshot of the target at once afterwards',
  };
}

function refused(found: string, expected: string, hint: string): TargetFinding {
  return { check: 'log-task', level: 'fail', code: 'CLUSTER_NOT_READY', found, expected, hint };
}
