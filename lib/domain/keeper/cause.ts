// Why a log backup task does not go on, from what its stores, its pause and the bucket say: a table, its first row that fits. What
// the cause means for trying again stands beside it. Decides no action.

import type { KeeperCauseName } from '../state/keeper-record.ts';

/** Everything that was said about the trouble. */
export interface CauseEvidence {
  /** Errors of stores: code and message; a pause's own words have no code. */
  readonly said: readonly { readonly code: string; readonly message: string }[];
  /** Our own look at the bucket; empty when it could be read. */
  readonly bucketProblem: string;
}

interface Row {
  readonly cause: Exclude<KeeperCauseName, 'none' | 'unknown' | 'no-advancer' | 'objects-missing'>;
  /** Of TiKV's `KV:LogBackup:…` (FACTS §2.6). */
  readonly codes?: readonly string[];
  readonly words?: RegExp;
}

/**
 * Words before codes, because TiKV calls almost everything `Io`; and what is said most exactly first: a KMS that denies is a
 * permission, an expired token is told in an answer that also says 403.
 */
const rows: readonly Row[] = [
  {
    cause: 'lag-limit',
    words: /check\s?-?point\s+(?:is\s+)?(?:lag|too far)|lagged too large|lag.{0,40}(?:limit|too large)/i,
  },
  {
    cause: 'credentials',
    words:
      /Expired ?Token|token .{0,40}expired|credentials? .{0,40}expired|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidClientTokenId|InvalidToken|RequestTimeTooSkewed|couldn't find AWS credentials|no (?:providers?|credentials) (?:in chain|found|provided)|failed to (?:assume|get|load|refresh).{0,40}(?:role|credentials?)/i,
  },
  {
    cause: 'storage-denied',
    words:
      /Access ?Denied|AllAccessDisabled|UnauthorizedAccess|not authorized|Forbidden|status(?: code)?:? ?403|Permission denied|\(os error 13\)|\(os error 1\)|read-only file system|STORAGE_DENIED/i,
  },
  {
    cause: 'throttling',
    words:
      /Slow ?Down|Throttl|RequestLimitExceeded|Too ?Many ?Requests|reduce your request rate|status(?: code)?:? ?(?:429|503)|service unavailable/i,
  },
  {
    cause: 'quota',
    codes: ['OutOfQuota'],
    words:
      /OutOfQuota|No space left|disk (?:is )?full|\(os error 28\)|\(os error 122\)|quota ?exceeded|exceed.{0,20}quota|ENOSPC/i,
  },
  {
    cause: 'storage-missing',
    words:
      /NoSuchBucket|bucket .{0,80}does ?n[o']t exist|No such file or directory|\(os error 2\)|Not a directory|\(os error 20\)|OBJECT_MISSING/i,
  },
  {
    cause: 'encryption',
    codes: ['Encryption'],
    words: /encrypt|decrypt|master key|data key|\bKMS\b|crypter/i,
  },
  {
    cause: 'initial-scan',
    codes: ['ObserveCancel', 'RaftStore', 'RaftReq', 'Txn'],
    words: /initial (?:snapshot|scan)|read index not ready|observ(?:e|ation) .{0,40}cancel/i,
  },
  {
    cause: 'pd',
    codes: ['Pd'],
    words: /\bPD\b.{0,60}(?:fail|error|timeout|unavailable|not leader)|get tso|etcd/i,
  },
  {
    cause: 'network',
    codes: ['gRPC'],
    words:
      /timed? ?out|timeout|connection (?:refused|reset|closed|aborted|error)|broken pipe|dispatch failure|dns|unreachable|name resolution|tls handshake|error sending request|RpcFailure|STORAGE_UNAVAILABLE|\(os error (?:32|101|104|110|111|113)\)/i,
  },
];

/**
 * The first row that fits anything that was said; what the bucket says to us counts when nobody else says anything that is known.
 * `unknown` when no row fits.
 */
export function causeOf({ said, bucketProblem }: CauseEvidence): KeeperCauseName {
  const inWords = rows.find(({ words }) => said.some(({ message }) => words?.test(message)));
  if (inWords !== undefined) return inWords.cause;
  const inCodes = rows.find(({ codes }) => said.some(({ code }) => codes?.some((one) => isCode(code, one))));
  if (inCodes !== undefined) return inCodes.cause;
  if (bucketProblem === '') return 'unknown';
  return rows.find(({ words }) => words?.test(bucketProblem))?.cause ?? 'unknown';
}

function isCode(code: string, name: string): boolean {
  return code.split(':').at(-1)?.toLowerCase() === name.toLowerCase();
}

export interface Treatment {
  /** Of all attempts to resume, at most so many an hour, whatever the settings allow. */
  readonly mostPerHour: number;
  /** Before the first attempt. */
  readonly firstPauseMs: number;
  /** A sentence: what it is. */
  readonly meaning: string;
  /** What a person does. Sentences of a letter. */
  readonly todo: string;
}

const minuteMs = 60_000;
const often = { mostPerHour: 60, firstPauseMs: minuteMs } as const;
/** A resume changes nothing about it, but somebody may have removed it and not resumed. */
const seldom = { mostPerHour: 2, firstPauseMs: 5 * minuteMs } as const;

/** What each cause means for trying again, and for people. */
export const treatments: Readonly<Record<Exclude<KeeperCauseName, 'none'>, Treatment>> = {
  'storage-denied': {
    ...seldom,
    meaning: 'the storage refuses TiKV',
    todo: 'Allow s3:PutObject and s3:AbortMultipartUpload (with a KMS key also kms:GenerateDataKey and kms:Decrypt) on the folder to the role of TiKV; of a shared folder look at its owner and mode.',
  },
  'storage-missing': {
    ...seldom,
    meaning: 'the place of the log is not there',
    todo: 'Bring the bucket back, or mount the shared folder on every TiKV.',
  },
  throttling: {
    mostPerHour: 6,
    firstPauseMs: 2 * minuteMs,
    meaning: 'the storage is too busy',
    todo: 'If it repeats, look at the request rate of the bucket and at who else writes to it.',
  },
  credentials: {
    ...seldom,
    meaning: 'the credentials of TiKV are not good any more',
    todo: 'Renew the role or the keys of TiKV, and look at its clock. Keys that were handed over at the start of the task are in the task: br log stop and a new start are needed then, with --send-credentials-to-tikv=false.',
  },
  network: {
    ...often,
    meaning: 'the storage or another part of the cluster cannot be reached',
    todo: 'Look at the network between TiKV and the storage: routes, security groups, the endpoint of the VPC, DNS.',
  },
  quota: {
    mostPerHour: 4,
    firstPauseMs: 5 * minuteMs,
    meaning: 'space or memory for the log is exhausted',
    todo: 'Free space where TiKV keeps its temporary files (log-backup.temp-path) and in the storage, or raise its quotas.',
  },
  'lag-limit': {
    mostPerHour: 1,
    firstPauseMs: minuteMs,
    meaning: 'TiDB paused the task because it lags more than its limit',
    todo: 'Resumed as it is, TiDB pauses it again at its next tick: raise the limit first (SET GLOBAL tidb_advancer_check_point_lag_limit = …, 8.5.5 and later), and look why the log lags.',
  },
  'initial-scan': {
    mostPerHour: 3,
    firstPauseMs: minuteMs,
    meaning: 'a store could not begin to watch a region',
    todo: 'It passes as a rule. If it repeats, look at the store that tells it, and restart it or move its leaders away.',
  },
  encryption: {
    ...seldom,
    meaning: 'the log cannot be encrypted',
    todo: 'Look at the key of the log backup: is it there, enabled, and may TiKV use it?',
  },
  'no-advancer': {
    ...often,
    meaning: 'no TiDB server advances the checkpoint',
    todo: 'Start a TiDB server: one of them advances the checkpoint. If all run, restart the one that is the owner of log-backup.',
  },
  'objects-missing': {
    ...often,
    meaning: 'the bucket lacks what PD calls saved',
    todo: 'Look whether TiKV writes to this very bucket and prefix, and whether lifecycle rules or a person deleted objects of the log.',
  },
  pd: {
    ...often,
    meaning: 'PD does not answer the stores',
    todo: 'Look at the health of PD and at the network between TiKV and PD.',
  },
  unknown: {
    mostPerHour: 4,
    firstPauseMs: minuteMs,
    meaning: 'the reason is not known',
    todo: 'Look at the words of the stores, and at their logs.',
  },
};
