// The state machines of one cluster, from the files of lib/flows with the names of functions put in: they may call exactly the
// functions that their files name. Decides nothing: the files are data.

import { readFileSync } from 'node:fs';
import { ArnFormat, Duration, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { Policy, type PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type FunctionName, functionNames } from '../config/functions.ts';
import { deployedFlows, type FlowArns } from '../config/launch-env.ts';
import { stackTags } from '../config/stack-tags.ts';
import { PitrError } from '../domain/errors.ts';
import { logRetention } from './log-retention.ts';
import { allow, roleOf } from './statements.ts';

export type FlowName = keyof FlowArns;

/** The function that `${StartBr}` stands for. */
const functionsByPlaceholder: ReadonlyMap<string, FunctionName> = new Map(
  functionNames.map((name) => [placeholderOf(name), name]),
);

/** `start-br` is `StartBr` in a flow's file. */
export function placeholderOf(name: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/** The functions that a flow's file names. Errors: INTERNAL for a name that no function has. */
export function functionsOfFlow(definition: string): readonly FunctionName[] {
  const placeholders = new Set([...definition.matchAll(/\$\{([A-Za-z]+)\}/g)].map((match) => match[1] ?? ''));
  return [...placeholders].sort().map((placeholder) => {
    const name = functionsByPlaceholder.get(placeholder);
    if (name === undefined)
      throw new PitrError('INTERNAL', `a flow names \${${placeholder}}, and no function is called so`);
    return name;
  });
}

export interface FlowNeeds {
  readonly table: Table;
  readonly functions: ReadonlyMap<FunctionName, IFunction>;
}

export class Flows extends Construct {
  readonly machines: Readonly<Record<FlowName, StateMachine>>;
  readonly #log: LogGroup;
  /** One for all of a cluster: a flow does what its file says and nothing else, and roles are what a stack has too many of. */
  readonly #role: Role;

  constructor(scope: Construct, needs: FlowNeeds) {
    super(scope, 'Flows');
    this.#role = roleOf(this, 'Role', {
      service: 'states.amazonaws.com',
      description: 'the flows: call their functions',
      statements: [allow(['lambda:InvokeFunction'], functionArns(needs.functions)), ...watchRights()],
    });
    this.#log = new LogGroup(this, 'Log', { retention: logRetention, removalPolicy: RemovalPolicy.DESTROY });
    const made = deployedFlows.map((flow) => [flow, this.#machine(flow, needs)] as const);
    this.machines = Object.fromEntries(made) as Record<FlowName, StateMachine>;
  }

  #machine(flow: FlowName, { table, functions }: FlowNeeds): StateMachine {
    const definition = definitionOf(flow);
    const called = functionsOfFlow(definition).map(
      (name) => [placeholderOf(name), arnIn(functions, name)] as const,
    );
    const machine = new StateMachine(this, flow, {
      definitionBody: DefinitionBody.fromString(definition),
      definitionSubstitutions: Object.fromEntries(called),
      role: this.#role.withoutPolicyUpdates(),
      tracingEnabled: true,
      // Every step, but not its data: there are tokens in it by which a flow can be answered.
      logs: { destination: this.#log, level: LogLevel.ALL, includeExecutionData: false },
    });
    if (hasDistributedMap(definition)) this.#grantItems(flow, machine);
    // By these a person's program finds it: lib/aws/sfn-machines.ts.
    Tags.of(machine).add(stackTags.flow, flow);
    Tags.of(machine).add(stackTags.table, table.tableName);
    return machine;
  }

  /**
   * A Map that is distributed begins an execution of the machine for each item, looks at it and stops it: AWS, "IAM policies for using
   * Distributed Map states". A policy of its own: in the role itself it would name the machine, which waits for its role.
   */
  #grantItems(flow: FlowName, machine: StateMachine): void {
    const executions = Stack.of(this).formatArn({
      ...{ service: 'states', resource: 'execution', resourceName: `${machine.stateMachineName}:*` },
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    new Policy(this, `${flow}-items`, {
      roles: [this.#role],
      statements: [
        allow(['states:StartExecution'], [machine.stateMachineArn]),
        allow(['states:DescribeExecution', 'states:StopExecution'], [executions]),
      ],
    });
  }
}

/** Without its blanks: a template has room for a mebibyte. */
function definitionOf(flow: FlowName): string {
  const file = new URL(`../flows/${flow}.asl.json`, import.meta.url);
  return JSON.stringify(JSON.parse(readFileSync(file, 'utf8')));
}

/** Of every function that some flow calls. */
function functionArns(functions: FlowNeeds['functions']): readonly string[] {
  const called = new Set(deployedFlows.flatMap((flow) => functionsOfFlow(definitionOf(flow))));
  return [...called].sort().map((name) => arnIn(functions, name));
}

/** Errors: INTERNAL for one that is not made yet. */
function arnIn(functions: FlowNeeds['functions'], name: FunctionName): string {
  const made = functions.get(name);
  if (made === undefined) throw new PitrError('INTERNAL', `a flow calls ${name}, which is not made yet`);
  return made.functionArn;
}

function hasDistributedMap(definition: string): boolean {
  return definition.includes('"Mode":"DISTRIBUTED"');
}

/** What Step Functions needs to write logs and traces; none of it takes a resource. */
function watchRights(): readonly PolicyStatement[] {
  return [
    allow(
      [
        'logs:CreateLogDelivery',
        'logs:DeleteLogDelivery',
        'logs:DescribeLogGroups',
        'logs:DescribeResourcePolicies',
        'logs:GetLogDelivery',
        'logs:ListLogDeliveries',
        'logs:PutResourcePolicy',
        'logs:UpdateLogDelivery',
      ],
      ['*'],
    ),
    allow(
      [
        'xray:GetSamplingRules',
        'xray:GetSamplingTargets',
        'xray:PutTelemetryRecords',
        'xray:PutTraceSegments',
      ],
      ['*'],
    ),
  ];
}

/** A restore asked for by an event of the default bus: its detail is the input of the flow. */
export function startRestoreByEvent(
  scope: Construct,
  cluster: string,
  machine: StateMachine,
  unheard: IQueue,
): Rule {
  const role = roleOf(scope, 'RestoreRequestRole', {
    service: 'events.amazonaws.com',
    description: 'an event that asks for a restore: starts the flow',
    statements: [allow(['states:StartExecution'], [machine.stateMachineArn])],
  });
  return new Rule(scope, 'RestoreRequest', {
    description: `starts restore-to-point of the TiDB cluster ${cluster}`,
    eventPattern: {
      source: ['tidb-pitr'],
      detailType: ['restore requested'],
      detail: { cluster: [cluster] },
    },
    targets: [
      new SfnStateMachine(machine, {
        role: role.withoutPolicyUpdates(),
        input: RuleTargetInput.fromEventPath('$.detail'),
        // A restore that begins hours after it was asked for would surprise.
        maxEventAge: Duration.minutes(15),
        retryAttempts: 10,
        deadLetterQueue: unheard,
      }),
    ],
  });
}
