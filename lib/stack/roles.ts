// The four roles of a cluster's functions and what each may do; lib/config/functions.ts says which function has which. What
// br may do stands in backup-rights.ts.

import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionRole } from '../config/functions.ts';
import { lockRights, readerRights } from './backup-rights.ts';
import type { MadeRunner } from './runner.ts';
import { secretRight } from './secrets.ts';
import { allow, roleOf } from './statements.ts';
import type { BackupPlace } from './storage.ts';

export interface RoleNeeds {
  readonly table: Table;
  readonly place: BackupPlace;
  readonly runner: MadeRunner;
  readonly tlsSecret: ISecret | undefined;
  readonly log: LogGroup;
  readonly unheard: Queue;
  /** What react may do beside the table: tell people, read the address of a webhook. */
  readonly tellRights: readonly PolicyStatement[];
}

/** Roles of functions; what they may do with flows and other functions is added where these are made. */
export class FunctionRoles extends Construct {
  readonly byName: Readonly<Record<FunctionRole, Role>>;

  constructor(scope: Construct, needs: RoleNeeds) {
    super(scope, 'Roles');
    const { table, place, runner, log, unheard } = needs;
    const writesLog = allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [log.logGroupArn]);
    const keepsFailures = allow(['sqs:SendMessage'], [unheard.queueArn]);
    const state = tableRights(table);
    const reads = readerRights(place);
    const role = (name: FunctionRole, description: string, statements: readonly PolicyStatement[]) =>
      roleOf(this, name, {
        service: 'lambda.amazonaws.com',
        description,
        statements: [writesLog, ...statements],
      });
    this.byName = {
      planner: role('planner', 'reads the backup and the state, decides, writes the state', [
        state,
        ...reads,
        keepsFailures,
      ]),
      observer: role('observer', 'looks at PD and the backup from inside the network', [
        state,
        ...reads,
        ...(needs.tlsSecret === undefined ? [] : [secretRight(needs.tlsSecret)]),
        interfaceRights(),
      ]),
      launcher: role('launcher', 'starts br, looks after it, takes away locks of its dead runs', [
        state,
        ...reads,
        ...lockRights(place),
        ...runner.launcherRights,
      ]),
      reactor: role('reactor', 'tells what happened, and begins what follows from it', [
        state,
        ...streamRights(table),
        keepsFailures,
        ...needs.tellRights,
      ]),
    };
  }
}

/** What lib/aws/dynamo-state-table.ts asks for; a transaction needs the rights of its parts. */
function tableRights(table: Table): PolicyStatement {
  return allow(
    [
      'dynamodb:ConditionCheckItem',
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
    ],
    [table.tableArn],
  );
}

function streamRights(table: Table): readonly PolicyStatement[] {
  return [
    allow(
      ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      [table.tableStreamArn ?? ''],
    ),
    // Lambda asks for it when the mapping is made; it takes no resource.
    allow(['dynamodb:ListStreams'], ['*']),
  ];
}

/** Lambda puts a network interface into the subnets in the name of the role; most of this takes no resource. */
function interfaceRights(): PolicyStatement {
  return allow(
    [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ],
    ['*'],
  );
}
