// Begins work elsewhere: executions of Step Functions by their name, functions of Lambda that answer to nobody. Must not
// decide what is to be begun, and reads no state.

import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SFNClient } from '@aws-sdk/client-sfn';
import type { Facts } from '../domain/state/run-identity.ts';
import type { Clock } from '../ports/clock.ts';
import type { FlowName, LaunchedOperation, Launcher } from '../ports/launcher.ts';
import { awsError } from './aws-errors.ts';
import { type ServiceLocation, serviceSettings } from './service-client.ts';
import { startExecution } from './sfn-start.ts';

export interface SfnLauncherOptions {
  /** ARN of each flow's state machine. */
  readonly flows: Readonly<Record<FlowName, string>>;
  /** Name or ARN of each function. */
  readonly functions: Readonly<Record<LaunchedOperation, string>>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly location?: ServiceLocation;
}

/**
 * Needs states:StartExecution and lambda:InvokeFunction. Sends nothing yet. Errors: RUNNER_UNAVAILABLE, AWS_DENIED;
 * INVALID_INPUT when the state machine or the function is not there, or for a name that cannot be one.
 */
export function openSfnLauncher(options: SfnLauncherOptions): Launcher {
  return new SfnLauncher(options);
}

class SfnLauncher implements Launcher {
  readonly #options: SfnLauncherOptions;
  readonly #flows: SFNClient;
  readonly #functions: LambdaClient;

  constructor(options: SfnLauncherOptions) {
    const settings = serviceSettings(options.location ?? {});
    this.#options = options;
    this.#flows = new SFNClient(settings);
    this.#functions = new LambdaClient(settings);
  }

  async startFlow(flow: FlowName, name: string, input: Facts): Promise<'started' | 'exists'> {
    const { flows, clock } = this.#options;
    return await startExecution(this.#flows, { stateMachineArn: flows[flow], name, input }, clock.nowMs());
  }

  async invoke(operation: LaunchedOperation, input: Facts): Promise<void> {
    const name = this.#options.functions[operation];
    const command = new InvokeCommand({
      FunctionName: name,
      InvocationType: 'Event',
      Payload: new TextEncoder().encode(JSON.stringify(input)),
    });
    try {
      await this.#functions.send(command);
    } catch (error) {
      throw awsError(error, {
        place: `function ${name}`,
        action: 'lambda:InvokeFunction',
        unavailable: 'RUNNER_UNAVAILABLE',
      });
    }
  }
}
