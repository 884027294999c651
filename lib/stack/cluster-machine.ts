// The whole machine of one cluster: each part is made once, in the order in which they need each other, and handed on. What a part
// is stands in its own file.

import { Stack, Tags } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Policy } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { encodeCluster } from '../config/cluster-env.ts';
import { type FunctionName, functionNames } from '../config/functions.ts';
import type { BegunFunctions } from '../config/launch-env.ts';
import type { ClusterSettings, RunnerSettings, VpcSettings } from '../config/settings-types.ts';
import { stackTags } from '../config/stack-tags.ts';
import { Alarms } from './alarms.ts';
import { Flows, startRestoreByEvent } from './flows.ts';
import type { VariableTexts } from './function-environment.ts';
import { Functions, makeFunctionLog, makeUnheardQueue } from './functions.ts';
import { importNetwork, type Network, type SecretsDoors } from './network.ts';
import { type Notify, notifyOf } from './notify.ts';
import { lookWhenBrEnds, reactToWishes } from './reactions.ts';
import { FunctionRoles } from './roles.ts';
import { type MadeRunner, makeRunner } from './runner.ts';
import { Schedules } from './schedules.ts';
import { secretOf } from './secrets.ts';
import { allow } from './statements.ts';
import { type BackupPlace, type Buckets, makeTable } from './storage.ts';

/** A cluster whose work is done on AWS: it has a network, and its runner is not the machine of somebody. */
export type AwsCluster = ClusterSettings & {
  readonly vpc: VpcSettings;
  readonly runner: Exclude<RunnerSettings, { readonly kind: 'local' }>;
};

export interface MachineNeeds {
  readonly cluster: AwsCluster;
  /** What clusters share. */
  readonly buckets: Buckets;
  readonly doors: SecretsDoors;
  readonly lambdaFolder: string;
}

export class ClusterMachine extends Construct {
  readonly cluster: AwsCluster;
  readonly table: Table;
  readonly place: BackupPlace;
  readonly runner: MadeRunner;
  readonly functions: ReadonlyMap<FunctionName, LambdaFunction>;
  readonly flows: Flows;
  readonly alarms: Alarms;
  /** Where calls end that failed to the last. */
  readonly unheard: Queue;

  constructor(scope: Construct, id: string, { cluster, buckets, doors, lambdaFolder }: MachineNeeds) {
    super(scope, id);
    const { name } = cluster;
    this.cluster = cluster;
    // Also for the bill: what a cluster costs is the sum of what has its tag.
    Tags.of(this).add(stackTags.cluster, name);
    const network = importNetwork(this, cluster.vpc);
    this.table = makeTable(this);
    this.place = buckets.placeOf(this, cluster);
    this.unheard = makeUnheardQueue(this);
    const log = makeFunctionLog(this);
    const tlsSecret =
      cluster.tls?.kind === 'secret' ? secretOf(this, 'Certificates', cluster.tls.secret) : undefined;
    this.runner = makeRunner(this, cluster.runner, { network, place: this.place, tlsSecret });
    const notify = notifyOf(this, cluster.notifications);
    const roles = new FunctionRoles(this, {
      ...{ table: this.table, place: this.place, runner: this.runner },
      ...{ tlsSecret, log, unheard: this.unheard, tellRights: notify.rights },
    });
    const functions = new Functions(this, {
      ...{ cluster: name, roles, network, log, unheard: this.unheard, lambdaFolder },
    });

    // react knows the flows, and these the other functions: it comes last.
    const texts = this.#texts(network, doors, notify);
    const made = new Map<FunctionName, LambdaFunction>();
    for (const other of functionNames.filter((one) => one !== 'react')) {
      made.set(other, functions.make(other, texts));
    }
    this.flows = new Flows(this, { table: this.table, functions: made });
    made.set('react', functions.make('react', { ...texts, ...this.#launchTexts(made) }));
    this.functions = made;
    this.#grantFlows(roles);

    new Schedules(this, cluster, made, this.unheard);
    reactToWishes(this, name, { table: this.table, react: this.#function('react'), unheard: this.unheard });
    const { endEvent } = this.runner;
    if (endEvent !== undefined) lookWhenBrEnds(this, name, { endEvent, brEnded: this.#function('br-ended') });
    startRestoreByEvent(this, name, this.flows.machines['restore-to-point'], this.unheard);
    this.alarms = new Alarms(this, cluster, this.unheard);
  }

  #function(name: FunctionName): LambdaFunction {
    const found = this.functions.get(name);
    if (found === undefined) throw new Error(`${name} is not made`);
    return found;
  }

  /** The variables that are known before the flows are made. */
  #texts(network: Network, doors: SecretsDoors, notify: Notify): VariableTexts {
    const { cluster } = this;
    const stack = Stack.of(this);
    const secret = cluster.tls?.kind === 'secret' ? cluster.tls.secret : undefined;
    return {
      PITR_CLUSTER: encodeCluster(cluster),
      PITR_TABLE: this.table.tableName,
      PITR_BUCKET: this.place.bucketName,
      PITR_RUNNER: stack.toJsonString(this.runner.place),
      PITR_FLOWS: undefined,
      PITR_FUNCTIONS: undefined,
      PITR_NOTIFY: stack.toJsonString(notify.places),
      PITR_TLS_SECRET: secret,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secret === undefined ? undefined : doors.urlFor(network),
    };
  }

  #launchTexts(made: ReadonlyMap<FunctionName, LambdaFunction>): Partial<VariableTexts> {
    const stack = Stack.of(this);
    const nameOf = (name: keyof BegunFunctions) => made.get(name)?.functionName ?? '';
    const begun: BegunFunctions = {
      'take-snapshot': nameOf('take-snapshot'),
      'truncate-log': nameOf('truncate-log'),
      adopt: nameOf('adopt'),
    };
    const arns = Object.entries(this.flows.machines).map(([flow, machine]) => [
      flow,
      machine.stateMachineArn,
    ]);
    return {
      PITR_FLOWS: stack.toJsonString(Object.fromEntries(arns)),
      PITR_FUNCTIONS: stack.toJsonString(begun),
    };
  }

  /**
   * What functions may do with flows. Policies of their own: the flows name functions, which wait for their roles, so that a
   * right on flows in the role itself would wait for itself.
   */
  #grantFlows(roles: FunctionRoles): void {
    const machines = Object.values(this.flows.machines).map((machine) => machine.stateMachineArn);
    const begun = (['take-snapshot', 'truncate-log', 'adopt'] as const).map(
      (name) => this.#function(name).functionArn,
    );
    // AWS's table of actions names no resource for these; what is checked is the state machine, as the CDK grants it, too.
    new Policy(this, 'AnswersFlows', {
      roles: [roles.byName.launcher],
      statements: [
        allow(['states:SendTaskFailure', 'states:SendTaskHeartbeat', 'states:SendTaskSuccess'], machines),
      ],
    });
    new Policy(this, 'BeginsWork', {
      roles: [roles.byName.reactor],
      statements: [allow(['states:StartExecution'], machines), allow(['lambda:InvokeFunction'], begun)],
    });
  }
}
