// How our clients of AWS's services beside the storage are made: the SDK tries again by itself, since every call of ours
// may be made twice, and everything has a time limit. Opens no connection.

export interface ServiceLocation {
  /** Default: AWS_REGION and the profile, as everywhere in AWS. */
  readonly region?: string;
  /** `http://host:port` for what is not AWS. Default: AWS_ENDPOINT_URL_… of the service, then AWS itself. */
  readonly endpoint?: string;
}

/** Limits of one request; they fit thrice into the time of a function. */
export const serviceLimits = {
  attempts: 3,
  connectMs: 3_000,
  answerMs: 8_000,
} as const;

/** The settings of any client of the SDK. Credentials by the default chain of AWS. */
export function serviceSettings({ region, endpoint }: ServiceLocation) {
  return {
    maxAttempts: serviceLimits.attempts,
    requestHandler: {
      connectionTimeout: serviceLimits.connectMs,
      requestTimeout: serviceLimits.answerMs,
      throwOnRequestTimeout: true,
    },
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}
