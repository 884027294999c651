// The way back to the flows that wait for br. Sends nothing yet.

import type { CallbackDeps } from '../operations/control/control-deps.ts';
import { openSfnFlowCallbacks } from './sfn-flow-callbacks.ts';

export function callbackDeps(): CallbackDeps {
  return { callbacks: openSfnFlowCallbacks() };
}
