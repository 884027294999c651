// The tags that the command line finds flows, functions and roles by. Nothing in the stack depends on them.

import { Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { DeployedRole } from '../config/deployed-roles.ts';
import { stackTags } from '../config/stack-tags.ts';
import type { ClusterMachine } from './cluster-machine.ts';
import type { BackupPlace } from './storage.ts';

export function tagParts({ cluster, table, flows, functions }: ClusterMachine): void {
  for (const [flow, machine] of Object.entries(flows.machines)) {
    tag(machine, { cluster: cluster.name, flow, table: table.tableName });
  }
  for (const [name, made] of functions) tag(made, { cluster: cluster.name, function: name });
}

/** Its cluster's tag comes from the machine of the cluster. `tableName`: where it uses the state. */
export function tagRole(
  role: Construct,
  purpose: DeployedRole,
  { bucketName }: BackupPlace,
  tableName?: string,
): void {
  tag(role, {
    role: purpose,
    bucket: bucketName,
    ...(tableName === undefined ? {} : { table: tableName }),
  });
}

function tag(part: Construct, values: Readonly<Partial<Record<keyof typeof stackTags, string>>>): void {
  for (const [key, value] of Object.entries(values))
    Tags.of(part).add(stackTags[key as keyof typeof stackTags], value);
}
