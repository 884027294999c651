// What a failed call of any service of AWS means: a refusal, something that may pass, or something that is not there. The
// table and the bucket add their own cases (dynamo-errors.ts, s3-errors.ts). Must not wait or try again.

import { type ErrorCode, PitrError } from '../domain/errors.ts';

/** What an error object of the SDK says; they are of many classes, and the network makes others. */
export interface SdkFailure {
  /** The service's name of the error, or the system's (`ECONNREFUSED`). */
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
}

export interface ServiceCall {
  /** What was called, for people: `function shop-take-snapshot`. */
  readonly place: string;
  /** The IAM action that the call needs: `lambda:InvokeFunction`. */
  readonly action: string;
  /** The code for what may pass. */
  readonly unavailable: Extract<ErrorCode, 'AWS_UNAVAILABLE' | 'RUNNER_UNAVAILABLE'>;
}

const network = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
];
const refusal =
  /^(?:(?:Kms|KMS)?AccessDenied(?:Exception)?|Authorization(?:Error)?(?:Exception)?|UnrecognizedClientException|InvalidClientTokenId|InvalidSignatureException|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken(?:Exception)?|ExpiredToken(?:Exception)?|TokenRefreshRequired|RequestExpired|CredentialsProviderError|OptInRequired|UnauthorizedOperation|DecryptionFailure)$/;
const busy =
  /Throttl|TooManyRequests|(?:Request|Execution)LimitExceeded|ThroughputExceeded|ServiceUnavailable|Internal(?:Server|Service)?(?:Error|Exception|Failure)|^ServiceException$/;
const absent = /NotFound|NotExist|NoSuch/;

/** Name, sentence and status of whatever was thrown. */
export function sdkFailure(error: unknown): SdkFailure {
  if (!(error instanceof Error)) return { name: 'Unknown', message: String(error), status: undefined };
  const code: unknown = Reflect.get(error, 'code');
  const metadata: unknown = Reflect.get(error, '$metadata');
  const status: unknown =
    typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : undefined;
  return {
    name: typeof code === 'string' && /^E[A-Z_]+$/.test(code) ? code : error.name,
    message: error.message,
    status: typeof status === 'number' ? status : undefined,
  };
}

/** No answer came, or not in time. */
export function isNoAnswer({ name }: SdkFailure): boolean {
  return network.includes(name) || name === 'TimeoutError' || name === 'AbortError';
}

/** Permissions or credentials: the same call is refused again. */
export function isRefusal({ name }: SdkFailure): boolean {
  return refusal.test(name);
}

/** Whether the same call can succeed a moment later. */
export function isPassing(failure: SdkFailure): boolean {
  const { name, status } = failure;
  return isNoAnswer(failure) || busy.test(name) || status === 429 || (status !== undefined && status >= 500);
}

/**
 * The error as one of ours: AWS_DENIED names the missing action, INVALID_INPUT what is not there, `unavailable` is for all
 * that may pass, and INTERNAL for what the service does not understand.
 */
export function awsError(error: unknown, { place, action, unavailable }: ServiceCall): PitrError {
  if (error instanceof PitrError) return error;
  const failure = sdkFailure(error);
  const { name, message, status } = failure;
  const make = (code: ErrorCode, what: string, hint: string): PitrError =>
    new PitrError(code, `${place}: ${what}`, {
      hint,
      details: { place, action, error: name, status, message },
      cause: error,
    });
  if (isRefusal(failure) || status === 401 || status === 403) {
    return make(
      'AWS_DENIED',
      `${action} is denied (${name})`,
      `allow ${action} on it, and look whether the credentials are still good`,
    );
  }
  if (isPassing(failure)) {
    return make(
      unavailable,
      `${action} failed (${name}: ${message})`,
      'try again later; look at throttling, and at the way to the service from the VPC',
    );
  }
  if (absent.test(name) || status === 404) {
    return make('INVALID_INPUT', `it is not there (${name})`, 'check the name, the region and the account');
  }
  return make('INTERNAL', `${action} is not understood (${name}: ${message})`, 'report it');
}
