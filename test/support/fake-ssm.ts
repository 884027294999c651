// Systems Manager as far as our runner calls it: Run Command, whose scripts really run on this machine, the list of machines,
// and Parameter Store.
//
// What it does: SendCommand takes one machine, the document `AWS-RunShellScript` with `commands` and `executionTimeout`, a
// TimeoutSeconds of 30 or more and a comment of at most 100 characters; `{{ … }}` in a parameter is refused, as SSM would
// replace it. A command is shown `shownAfterMs` after it was sent (InvocationDoesNotExist before), delivered after
// `deliveryMs`, run by `sh` on a script file in a group of its own with the environment of a service (PATH, no HOME), and over
// when sh ended and its pipes are closed; then its group is killed, as after executionTimeout. While it runs there is no
// output to see; afterwards the first 24,000 characters of it. A machine that is not online takes no command until it is
// back: the command is DeliveryTimedOut after `deliveryTimeoutMs`; one that SSM does not have is InvalidInstanceId.
// DescribeInstanceInformation: filters InstanceIds and tag:NAME, one machine a page. Parameter Store: a name is put once.
// What it does not: targets, other documents, several machines a command, cancelling, histories, policies of parameters.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { AwsFault, type AwsInput, type FakeAws } from './fake-aws-json.ts';

export interface FakeMachine {
  readonly id: string;
  online: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

interface Invocation {
  readonly id: string;
  readonly instanceId: string;
  readonly script: string;
  readonly sentMs: number;
  details: 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'Execution Timed Out' | 'Delivery Timed Out';
  code: number;
  stdout: string;
  stderr: string;
}

export interface FakeSsmOptions {
  readonly folder: string;
  readonly shownAfterMs: number;
  readonly deliveryMs: number;
  readonly deliveryTimeoutMs: number;
  /** Put before PATH: programs that the machine has instead of this one's. */
  readonly programs: string;
}

const mostCharacters = 24_000;

export class FakeSsm {
  readonly machines: FakeMachine[] = [];
  readonly parameters = new Map<string, { readonly value: string; readonly putMs: number }>();
  readonly invocations: Invocation[] = [];
  readonly #options: FakeSsmOptions;
  readonly #lives: Promise<void>[] = [];
  #isClosed = false;

