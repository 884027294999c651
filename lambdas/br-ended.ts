// br-ended: looks at the runs of br that go on: sends heartbeats to the flows that wait, notes progress, and answers for what is
// over.
//
// Invoked by: a schedule every minute (the sweep), and the runner's end events, which only make it look sooner.
// Promise: every run that ends, dies or is lost is noticed within a minute, and its flow told once.
// Late or twice: what counts is what the runner says when it is asked, never the event; a token that nobody waits with any more
// is passed over. One run that cannot be looked at keeps no other from it.
// Steps: runs that are not over → ask the runner → judge by the bucket → record → answer the token.

import { depsOnce } from '../lib/aws/deps.ts';
import { brWorkDeps } from '../lib/aws/deps-br-work.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { brEnded } from '../lib/operations/control/runs/br-ended.ts';

export const handler = lambdaHandler({
  operation: brEnded,
  openDeps: depsOnce('br-ended', brWorkDeps),
});
