// Rights of IAM as plain statements, and policies made of them: the one way in which this stack grants anything. Must not know
// who gets them.

import { Aws } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

type Conditions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Allows exact actions on named resources. */
export function allow(
  actions: readonly string[],
  resources: readonly string[],
  conditions?: Conditions,
): PolicyStatement {
  return new PolicyStatement({
    effect: Effect.ALLOW,
    actions: [...actions],
    resources: [...resources],
    ...(conditions === undefined ? {} : { conditions }),
  });
}

/** Services that say for whose account they ask for a role (their pages on the confused deputy). */
const tellTheAccount = ['ecs-tasks.amazonaws.com', 'scheduler.amazonaws.com', 'states.amazonaws.com'];

/**
 * A role of one service, for this account only where it says for whom it asks, with these rights and no others: what constructs of the CDK would add
 * by themselves is not added, so that the rights are those that stand in this folder.
 */
export function roleOf(
  scope: Construct,
  id: string,
  facts: {
    readonly service: string;
    readonly description: string;
    readonly statements: readonly PolicyStatement[];
  },
): Role {
  const { service, description, statements } = facts;
  const ours = { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } };
  return new Role(scope, id, {
    assumedBy: new ServicePrincipal(service, tellTheAccount.includes(service) ? ours : {}),
    description,
    inlinePolicies: { rights: new PolicyDocument({ statements: [...statements] }) },
  });
}
