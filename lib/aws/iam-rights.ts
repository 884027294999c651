// Rights by IAM: the roles of a stack by the tags that it gives them, and what their policies would say to a request, by IAM's own
// simulator. Changes nothing.

import {
  IAMClient,
  ListRolesCommand,
  ListRoleTagsCommand,
  type Role,
  SimulatePrincipalPolicyCommand,
  type Tag,
} from '@aws-sdk/client-iam';
import { deployedRoles, roleFacts } from '../config/deployed-roles.ts';
import { stackTags } from '../config/stack-tags.ts';
import type { RightAnswer, RightQuestion } from '../domain/doctor/role-rights.ts';
import { PitrError } from '../domain/errors.ts';
import type { FoundRole, Rights } from '../ports/rights.ts';
import { awsError } from './aws-errors.ts';
import { type ServiceLocation, serviceSettings } from './service-client.ts';

/**
 * Needs iam:ListRoles, iam:ListRoleTags and iam:SimulatePrincipalPolicy. Sends nothing yet. `region`: that of the stack; IAM itself has
 * none.
 */
export function openIamRights(location: ServiceLocation = {}): Rights {
  return new IamRights(new IAMClient(serviceSettings(location)));
}

const descriptions = new Set(deployedRoles.map((role) => roleFacts[role].description));

class IamRights implements Rights {
  readonly #client: IAMClient;

  constructor(client: IAMClient) {
    this.#client = client;
  }

  async region(): Promise<string> {
    try {
      return await this.#client.config.region();
    } catch (cause) {
      throw new PitrError(
        'INVALID_INPUT',
        'no region of AWS is known, expected AWS_REGION or a profile with one',
        {
          hint: 'set AWS_REGION to the region of the stack, and AWS_PROFILE to its account',
          cause,
        },
      );
    }
  }

  async findRoles(cluster: string): Promise<readonly FoundRole[]> {
    const region = await this.region();
    const found: FoundRole[] = [];
    // A listing tells no tags. One call for each role of an account would be too many, so descriptions of ours come first.
    for (const { RoleName, Arn } of await this.#candidates()) {
      if (RoleName === undefined || Arn === undefined) continue;
      const command = new ListRoleTagsCommand({ RoleName });
      const page = await sent(`role ${RoleName}`, 'iam:ListRoleTags', () => this.#client.send(command));
      const role = roleOf(Arn, page.Tags ?? [], cluster, region);
      if (role !== undefined) found.push(role);
    }
    return found;
  }

  async #candidates(): Promise<readonly Role[]> {
    const found: Role[] = [];
    let Marker: string | undefined;
    do {
      const command = new ListRolesCommand({ MaxItems: 1000, ...(Marker === undefined ? {} : { Marker }) });
      const page = await sent('the roles', 'iam:ListRoles', () => this.#client.send(command));
      found.push(...(page.Roles ?? []).filter(({ Description }) => descriptions.has(Description ?? '')));
      Marker = page.IsTruncated === true ? page.Marker : undefined;
    } while (Marker !== undefined);
    return found;
  }

  async simulate(
    roleArn: string,
    { actions, resource, conditions }: RightQuestion,
  ): Promise<ReadonlyMap<string, RightAnswer>> {
    const answers = new Map<string, RightAnswer>(actions.map((action) => [action, 'unknown']));
    let Marker: string | undefined;
    do {
      const command = new SimulatePrincipalPolicyCommand({
        PolicySourceArn: roleArn,
        ActionNames: [...actions],
        // One thing at a time, so that each decision is about it and no other.
        ResourceArns: [resource],
        ContextEntries: contextOf(conditions),
        ...(Marker === undefined ? {} : { Marker }),
      });
      const page = await sent(`role ${roleArn}`, 'iam:SimulatePrincipalPolicy', () =>
        this.#client.send(command),
      );
      for (const { EvalActionName, EvalDecision, MissingContextValues } of page.EvaluationResults ?? []) {
        const action = actions.find((one) => one.toLowerCase() === EvalActionName?.toLowerCase());
        if (action !== undefined) answers.set(action, answerOf(EvalDecision, MissingContextValues));
      }
      Marker = page.IsTruncated === true ? page.Marker : undefined;
    } while (Marker !== undefined);
    return answers;
  }
}

/** Undefined: a role of another cluster, or none of ours. */
function roleOf(arn: string, tags: readonly Tag[], cluster: string, region: string): FoundRole | undefined {
  const tagOf = (key: string) => tags.find((tag) => tag.Key === key)?.Value;
  const purpose = tagOf(stackTags.role);
  if (purpose === undefined || tagOf(stackTags.cluster) !== cluster) return undefined;
  const table = tagOf(stackTags.table);
  const [, partition = 'aws', , , account = ''] = arn.split(':');
  const tableArn =
    table === undefined ? undefined : `arn:${partition}:dynamodb:${region}:${account}:table/${table}`;
  return { purpose, arn, bucket: tagOf(stackTags.bucket), tableArn };
}

/** A denial for want of a condition's value says nothing about a real request, which would bring it. */
function answerOf(decision: string | undefined, missing: readonly string[] | undefined): RightAnswer {
  if (decision === 'allowed') return 'allowed';
  return decision === 'implicitDeny' && missing !== undefined && missing.length > 0 ? 'unknown' : 'denied';
}

function contextOf(conditions: RightQuestion['conditions']) {
  return Object.entries(conditions).map(([ContextKeyName, values]) => ({
    ContextKeyName,
    ContextKeyType: ContextKeyName === 'kms:ResourceAliases' ? ('stringList' as const) : ('string' as const),
    ContextKeyValues: [...values],
  }));
}

async function sent<T>(place: string, action: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw awsError(error, { place, action, unavailable: 'AWS_UNAVAILABLE' });
  }
}
