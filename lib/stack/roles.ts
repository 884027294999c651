// The six roles of a cluster's functions and what each may do; lib/config/functions.ts says which function has which, and
// lib/config/deployed-roles.ts what each may do with backup and state.

import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { roleFacts, stateActions } from '../config/deployed-roles.ts';
import type { FunctionRole } from '../config/functions.ts';
import { rightsOfPart } from './backup-rights.ts';
import type { MadeRunner } from './runner.ts';
import { secretRight } from './secrets.ts';
import { allow, roleOf } from './statements.ts';
import type { BackupPlace } from './storage.ts';
import { tagRole } from './tags.ts';

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
    const state = allow(stateActions, [table.tableArn]);
    const role = (name: FunctionRole, own: readonly PolicyStatement[]) => {
      const { description, parts, usesState } = roleFacts[name];
      const made = roleOf(this, name, {
        service: 'lambda.amazonaws.com',
        description,
        statements: [
          writesLog,
          ...(usesState ? [state] : []),
          ...parts.flatMap((part) => rightsOfPart(part, place)),
          ...own,
        ],
      });
      tagRole(made, name, place, usesState ? table.tableName : undefined);
      return made;
    };
    this.byName = {
      planner: role('planner', [keepsFailures]),
      observer: role('observer', [
        ...(needs.tlsSecret === undefined ? [] : [secretRight(needs.tlsSecret)]),
        interfaceRights(),
      ]),
      launcher: role('launcher', runner.launcherRights),
      reactor: role('reactor', [...streamRights(table), keepsFailures, ...needs.tellRights]),
      remover: role('remover', [keepsFailures]),
      cutter: role('cutter', []),
    };
  }
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
