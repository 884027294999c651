// A cluster's state together with its bucket, from a function's environment: what planning needs. Sends nothing yet.

import type { BucketDeps, StateDeps } from '../operations/control/control-deps.ts';
import { bucketDeps } from './deps-bucket.ts';
import { stateDeps } from './deps-state.ts';

/** Errors: INVALID_INPUT for settings that cannot be read. */
export function catalogDeps(env: {
  readonly PITR_CLUSTER: string;
  readonly PITR_TABLE: string;
  readonly PITR_BUCKET: string;
}): StateDeps & BucketDeps {
  const state = stateDeps(env);
  return { ...state, ...bucketDeps(env, state.settings) };
}
