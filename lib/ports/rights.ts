// The port of what roles may do, asked of whoever knows their policies: nothing is tried out. Adapter: lib/aws/iam-rights.ts.

import type { RightAnswer, RightQuestion } from '../domain/doctor/role-rights.ts';

export interface FoundRole {
  /** What it is for: a word of lib/config/deployed-roles.ts. */
  readonly purpose: string;
  readonly arn: string;
  /** The bucket that the stack gave it rights on; undefined where its tags do not tell. */
  readonly bucket: string | undefined;
  /** ARN of the state table, for a role that uses it. */
  readonly tableArn: string | undefined;
}

/**
 * Errors of all calls: AWS_DENIED naming the action that we would need, AWS_UNAVAILABLE; INVALID_INPUT when no region is known or
 * the role is not there. Nothing here changes a role.
 */
export interface Rights {
  /** Where keys and tables of the roles are. */
  region(): Promise<string>;
  /** Those that a stack made for this cluster; none where none is deployed, several of one purpose where two stacks are. */
  findRoles(cluster: string): Promise<readonly FoundRole[]>;
  /**
   * An answer for each action of the question, by the role's own policies, its boundary and those of the organization. What the
   * thing itself allows or denies (a bucket's policy, a key's) is not looked at.
   */
  simulate(roleArn: string, question: RightQuestion): Promise<ReadonlyMap<string, RightAnswer>>;
}
