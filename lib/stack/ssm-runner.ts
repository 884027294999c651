// br on a machine of the operator's, by Run Command: which documents and machines may be used. Makes nothing on that machine.

import { Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { SsmPlace } from '../config/runner-place.ts';
import type { RunnerSettings } from '../config/settings-types.ts';
import type { MadeRunner } from './runner.ts';
import { allow } from './statements.ts';

type Ssm = Extract<RunnerSettings, { readonly kind: 'ssm' }>;

export class SsmRunner extends Construct implements MadeRunner {
  readonly place: SsmPlace;
  readonly launcherRights: readonly PolicyStatement[];
  /**
   * br outlives the command that begins it, and every look at it is a command, too: an end of a command says nothing, and
   * whoever looked at br because of it would look for ever.
   */
  readonly endEvent = undefined;

  constructor(scope: Construct, settings: Ssm) {
    super(scope, 'Runner');
    const { target, document, program } = settings;
    this.place = { kind: 'ssm', target, document, program };
    this.launcherRights = [...commandRights(this, settings), ...choiceRights(this, settings)];
  }
}

function commandRights(scope: Construct, { document, target }: Ssm): readonly PolicyStatement[] {
  const stack = Stack.of(scope);
  const machine = (id: string) =>
    id.startsWith('mi-')
      ? stack.formatArn({ service: 'ssm', resource: 'managed-instance', resourceName: id })
      : stack.formatArn({ service: 'ec2', resource: 'instance', resourceName: id });
  // Documents of AWS belong to no account; their names begin with AWS.
  const documentArn = document.startsWith('arn:')
    ? document
    : stack.formatArn({
        service: 'ssm',
        resource: 'document',
        resourceName: document,
        ...(document.startsWith('AWS') ? { account: '' } : {}),
      });
  const byTags =
    target.kind === 'tags'
      ? {
          StringEquals: Object.fromEntries(
            Object.entries(target.tags).map(([tag, value]) => [`ssm:resourceTag/${tag}`, value]),
          ),
        }
      : undefined;
  const machines =
    target.kind === 'instances' ? target.instanceIds.map(machine) : [machine('*'), machine('mi-*')];
  return [
    allow(['ssm:SendCommand'], [documentArn]),
    allow(['ssm:SendCommand'], machines, byTags),
    allow(['ssm:DescribeInstanceInformation', 'ssm:GetCommandInvocation'], ['*']),
  ];
}

/** Where there are several machines, which one a run has is kept in Parameter Store: lib/aws/ssm-instances.ts. */
function choiceRights(scope: Construct, { target }: Ssm): readonly PolicyStatement[] {
  if (target.kind === 'instances' && target.instanceIds.length === 1) return [];
  const choices = Stack.of(scope).formatArn({
    service: 'ssm',
    resource: 'parameter',
    resourceName: 'tidb-pitr/machines/*',
  });
  return [
    allow(
      ['ssm:DeleteParameters', 'ssm:GetParameter', 'ssm:GetParametersByPath', 'ssm:PutParameter'],
      [choices],
    ),
  ];
}
