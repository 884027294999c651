// What a failed call of DynamoDB means: a condition, something that may pass, a refusal, or a table that is not there.
// Must not wait or try again; it says whether that can help.

import type { CancellationReason } from '@aws-sdk/client-dynamodb';
import { PitrError } from '../domain/errors.ts';

/** Reasons of a cancelled transaction that pass by themselves. */
const passing = ['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];
const busy = [
  'TransactionConflictException',
  'TransactionInProgressException',
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'InternalServerError',
  'ServiceUnavailable',
  'TimeoutError',
  'AbortError',
];
const network = ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EPIPE'];
const unreachable = [...network, 'EHOSTUNREACH', 'ENETUNREACH'];
const refused = [
  'AccessDeniedException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'ExpiredTokenException',
  'CredentialsProviderError',
];

/** Why each item of a cancelled transaction was refused, or undefined when the error is another one. */
export function cancellationsOf(error: unknown): readonly CancellationReason[] | undefined {
  if (!(error instanceof Error) || error.name !== 'TransactionCanceledException') return undefined;
  const reasons: unknown = Reflect.get(error, 'CancellationReasons');
  return Array.isArray(reasons) ? (reasons as CancellationReason[]) : undefined;
}

/** Whether the same call can succeed a moment later. */
export function mayPass(error: unknown): boolean {
  const reasons = cancellationsOf(error);
  if (reasons !== undefined) {
    return reasons.every(({ Code }) => Code === undefined || Code === 'None' || passing.includes(Code));
  }
  const status = statusOf(error);
  return (
    busy.includes(nameOf(error)) ||
    unreachable.includes(nameOf(error)) ||
    (status !== undefined && status >= 500)
  );
}

/**
 * The error as one of ours. `action` is the IAM action that the call needs. STORAGE_DENIED: permissions and credentials.
 * INVALID_INPUT: no such table. STATE_UNAVAILABLE: all that may pass. INTERNAL: DynamoDB does not understand what we sent.
 */
export function dynamoError(error: unknown, place: string, action: string): PitrError {
  if (error instanceof PitrError) return error;
  const name = nameOf(error);
  const make = (
    code: 'STORAGE_DENIED' | 'INVALID_INPUT' | 'STATE_UNAVAILABLE' | 'INTERNAL',
    what: string,
    hint: string,
  ): PitrError =>
    new PitrError(code, `${place}: ${what}`, {
      hint,
      details: { place, action, error: name, status: statusOf(error) },
      cause: error,
    });
  const message = error instanceof Error ? error.message : String(error);
  if (refused.includes(name)) {
    return make(
      'STORAGE_DENIED',
      `${action} is denied (${name})`,
      `allow ${action} on the table, and renew the credentials`,
    );
  }
  if (name === 'ResourceNotFoundException') {
    return make(
      'INVALID_INPUT',
      'there is no such table',
      'check the name of the table, the region and the account',
    );
  }
  if (mayPass(error)) {
    return make(
      'STATE_UNAVAILABLE',
      `${action} failed (${name}: ${message})`,
      'try again later; look at throttling of the table, and the way to DynamoDB from the VPC',
    );
  }
  return make('INTERNAL', `${action} is not understood (${name}: ${message})`, 'report it');
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Unknown';
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' && /^E[A-Z_]+$/.test(code) ? code : error.name;
}

function statusOf(error: unknown): number | undefined {
  const metadata: unknown = error instanceof Error ? Reflect.get(error, '$metadata') : undefined;
  const status: unknown =
    typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : undefined;
  return typeof status === 'number' ? status : undefined;
}
