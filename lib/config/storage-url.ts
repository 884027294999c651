// A `--storage` value as a typed location: a folder or an S3 prefix with its options, in the forms that br takes.
// Decides nothing about what is stored there, opens nothing, and never lets a secret through.

import { PitrError } from '../domain/errors.ts';

export interface FolderLocation {
  readonly kind: 'folder';
  /** As given, absolute or relative to the working folder. */
  readonly path: string;
}

export interface S3Location {
  readonly kind: 's3';
  readonly bucket: string;
  /** Without a slash at either end; empty for the whole bucket. */
  readonly prefix: string;
  readonly region?: string;
  /** `http://host:port` or `https://…`, for what is not AWS. */
  readonly endpoint?: string;
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`; the default follows br's rules. FACTS §8.2 */
  readonly forcePathStyle: boolean;
  readonly accelerate?: boolean;
  /** A profile of `~/.aws/config`. */
  readonly profile?: string;
  readonly roleArn?: string;
  readonly externalId?: string;
}

export type StorageLocation = FolderLocation | S3Location;

const knownForms = 'a folder, file:///folder, local:///folder or s3://bucket/prefix?region=…&endpoint=…';
const usedOptions = [
  'endpoint',
  'region',
  'force-path-style',
  'profile',
  'role-arn',
  'external-id',
  'provider',
  'use-accelerate-endpoint',
];
/** Options of br that say how objects are written; reading needs none of them. */
const writersOptions = ['storage-class', 'sse', 'sse-kms-key-id', 'acl'];
const secretOptions = ['access-key', 'secret-access-key', 'session-token'];

/**
 * Reads a storage URL. Throws INVALID_INPUT, which lists what is known, for other schemes, unknown or repeated options and
 * for secrets: an argument is readable for every user of the machine in its process list. FACTS §8.2
 */
export function parseStorageUrl(text: string): StorageLocation {
  if (text === '') throw invalid(`storage is empty: expected ${knownForms}`);
  if (text.includes('\0')) throw invalid(`storage has a NUL character: expected ${knownForms}`);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1]?.toLowerCase();
  switch (scheme) {
    case undefined:
      return folderOfPath(text);
    case 'file':
    case 'local':
      return folderOfUrl(text);
    case 's3':
      return s3OfUrl(text);
    default:
      throw invalid(`storage scheme ${JSON.stringify(`${scheme}://`)} is not known: expected ${knownForms}`, {
        hint: 'copy the backup into a folder or an S3 bucket; other clouds are not read by this version',
      });
  }
}

/** The location as a URL for messages, without its options. A relative folder stays as it is. */
export function formatStorageUrl(location: StorageLocation): string {
  if (location.kind === 's3') {
    return `s3://${location.bucket}${location.prefix === '' ? '' : `/${location.prefix}`}`;
  }
  return location.path.startsWith('/') ? `file://${location.path}` : location.path;
}

/** The URL of what is below it: `joinUrl('s3://b/p?region=r', 'log-backup')` is `s3://b/p/log-backup?region=r`. */
export function joinUrl(url: string, part: string): string {
  const hasOptions = /^s3:\/\//i.test(url);
  const question = hasOptions ? url.indexOf('?') : -1;
  const base = question < 0 ? url : url.slice(0, question);
  const options = question < 0 ? '' : url.slice(question);
  const isUrl = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(url);
  const below = part.replace(/^\/+|\/+$/g, '');
  const tail = isUrl ? below.split('/').map(encodeURIComponent).join('/') : below;
  return `${base.replace(/\/+$/, '')}/${tail}${options}`;
}

function folderOfPath(text: string): FolderLocation {
  const scheme = /^(s3|file|local|gs|gcs|azure|azblob|hdfs):/i.exec(text)?.[1];
  if (scheme !== undefined) {
    throw invalid(`storage ${JSON.stringify(text)} has no "//" after "${scheme}:": expected ${knownForms}`);
  }
  return { kind: 'folder', path: text };
}

