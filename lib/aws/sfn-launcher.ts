// Begins work elsewhere: executions of Step Functions by their name, functions of Lambda that answer to nobody. Must not
// decide what is to be begun, and reads no state.

import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { PitrError } from '../domain/errors.ts';
import type { Facts } from '../domain/state/run-identity.ts';
import type { Clock } from '../ports/clock.ts';
import type { FlowName, LaunchedOperation, Launcher } from '../ports/launcher.ts';
import { awsError } from './aws-errors.ts';
import { type ServiceLocation, serviceSettings } from './service-client.ts';

export interface SfnLauncherOptions {
  /** ARN of each flow's state machine. */
  readonly flows: Readonly<Record<FlowName, string>>;
  /** Name or ARN of each function. */
  readonly functions: Readonly<Record<LaunchedOperation, string>>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly location?: ServiceLocation;
}

/** Step Functions' clock and ours may differ by so much. */
const clockMarginMs = 5_000;

/**
 * Needs states:StartExecution and lambda:InvokeFunction. Sends nothing yet. Errors: RUNNER_UNAVAILABLE, AWS_DENIED;
 * INVALID_INPUT when the state machine or the function is not there; INTERNAL for a name that cannot be one.
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
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(name)) {
      throw new PitrError(
        'INTERNAL',
        `${JSON.stringify(name)} cannot name an execution, expected letters, digits, - and _, at most 80`,
      );
    }
    const stateMachineArn = this.#options.flows[flow];
    const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
    const sentMs = this.#options.clock.nowMs();
    try {
      const { startDate } = await this.#flows.send(command);
      // The same name with the same input, while it runs, is answered with the execution that is there.
      const isOld = startDate !== undefined && startDate.getTime() < sentMs - clockMarginMs;
      return isOld ? 'exists' : 'started';
    } catch (error) {
      if (error instanceof ExecutionAlreadyExists) return 'exists';
      throw awsError(error, {
        place: `execution ${name} of ${stateMachineArn}`,
        action: 'states:StartExecution',
        unavailable: 'RUNNER_UNAVAILABLE',
      });
    }
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
