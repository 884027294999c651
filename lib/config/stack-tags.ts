// The tags by which a person's program finds what the stack made: names of resources are chosen by CloudFormation, and two stacks may
// have a cluster each.

/** Keys. Values are names as they stand in the settings and in this package, and the name of the table. */
export const stackTags = {
  /** On state machines and functions: the cluster's name in the settings. */
  cluster: 'pitr:cluster',
  /** On a state machine: the flow, as its file is called. */
  flow: 'pitr:flow',
  /** On a state machine: the state table. */
  table: 'pitr:table',
  /** On a function: its operation. */
  function: 'pitr:function',
} as const;
