// Short commands on a machine by Run Command: sent, waited for, their output. Must not be used for what takes long: the agent
// runs few commands at a time, and kills one that outlives its time.

import {
  GetCommandInvocationCommand,
  type GetCommandInvocationResult,
  InvalidInstanceId,
  InvocationDoesNotExist,
  SendCommandCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { PitrError } from '../domain/errors.ts';
import { awsError } from './aws-errors.ts';

/** SSM refuses less. A machine that is there takes a command within a second or two. */
const deliverySeconds = 30;
/** Our commands take less than a second, a start up to half a minute. */
const executionSeconds = 60;
/** How long a command is waited for. After that it may still run: every command of ours may. */
export const patience = {
  /** For what is asked every minute, by functions that have a minute. */
  shortMs: 20_000,
  /** Both times above, and SSM says whether it was delivered: a start that was not may be told as that. */
  longMs: (deliverySeconds + executionSeconds + 10) * 1000,
} as const;
const longestWaitMs = 2_000;

/** Of these it is certain that the command did not run. */
const neverRan = ['DeliveryTimedOut', 'Undeliverable', 'Terminated', 'AccessDenied', 'InvalidPlatform'];
const going = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];

export interface SsmParts {
  readonly ssm: SSMClient;
  readonly nowMs: () => number;
  readonly sleep: (milliseconds: number) => Promise<unknown>;
  /** Before the first look at a command; longer before each next one. */
  readonly firstWaitMs: number;
}

/** The command did not run, and will not. */
export class CommandNotRun extends Error {
  /** SSM does not have the machine among its own, or not online. */
  readonly isNoMachine: boolean;

  constructor(message: string, isNoMachine: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CommandNotRun';
    this.isNoMachine = isNoMachine;
  }
}

export class SsmCommands {
  readonly #parts: SsmParts;
  readonly #document: string;

  constructor(parts: SsmParts, document: string) {
    this.#parts = parts;
    this.#document = document;
  }

  /**
   * What the script printed, up to the 24,000 characters that SSM keeps. Errors: CommandNotRun; RUNNER_UNAVAILABLE when it
   * failed, or when nobody knows whether it ran; AWS_DENIED; INVALID_INPUT without such a document.
   */
  async run(instanceId: string, script: string, comment: string, patienceMs: number): Promise<string> {
    const sentMs = this.#parts.nowMs();
    const commandId = await this.#send(instanceId, script, comment);
    for (let waitMs = this.#parts.firstWaitMs; ; waitMs = Math.min(waitMs * 1.5, longestWaitMs)) {
      await this.#parts.sleep(waitMs);
      const invocation = await this.#look(instanceId, commandId);
      const details = (invocation?.StatusDetails ?? 'Pending').replaceAll(' ', '');
      if (details === 'Success') return invocation?.StandardOutputContent ?? '';
      if (neverRan.includes(details)) throw new CommandNotRun(`${instanceId} says ${details}`, false);
      if (!going.includes(details)) throw failed(instanceId, commandId, details, invocation);
      if (this.#parts.nowMs() - sentMs > patienceMs) throw failed(instanceId, commandId, details, invocation);
    }
  }

  async #send(instanceId: string, script: string, comment: string): Promise<string> {
    const command = new SendCommandCommand({
      InstanceIds: [instanceId],
      DocumentName: this.#document,
      Comment: comment.slice(0, 100),
      TimeoutSeconds: deliverySeconds,
      Parameters: { commands: [script], executionTimeout: [String(executionSeconds)] },
    });
    try {
      const { Command } = await this.#parts.ssm.send(command);
      return Command?.CommandId ?? '';
    } catch (error) {
      if (error instanceof InvalidInstanceId) {
        throw new CommandNotRun(`${instanceId} is not a machine that SSM can reach`, true, { cause: error });
      }
      const place = `document ${this.#document} on ${instanceId}`;
      throw awsError(error, { place, action: 'ssm:SendCommand', unavailable: 'RUNNER_UNAVAILABLE' });
    }
  }

  /** undefined as long as SSM does not show what it was sent. */
  async #look(instanceId: string, commandId: string): Promise<GetCommandInvocationResult | undefined> {
    const command = new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId });
    try {
      return await this.#parts.ssm.send(command);
    } catch (error) {
      if (error instanceof InvocationDoesNotExist) return undefined;
      const place = `command ${commandId} on ${instanceId}`;
      throw awsError(error, { place, action: 'ssm:GetCommandInvocation', unavailable: 'RUNNER_UNAVAILABLE' });
    }
  }
}

function failed(
  instanceId: string,
  commandId: string,
  details: string,
  invocation: GetCommandInvocationResult | undefined,
): PitrError {
  const { ResponseCode: code, StandardErrorContent: text = '' } = invocation ?? {};
  const how = details === 'Failed' ? `failed with ${code ?? 'no code'}` : `is ${details}`;
  return new PitrError(
    'RUNNER_UNAVAILABLE',
    `command ${commandId} on ${instanceId} ${how}${text === '' ? '' : `: ${text.trim().slice(0, 500)}`}`,
    {
      hint: 'look at the machine, its agent (amazon-ssm-agent) and its disk; what was asked can be asked again',
      details: { instanceId, commandId, status: details, code },
    },
  );
}
