// Everything that a run of br is begun, watched and ended with, from a function's environment. Sends nothing yet.

import type { BrWorkDeps, CallbackDeps } from '../operations/control/control-deps.ts';
import { bucketDeps } from './deps-bucket.ts';
import { callbackDeps } from './deps-callbacks.ts';
import { runnerDeps } from './deps-runner.ts';
import { stateDeps } from './deps-state.ts';

/** Errors: INVALID_INPUT for a variable that is not as expected. */
export function brWorkDeps(env: {
  readonly PITR_CLUSTER: string;
  readonly PITR_TABLE: string;
  readonly PITR_BUCKET: string;
  readonly PITR_RUNNER: string;
}): BrWorkDeps & CallbackDeps {
  const state = stateDeps(env);
  const { settings } = state;
  return { ...state, ...bucketDeps(env, settings), ...runnerDeps(env, settings), ...callbackDeps() };
}
