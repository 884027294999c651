// react: answers the signals that wait: begins the flows and functions that they ask for, tells people what happened, and only then
// counts them as told.
//
// Invoked by: the table's stream with new signals, and a schedule every minute (the sweep) for those that the stream lost, and for
// work whose flow is gone. Outside the cluster's network.
// Promise: what is asked for begins once, by its name; a message is told at least once, with the same id.
// Late or twice: a signal that was answered is passed over. One that fails keeps no other from being answered; it waits on.
// Steps: waiting signals → begin → tell → consume, one signal after the other.

import { depsOnce } from '../lib/aws/deps.ts';
import { launcherDeps } from '../lib/aws/deps-launcher.ts';
import { messengerDeps } from '../lib/aws/deps-messenger.ts';
import { stateDeps } from '../lib/aws/deps-state.ts';
import { lambdaHandler } from '../lib/aws/lambda-entry.ts';
import { reactInputOf } from '../lib/aws/stream-input.ts';
import { react } from '../lib/operations/control/react.ts';

export const handler = lambdaHandler({
  operation: react,
  inputOf: reactInputOf,
  openDeps: depsOnce('react', (env) => ({ ...stateDeps(env), ...launcherDeps(env), ...messengerDeps(env) })),
});
