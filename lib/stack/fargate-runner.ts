// br on Fargate: three task definitions, alike but for the rights of their roles, a cluster for their runs, and a log. Starts
// nothing, and must not know what br is told.

import { Aws, Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import {
  AwsLogDriverMode,
  CfnCluster,
  ContainerImage,
  CpuArchitecture,
  Secret as EcsSecret,
  FargateTaskDefinition,
  LogDriver,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import type { EventPattern } from 'aws-cdk-lib/aws-events';
import type { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { roleFacts } from '../config/deployed-roles.ts';
import type { FargatePlace, TaskRole } from '../config/runner-place.ts';
import type { RunnerSettings } from '../config/settings-types.ts';
import { rightsOfPart } from './backup-rights.ts';
import { brEntryPoint } from './br-entry-point.ts';
import { logRetention } from './log-retention.ts';
import type { MadeRunner, RunnerNeeds } from './runner.ts';
import { secretRight } from './secrets.ts';
import { allow, roleOf } from './statements.ts';
import type { BackupPlace } from './storage.ts';
import { tagRole } from './tags.ts';

type Fargate = Extract<RunnerSettings, { readonly kind: 'fargate' }>;

const containerName = 'br';
const streamPrefix = 'br';

export class FargateRunner extends Construct implements MadeRunner {
  readonly place: FargatePlace;
  readonly launcherRights: readonly PolicyStatement[];
  readonly endEvent: EventPattern;

  constructor(scope: Construct, settings: Fargate, needs: RunnerNeeds) {
    super(scope, 'Runner');
    // One per cluster of TiDB: it costs nothing, and the end of a task is known by it.
    const cluster = new CfnCluster(this, 'Cluster', {
      clusterSettings: [{ name: 'containerInsights', value: 'disabled' }],
    });
    const logGroup = new LogGroup(this, 'Log', {
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const executionRole = this.#executionRole(logGroup, settings, needs);
    const roles: Role[] = [executionRole];
    const taskOf = (role: TaskRole): FargateTaskDefinition => {
      const taskRole = this.#taskRole(role, needs.place);
      roles.push(taskRole);
      return this.#task(role, { settings, taskRole, executionRole, logGroup, tlsSecret: needs.tlsSecret });
    };
    const tasks = { writer: taskOf('writer'), deleter: taskOf('deleter'), restorer: taskOf('restorer') };
    this.place = {
      kind: 'fargate',
      ecsCluster: cluster.ref,
      taskDefinitions: {
        writer: tasks.writer.taskDefinitionArn,
        deleter: tasks.deleter.taskDefinitionArn,
        restorer: tasks.restorer.taskDefinitionArn,
      },
      container: containerName,
      subnets: needs.network.subnetIds,
      securityGroups: [needs.network.securityGroup.securityGroupId],
      assignPublicIp: false,
      logGroup: logGroup.logGroupName,
      logStreamPrefix: streamPrefix,
    };
    this.launcherRights = launcherRights(cluster, Object.values(tasks), roles, logGroup);
    this.endEvent = {
      source: ['aws.ecs'],
      detailType: ['ECS Task State Change'],
      detail: { clusterArn: [cluster.attrArn], lastStatus: ['STOPPED'] },
    };
  }

  /** What ECS itself needs before br begins: the image, the certificates, the log. */
  #executionRole(logGroup: LogGroup, { image }: Fargate, { tlsSecret }: RunnerNeeds): Role {
    return roleOf(this, 'StartRole', {
      service: 'ecs-tasks.amazonaws.com',
      description: 'ECS before br begins: pulls the image, reads the certificates, writes the log',
      statements: [
        allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]),
        ...imageRights(image),
        ...(tlsSecret === undefined ? [] : [secretRight(tlsSecret)]),
      ],
    });
  }

  #taskRole(role: TaskRole, place: BackupPlace): Role {
    const { description, parts } = roleFacts[role];
    const made = roleOf(this, `${role}-role`, {
      service: 'ecs-tasks.amazonaws.com',
      description,
      statements: parts.flatMap((part) => rightsOfPart(part, place)),
    });
    tagRole(made, role, place);
    return made;
  }

  #task(
    role: TaskRole,
    parts: {
      readonly settings: Fargate;
      readonly taskRole: Role;
      readonly executionRole: Role;
      readonly logGroup: LogGroup;
      readonly tlsSecret: ISecret | undefined;
    },
  ): FargateTaskDefinition {
    const { settings, taskRole, executionRole, logGroup, tlsSecret } = parts;
    const task = new FargateTaskDefinition(this, role, {
      cpu: settings.cpuUnits,
      memoryLimitMiB: settings.memoryBytes / 2 ** 20,
      taskRole: taskRole.withoutPolicyUpdates(),
      executionRole: executionRole.withoutPolicyUpdates(),
      // pingcap/br has both; a copy of it in a registry of one's own is often of this one alone.
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.X86_64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    task.addContainer(containerName, {
      image: ContainerImage.fromRegistry(settings.image),
      entryPoint: [...brEntryPoint],
      // Each run brings its own words; a task that somebody starts by hand does no harm.
      command: ['/br', '--version'],
      environment: { TZ: 'UTC', BR_LOG_TO_TERM: '1' },
      secrets: tlsSecret === undefined ? {} : certificatesOf(tlsSecret),
      // SIGTERM makes br take its locks away; what Fargate allows at most.
      stopTimeout: Duration.seconds(120),
      // A log that cannot be written must not hold br up.
      logging: LogDriver.awsLogs({
        logGroup,
        streamPrefix,
        mode: AwsLogDriverMode.NON_BLOCKING,
        maxBufferSize: Size.mebibytes(25),
      }),
    });
    return task;
  }
}

function certificatesOf(secret: ISecret): Record<string, EcsSecret> {
  return {
    PITR_TLS_CA: EcsSecret.fromSecretsManager(secret, 'ca'),
    PITR_TLS_CERT: EcsSecret.fromSecretsManager(secret, 'cert'),
    PITR_TLS_KEY: EcsSecret.fromSecretsManager(secret, 'key'),
  };
}

/** Images of a private registry of AWS; others are public to us. */
function imageRights(image: string): readonly PolicyStatement[] {
  const [, account, region, repository] =
    /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^:@]+)/.exec(image) ?? [];
  if (repository === undefined) return [];
  const arn = `arn:${Aws.PARTITION}:ecr:${region}:${account}:repository/${repository}`;
  return [
    allow(['ecr:GetAuthorizationToken'], ['*']),
    allow(['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], [arn]),
  ];
}

function launcherRights(
  cluster: CfnCluster,
  tasks: readonly FargateTaskDefinition[],
  roles: readonly Role[],
  logGroup: LogGroup,
): readonly PolicyStatement[] {
  const inCluster = { ArnEquals: { 'ecs:cluster': cluster.attrArn } };
  const running = Stack.of(cluster).formatArn({
    service: 'ecs',
    resource: 'task',
    resourceName: `${cluster.ref}/*`,
  });
  return [
    allow(
      ['ecs:RunTask'],
      tasks.map((task) => task.taskDefinitionArn),
      inCluster,
    ),
    allow(['ecs:DescribeTasks', 'ecs:StopTask'], [running], inCluster),
    // A task is found again by its tags, which it may be given only as it begins.
    allow(['ecs:TagResource'], [running], { StringEquals: { 'ecs:CreateAction': 'RunTask' } }),
    allow(['ecs:ListTasks'], ['*'], inCluster),
    allow(
      ['iam:PassRole'],
      roles.map((role) => role.roleArn),
      { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    ),
    allow(['logs:GetLogEvents', 'logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]),
  ];
}
