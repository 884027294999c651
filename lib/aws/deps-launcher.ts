// The flows and functions that a function may begin, from its environment; their clients are loaded by the first start. Sends
// nothing yet.

import { decodeFlows, decodeFunctions } from '../config/launch-env.ts';
import type { LauncherDeps } from '../operations/control/control-deps.ts';
import type { Launcher } from '../ports/launcher.ts';
import { awsClock } from './aws-clock.ts';
import { onFirstUse } from './deps.ts';

/** Errors: INVALID_INPUT for a variable that is not as expected. */
export function launcherDeps(env: {
  readonly PITR_FLOWS: string;
  readonly PITR_FUNCTIONS: string;
}): LauncherDeps {
  const flows = decodeFlows(env.PITR_FLOWS);
  const functions = decodeFunctions(env.PITR_FUNCTIONS);
  const launcher = onFirstUse(async (): Promise<Launcher> => {
    const { openSfnLauncher } = await import('./sfn-launcher.ts');
    return openSfnLauncher({ flows, functions, clock: awsClock });
  });
  return {
    launcher: {
      startFlow: async (flow, name, input) => (await launcher()).startFlow(flow, name, input),
      invoke: async (operation, input) => (await launcher()).invoke(operation, input),
    },
  };
}
