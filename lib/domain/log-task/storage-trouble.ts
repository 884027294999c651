// What an error of TiKV says about the storage, in words and with what to do: its messages are those of the SDK that it was built with,
// nested and changing. Guesses nothing: a message that it does not know has no words. FACTS §2.6, §8.3, §8.6

export interface StorageTrouble {
  readonly what: string;
  readonly hint: string;
}

interface Pattern extends StorageTrouble {
  readonly is: RegExp;
}

/** The first that fits counts: a refusal of the key names the access, too. */
const patterns: readonly Pattern[] = [
  {
    is: /kms/i,
    what: 'the key of the bucket is refused or off',
    hint: 'allow kms:GenerateDataKey and kms:Decrypt to the role of the machines of TiKV, and look whether the key is enabled',
  },
  {
    is: /ExpiredToken|token (?:has|is) expired|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken/i,
    what: 'the credentials of TiKV are wrong or have expired',
    hint: 'give the machines of TiKV a role, and begin the task anew with --send-credentials-to-tikv=false',
  },
  {
    is: /credential/i,
    what: 'TiKV has no credentials',
    hint: 'attach a role to the machines of TiKV (instance profile or IRSA) with the rights of the output TikvPolicy',
  },
  {
    is: /AccessDenied|Access Denied|Forbidden|\b403\b/i,
    what: 'the storage refuses TiKV',
    hint: 'give the role of the machines of TiKV the rights of the output TikvPolicy, and look at the policy of the bucket',
  },
  {
    is: /NoSuchBucket/i,
    what: 'the bucket is not there',
    hint: 'look at name and region of the bucket, and who deleted it',
  },
  {
    is: /PermanentRedirect|AuthorizationHeaderMalformed|\b301\b/i,
    what: 'the bucket is in another region than TiKV asks',
    hint: 'name the region in the storage URL of the task: region=…',
  },
  {
    is: /SlowDown|ServiceUnavailable|Throttl|TooManyRequests|\b503\b/i,
    what: 'the storage is too busy',
    hint: 'wait, and resume; when it comes again, look at the request rate below one prefix of the bucket',
  },
  {
    is: /No space left|os error 28\b|disk (?:is )?full/i,
    what: 'a disk is full',
    hint: 'make room where TiKV keeps what is not uploaded yet (log-backup.temp-path), or in the folder of the backup',
  },
  {
    is: /Permission denied|os error 13\b/i,
    what: 'a folder refuses TiKV',
    hint: 'let the user of TiKV write into the folder of the backup, on every machine',
  },
  {
    is: /Not a directory|No such file or directory|os error (?:2|20)\b/i,
    what: 'the folder of the backup is not there, or is no folder',
    hint: 'mount or make it, the same on every machine of TiKV',
  },
  {
    is: /timed? ?out|dns|connect|unreachable|connection (?:reset|refused|closed)/i,
    what: 'the storage cannot be reached from TiKV',
    hint: 'look at routes, endpoints of the VPC and names, from the machine of TiKV',
  },
];

/** Undefined for a message that says nothing known about a storage. */
export function storageTrouble(message: string): StorageTrouble | undefined {
  const found = patterns.find(({ is }) => is.test(message));
  return found && { what: found.what, hint: found.hint };
}
