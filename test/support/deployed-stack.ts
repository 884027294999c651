// The real stack in an emulator of AWS, made, looked at and taken away by the CDK's own command; and what was made, by the names
// that the stack gives it.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import {
  type FunctionConfiguration,
  InvokeCommand,
  LambdaClient,
  paginateListFunctions,
} from '@aws-sdk/client-lambda';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { FunctionName } from '../../lib/config/functions.ts';
import { emulatedAccount, emulatedRegion, type Ministack } from './ministack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cdkProgram = join(root, 'node_modules/aws-cdk/bin/cdk');
const cdkMs = 180_000;

export interface CdkEnd {
  readonly exitCode: number | null;
  readonly output: string;
}

export interface FunctionAnswer {
  /** undefined when it did not fail. */
  readonly errorType: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

export class DeployedStack {
  readonly #ministack: Ministack;
  readonly #folder: string;
  readonly #lambda: LambdaClient;
  readonly #flows: SFNClient;
  #functions: readonly FunctionConfiguration[] = [];

  /** `folder` holds `pitr.yaml`. */
  constructor(ministack: Ministack, folder: string) {
    this.#ministack = ministack;
    this.#folder = folder;
    this.#lambda = new LambdaClient({ endpoint: ministack.endpoint });
    this.#flows = new SFNClient({ endpoint: ministack.endpoint });
  }

  bootstrap(): Promise<CdkEnd> {
    return this.cdk('bootstrap', `aws://${emulatedAccount}/${emulatedRegion}`);
  }

  /** Deploys, and learns what was made. */
  async deploy(): Promise<CdkEnd & { readonly outputs: Readonly<Record<string, string>> }> {
    const file = join(this.#folder, 'outputs.json');
    const end = await this.cdk('deploy', '--require-approval', 'never', '--outputs-file', file);
    if (end.exitCode !== 0) return { ...end, outputs: {} };
    const made: FunctionConfiguration[] = [];
    for await (const page of paginateListFunctions({ client: this.#lambda }, {})) {
      made.push(...(page.Functions ?? []));
    }
    this.#functions = made;
    return { ...end, outputs: JSON.parse(readFileSync(file, 'utf8'))['TidbPitr'] };
  }

  /** One command of the CDK's program, of the installed version, with nothing of this machine's own settings. */
  async cdk(command: string, ...args: readonly string[]): Promise<CdkEnd> {
    const settings = ['-c', `settings=${join(this.#folder, 'pitr.yaml')}`];
    const where = ['--output', join(this.#folder, 'cdk.out'), '--no-notices'];
    const child = spawn(process.execPath, [cdkProgram, command, ...args, ...settings, ...where], {
      cwd: root,
      env: {
        ...this.#ministack.environment,
        ...{ CI: 'true', NO_COLOR: '1', CDK_DISABLE_CLI_TELEMETRY: 'true' },
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: cdkMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const exitCode = await new Promise<number | null>((done) => child.once('close', done));
    return { exitCode, output };
  }

  /** What was deployed for a function of lib/config/functions.ts. */
  deployed(name: FunctionName): FunctionConfiguration {
    const found = this.#functions.find(({ Description = '' }) => Description.startsWith(`${name} of `));
    if (found === undefined) throw new Error(`the function ${name} was not deployed`);
    return found;
  }

  environmentOf(name: FunctionName): Readonly<Record<string, string>> {
    return this.deployed(name).Environment?.Variables ?? {};
  }

  async invoke(name: FunctionName, input: object): Promise<FunctionAnswer> {
    const { FunctionError, Payload } = await this.#lambda.send(
      new InvokeCommand({ FunctionName: this.deployed(name).FunctionName, Payload: JSON.stringify(input) }),
    );
    const body = JSON.parse(Buffer.from(Payload ?? []).toString('utf8') || '{}');
    return { errorType: FunctionError === undefined ? undefined : String(body.errorType), body };
  }

  /** Starts an execution by the flow's ARN and gives its own. */
  async start(stateMachineArn: string, input: object): Promise<string> {
    const command = new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) });
    return (await this.#flows.send(command)).executionArn ?? '';
  }

  /** Executions of a flow that are over, by their ARNs. */
  async over(stateMachineArn: string): Promise<readonly string[]> {
    const { executions = [] } = await this.#flows.send(new ListExecutionsCommand({ stateMachineArn }));
    return executions.flatMap(({ status, executionArn = '' }) =>
      status === 'RUNNING' ? [] : [executionArn],
    );
  }

  /** What the functions wrote into their log as errors. */
  async errors(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const client = new CloudWatchLogsClient({ endpoint: this.#ministack.endpoint });
    const logGroupName = this.deployed('react').LoggingConfig?.LogGroup ?? '';
    const errors: Readonly<Record<string, unknown>>[] = [];
    for await (const { events = [] } of paginateFilterLogEvents({ client }, { logGroupName })) {
      const lines = events.flatMap(({ message = '' }) => (message.startsWith('{') ? [message] : []));
      errors.push(...lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'error'));
    }
    return errors;
  }

  /** How an execution ended, once it has. */
  async endOf(executionArn: string, withinMs: number) {
    return await until(`the end of ${executionArn}`, withinMs, async () => {
      const seen = await this.#flows.send(new DescribeExecutionCommand({ executionArn }));
      return seen.status === 'RUNNING' ? undefined : seen;
    });
  }

  /** Names of the states that an execution entered, in their order. */
  async stepsOf(executionArn: string): Promise<readonly string[]> {
    const { events = [] } = await this.#flows.send(new GetExecutionHistoryCommand({ executionArn }));
    return events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
  }
}

/** What `look` gives once it gives something. An error with the last thing that was seen when that is too late. */
export async function until<T>(
  what: string,
  withinMs: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const endMs = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > endMs) throw new Error(`${what} did not come within ${withinMs / 1000} s`);
    await setTimeout(500);
  }
}
