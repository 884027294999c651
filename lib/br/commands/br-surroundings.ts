// What every br command shares, whatever was decided: where PD is, how to reach the storage, the environment of the process.
// Refuses secrets in arguments: they are readable in the process list, in ECS task definitions and in our own state.
import { PitrError } from '../../domain/errors.ts';
import type { Version } from '../../domain/versions.ts';

/** Files on the machine where br runs. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** `--s3.*` flags: they apply to every storage of a command; an option in a URL beats them (FACTS §1.6, §8.2). */
export interface S3Flags {
  readonly endpoint?: string;
  readonly region?: string;
  readonly provider?: string;
  readonly storageClass?: string;
  readonly sse?: string;
  readonly sseKmsKeyId?: string;
  readonly acl?: string;
  readonly roleArn?: string;
  readonly externalId?: string;
  readonly profile?: string;
}

export interface BrSurroundings {
  /** Where br is; `/br` in the image `pingcap/br`. Default `br`, by the path. */
  readonly program?: string;
  /** Of the br that runs; it must be the cluster's. */
  readonly version: Version;
  /** `host:port`, with or without `http(s)://`. */
  readonly pd: readonly string[];
  readonly tls?: TlsFiles;
  readonly s3?: S3Flags;
  /** A folder that br may write to, for platforms where `/tmp` is not it. */
  readonly workFolder?: string;
}

const s3Names: Readonly<Record<keyof S3Flags, string>> = {
  endpoint: 's3.endpoint',
  region: 's3.region',
  provider: 's3.provider',
  storageClass: 's3.storage-class',
  sse: 's3.sse',
  sseKmsKeyId: 's3.sse-kms-key-id',
  acl: 's3.acl',
  roleArn: 's3.role-arn',
  externalId: 's3.external-id',
  profile: 's3.profile',
};

/** `--name=value`; a value can never be taken for a flag or for the next argument. */
export function flag(name: string, value: string | number | bigint | boolean): string {
  return `--${name}=${value}`;
}

/**
 * `--pd=…` and TLS flags. Addresses are sorted: PD's list is part of the hash that a resumed backup must repeat (FACTS §3.3).
 * Errors: INVALID_INPUT for no address, one that is none, or https without TLS files and the reverse (FACTS §1.2).
 */
export function pdFlags(surroundings: BrSurroundings): string[] {
  const { pd, tls } = surroundings;
  if (pd.length === 0) throw invalid('no PD address: expected at least one host:port');
  const addresses = pd.map((address) => pdAddress(address, tls !== undefined));
  const tlsFlags =
    tls === undefined ? [] : [flag('ca', tls.ca), flag('cert', tls.cert), flag('key', tls.key)];
  return [flag('pd', [...new Set(addresses)].sort().join(',')), ...tlsFlags];
}

function pdAddress(address: string, hasTls: boolean): string {
  const match = /^(https?:\/\/)?((?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+):\d{1,5})\/?$/.exec(address);
  if (match?.[2] === undefined) {
    throw invalid(`${JSON.stringify(address.slice(0, 200))} is not an address of PD: expected host:port`);
  }
  const scheme = match[1];
  if (scheme !== undefined && (scheme === 'https://') !== hasTls) {
    throw invalid(
      `PD address ${address} ${hasTls ? 'is without TLS although TLS files are given' : 'needs TLS files and none are given'}`,
      'give ca, cert and key for https, and none of them for http',
    );
  }
  return match[2];
}

/** Flags of every command that opens a storage or talks to TiKV: TiKV uses its own credentials, always (FACTS §0.11). */
export function storageFlags(surroundings: BrSurroundings): string[] {
  const s3 = surroundings.s3 ?? {};
  const names = Object.keys(s3Names) as (keyof S3Flags)[];
  const given = names.flatMap((name) => (s3[name] === undefined ? [] : [flag(s3Names[name], s3[name])]));
  return [...given, flag('send-credentials-to-tikv', false)];
}

/**
 * The environment that br must have besides the runner's own credentials: logs to stdout, UTC dates, no colours
 * (FACTS §1.1, §1.7). Holds no secret.
 */
export function brEnvironment(surroundings: BrSurroundings): Readonly<Record<string, string>> {
  const region = surroundings.s3?.region;
  return {
    BR_LOG_TO_TERM: '1',
    TZ: 'UTC',
    NO_COLOR: '1',
    ...(region === undefined ? {} : { AWS_REGION: region }),
    ...(surroundings.workFolder === undefined ? {} : { TMPDIR: surroundings.workFolder }),
  };
}

const secretNames = new Set([
  'access-key',
  'access-key-id',
  'aws-access-key-id',
  'secret-access-key',
  'aws-secret-access-key',
  'session-token',
  'aws-session-token',
  'account-key',
  'sas-token',
  'encryption-key',
  'crypter.key',
  'log.crypter.key',
  'master-key',
]);
/** Of S3, GCS and Azure. */
const secretFlag = /^(?:(?:s3|azblob|gcs)\.)?(.+)$/;

/**
 * Refuses arguments that hold a secret: a secret flag, a secret option or a password in a URL, an AWS key id. The message
 * never repeats the value. Errors: INVALID_INPUT.
 */
export function refuseSecrets(argv: readonly string[]): void {
  for (const argument of argv) {
    const name = secretIn(argument);
    if (name === undefined) continue;
    throw invalid(
      `an argument of br holds a secret (${name}): every user of the machine can read it`,
      'give br a role, an environment of its own or a key file',
    );
  }
}

function secretIn(argument: string): string | undefined {
  const asFlag = /^--?([A-Za-z0-9._-]+)(?:=|$)/.exec(argument)?.[1];
  const flagName = asFlag === undefined ? undefined : plainName(asFlag);
  if (flagName !== undefined) {
    const bare = secretFlag.exec(flagName)?.[1] ?? flagName;
    if (secretNames.has(flagName) || secretNames.has(bare)) return flagName;
  }
  if (/:\/\/[^/?#]*@/.test(argument)) return 'a user or password in a URL';
  if (/(?:^|[^A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?:[^A-Z0-9]|$)/.test(argument)) return 'an AWS access key id';
  const question = argument.indexOf('?');
  if (question < 0) return undefined;
  for (const pair of argument.slice(question + 1).split(/[?&,;]/)) {
    const name = plainName(decoded(pair.split('=', 1)[0] ?? ''));
    if (secretNames.has(name)) return name;
  }
  return undefined;
}

const plainName = (name: string) => name.trim().toLowerCase().replaceAll('_', '-');

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Errors of what was decided; never repeats a secret. */
export function invalid(message: string, hint?: string): PitrError {
  return new PitrError('INVALID_INPUT', message, hint === undefined ? {} : { hint });
}
