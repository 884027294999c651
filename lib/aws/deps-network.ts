// A cluster's state, bucket and PD, from the environment of a function in its network. Sends nothing yet.

import type { BucketDeps, ClusterDeps, StateDeps } from '../operations/control/control-deps.ts';
import { catalogDeps } from './deps-catalog.ts';
import { clusterDeps } from './deps-cluster.ts';

/** Errors: INVALID_INPUT for settings that cannot be read. */
export function networkDeps(env: {
  readonly PITR_CLUSTER: string;
  readonly PITR_TABLE: string;
  readonly PITR_BUCKET: string;
  readonly PITR_TLS_SECRET?: string;
}): StateDeps & BucketDeps & ClusterDeps {
  const catalog = catalogDeps(env);
  return { ...catalog, ...clusterDeps(env, catalog.settings) };
}
