// The flows and functions that a function may begin, from its environment. Sends nothing yet.

import { decodeFlows, decodeFunctions } from '../config/launch-env.ts';
import type { LauncherDeps } from '../operations/control/control-deps.ts';
import { awsClock } from './aws-clock.ts';
import { openSfnLauncher } from './sfn-launcher.ts';

/** Errors: INVALID_INPUT for a variable that is not as expected. */
export function launcherDeps(env: {
  readonly PITR_FLOWS: string;
  readonly PITR_FUNCTIONS: string;
}): LauncherDeps {
  const flows = decodeFlows(env.PITR_FLOWS);
  const functions = decodeFunctions(env.PITR_FUNCTIONS);
  return { launcher: openSfnLauncher({ flows, functions, clock: awsClock }) };
}
