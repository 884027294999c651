// One execution of a state machine by its name, begun at most once. Must not decide what is to be begun.

import { ExecutionAlreadyExists, type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { Facts } from '../domain/state/run-identity.ts';
import { checkExecutionName } from '../ports/launcher.ts';
import { awsError } from './aws-errors.ts';

export interface ExecutionToStart {
  readonly stateMachineArn: string;
  readonly name: string;
  readonly input: Facts;
}

/** Step Functions' clock and ours may differ by so much. */
const clockMarginMs = 5_000;

/** `nowMs`: Unix ms. Errors: RUNNER_UNAVAILABLE, AWS_DENIED; INVALID_INPUT when there is no such machine, or for an impossible name. */
export async function startExecution(
  client: SFNClient,
  { stateMachineArn, name, input }: ExecutionToStart,
  nowMs: number,
): Promise<'started' | 'exists'> {
  checkExecutionName(name);
  const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
  try {
    const { startDate } = await client.send(command);
    // The same name with the same input, while it runs, is answered with the execution that is there.
    const isOld = startDate !== undefined && startDate.getTime() < nowMs - clockMarginMs;
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
