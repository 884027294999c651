// Step Functions as far as our adapters call it: executions by their names, and states that wait for a token.
//
// What it does: a name is used once per state machine, and the same name with the same input is answered with the execution
// that is there as long as it runs; a token is answered once, and can be let time out; limits of outputs and causes.
// What it does not: run a flow. A test says when an execution ends (`end`).

import { AwsFault, type AwsInput, type FakeAws } from './fake-aws-json.ts';

interface Execution {
  readonly input: string;
  readonly startedMs: number;
  isRunning: boolean;
}

type TokenState =
  | { readonly kind: 'waiting'; beats: number }
  | { readonly kind: 'succeeded'; readonly output: string }
  | { readonly kind: 'failed'; readonly error: string; readonly cause: string }
  | { readonly kind: 'timed-out' };

export class FakeStepFunctions {
  readonly tokens = new Map<string, TokenState>();
  readonly executions = new Map<string, Execution>();
  nowMs = Date.UTC(2026, 10, 22, 12);
  readonly #machines: readonly string[];

  constructor(aws: FakeAws, machines: readonly string[] = []) {
    this.#machines = machines;
    aws.on('AWSStepFunctions.SendTaskSuccess', (input) => this.#succeed(input));
    aws.on('AWSStepFunctions.SendTaskFailure', (input) => this.#fail(input));
    aws.on('AWSStepFunctions.SendTaskHeartbeat', (input) => this.#beat(input));
    aws.on('AWSStepFunctions.StartExecution', (input) => this.#start(input));
  }

  wait(token: string): void {
    this.tokens.set(token, { kind: 'waiting', beats: 0 });
  }

  end(arn: string): void {
    this.executions.get(arn)!.isRunning = false;
  }

  #waiting(input: AwsInput): string {
    const token = String(input['taskToken']);
    const state = this.tokens.get(token);
    if (state === undefined) throw new AwsFault('InvalidToken');
    if (state.kind === 'timed-out') throw new AwsFault('TaskTimedOut');
    if (state.kind !== 'waiting') throw new AwsFault('TaskDoesNotExist');
    return token;
  }

  #succeed(input: AwsInput): AwsInput {
    const output = String(input['output']);
    if (Buffer.byteLength(output) > 262_144) throw new AwsFault('ValidationException');
    JSON.parse(output);
    this.tokens.set(this.#waiting(input), { kind: 'succeeded', output });
    return {};
  }

  #fail(input: AwsInput): AwsInput {
    const [error, cause] = [String(input['error']), String(input['cause'])];
    if (error.length > 256 || cause.length > 32_768) throw new AwsFault('ValidationException');
    this.tokens.set(this.#waiting(input), { kind: 'failed', error, cause });
    return {};
  }

  #beat(input: AwsInput): AwsInput {
    const state = this.tokens.get(this.#waiting(input));
    if (state?.kind === 'waiting') state.beats += 1;
    return {};
  }

  #start(input: AwsInput): AwsInput {
    const [machine, name, text] = [input['stateMachineArn'], input['name'], input['input']].map(String);
    if (!this.#machines.includes(machine!)) throw new AwsFault('StateMachineDoesNotExist');
    const arn = `${machine!.replace(':stateMachine:', ':execution:')}:${name}`;
    const there = this.executions.get(arn);
    if (there !== undefined && !(there.isRunning && there.input === text))
      throw new AwsFault('ExecutionAlreadyExists');
    const execution = there ?? { input: text!, startedMs: this.nowMs, isRunning: true };
    this.executions.set(arn, execution);
    return { executionArn: arn, startDate: execution.startedMs / 1000 };
  }
}
