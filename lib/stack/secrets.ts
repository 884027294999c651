// Secrets that the settings name, by name or ARN: nothing is read at synth, and nobody gets more than one secret.

import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { allow } from './statements.ts';

/** An ARN ends with a dash and six characters that AWS added, or, as people copy it, without them. */
export function secretOf(scope: Construct, id: string, name: string): ISecret {
  if (!name.startsWith('arn:')) return Secret.fromSecretNameV2(scope, id, name);
  return /-[A-Za-z0-9]{6}$/.test(name)
    ? Secret.fromSecretCompleteArn(scope, id, name)
    : Secret.fromSecretPartialArn(scope, id, name);
}

/** Reading it. Where the six characters are not known they may be any. */
export function secretRight(secret: ISecret): PolicyStatement {
  return allow(['secretsmanager:GetSecretValue'], [secret.secretFullArn ?? `${secret.secretArn}-??????`]);
}
