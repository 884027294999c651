// From what a look at PD and the bucket gave to what the keeper decides from. Adds nothing, and judges nothing.

import type { StoreFacts } from '../cluster-facts.ts';
import { type LogTaskSight, type OurTask, ourTaskIn } from '../log-task/log-task-decision.ts';
import type { AdoptedTask, LogHour } from '../state/keeper-record.ts';
import type { LogTaskState } from '../state/log-task-state.ts';
import type { KeeperFacts } from './keeper-facts.ts';

export interface KeeperLook {
  readonly sight: LogTaskSight;
  /** What the look means by itself. */
  readonly state: LogTaskState;
  readonly own: OurTask;
  /** The folder of our task; empty without one. */
  readonly path: string;
  readonly adopted: AdoptedTask | null;
  readonly stores: readonly StoreFacts[];
  readonly bucketProblem: string;
  readonly measured: LogHour | undefined;
}

/** Records of what ran and runs, newest first. */
export type KeeperRuns = Pick<KeeperFacts, 'changes' | 'snapshots' | 'truncations' | 'restores'>;

export function factsOfLook(look: KeeperLook, runs: KeeperRuns): KeeperFacts {
  const { sight, state, own, path, adopted, stores, bucketProblem, measured } = look;
  const { logBackup, safePoints, serverMs, objectsTs } = sight;
  const running = stores.filter((store) => store.engine === 'tikv' && store.state === 'Up');
  return {
    task: state,
    ours: ourTaskIn(logBackup, own),
    path,
    adopted,
    advice: state.state === 'foreign' ? (own.strange?.todo ?? '') : '',
    safePoints,
    serverMs,
    advancers: logBackup.advancers.length,
    imports: logBackup.imports.length,
    objectsTs,
    bucketProblem,
    stores: running.length,
    measured,
    ...runs,
  };
}
