// On which machine a run is: exactly one, the same whoever asks and however often. Where there is a choice it is written down
// before the machine is told anything. Must not choose again what was chosen.

import { createHash } from 'node:crypto';
import {
  DeleteParametersCommand,
  DescribeInstanceInformationCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  type InstanceInformation,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import type { SsmPlace } from '../config/runner-place.ts';
import { PitrError } from '../domain/errors.ts';
import { awsError } from './aws-errors.ts';

/** A run is over, and its name never used again, long before. An account has 10,000 parameters. */
const choiceKeptMs = 30 * 24 * 3_600_000;

export class SsmInstances {
  readonly #ssm: SSMClient;
  readonly #target: SsmPlace['target'];
  readonly #nowMs: () => number;
  readonly #path: string;

  constructor(ssm: SSMClient, { target }: SsmPlace, nowMs: () => number) {
    this.#ssm = ssm;
    this.#target = target;
    this.#nowMs = nowMs;
    // Of two stacks of one account, with clusters of one name, each has its own machines.
    const hash = createHash('sha256').update(JSON.stringify(target)).digest('hex').slice(0, 16);
    this.#path = `/tidb-pitr/machines/${hash}`;
  }

  /**
   * The machine of a run. Of a list the first one that is online, of tags the online one with the lowest id; the choice is
   * kept in Parameter Store, made by whoever comes first. Errors: RUNNER_START_FAILED when none is online, AWS_DENIED,
   * RUNNER_UNAVAILABLE.
   */
  async choose(runId: string): Promise<string> {
    const [only, ...others] = this.#target.kind === 'instances' ? this.#target.instanceIds : [];
    if (only !== undefined && others.length === 0) return only;
    const chosen = await this.#chosen(runId);
    if (chosen !== undefined) return chosen;
    const instanceId = await this.#firstOnline(runId);
    const isOurs = await this.#keep(runId, instanceId);
    const kept = isOurs ? instanceId : await this.#chosen(runId);
    if (kept !== undefined) return kept;
    throw new PitrError('RUNNER_UNAVAILABLE', `the machine of run ${runId} was chosen and is not shown yet`, {
      hint: 'try again in a moment',
    });
  }

  /** Whether SSM has the machine among its own, online or not. A terminated instance is none after a while. */
  async isKnown(instanceId: string): Promise<boolean> {
    const found = await this.#describe([{ Key: 'InstanceIds', Values: [instanceId] }]);
    return found.length > 0;
  }

  async #firstOnline(runId: string): Promise<string> {
    const filters =
      this.#target.kind === 'instances'
        ? [{ Key: 'InstanceIds', Values: [...this.#target.instanceIds] }]
        : Object.entries(this.#target.tags).map(([name, value]) => ({ Key: `tag:${name}`, Values: [value] }));
    const found = await this.#describe(filters);
    const online = found.filter(({ PingStatus, PlatformType }) => {
      return PingStatus === 'Online' && (PlatformType ?? 'Linux') === 'Linux';
    });
    const ids = online.flatMap(({ InstanceId }) => InstanceId ?? []).sort();
    const listed = this.#target.kind === 'instances' ? this.#target.instanceIds : ids;
    const first = listed.find((id) => ids.includes(id));
    if (first !== undefined) return first;
    const seen = found.map(({ InstanceId, PingStatus }) => `${InstanceId} ${PingStatus}`);
    throw new PitrError(
      'RUNNER_START_FAILED',
      `run ${runId} could not be started: no Linux machine of ${JSON.stringify(this.#target)} is online, found ${seen.join(', ') || 'none'}`,
      {
        hint: 'nothing ran: look whether the machine runs, has the agent and AmazonSSMManagedInstanceCore, and reaches SSM',
        details: { target: this.#target, found: seen },
      },
    );
  }

  async #describe(
    filters: readonly { readonly Key: string; readonly Values: string[] }[],
  ): Promise<readonly InstanceInformation[]> {
    const found: InstanceInformation[] = [];
    let token: string | undefined;
    do {
      const command = new DescribeInstanceInformationCommand({
        Filters: [...filters],
        ...(token === undefined ? {} : { NextToken: token }),
      });
      const page = await this.#ask('ssm:DescribeInstanceInformation', 'machines of SSM', () =>
        this.#ssm.send(command),
      );
      found.push(...(page.InstanceInformationList ?? []));
      token = page.NextToken === '' ? undefined : page.NextToken;
    } while (token !== undefined);
    return found;
  }

  async #chosen(runId: string): Promise<string | undefined> {
    const name = `${this.#path}/${runId}`;
    return await this.#ask('ssm:GetParameter', `parameter ${name}`, async () => {
      try {
        return (await this.#ssm.send(new GetParameterCommand({ Name: name }))).Parameter?.Value;
      } catch (error) {
        if (error instanceof ParameterNotFound) return undefined;
        throw error;
      }
    });
  }

  /** false: somebody else was faster. */
  async #keep(runId: string, instanceId: string): Promise<boolean> {
    const name = `${this.#path}/${runId}`;
    const command = new PutParameterCommand({
      Name: name,
      Value: instanceId,
      Type: 'String',
      Overwrite: false,
      Description: 'tidb-pitr: the machine of this run',
    });
    const isOurs = await this.#ask('ssm:PutParameter', `parameter ${name}`, async () => {
      try {
        await this.#ssm.send(command);
        return true;
      } catch (error) {
        if (error instanceof ParameterAlreadyExists) return false;
        throw error;
      }
    });
    if (isOurs) await this.#forgetOld();
    return isOurs;
  }

  /** Up to ten a start, so that old choices go faster than new ones come. */
  async #forgetOld(): Promise<void> {
    const page = await this.#ask('ssm:GetParametersByPath', `parameters below ${this.#path}`, () =>
      this.#ssm.send(new GetParametersByPathCommand({ Path: this.#path, MaxResults: 10 })),
    );
    const old = (page.Parameters ?? []).filter(({ LastModifiedDate }) => {
      return LastModifiedDate !== undefined && this.#nowMs() - LastModifiedDate.getTime() > choiceKeptMs;
    });
    const names = old.flatMap(({ Name }) => Name ?? []);
    if (names.length === 0) return;
    await this.#ask('ssm:DeleteParameters', `parameters below ${this.#path}`, () =>
      this.#ssm.send(new DeleteParametersCommand({ Names: names })),
    );
  }

  async #ask<T>(action: string, place: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw awsError(error, { action, place, unavailable: 'RUNNER_UNAVAILABLE' });
    }
  }
}
