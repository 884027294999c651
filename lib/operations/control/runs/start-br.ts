// Operation start-br: begins br for a snapshot, a cut of the log or a change of the log task, for a flow that waits.

import type { Facts } from '../../../domain/state/run-identity.ts';
import { InputReader, type Operation } from '../operation.ts';
import { type BeginDeps, type BeginInput, beginRun } from './begin-run.ts';

const works = ['snapshot', 'truncation', 'log-task'] as const;

/**
 * Input `{cluster, work, id, execution, token}`. Answers `{started, answered}`: the run's id, or how the token was answered at
 * once. Called again by a Retry, after a lost heartbeat or by a new execution, it finds what runs and answers the newest token.
 * Errors: those of begin-run.ts.
 */
export const startBr: Operation<BeginDeps, BeginInput, Facts> = {
  name: 'start-br',
  parseInput: (value) => {
    const input = new InputReader('start-br', value);
    input.text('cluster');
    const parsed = {
      work: input.oneOf('work', works),
      id: input.text('id'),
      execution: input.text('execution'),
      token: input.text('token'),
    };
    input.done();
    return parsed;
  },
  run: beginRun,
};
