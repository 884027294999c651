// The tags by which a person's program finds what the stack made: names of resources are chosen by CloudFormation, and two stacks may
// have a cluster each.

/** Keys. Values are names as they stand in the settings and in this package, and the names of table and bucket. */
export const stackTags = {
  /** On state machines, functions and roles: the cluster's name in the settings. */
  cluster: 'pitr:cluster',
  /** On a state machine: the flow, as its file is called. */
  flow: 'pitr:flow',
  /** On a state machine and on a role that uses it: the state table. */
  table: 'pitr:table',
  /** On a function: its operation. */
  function: 'pitr:function',
  /** On a role: what it is for, a word of lib/config/deployed-roles.ts. */
  role: 'pitr:role',
  /** On a role: the bucket of the backup. */
  bucket: 'pitr:bucket',
} as const;
