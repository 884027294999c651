// Every finding of cdk-nag's AWS Solutions rules that stands, with its reason. A finding that fits no row here stays an error,
// and so does a right on everything whose action is not listed. Grants nothing itself.

import { CfnResource, Stack, Validations } from 'aws-cdk-lib';
import { CfnPolicy, CfnRole } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

interface TypeException {
  readonly rule: string;
  /** Of CloudFormation. */
  readonly type: string;
  readonly reason: string;
}

export const typeExceptions: readonly TypeException[] = [
  {
    rule: 'AwsSolutions-S1',
    type: 'AWS::S3::Bucket',
    reason:
      'access logs of a backup are a bucket of their own that somebody has to keep; who wants to know who read uses CloudTrail data events',
  },
  {
    rule: 'AwsSolutions-SQS3',
    type: 'AWS::SQS::Queue',
    reason:
      'this queue is where failed calls end: it is the dead-letter queue of functions, schedules, stream and rule',
  },
  {
    rule: 'AwsSolutions-ECS4',
    type: 'AWS::ECS::Cluster',
    reason:
      'br runs for minutes a day; its own log, exit code and reason of the stop tell more, and cost less',
  },
  {
    rule: 'AwsSolutions-ECS2',
    type: 'AWS::ECS::TaskDefinition',
    reason: 'time zone and form of the log are no secrets; the certificates come from Secrets Manager',
  },
];

interface WildcardException {
  /** Of the whole resource, references in `<>`. */
  readonly resource: RegExp;
  readonly reason: string;
}

const bucket = /(?:arn:[^/]*:s3:::[^/*]+|<\w+\.Arn>)/.source;
const below = (pattern: string) => new RegExp(`^${bucket}/(?:[^*]+/)?${pattern}$`);

/** Resources that end in anything, but not everything. */
export const wildcardExceptions: readonly WildcardException[] = [
  {
    resource: below('\\*'),
    reason: 'objects below the prefix of one cluster: br and TiKV choose their names',
  },
  {
    resource: below('log-backup\\*'),
    reason: 'objects of the log: br and TiKV choose their names, and a new epoch has a folder of its own',
  },
  {
    resource: below('(?:log-backup\\*|[^*/]+)/(?:truncating\\.lock|v1/LOCK|v1/APPEND_LOCK)\\*'),
    reason: 'locks of br: their names end in what br drew by lot',
  },
  {
    resource: below('log-backup\\*/v1_stream_trancate_safepoint\\.txt'),
    reason: 'the safepoint of an old epoch, moved before it is deleted: each epoch has a folder of its own',
  },
  {
    resource: below('snapshot-\\*/backup\\.lock'),
    reason: 'the lock of a snapshot: its folder is named by the time it was taken',
  },
  {
    resource: /^arn:[^*]*:ecs:[^*]*:task\/<\w+>\/\*$/,
    reason: 'tasks of one cluster that runs nothing but br: ECS chooses their names',
  },
  {
    resource: /^arn:[^*]*:states:[^*]*:execution:<\w+\.Name>:\*$/,
    reason: 'executions of one state machine for the items of its Map: Step Functions chooses their names',
  },
  {
    resource: /^arn:[^*]*:kms:[^*]*:key\/\*$/,
    reason: 'a policy takes no alias as its resource: the condition lets only the key with this alias pass',
  },
  {
    resource: /^arn:[^*]*:(?:ec2:[^*]*:instance\/\*|ssm:[^*]*:managed-instance\/mi-\*)$/,
    reason: 'machines by their tags, as the settings say: the condition lets only those pass',
  },
  {
    resource: /^arn:[^*]*:ssm:[^*]*:parameter\/tidb-pitr\/machines\/\*$/,
    reason: 'which machine a run has: the parameters are named by the runs',
  },
];

interface ActionException {
  readonly actions: readonly string[];
  readonly reason: string;
}

/** Actions on everything: those that take no resource, or none that is known when the right is given. */
export const actionExceptions: readonly ActionException[] = [
  {
    actions: ['dynamodb:ListStreams'],
    reason: 'Lambda asks for the list of streams, which takes no resource, when it maps one',
  },
  {
    actions: [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ],
    reason: 'Lambda makes the network interfaces of a function, whose names nobody knows before',
  },
  { actions: ['ecs:ListTasks'], reason: 'takes no task: the condition lets only one cluster pass' },
  { actions: ['ecr:GetAuthorizationToken'], reason: 'takes no resource' },
  {
    actions: [
      'logs:CreateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:DescribeLogGroups',
      'logs:DescribeResourcePolicies',
      'logs:GetLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:UpdateLogDelivery',
    ],
    reason: 'Step Functions sets up the delivery of its log, which takes no resource',
  },
  {
    actions: ['ssm:DescribeInstanceInformation', 'ssm:GetCommandInvocation'],
    reason: 'take no resource: which machines are online, and what became of a command',
  },
  {
    actions: [
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ],
    reason: 'traces take no resource',
  },
];

/** Acknowledges what the tables above explain. Has no effect in an app without cdk-nag. Call it when everything is made. */
export function acknowledgeFindings(scope: IConstruct): void {
  for (const node of scope.node.findAll()) {
    if (!CfnResource.isCfnResource(node)) continue;
    for (const { rule, reason } of typeExceptions.filter(({ type }) => type === node.cfnResourceType)) {
      Validations.of(node).acknowledge({ id: rule, reason });
    }
    for (const [resource, reason] of explained(statementsOf(node))) {
      Validations.of(node).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
    }
  }
}

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

function statementsOf(node: CfnResource): readonly Statement[] {
  const resolve = (value: unknown) => Stack.of(node).resolve(value);
  const documents: readonly unknown[] =
    node instanceof CfnRole
      ? (resolve(node.policies) ?? []).map(
          (policy: { readonly policyDocument: unknown }) => policy.policyDocument,
        )
      : node instanceof CfnPolicy
        ? [node.policyDocument]
        : [];
  return documents.flatMap((document) => resolve(document).Statement ?? []);
}

/** Resource → reason, of those with a wildcard for which there is one. */
function explained(statements: readonly Statement[]): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  for (const { Resource } of statements) {
    for (const resource of listOf(Resource).map(flatten)) {
      const row = wildcardExceptions.find((exception) => exception.resource.test(resource));
      if (row !== undefined) reasons.set(resource, row.reason);
    }
  }
  const onEverything = statements.filter(({ Resource }) => listOf(Resource).includes('*'));
  const actions = onEverything.flatMap(({ Action }) => listOf(Action).map(String));
  const rows = actions.map((action) => actionExceptions.find((row) => row.actions.includes(action)));
  if (rows.length > 0 && rows.every((row) => row !== undefined)) {
    reasons.set('*', [...new Set(rows.map((row) => row?.reason))].join('; '));
  }
  return reasons;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** A reference as text, as cdk-nag writes it. */
function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  const {
    Ref,
    'Fn::GetAtt': att,
    'Fn::Join': join,
  }: Readonly<Record<string, unknown>> = { ...(value as object) };
  if (typeof Ref === 'string') return `<${Ref}>`;
  if (Array.isArray(att)) return `<${att.join('.')}>`;
  if (Array.isArray(join) && Array.isArray(join[1])) return join[1].map(flatten).join(String(join[0]));
  return JSON.stringify(value);
}
