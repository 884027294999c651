// truncate-log: decides up to where the log may be cut without breaking the promised window, and plans the cut; its flow is
// started by `react`.
//
// Invoked by: `react` after a snapshot, which does nothing where plans of the retention cool off; a person (also `{"dryRun": true}`).
// Promise: deletes nothing itself; while a cut is planned or running no other is planned.
// Late or twice: plans from what is in the bucket then, so a second call finds the first plan, or nothing to cut.
// Steps: read bucket and records → decide (domain) → record and the wish to start its flow in one write.

import { depsOnce } from '../lib/aws/deps.ts';
import { catalogDeps } from '../lib/aws/deps-catalog.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { truncateLog } from '../lib/operations/control/truncate-log.ts';

export const handler = lambdaHandler({
  operation: truncateLog,
  openDeps: depsOnce('truncate-log', catalogDeps),
});
