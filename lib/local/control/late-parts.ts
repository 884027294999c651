// How functions of one machine reach its flows, and flows its functions: both are opened after what they are given, and looked up at
// each call. Before that nobody waits for an answer.

import { PitrError } from '../../domain/errors.ts';
import type { FlowCallbacks } from '../../ports/flow-callbacks.ts';
import type { LaunchedOperation, Launcher } from '../../ports/launcher.ts';
import type { FlowRunner } from '../flow-runner.ts';
import type { LocalFunctions } from './local-functions.ts';

/** The flows call functions that answer flows. */
export function lateCallbacks(flows: () => FlowCallbacks | undefined): FlowCallbacks {
  return {
    succeed: async (token, output) => (await flows()?.succeed(token, output)) ?? 'gone',
    fail: async (token, failure) => (await flows()?.fail(token, failure)) ?? 'gone',
    heartbeat: async (token) => (await flows()?.heartbeat(token)) ?? 'gone',
  };
}

/**
 * An operation is run at once and waited for: when it fails, its signal keeps waiting, and is answered again. Before all is open nothing
 * is begun, and told as RUNNER_UNAVAILABLE.
 */
export function lateLauncher(
  late: () => {
    readonly flows?: Pick<FlowRunner, 'start'>;
    readonly functions?: Pick<LocalFunctions, LaunchedOperation>;
  },
): Launcher {
  return {
    startFlow: async (flow, name, input) => await opened(late().flows).start(flow, name, input),
    invoke: async (operation, input) => {
      await opened(late().functions)[operation](input);
    },
  };
}

function opened<T>(part: T | undefined): T {
  if (part !== undefined) return part;
  throw new PitrError('RUNNER_UNAVAILABLE', 'the runtime of this machine is not open yet', {
    hint: 'ask again when it is',
  });
}
