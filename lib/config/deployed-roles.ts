// The roles that the stack makes for a cluster, as far as stack and doctor both know them: what each is for, and what it may do with
// backup and state. Their other rights stand in lib/stack alone.

import type { BackupPart } from './backup-rights.ts';
import { type FunctionRole, functionRoles } from './functions.ts';
import type { TaskRole } from './runner-place.ts';

export type DeployedRole = FunctionRole | TaskRole;

/** Those that br runs with on Fargate; elsewhere it runs with the rights of its machine. */
export const taskRoles = ['writer', 'deleter', 'restorer'] as const satisfies readonly TaskRole[];

/** Those of functions first. */
export const deployedRoles: readonly DeployedRole[] = [...functionRoles, ...taskRoles];

export interface RoleFacts {
  /** In IAM. A role is looked for by it, and known by its tags. */
  readonly description: string;
  readonly parts: readonly BackupPart[];
  readonly usesState: boolean;
}

export const roleFacts: Readonly<Record<DeployedRole, RoleFacts>> = {
  planner: {
    description: 'reads the backup and the state, decides, writes the state',
    parts: ['reader'],
    usesState: true,
  },
  observer: {
    description: 'looks at PD and the backup from inside the network',
    parts: ['reader'],
    usesState: true,
  },
  launcher: {
    description: 'starts br, looks after it, takes away locks of its dead runs',
    parts: ['reader', 'locks'],
    usesState: true,
  },
  reactor: {
    description: 'tells what happened, and begins what follows from it',
    parts: [],
    usesState: true,
  },
  remover: {
    description: 'deletes what a plan of the retention names',
    parts: ['remover'],
    usesState: true,
  },
  cutter: {
    description: 'cuts the log with our own engine',
    parts: ['reader', 'deleter'],
    usesState: true,
  },
  writer: { description: 'br as writer of the backup', parts: ['writer'], usesState: false },
  deleter: { description: 'br as deleter of the backup', parts: ['deleter'], usesState: false },
  restorer: { description: 'br as restorer of the backup', parts: ['restorer'], usesState: false },
};

/** What lib/aws/dynamo-state-table.ts asks of the state table; a transaction needs the rights of its parts. */
export const stateActions: readonly string[] = [
  'dynamodb:ConditionCheckItem',
  'dynamodb:DeleteItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
];
