// The functions of one cluster, as lib/config/functions.ts lists them: code, rights, network, memory, and what becomes of a call
// that fails while nobody waits for it. Must not know who calls them.

import { Duration, RemovalPolicy, Tags } from 'aws-cdk-lib';
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type FunctionFacts, type FunctionName, factsOf } from '../config/functions.ts';
import { stackTags } from '../config/stack-tags.ts';
import { environmentOf, type VariableTexts } from './function-environment.ts';
import { codeOf, lambdaHandlerName } from './lambda-code.ts';
import { logRetention } from './log-retention.ts';
import type { Network } from './network.ts';
import type { FunctionRoles } from './roles.ts';

/** Calls that failed to the last, for a person to look at; two weeks is what SQS has. */
export function makeUnheardQueue(scope: Construct): Queue {
  return new Queue(scope, 'Unheard', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
}

/** One log for all functions of a cluster: what happened stands there in its order. */
export function makeFunctionLog(scope: Construct): LogGroup {
  return new LogGroup(scope, 'Log', { retention: logRetention, removalPolicy: RemovalPolicy.DESTROY });
}

export interface FunctionNeeds {
  readonly cluster: string;
  readonly roles: FunctionRoles;
  readonly network: Network;
  readonly log: LogGroup;
  readonly unheard: Queue;
  /** Folder with `NAME.ts`, or with `NAME/index.mjs` when they are bundled already. */
  readonly lambdaFolder: string;
}

/** Makes functions one by one, since some must know of others. */
export class Functions extends Construct {
  readonly #needs: FunctionNeeds;

  constructor(scope: Construct, needs: FunctionNeeds) {
    super(scope, 'Functions');
    this.#needs = needs;
  }

  make(name: FunctionName, texts: VariableTexts): LambdaFunction {
    const { cluster, roles, network, log, lambdaFolder } = this.#needs;
    const facts = factsOf(name);
    const made = new LambdaFunction(this, name, {
      description: `${name} of the TiDB cluster ${cluster}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: lambdaHandlerName,
      code: codeOf(name, lambdaFolder),
      // The rights are those of roles.ts: nothing is added on the way.
      role: roles.byName[facts.role].withoutPolicyUpdates(),
      memorySize: facts.memoryMiB,
      timeout: Duration.seconds(facts.timeoutSeconds),
      environment: environmentOf(this.node.scope ?? this, name, texts),
      logGroup: log,
      ...(facts.isInVpc
        ? {
            vpc: network.vpc,
            vpcSubnets: { subnets: [...network.subnets] },
            securityGroups: [network.securityGroup],
          }
        : {}),
      ...this.#failure(facts),
    });
    Tags.of(made).add(stackTags.function, name);
    return made;
  }

  /** Of calls that nobody waits for. */
  #failure({ call }: FunctionFacts): object {
    switch (call) {
      case 'answered':
        return {};
      case 'repeated':
        return { retryAttempts: 0, maxEventAge: Duration.minutes(1) };
      case 'kept':
        return {
          retryAttempts: 2,
          maxEventAge: Duration.hours(6),
          onFailure: new SqsDestination(this.#needs.unheard),
        };
      default:
        return call satisfies never;
    }
  }
}
