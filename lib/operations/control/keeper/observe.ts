// Operation observe: how the log backup task is right now, as PD and the bucket say, written into the state; and, for the flow that
// changed the task, whether what was aimed at is there. Its keeper plans what keeps it alive; the flow log-task carries that out.

import { PitrError } from '../../../domain/errors.ts';
import { metricFactsOf } from '../../../domain/keeper/metric-facts.ts';
import { metricsOf } from '../../../domain/metrics.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import { msOfTs } from '../../../domain/ts.ts';
import type { MetricsDeps } from '../control-deps.ts';
import { InputReader, type Operation } from '../operation.ts';
import { confirmChange } from './confirm-change.ts';
import { type Observation, type ObserveDeps, observeLogTask } from './observe-log-task.ts';

export type ObserveInput =
  | { readonly purpose: 'watch' }
  /** `id`: of the change of the task that the flow is about. */
  | { readonly purpose: 'confirm'; readonly id: string };

/**
 * Input `{cluster}` every minute, or `{cluster, purpose: 'confirm', id}` from the flow log-task. Answers `{state, task, checkpointTs,
 * lagMs, persistedTs, advancedTs, objectsTs, change, keeper, cause, planned, …}`, TSOs as decimal text, and for confirm also `{next: 'done' |
 * 'again' | 'failed', waitSeconds, seen}`. Requests: observe-log-task.ts. Called twice, or by two at once, it tells a change once.
 * The look of the minute puts its numbers (docs/metrics.md). When PD does not answer nothing is written, so that the record says how old it is, and the call fails, so that it is seen.
 * Errors: PD_UNREACHABLE (try again), PD_REFUSED, OBJECT_DAMAGED; INVALID_INPUT; those of the state table.
 */
export const observe: Operation<ObserveDeps & MetricsDeps, ObserveInput, Facts> = {
  name: 'observe',
  parseInput: (value) => {
    const input = new InputReader('observe', value);
    input.text('cluster');
    const isConfirm = input.has('purpose') && input.oneOf('purpose', ['watch', 'confirm']) === 'confirm';
    const id = isConfirm ? input.text('id', 'the id of a change of the log task') : undefined;
    input.value('purpose');
    input.value('id');
    input.done();
    return id === undefined ? { purpose: 'watch' } : { purpose: 'confirm', id };
  },
  run: async (deps, input) => {
    const observation = await look(deps);
    const answer = answerOf(observation);
    if (input.purpose === 'watch') {
      putNumbers(deps, observation);
      return answer;
    }
    return { ...answer, ...(await confirmChange(deps, input.id, observation.state)) };
  },
};

/** The same error, with what it means for the state. */
async function look(deps: ObserveDeps): Promise<Observation> {
  try {
    return await observeLogTask(deps);
  } catch (caught) {
    if (!(caught instanceof PitrError && caught.code === 'PD_UNREACHABLE')) throw caught;
    throw new PitrError(caught.code, `${caught.message}; what is known of the log task stays as it was`, {
      ...(caught.hint === undefined ? {} : { hint: caught.hint }),
      details: caught.details,
      cause: caught,
    });
  }
}

/** Not of a look that somebody else's overtook: theirs are put by them. */
function putNumbers({ metrics, settings }: ObserveDeps & MetricsDeps, { kept, facts }: Observation): void {
  if (kept === undefined || facts === undefined) return;
  const { record } = kept;
  metrics.put(settings.name, record.decidedMs, metricsOf(metricFactsOf(facts, record), record.decidedMs));
}

function answerOf({ state, change, kept, seen, objects }: Observation): Facts {
  const { task, otherTasks, advancers } = seen.logBackup;
  const inPd = task.kind === 'task' ? [task, ...otherTasks] : otherTasks;
  const found = 'task' in state ? inPd.find(({ name }) => name === state.task) : undefined;
  const checkpoint = 'checkpointTs' in state ? state.checkpointTs : undefined;
  return {
    state: state.state,
    observedMs: state.observedMs,
    task: 'task' in state ? state.task : '',
    checkpointTs: textOf(checkpoint),
    lagMs: checkpoint === undefined ? null : Math.max(0, seen.clock.serverMs - msOfTs(checkpoint)),
    persistedTs: textOf(found?.checkpoints.persisted),
    advancedTs: textOf(found?.checkpoints.advanced),
    objectsTs: textOf(objects.ts),
    bucketProblem: objects.problem,
    tasks: inPd.length,
    advancers: advancers.length,
    change: change === undefined ? null : { from: change.from, to: change.to, beganMs: change.beganMs },
    keeper: kept?.record.state ?? '',
    cause: kept?.record.cause ?? '',
    planned: kept?.act?.id ?? '',
    waiting: kept?.waiting ?? '',
    told: kept?.messages.length ?? 0,
  };
}

const textOf = (ts: bigint | undefined): string | null => (ts === undefined ? null : `${ts}`);