  constructor(aws: FakeAws, options: Partial<FakeSsmOptions> & Pick<FakeSsmOptions, 'folder'>) {
    this.#options = { shownAfterMs: 5, deliveryMs: 5, deliveryTimeoutMs: 300, programs: '', ...options };
    aws.on('AmazonSSM.SendCommand', (input) => this.#send(input));
    aws.on('AmazonSSM.GetCommandInvocation', (input) => this.#invocation(input));
    aws.on('AmazonSSM.DescribeInstanceInformation', (input) => this.#describe(input));
    aws.on('AmazonSSM.PutParameter', (input) => this.#put(input));
    aws.on('AmazonSSM.GetParameter', (input) => this.#get(input));
    aws.on('AmazonSSM.GetParametersByPath', (input) => this.#byPath(input));
    aws.on('AmazonSSM.DeleteParameters', (input) => this.#delete(input));
  }

  addMachine(id: string, tags: FakeMachine['tags'] = {}, online = true): FakeMachine {
    const machine = { id, tags, online };
    this.machines.push(machine);
    return machine;
  }

  /** Commands that were not delivered yet never will be. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#lives);
  }

  #send(input: AwsInput): AwsInput {
    const [instanceId, ...more] = input['InstanceIds'] as readonly string[];
    if (!this.machines.some(({ id }) => id === instanceId) || more.length > 0)
      throw new AwsFault('InvalidInstanceId');
    if (input['DocumentName'] !== 'AWS-RunShellScript') throw new AwsFault('InvalidDocument');
    const parameters = input['Parameters'] as Readonly<Record<string, readonly string[]>>;
    const { commands, executionTimeout, ...others } = parameters;
    const isRight =
      Object.keys(others).length === 0 &&
      Number(executionTimeout?.[0]) > 0 &&
      Number(input['TimeoutSeconds']) >= 30 &&
      String(input['Comment']).length <= 100 &&
      !/\{\{/.test(JSON.stringify(parameters));
    if (!isRight || commands === undefined) throw new AwsFault('InvalidParameters');
    const invocation: Invocation = {
      id: `00000000-0000-4000-8000-${String(this.invocations.length).padStart(12, '0')}`,
      instanceId: instanceId!,
      script: commands.join('\n'),
      sentMs: Date.now(),
      details: 'Pending',
      code: -1,
      stdout: '',
      stderr: '',
    };
    this.invocations.push(invocation);
    this.#lives.push(this.#live(invocation, Number(executionTimeout![0])));
    return { Command: { CommandId: invocation.id, Status: 'Pending' } };
  }

  async #live(invocation: Invocation, seconds: number): Promise<void> {
    await setTimeout(this.#options.deliveryMs);
    const machine = this.machines.find(({ id }) => id === invocation.instanceId);
    while (machine?.online !== true) {
      if (this.#isClosed || Date.now() - invocation.sentMs > this.#options.deliveryTimeoutMs) {
        invocation.details = 'Delivery Timed Out';
        return;
      }
      await setTimeout(10);
    }
    invocation.details = 'InProgress';
    await this.#execute(invocation, seconds);
  }

  async #execute(invocation: Invocation, seconds: number): Promise<void> {
    const { folder, programs } = this.#options;
    const path = join(folder, `_script-${invocation.id}.sh`);
    writeFileSync(path, invocation.script);
    const child = spawn('sh', [path], {
      cwd: folder,
      env: { PATH: [programs, process.env['PATH']].filter((path) => path !== '').join(':') },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const killGroup = (): void => {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // Nobody is left.
      }
    };
    let isLate = false;
    const timer = globalThis.setTimeout(() => {
      isLate = true;
      killGroup();
    }, seconds * 1000);
    const [stdout, stderr, code] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      new Promise<number>((resolve) => child.on('exit', (status) => resolve(status ?? 137))),
    ]);
    clearTimeout(timer);
    killGroup();
    Object.assign(invocation, { stdout, stderr, code });
    invocation.details = isLate ? 'Execution Timed Out' : code === 0 ? 'Success' : 'Failed';
  }

  #invocation(input: AwsInput): AwsInput {
    const found = this.invocations.find(
      ({ id, instanceId }) => id === input['CommandId'] && instanceId === input['InstanceId'],
    );
    if (found === undefined || Date.now() - found.sentMs < this.#options.shownAfterMs)
      throw new AwsFault('InvocationDoesNotExist');
    return {
      CommandId: found.id,
      InstanceId: found.instanceId,
      StatusDetails: found.details,
      ResponseCode: found.code,
      StandardOutputContent: found.stdout.slice(0, mostCharacters),
      StandardErrorContent: found.stderr.slice(0, 8_000),
    };
  }

  #describe(input: AwsInput): AwsInput {
    const filters = input['Filters'] as readonly { Key: string; Values: readonly string[] }[];
    const found = this.machines.filter((machine) =>
      filters.every(({ Key, Values }) =>
        Key === 'InstanceIds'
          ? Values.includes(machine.id)
          : Values.includes(machine.tags[Key.replace('tag:', '')] ?? ''),
      ),
    );
    const at = Number(input['NextToken'] ?? 0);
    return {
      InstanceInformationList: found.slice(at, at + 1).map(({ id, online }) => ({
        InstanceId: id,
        PingStatus: online ? 'Online' : 'ConnectionLost',
        PlatformType: 'Linux',
      })),
      ...(at + 1 < found.length ? { NextToken: String(at + 1) } : {}),
    };
  }

  #put(input: AwsInput): AwsInput {
    const name = String(input['Name']);
    if (!/^\/[A-Za-z0-9_./-]{1,1000}$/.test(name)) throw new AwsFault('ValidationException');
    if (this.parameters.has(name)) throw new AwsFault('ParameterAlreadyExists');
    this.parameters.set(name, { value: String(input['Value']), putMs: Date.now() });
    return { Version: 1 };
  }

  #get(input: AwsInput): AwsInput {
    const found = this.parameters.get(String(input['Name']));
    if (found === undefined) throw new AwsFault('ParameterNotFound');
    return { Parameter: { Name: input['Name'], Value: found.value } };
  }

  #byPath(input: AwsInput): AwsInput {
    const below = [...this.parameters].filter(([name]) => name.startsWith(`${input['Path']}/`));
    return {
      Parameters: below.slice(0, Number(input['MaxResults'])).map(([name, { value, putMs }]) => ({
        Name: name,
        Value: value,
        LastModifiedDate: putMs / 1000,
      })),
    };
  }

  #delete(input: AwsInput): AwsInput {
    for (const name of input['Names'] as readonly string[]) this.parameters.delete(name);
    return {};
  }
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const part of stream) text += part;
  return text;
}
