// Step Functions as far as our adapters call it: executions by their names, and states that wait for a token.
//
// What it does: a name is used once per state machine, and the same name with the same input is answered with the execution
// that is there as long as it runs; a token is answered once, and can be let time out; limits of outputs and causes;
// machines are listed a page at a time and have tags; an execution is described, and its history read backwards in pages.
// What it does not: run a flow. A test says which state an execution enters (`enter`), that something else happened there
// (`happen`), and how it ends (`end`).

import { AwsFault, type AwsInput, type FakeAws } from './fake-aws-json.ts';

interface Execution {
  readonly input: string;
  readonly startedMs: number;
  isRunning: boolean;
  end: ExecutionEnd;
  /** States that were entered, and empty texts for all other events, the oldest first. */
  readonly history: { readonly state: string; readonly atMs: number }[];
}

export type ExecutionEnd =
  | { readonly status: 'SUCCEEDED'; readonly output: string }
  | { readonly status: 'FAILED' | 'ABORTED' | 'TIMED_OUT'; readonly error?: string; readonly cause?: string };

const usualEnd: ExecutionEnd = { status: 'SUCCEEDED', output: '{}' };

type TokenState =
  | { readonly kind: 'waiting'; beats: number }
  | { readonly kind: 'succeeded'; readonly output: string }
  | { readonly kind: 'failed'; readonly error: string; readonly cause: string }
  | { readonly kind: 'timed-out' };

export class FakeStepFunctions {
  readonly tokens = new Map<string, TokenState>();
  readonly executions = new Map<string, Execution>();
  /** By the ARN of a machine. */
  readonly tags = new Map<string, Readonly<Record<string, string>>>();
  nowMs = Date.UTC(2026, 10, 22, 12);
  /** How many machines, or events, an answer has at most. */
  pageSize = 100;
  readonly #machines: readonly string[];

  constructor(aws: FakeAws, machines: readonly string[] = []) {
    this.#machines = machines;
    aws.on('AWSStepFunctions.SendTaskSuccess', (input) => this.#succeed(input));
    aws.on('AWSStepFunctions.SendTaskFailure', (input) => this.#fail(input));
    aws.on('AWSStepFunctions.SendTaskHeartbeat', (input) => this.#beat(input));
    aws.on('AWSStepFunctions.StartExecution', (input) => this.#start(input));
    aws.on('AWSStepFunctions.ListStateMachines', (input) => this.#list(input));
    aws.on('AWSStepFunctions.ListTagsForResource', (input) => this.#tagsOf(input));
    aws.on('AWSStepFunctions.DescribeExecution', (input) => this.#describe(input));
    aws.on('AWSStepFunctions.GetExecutionHistory', (input) => this.#history(input));
  }

  wait(token: string): void {
    this.tokens.set(token, { kind: 'waiting', beats: 0 });
  }

  end(arn: string, end: ExecutionEnd = usualEnd): void {
    Object.assign(this.executions.get(arn)!, { isRunning: false, end });
  }

  enter(arn: string, state: string): void {
    this.executions.get(arn)!.history.push({ state, atMs: this.nowMs });
  }

  /** Events that are no entry of a state: attempts, and what came of them. */
  happen(arn: string, times: number): void {
    for (let count = 0; count < times; count += 1) this.enter(arn, '');
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
    const fresh = { startedMs: this.nowMs, isRunning: true, end: usualEnd, history: [] };
    const execution = there ?? { input: text!, ...fresh };
    this.executions.set(arn, execution);
    return { executionArn: arn, startDate: execution.startedMs / 1000 };
  }

  #list(input: AwsInput): AwsInput {
    const { items, next } = this.#page(this.#machines, input);
    const stateMachines = items.map((stateMachineArn) => ({
      stateMachineArn,
      name: stateMachineArn.replace(/^.*:/, ''),
      type: 'STANDARD',
      creationDate: this.nowMs / 1000,
    }));
    return { stateMachines, ...next };
  }

  #tagsOf(input: AwsInput): AwsInput {
    const arn = String(input['resourceArn']);
    if (!this.#machines.includes(arn)) throw new AwsFault('ResourceNotFound');
    return { tags: Object.entries(this.tags.get(arn) ?? {}).map(([key, value]) => ({ key, value })) };
  }

  #describe(input: AwsInput): AwsInput {
    const { isRunning, end, startedMs } = this.#execution(input);
    const times = { startDate: startedMs / 1000, ...(isRunning ? {} : { stopDate: this.nowMs / 1000 }) };
    return { executionArn: input['executionArn'], ...times, ...(isRunning ? { status: 'RUNNING' } : end) };
  }

  #history(input: AwsInput): AwsInput {
    if (input['reverseOrder'] !== true) throw new AwsFault('ValidationException', 400, 'only backwards here');
    const { items, next } = this.#page(this.#execution(input).history.toReversed(), input);
    const events = items.map(({ state, atMs }, index) => ({
      id: index + 1,
      timestamp: atMs / 1000,
      type: state === '' ? 'TaskSubmitted' : 'TaskStateEntered',
      ...(state === '' ? {} : { stateEnteredEventDetails: { name: state } }),
    }));
    return { events, ...next };
  }

  #execution(input: AwsInput): Execution {
    const found = this.executions.get(String(input['executionArn']));
    if (found === undefined) throw new AwsFault('ExecutionDoesNotExist');
    return found;
  }

  #page<T>(all: readonly T[], input: AwsInput): { readonly items: readonly T[]; readonly next: AwsInput } {
    const from = Number(input['nextToken'] ?? 0);
    const until = from + Math.min(this.pageSize, Number(input['maxResults'] ?? this.pageSize));
    return { items: all.slice(from, until), next: until < all.length ? { nextToken: String(until) } : {} };
  }
}
