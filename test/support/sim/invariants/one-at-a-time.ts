// Of br, one of a kind at a time; of log tasks, one at all.

import { leaseOfWork, type Work } from '../../../../lib/domain/state/run-identity.ts';
import type { SimRun } from '../../../../lib/sim/sim-br.ts';
import type { Invariant } from '../invariant.ts';
import type { SimWorld } from '../sim-world.ts';

/** Which work a command of br does. */
function workOf(kind: string): Work | undefined {
  if (kind === 'backup full') return 'snapshot';
  if (kind === 'log truncate') return 'truncation';
  if (kind.startsWith('restore ')) return 'restore';
  return kind.startsWith('log ') ? 'log-task' : undefined;
}

/** The control plane's own; people have no lease. */
const isOurs = ({ runId }: SimRun) => !runId.startsWith('person-');

export class OneBrAtATime implements Invariant {
  readonly rule = 'never two br of one kind at once';

  onRun(world: SimWorld, run: SimRun): void {
    const work = workOf(run.kind);
    if (run.over !== undefined || !isOurs(run) || work === undefined) return;
    for (const other of world.br.runs.values()) {
      const otherWork = workOf(other.kind);
      if (other === run || other.over !== undefined || !isOurs(other) || otherWork === undefined) continue;
      if (leaseOfWork[work] !== leaseOfWork[otherWork]) continue;
      world.record.violate(this.rule, `${run.runId} begins while ${other.runId} runs`);
    }
  }
}

export class OneLogTask implements Invariant {
  readonly rule = 'never two log tasks';

  async hourly({ cluster }: SimWorld): Promise<void> {
    const names = cluster.keys.names();
    if (names.length > 1) throw new Error(names.join(' and '));
  }
}

/** What a person paused or stopped stays so until they say otherwise. */
export class PeopleAreObeyed implements Invariant {
  readonly rule = 'a pause or stop by a person is never undone';

  onRun(world: SimWorld, run: SimRun): void {
    if (run.over !== undefined || !isOurs(run)) return;
    const { hasPaused } = world.people;
    if (hasPaused && run.kind === 'log resume') world.record.violate(this.rule, `${run.runId} resumes`);
  }
}