function folderOfUrl(text: string): FolderLocation {
  const match = /^[a-z]+:\/\/([^/?#]*)([^?#]*)([?#].*)?$/is.exec(text);
  const host = match?.[1] ?? '';
  if (host !== '' && host.toLowerCase() !== 'localhost') {
    throw invalid(
      `storage ${JSON.stringify(text)} names the host ${JSON.stringify(host)}: expected three slashes`,
      {
        hint: `for an absolute folder write file:///${host}${match?.[2] ?? ''}; a relative one is written without a scheme`,
      },
    );
  }
  if (match?.[3] !== undefined) {
    throw invalid(`storage ${JSON.stringify(text)} has options: a folder takes none`, {
      hint: 'write a question mark in a folder name as %3F and a hash as %23',
    });
  }
  const path = decodePercent(match?.[2] ?? '', text);
  if (path === '') throw invalid(`storage ${JSON.stringify(text)} names no folder: expected file:///folder`);
  return { kind: 'folder', path };
}

function s3OfUrl(text: string): S3Location {
  const match = /^s3:\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?$/is.exec(text);
  const bucket = match?.[1] ?? '';
  const place = `s3://${bucket.replace(/^.*@/, '…@')}${match?.[2] ?? ''}`;
  if (bucket.includes('@')) throw secretRefused('a user or password');
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(bucket)) {
    throw invalid(
      `storage ${JSON.stringify(place)} names no bucket that can be: expected s3://bucket/prefix`,
    );
  }
  if (match?.[4] !== undefined) {
    throw invalid(
      `storage ${JSON.stringify(place)} is followed by "#": expected s3://bucket/prefix?options`,
      {
        hint: 'write a hash in a prefix as %23',
      },
    );
  }
  const prefix = decodePercent(match?.[2] ?? '', place).replace(/^\/+|\/+$/g, '');
  if (/(^|\/)(\.{0,2})\//.test(`${prefix}/`) && prefix !== '') {
    throw invalid(`storage prefix ${JSON.stringify(prefix)} has an empty, "." or ".." part`);
  }
  const options = readOptions(match?.[3] ?? '');
  return { kind: 's3', bucket, prefix, ...typedOptions(options) };
}

/** Names in lower case with dashes, values decoded. br turns `+` into itself, not into a blank. FACTS §8.2 */
function readOptions(query: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const rawName = equals < 0 ? pair : pair.slice(0, equals);
    const name = decodePercent(rawName, rawName).toLowerCase().replaceAll('_', '-');
    if (secretOptions.includes(name)) throw secretRefused(name);
    if (!usedOptions.includes(name) && !writersOptions.includes(name)) {
      throw invalid(
        `storage option ${JSON.stringify(name)} is not known: expected one of ${usedOptions.join(', ')}`,
      );
    }
    if (options.has(name)) throw invalid(`storage option ${name} is given twice`);
    const value = equals < 0 ? '' : decodePercent(pair.slice(equals + 1), name);
    if (value === '') throw invalid(`storage option ${name} has no value`);
    options.set(name, value);
  }
  return options;
}

type S3Options = Omit<S3Location, 'kind' | 'bucket' | 'prefix'>;

function typedOptions(options: ReadonlyMap<string, string>): S3Options {
  const region = options.get('region');
  const endpoint = options.get('endpoint');
  const profile = options.get('profile');
  const roleArn = options.get('role-arn');
  const externalId = options.get('external-id');
  const accelerate = readBoolean(options, 'use-accelerate-endpoint') ?? false;
  if (endpoint !== undefined) checkEndpoint(endpoint);
  if (externalId !== undefined && roleArn === undefined) {
    throw invalid('storage option external-id is given without role-arn: it belongs to assuming a role');
  }
  return {
    forcePathStyle: pathStyle(options, accelerate),
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accelerate ? { accelerate } : {}),
    ...(profile === undefined ? {} : { profile }),
    ...(roleArn === undefined ? {} : { roleArn }),
    ...(externalId === undefined ? {} : { externalId }),
  };
}

/** FACTS §8.2, "force-path-style". */
function pathStyle(options: ReadonlyMap<string, string>, accelerate: boolean): boolean {
  const provider = options.get('provider')?.toLowerCase() ?? '';
  if (accelerate || ['alibaba', 'netease', 'tencent'].includes(provider)) return false;
  const asked = readBoolean(options, 'force-path-style');
  if (asked !== undefined) return asked;
  const endpoint = options.get('endpoint') ?? '';
  return !(provider === 'aws' || endpoint.toLowerCase().includes('amazonaws.com') || options.has('role-arn'));
}

function readBoolean(options: ReadonlyMap<string, string>, name: string): boolean | undefined {
  const value = options.get(name);
  if (value === undefined) return undefined;
  if (/^(true|t|1)$/i.test(value)) return true;
  if (/^(false|f|0)$/i.test(value)) return false;
  throw invalid(`storage option ${name} is ${JSON.stringify(value)}: expected true or false`);
}

function checkEndpoint(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url !== undefined && (url.username !== '' || url.password !== ''))
    throw secretRefused('a user or password');
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.host === '') {
    throw invalid(
      `storage endpoint ${JSON.stringify(endpoint)} is not a URL: expected http://host or https://host`,
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw invalid(
      `storage endpoint ${JSON.stringify(url.origin)} has options of its own: expected scheme, host and port`,
      {
        hint: 'write "&", not "?", between the options of a storage URL, and quote the whole URL for the shell',
      },
    );
  }
}

function secretRefused(what: string): PitrError {
  return invalid(
    `storage URL holds ${what}: secrets in a URL are refused, every user of the machine sees them in the process list`,
    {
      hint: 'use AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or profile=NAME of ~/.aws/config, or the role of the machine',
    },
  );
}

function decodePercent(text: string, shown: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw invalid(
      `storage ${JSON.stringify(shown)} has a "%" that is not followed by two hex digits of UTF-8`,
      {
        hint: 'write a percent sign as %25',
      },
    );
  }
  if (decoded.includes('\0')) throw invalid(`storage ${JSON.stringify(shown)} has a NUL character`);
  return decoded;
}

function invalid(message: string, options: { readonly hint?: string } = {}): PitrError {
  return new PitrError('INVALID_INPUT', message, options);
}
