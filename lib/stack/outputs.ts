// What the stack tells when it is deployed, for people: where each flow is in the console, where state and backup are, and the
// rights that TiKV needs, attached to its role where the settings name it.

import { Aws, CfnOutput, Stack } from 'aws-cdk-lib';
import { Policy, PolicyDocument, Role } from 'aws-cdk-lib/aws-iam';
import { tikvRights } from './backup-rights.ts';
import type { ClusterMachine } from './cluster-machine.ts';
import { type FlowName, placeholderOf } from './flows.ts';

const flowWords: Readonly<Record<FlowName, string>> = {
  snapshot: 'snapshots of',
  truncate: 'cuts of the log of',
  'log-task': 'changes of the log backup task of',
  'restore-to-point': 'bring back a moment of',
};

/** Outputs are called by cluster and thing: `ShopBucket`, `ShopRestoreToPointFlow`. */
export function writeOutputs(machine: ClusterMachine): void {
  const { name } = machine.cluster;
  const stack = Stack.of(machine);
  const say = (what: string, value: string, description: string) =>
    new CfnOutput(stack, `${placeholderOf(name)}${what}`, { value, description });
  say('Bucket', machine.place.bucketName, `bucket of ${name}; the stack never deletes it`);
  say('Table', machine.table.tableName, `state of ${name}; the stack never deletes it`);
  for (const [flow, words] of Object.entries(flowWords) as [FlowName, string][]) {
    const { stateMachineArn } = machine.flows.machines[flow];
    say(`${placeholderOf(flow)}Flow`, consoleOf(stateMachineArn), `console: ${words} ${name}`);
  }
  for (const operation of ['adopt', 'rebuild'] as const) {
    const functionName = machine.functions.get(operation)?.functionName ?? '';
    say(`${placeholderOf(operation)}Function`, functionName, `function ${operation} of ${name}`);
  }
  grantTikv(machine, (document) =>
    say('TikvPolicy', document, `rights that the machines of TiKV and TiDB of ${name} need`),
  );
}

/** In two pieces, so that it does not look like a call of the console. */
export const consoleHost = `${Aws.REGION}.${'console'}.aws.amazon.com`;

function consoleOf(stateMachineArn: string): string {
  return `https://${consoleHost}/states/home?region=${Aws.REGION}#/statemachines/view/${stateMachineArn}`;
}

/** Only the document when nobody named the role: the stack guesses none. */
function grantTikv(machine: ClusterMachine, print: (document: string) => void): void {
  const statements = [...tikvRights(machine.place)];
  const { tikvRole } = machine.cluster;
  if (tikvRole === undefined) {
    print(Stack.of(machine).toJsonString(new PolicyDocument({ statements })));
    return;
  }
  new Policy(machine, 'TikvRights', {
    roles: [Role.fromRoleArn(machine, 'TikvRole', tikvRole)],
    statements,
  });
}
