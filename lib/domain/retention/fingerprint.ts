// The facts that a plan relies on, a line each: the policy, the bases that stay, the logs, and what is to go, counted. Whoever carries
// the plan out makes the lines again; what has come since changes none of them, what changed or has gone does.

import { compareNames } from '../chain.ts';
import type { SnapshotFacts } from '../facts.ts';
import { type RetentionStep, targetOf } from './retention-plan.ts';
import { folderName, type RetentionSettings, type RetentionState } from './retention-state.ts';
import { isVerified } from './verified.ts';

/** Sorted, so that the order of a listing changes nothing. */
export function factLines(
  state: RetentionState,
  settings: RetentionSettings,
  steps: readonly RetentionStep[],
): readonly string[] {
  const targets = new Set(steps.filter(({ kind }) => kind !== 'cut-log').map(targetOf));
  const { windowMs, minBases, keepUnfinishedMs } = settings;
  return [
    `policy window ${windowMs} minBases ${minBases} keepUnfinished ${keepUnfinishedMs}`,
    `log that goes on: ${folderName(state.currentLog)}`,
    ...state.facts.snapshots
      .filter((one) => isVerified(one) || targets.has(folderName(one.name)))
      .map(snapshotLine),
    ...state.facts.logs.map(
      ({ path, startTs, clusterId }) => `log ${folderName(path)} from ${startTs} of cluster ${clusterId}`,
    ),
    ...[...targets].map((name) => `contents ${name} ${state.contents.get(name)?.objects ?? 'not counted'}`),
  ].sort(compareNames);
}

function snapshotLine({ name, state, backupTs, startTs, clusterId }: SnapshotFacts): string {
  return `snapshot ${folderName(name)} ${state.kind} ${startTs}..${backupTs} of cluster ${clusterId}`;
}

/** The lines of the plan that are not so any more; empty when its facts hold. */
export function staleFacts(
  planned: readonly string[],
  state: RetentionState,
  settings: RetentionSettings,
  steps: readonly RetentionStep[],
): readonly string[] {
  const now = new Set(factLines(state, settings, steps));
  return planned.filter((line) => !now.has(line));
}
