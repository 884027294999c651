// take-snapshot: decides whether a snapshot is to be taken now, and if so plans it; its flow is started by `react`.
//
// Invoked by: the snapshot schedule (daily where the settings say every N days), `react` for the first snapshot, a person.
// Promise: a firing plans at most one snapshot, whose id is made of the firing's time.
// Late: the firing's own time counts, so that a late one is neither skipped nor doubled. Twice: the second finds the first.
// Steps: read the newest snapshots → decide (domain) → record and the wish to start its flow in one write.

import { depsOnce } from '../lib/aws/deps.ts';
import { stateDeps } from '../lib/aws/deps-state.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { takeSnapshot } from '../lib/operations/control/take-snapshot.ts';

export const handler = lambdaHandler({
  operation: takeSnapshot,
  openDeps: depsOnce('take-snapshot', stateDeps),
});
