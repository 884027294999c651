// Operation br-ended: looks at runs of br that are said to be over, or, as the sweep of every minute, at all that go on.

import type { BrRun } from '../../../domain/state/br-run.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import type { Stored } from '../../../ports/task-store.ts';
import type { BrWorkDeps, CallbackDeps } from '../control-deps.ts';
import { failureOf } from '../failures.ts';
import { InputReader, type Operation } from '../operation.ts';
import { answerFlow } from './answer-flow.ts';
import { openRuns } from './br-runs.ts';
import { lookAtRun } from './look-at-run.ts';
import { type BrWorkName, brWorks, openWork } from './open-work.ts';

export interface BrEndedInput {
  /** The run that is said to be over; undefined: all that go on. */
  readonly run: string | undefined;
}

type Deps = BrWorkDeps & CallbackDeps;

/**
 * Input `{cluster}`, or `{cluster, run}` with the id by which the runner knows it. A runner's end event may come late, twice or
 * never: what counts is what the runner says when asked, and the sweep asks. Answers `{looked, running, ended, problems}`. One
 * run that cannot be looked at does not keep the others from it. Errors: those of the state table.
 */
export const brEnded: Operation<Deps, BrEndedInput, Facts> = {
  name: 'br-ended',
  parseInput: (value) => {
    const input = new InputReader('br-ended', value);
    input.text('cluster');
    const run = input.optionalText('run');
    input.done();
    return { run };
  },
  run: async (deps, { run }) => {
    const open = await openRuns(deps);
    const asked = open.filter(({ record }) => run === undefined || `${record.cluster}.${record.id}` === run);
    const counts = { running: 0, ended: 0 };
    const problems: string[] = [];
    for (const stored of asked) {
      try {
        counts[await lookAt(deps, stored)] += 1;
      } catch (caught) {
        const { code, message } = failureOf(caught);
        problems.push(`${stored.record.id}: ${code}: ${message}`);
      }
    }
    return { looked: asked.length, ...counts, problems };
  },
};

async function lookAt(deps: Deps, { record, revision }: Stored<BrRun>): Promise<'running' | 'ended'> {
  switch (record.state) {
    // Whoever decided it starts it, or dies and is called again by the flow.
    case 'starting':
      return 'running';
    case 'running': {
      const work = await openWork(deps, workNamed(record), record.workId);
      const looked = await lookAtRun(deps, work, { record, revision });
      return looked === 'ended' ? 'ended' : 'running';
    }
    case 'ended':
      await answerFlow(deps, { record, revision });
      return 'ended';
    default:
      return record satisfies never;
  }
}

function workNamed({ work }: BrRun): BrWorkName {
  return brWorks.find((one) => one === work) ?? 'snapshot';
}
