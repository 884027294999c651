// The answer to the flow that waits for a run of br: sent when the run is over and stored as such, and again until it is known to
// have been delivered or that nobody waits any more.

import type { Facts } from '../../../domain/state/run-identity.ts';
import type { Stored } from '../../../ports/task-store.ts';
import type { CallbackDeps, StateDeps } from '../control-deps.ts';
import type { EndedRun } from './br-work.ts';

/** What the flow's waiting state ends with: it goes on by `next`. */
export function answerOf(run: EndedRun): Facts {
  const { verdict: next, waitSeconds, failure, attempt, end, facts } = run;
  return {
    next,
    waitSeconds,
    attempt,
    end,
    code: failure?.code ?? '',
    message: failure?.message ?? '',
    facts,
  };
}

/** Errors: RUNNER_UNAVAILABLE when the flows cannot be reached: call it again. */
export async function answerFlow(
  deps: StateDeps & CallbackDeps,
  { record, revision }: Stored<EndedRun>,
): Promise<void> {
  if (record.isAnswered) return;
  if (record.token !== '') await deps.callbacks.succeed(record.token, answerOf(record));
  await deps.store.commit({
    cluster: deps.settings.name,
    nowMs: deps.nowMs(),
    records: [{ record: { ...record, isAnswered: true }, expect: revision }],
  });
}
