// The KMS key of a bucket as settings name it (ARN, id or alias): as a key for the bucket, and as the right to use it. Makes
// no key, and changes no key's policy.

import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { allow } from './statements.ts';

export interface KeyRight {
  readonly key: IKey;
  /** The right to do this with the key, and with no other. */
  readonly allows: (actions: readonly string[]) => PolicyStatement;
}

/** `name`: `arn:…:key/ID`, `arn:…:alias/NAME`, `alias/NAME` or `ID`, of the region or of the stack's. */
export function keyOf(scope: Construct, name: string, region: string | undefined): KeyRight {
  const arn = name.startsWith('arn:') ? name : arnOf(scope, name, region);
  const alias = /:(alias\/.+)$/.exec(arn)?.[1];
  const id = `Key-${name.replaceAll('/', '-')}`;
  const key = (scope.node.tryFindChild(id) as IKey | undefined) ?? Key.fromKeyArn(scope, id, arn);
  if (alias === undefined) return { key, allows: (actions) => allow(actions, [arn]) };
  // Policies take no alias as a resource: any key, as long as it has that alias.
  const anyKey = arn.replace(/alias\/.+$/, 'key/*');
  const named = { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': alias } };
  return { key, allows: (actions) => allow(actions, [anyKey], named) };
}

function arnOf(scope: Construct, name: string, region: string | undefined): string {
  const [resource, resourceName] = name.startsWith('alias/') ? ['alias', name.slice(6)] : ['key', name];
  return Stack.of(scope).formatArn({
    service: 'kms',
    resource,
    resourceName,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    ...(region === undefined ? {} : { region }),
  });
}
