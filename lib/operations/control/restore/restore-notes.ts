// What was seen after a run of a restore, written into the facts of that run, and the restore's own state with it. A look at the
// run that answers its flow may write at the same time: then it is read and written again.

import { PitrError } from '../../../domain/errors.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import type { Stored } from '../../../ports/task-store.ts';
import type { StateDeps } from '../control-deps.ts';
import { runsOfWork } from '../runs/br-runs.ts';
import type { EndedRun } from '../runs/br-work.ts';
import { didRun } from './restore-aftermath.ts';
import { type PlannedRun, readPlannedRestore } from './restore-records.ts';

const mostTurns = 5;

/** The newest run of the restore that began and is over; undefined when none is, or a newer one is not over yet. */
export async function lastEnded(deps: StateDeps, id: string): Promise<Stored<EndedRun> | undefined> {
  const runs = await runsOfWork(deps, 'restore', id);
  if (runs.some(({ record }) => record.state === 'running')) return undefined;
  return runs
    .flatMap(({ record, revision }) =>
      record.state === 'ended' && didRun(record) ? [{ record, revision }] : [],
    )
    .at(-1);
}

/**
 * Adds facts to the last run of the restore, and puts the restore into the state that `next` makes of it, in one write. Does
 * nothing when no run is over. Errors: those of the state table.
 */
export async function noteOnRestore(
  deps: StateDeps,
  id: string,
  facts: Facts,
  next: (run: PlannedRun, ended: EndedRun) => PlannedRun,
): Promise<void> {
  for (let turn = 1; ; turn++) {
    const stored = await readPlannedRestore(deps, id);
    const last = await lastEnded(deps, id);
    if (last === undefined) return;
    const record = next(stored.record, last.record);
    const isMoved = record.state !== stored.record.state;
    if (!isMoved && Object.keys(facts).length === 0) return;
    const noted = { ...last.record, facts: { ...last.record.facts, ...facts } };
    try {
      await deps.store.commit({
        cluster: deps.settings.name,
        nowMs: deps.nowMs(),
        records: [
          { record: noted, expect: last.revision },
          ...(isMoved ? [{ record, expect: stored.revision }] : []),
        ],
      });
      return;
    } catch (caught) {
      const isRace = caught instanceof PitrError && caught.code === 'STATE_CONFLICT';
      if (!isRace || turn >= mostTurns) throw caught;
    }
  }
}
