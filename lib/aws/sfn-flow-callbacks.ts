// Answers the states of Step Functions that wait for br, by their task token. Nobody waiting any more is an answer here,
// and no error. Must not know what the tokens are for.

import {
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import type { Facts } from '../domain/state/run-identity.ts';
import { type CallbackFailure, type FlowCallbacks, outputText } from '../ports/flow-callbacks.ts';
import { awsError } from './aws-errors.ts';
import { type ServiceLocation, serviceSettings } from './service-client.ts';

/** Quotas of the Step Functions API: characters of an error and of its cause. */
const errorCharacters = 256;
const causeCharacters = 32_768;

/**
 * Needs states:SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat, which know no resource but `*`. Sends nothing yet.
 * Errors: RUNNER_UNAVAILABLE, AWS_DENIED; INTERNAL for an output of more than 256 KiB.
 */
export function openSfnFlowCallbacks(location: ServiceLocation = {}): FlowCallbacks {
  return new SfnFlowCallbacks(new SFNClient(serviceSettings(location)));
}

class SfnFlowCallbacks implements FlowCallbacks {
  readonly #client: SFNClient;

  constructor(client: SFNClient) {
    this.#client = client;
  }

  async succeed(taskToken: string, output: Facts): Promise<'delivered' | 'gone'> {
    const command = new SendTaskSuccessCommand({ taskToken, output: outputText(output) });
    return (await isHeard('states:SendTaskSuccess', () => this.#client.send(command))) ? 'delivered' : 'gone';
  }

  async fail(taskToken: string, failure: CallbackFailure): Promise<'delivered' | 'gone'> {
    const command = new SendTaskFailureCommand({
      taskToken,
      error: shortened(failure.code, errorCharacters),
      cause: shortened(failure.message, causeCharacters),
    });
    return (await isHeard('states:SendTaskFailure', () => this.#client.send(command))) ? 'delivered' : 'gone';
  }

  async heartbeat(taskToken: string): Promise<'alive' | 'gone'> {
    const command = new SendTaskHeartbeatCommand({ taskToken });
    return (await isHeard('states:SendTaskHeartbeat', () => this.#client.send(command))) ? 'alive' : 'gone';
  }
}

/** false: nobody waits for this token any more. It was answered, timed out, or its execution was stopped. */
async function isHeard(action: string, send: () => Promise<unknown>): Promise<boolean> {
  try {
    await send();
    return true;
  } catch (error) {
    const isGone =
      error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken;
    if (isGone) return false;
    throw awsError(error, { place: 'a waiting flow', action, unavailable: 'RUNNER_UNAVAILABLE' });
  }
}

/** Cut at a whole character; `…` says that more was there. */
function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
