// Secrets of Secrets Manager: the TLS material for PD, and single texts such as the address of a webhook. Must not log,
// keep or repeat what is in them: errors name the secret and its fields, never a value.

import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PitrError } from '../domain/errors.ts';
import type { PdTls } from '../pdhttp/pd-tls.ts';
import { awsError } from './aws-errors.ts';
import { type ServiceLocation, serviceSettings } from './service-client.ts';

const tlsFields = ['ca', 'cert', 'key'] as const;

/**
 * The text of a secret, by its name or ARN. Needs secretsmanager:GetSecretValue, and kms:Decrypt when its key is not AWS's.
 * Errors: INVALID_INPUT (it is not there, or holds no text), AWS_DENIED, AWS_UNAVAILABLE.
 */
export async function readSecret(name: string, location: ServiceLocation = {}): Promise<string> {
  const client = new SecretsManagerClient(serviceSettings(location));
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }));
    if (SecretString !== undefined && SecretString !== '') return SecretString;
    throw new PitrError('INVALID_INPUT', `secret ${name} holds no text, expected one that is not binary`, {
      hint: 'store it with --secret-string',
    });
  } catch (error) {
    throw awsError(error, {
      place: `secret ${name}`,
      action: 'secretsmanager:GetSecretValue',
      unavailable: 'AWS_UNAVAILABLE',
    });
  } finally {
    client.destroy();
  }
}

/** The certificates by which PD knows us: `{"ca", "cert", "key"}`, each a PEM text. Errors: as readSecret, and INVALID_INPUT. */
export async function readTlsSecret(name: string, location: ServiceLocation = {}): Promise<Required<PdTls>> {
  const fields = fieldsOf(await readSecret(name, location));
  const missing = tlsFields.filter((field) => typeof fields?.[field] !== 'string');
  if (fields === undefined || missing.length > 0) {
    throw unusable(name, fields === undefined ? 'is no JSON object' : `has no ${missing.join(', no ')}`);
  }
  const pem = (field: (typeof tlsFields)[number]) => pemOf(name, field, String(fields[field]));
  return { ca: pem('ca'), cert: pem('cert'), key: pem('key') };
}

/** Whoever escapes a PEM twice has `\n` for its line ends. */
function pemOf(secret: string, field: string, value: string): string {
  const text = value.replaceAll('\\n', '\n').trim();
  if (/^-----BEGIN [A-Z0-9 ]+-----\n[\s\S]+\n-----END [A-Z0-9 ]+-----$/.test(text.replaceAll('\r', ''))) {
    return `${text}\n`;
  }
  throw unusable(secret, `has a ${field} that is no PEM`);
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function unusable(name: string, problem: string): PitrError {
  return new PitrError(
    'INVALID_INPUT',
    `secret ${name} ${problem}: expected {"ca": PEM, "cert": PEM, "key": PEM}`,
    {
      hint: 'put the files that br takes as --ca, --cert and --key into one JSON object, with their line ends',
      details: { secret: name },
    },
  );
}
