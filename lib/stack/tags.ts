// The tags that the command line finds flows and functions by. Nothing in the stack depends on them.

import { Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { stackTags } from '../config/stack-tags.ts';
import type { ClusterMachine } from './cluster-machine.ts';

export function tagParts({ cluster, table, flows, functions }: ClusterMachine): void {
  for (const [flow, machine] of Object.entries(flows.machines)) {
    tag(machine, { cluster: cluster.name, flow, table: table.tableName });
  }
  for (const [name, made] of functions) tag(made, { cluster: cluster.name, function: name });
}

function tag(part: Construct, values: Readonly<Partial<Record<keyof typeof stackTags, string>>>): void {
  for (const [key, value] of Object.entries(values))
    Tags.of(part).add(stackTags[key as keyof typeof stackTags], value);
}
