// cut-log: cuts the log by our own engine, where the settings say so: begins a cut, does one range of its metas, ends it.
//
// Invoked by: the flow truncate, at its states BeginCut, CutPart (ten at once) and EndCut.
// Promise: under br's locks and one lease; asked again before each step whether the cut is still right; data before metas.
// Late or twice: goes on with what is there, by locks that the record proves to be its own; without the lease it deletes nothing.
// Steps: record and lease → guard from bucket and state → delete and rewrite → numbers for the end.

import { depsOnce } from '../lib/aws/deps.ts';
import { catalogDeps } from '../lib/aws/deps-catalog.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { cutLog } from '../lib/operations/control/cut/cut-log.ts';

export const handler = lambdaHandler({
  operation: cutLog,
  openDeps: depsOnce('cut-log', catalogDeps),
});
