// What an answer of S3, or its absence, means: no such object, a refusal, a wrong place, or trouble that may pass.
// Must not decide whether to try again; the code of the error says whether it can help.

import { PitrError } from '../domain/errors.ts';
import { isNoAnswer, type SdkFailure, sdkFailure } from './aws-errors.ts';

export interface S3Call {
  /** The permission that the call needs, e.g. `s3:GetObject`. */
  readonly permission: string;
  /** The whole URL of the object, prefix or bucket, for messages. */
  readonly place: string;
  readonly bucket: string;
  /** `https://host` when it was given, else undefined for AWS. */
  readonly endpoint: string | undefined;
}

interface Answer extends SdkFailure {
  /** The region that the bucket is in, when S3 told it. */
  readonly region: string | undefined;
}

const expired = ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired'];
const elsewhere = [
  'PermanentRedirect',
  'TemporaryRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
];

/** The object is not there. A bucket that is not there is something else. */
export function isNoSuchKey(error: unknown): boolean {
  const { name, status } = answerOf(error);
  return name === 'NoSuchKey' || name === 'NotFound' || (status === 404 && name !== 'NoSuchBucket');
}

/** The range starts at or past the end of the object. */
export function isRangeNotSatisfiable(error: unknown): boolean {
  const { name, status } = answerOf(error);
  return status === 416 || name === 'InvalidRange';
}

/**
 * Any failure of a call as one of ours. STORAGE_DENIED: permissions, credentials, archived objects and what S3 refuses to
 * do. INVALID_INPUT: no such bucket, wrong region. STORAGE_UNAVAILABLE: throttling, 5xx, network. FACTS §8.1, §8.4
 */
export function s3Error(error: unknown, call: S3Call): PitrError {
  if (error instanceof PitrError) return error;
  const answer = answerOf(error);
  const make = (
    code: 'STORAGE_DENIED' | 'STORAGE_UNAVAILABLE' | 'INVALID_INPUT',
    what: string,
    hint: string,
  ): PitrError =>
    new PitrError(code, `${call.place}: ${what}`, {
      hint,
      details: { place: call.place, permission: call.permission, error: answer.name, status: answer.status },
      cause: error,
    });
  const { name, status } = answer;
  if (name === 'NoSuchBucket') {
    return make(
      'INVALID_INPUT',
      `there is no bucket ${call.bucket}`,
      'check the bucket name and the endpoint of the URL',
    );
  }
  if (elsewhere.includes(name) || status === 301 || status === 307) {
    const region = answer.region ?? 'another region';
    return make(
      'INVALID_INPUT',
      `the bucket is in ${region}`,
      `add region=${answer.region ?? 'REGION'} to the URL`,
    );
  }
  if (isNoAnswer(answer)) {
    const hint = `check the network and the endpoint ${call.endpoint ?? 'of S3 in this region'}`;
    return make('STORAGE_UNAVAILABLE', `no answer (${name}: ${answer.message})`, hint);
  }
  const refusal = refusalOf(answer, call);
  if (refusal !== undefined) return make('STORAGE_DENIED', refusal.what, refusal.hint);
  return make(
    'STORAGE_UNAVAILABLE',
    `${call.permission} failed (${status ?? 'no status'} ${name}: ${answer.message})`,
    'try again later; when it stays, look at the health page of the storage',
  );
}

function refusalOf(
  answer: Answer,
  call: S3Call,
): { readonly what: string; readonly hint: string } | undefined {
  const { name, status, message } = answer;
  if (name === 'CredentialsProviderError') {
    const hint =
      'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or profile=NAME in the URL, or run with a role';
    return { what: `no credentials were found (${message})`, hint };
  }
  if (expired.includes(name)) return { what: `the credentials have expired (${name})`, hint: 'renew them' };
  if (name === 'RequestTimeTooSkewed') {
    return { what: 'the clock of this machine is wrong (RequestTimeTooSkewed)', hint: 'set the clock' };
  }
  if (name === 'InvalidObjectState') {
    const hint =
      'bring the object back with s3:RestoreObject, and keep backups out of the GLACIER storage classes';
    return { what: 'the object is archived (InvalidObjectState)', hint };
  }
  if (name === 'AccessDenied' || status === 401 || status === 403) {
    const hint = `allow ${call.permission}; S3 says the same of a missing object when s3:ListBucket is not allowed`;
    return { what: `${call.permission} is denied (${status ?? 'no status'} ${name})`, hint };
  }
  const isForGood = status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (
    !isForGood ||
    ['SlowDown', 'RequestTimeout', 'ThrottlingException', 'RequestThrottled'].includes(name)
  ) {
    return undefined;
  }
  const hint =
    'the storage does not take this request: check endpoint, region and force-path-style of the URL';
  return { what: `${call.permission} is refused (${status} ${name}: ${message})`, hint };
}

function answerOf(error: unknown): Answer {
  const failure = sdkFailure(error);
  if (!(error instanceof Error)) return { ...failure, region: undefined };
  const response: unknown = Reflect.get(error, '$response');
  const headers: unknown = isObject(response) ? Reflect.get(response, 'headers') : undefined;
  const headerRegion = isObject(headers) ? textOf(headers, 'x-amz-bucket-region') : undefined;
  return { ...failure, region: headerRegion ?? textOf(error, 'Region') };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function textOf(value: object, name: string): string | undefined {
  const found: unknown = Reflect.get(value, name);
  return typeof found === 'string' && found !== '' ? found : undefined;
}
