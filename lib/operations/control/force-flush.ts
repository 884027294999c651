// Operation force-flush: has the stores write their log now, with `br operator force-flush`, where br runs on the machine that asks. Starts it,
// or looks how it is; waits for nothing.

import type { BrEvent } from '../../br/commands/br-events.ts';
import { countsForOutcome, outcome } from '../../br/commands/br-outcome.ts';
import { brEventsOfLine } from '../../br/commands/br-output.ts';
import { PitrError } from '../../domain/errors.ts';
import type { Facts } from '../../domain/state/run-identity.ts';
import { outputStart, type RunHandle, type Runner } from '../../ports/runner.ts';
import type { RunnerDeps, StateDeps } from './control-deps.ts';
import { InputReader, type Operation } from './operation.ts';
import { callOf } from './runs/br-call.ts';

export type ForceFlushDeps = Pick<StateDeps, 'settings'> & RunnerDeps;

export interface ForceFlushInput {
  /** The same id is the same flush. */
  readonly id: string;
}

/**
 * Input `{cluster, id}`. Answers `{decision: 'running' | 'flushed' | 'failed' | 'impossible', reasons}`; impossible: the version does not serve it
 * (FACTS §2.10). A flush takes nothing away, and one more does no harm. Errors: those of the runner.
 */
export const forceFlush: Operation<ForceFlushDeps, ForceFlushInput, Facts> = {
  name: 'force-flush',
  parseInput: (value) => {
    const input = new InputReader('force-flush', value);
    input.text('cluster');
    const parsed = { id: input.text('id', 'letters, digits, . _ and -') };
    input.done();
    return parsed;
  },
  run: async (deps, { id }) => {
    const call = commandOf(deps);
    if (call instanceof PitrError) return { decision: 'impossible', reasons: [call.message] };
    const runner = await deps.openRunner('writer');
    const handle = await runner.start({ runId: `force-flush-${id}`, ...call, rights: 'writer' });
    const state = await runner.poll(handle);
    if (state.state === 'running') return { decision: 'running', reasons: [] };
    if (state.state === 'lost') return { decision: 'failed', reasons: [state.why] };
    const exitCode = 'exitCode' in state.end ? state.end.exitCode : undefined;
    const found = outcome(exitCode, await eventsOf(runner, handle), 'force-flush');
    if (found.kind === 'succeeded') return { decision: 'flushed', reasons: [] };
    const why = found.kind === 'failed' ? found.text || found.meaning : found.because;
    return { decision: 'failed', reasons: [why] };
  },
};

function commandOf({ settings, brPlace }: ForceFlushDeps): ReturnType<typeof callOf> | PitrError {
  try {
    return callOf({ kind: 'force-flush' }, settings, brPlace);
  } catch (caught) {
    if (caught instanceof PitrError && caught.code === 'UNSUPPORTED') return caught;
    throw caught;
  }
}

async function eventsOf(runner: Runner, handle: RunHandle): Promise<readonly BrEvent[]> {
  const events: BrEvent[] = [];
  let from = outputStart;
  for (;;) {
    const { lines, next, isEnd } = await runner.output(handle, from);
    events.push(...lines.flatMap(brEventsOfLine).filter(countsForOutcome));
    const isFurther = next.stdout > from.stdout || next.stderr > from.stderr;
    from = next;
    if (isEnd || !isFurther) return events;
  }
}
