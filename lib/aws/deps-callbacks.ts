// The way back to the flows that wait for br; its client is loaded by the first answer. Sends nothing yet.

import type { CallbackDeps } from '../operations/control/control-deps.ts';
import type { FlowCallbacks } from '../ports/flow-callbacks.ts';
import { onFirstUse } from './deps.ts';

export function callbackDeps(): CallbackDeps {
  const callbacks = onFirstUse(async (): Promise<FlowCallbacks> => {
    const { openSfnFlowCallbacks } = await import('./sfn-flow-callbacks.ts');
    return openSfnFlowCallbacks();
  });
  return {
    callbacks: {
      succeed: async (token, output) => (await callbacks()).succeed(token, output),
      fail: async (token, failure) => (await callbacks()).fail(token, failure),
      heartbeat: async (token) => (await callbacks()).heartbeat(token),
    },
  };
}
