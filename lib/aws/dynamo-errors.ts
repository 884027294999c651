// What a failed call of DynamoDB means: a condition, something that may pass, a refusal, or a table that is not there.
// Must not wait or try again; it says whether that can help.

import type { CancellationReason } from '@aws-sdk/client-dynamodb';
import { PitrError } from '../domain/errors.ts';
import { isPassing, isRefusal, sdkFailure } from './aws-errors.ts';

/** Reasons of a cancelled transaction that pass by themselves. */
const passing = ['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];
/** What a table says when it is busy, and no other service does. */
const busy = ['TransactionConflictException', 'TransactionInProgressException'];

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
  const failure = sdkFailure(error);
  return busy.includes(failure.name) || isPassing(failure);
}

/**
 * The error as one of ours. `action` is the IAM action that the call needs. STORAGE_DENIED: permissions and credentials.
 * INVALID_INPUT: no such table. STATE_UNAVAILABLE: all that may pass. INTERNAL: DynamoDB does not understand what we sent.
 */
export function dynamoError(error: unknown, place: string, action: string): PitrError {
  if (error instanceof PitrError) return error;
  const failure = sdkFailure(error);
  const { name, message, status } = failure;
  const make = (
    code: 'STORAGE_DENIED' | 'INVALID_INPUT' | 'STATE_UNAVAILABLE' | 'INTERNAL',
    what: string,
    hint: string,
  ): PitrError =>
    new PitrError(code, `${place}: ${what}`, {
      hint,
      details: { place, action, error: name, status },
      cause: error,
    });
  if (isRefusal(failure)) {
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
