// Sentences of br that say more than their id, or have none (FACTS §1.13, §9.1; seen in the recorded outputs). Order counts:
// the first that matches decides. Only the table.
import type { ErrorCode } from '../../domain/errors.ts';
import type { ErrorVerdict, Reaction } from './error-ids.ts';

export interface ErrorSentence {
  readonly name: string;
  readonly pattern: RegExp;
  readonly verdict: (text: string) => ErrorVerdict;
}

function sentence(
  name: string,
  pattern: RegExp,
  code: ErrorCode,
  reaction: Reaction,
  meaning: string,
): ErrorSentence {
  return { name, pattern, verdict: () => ({ code, reaction, meaning }) };
}

/** The four TSOs of `restore log from A(…) to B(…), but the current existed log from C(…) to D(…)`. */
export function restoreRangeOf(text: string):
  | {
      readonly fromTs: bigint;
      readonly toTs: bigint;
      readonly logMinTs: bigint;
      readonly logMaxTs: bigint;
    }
  | undefined {
  const match =
    /restore log from (\d{1,20})\([^)]*\) to (\d{1,20})\([^)]*\),\s+but the current existed log from (\d{1,20})\([^)]*\) to (\d{1,20})/.exec(
      text,
    );
  if (match === null) return undefined;
  const [fromTs = 0n, toTs = 0n, logMinTs = 0n, logMaxTs = 0n] = match.slice(1).map(BigInt);
  return { fromTs, toTs, logMinTs, logMaxTs };
}

/** One sentence for three mistakes: the numbers tell them apart (FACTS §9). */
function rangeVerdict(text: string): ErrorVerdict {
  const range = restoreRangeOf(text);
  if (range !== undefined && range.fromTs < range.logMinTs) {
    return {
      code: 'LOG_TRUNCATED',
      reaction: 'never',
      meaning: 'the snapshot is older than the log: what lies between was truncated or never logged',
    };
  }
  const isBefore = range !== undefined && range.toTs < range.fromTs;
  const meaning = isBefore
    ? 'the moment lies before the snapshot'
    : 'the moment lies beyond the end of the log';
  return { code: 'MOMENT_NOT_IN_WINDOW', reaction: 'never', meaning };
}

export const brErrorSentences: readonly ErrorSentence[] = [
  sentence(
    'usage',
    /^(?:unknown (?:shorthand )?flag|unknown command|invalid argument "|required flag|flag needs an argument)/,
    'BR_REFUSED',
    'never',
    'br does not know its arguments: is it of the version that we think?',
  ),
  sentence(
    'already-paused',
    /The task \S{1,300} is paused already/,
    'TASK_EXISTS',
    'already-done',
    'the task is paused',
  ),
  sentence(
    'already-active',
    /The task \S{1,300} is active already/,
    'TASK_EXISTS',
    'already-done',
    'the task runs',
  ),
  sentence(
    'gc-passed',
    /failed to check gc safePoint|the global checkpoint ts: \d{1,20}\([^)]{0,100}\) has been gc/,
    'GC_PASSED',
    'never',
    'history that the log needs is garbage-collected: a new snapshot and a log backup in a new path are needed',
  ),
  sentence(
    'checkpoint-lock',
    /The existing lock will expire in \d+ seconds/,
    'BR_LOCKED',
    'retry-after-lock',
    'another run of this backup holds its checkpoint, or died less than five minutes ago',
  ),
  sentence(
    'other-arguments',
    /hash(?:e?s)? of the configs? (?:are|is) not the same|failed to resume from the checkpoint/,
    'BACKUP_ARGUMENTS_CHANGED',
    'never',
    'the unfinished backup in this path was begun with other arguments',
  ),
  sentence(
    'path-used',
    /backup (?:meta|lock) file exists in|the storage has been used for full backup/,
    'BACKUP_PATH_USED',
    'never',
    'the path holds another backup',
  ),
  sentence(
    'storage-lock',
    /failed to acquire lock on|locked, path = /,
    'BR_LOCKED',
    'retry-after-lock',
    'a lock in the bucket is held by another run, or was left by one that died',
  ),
  sentence(
    'imports-running',
    /There are some lightning\/restore tasks running/,
    'BR_LOCKED',
    'retry-after-lock',
    'an import or restore is registered; its lease ends within three minutes of its death',
  ),
  sentence(
    'restore-running',
    /task with ID \d+ already exists and is running/,
    'BR_LOCKED',
    'retry-after-lock',
    'the same restore is running',
  ),
  sentence(
    'other-restored-ts',
    /existing task has different restoredTS|cannot be restored by current task with ID/,
    'RESTORE_CONFLICT',
    'never',
    'an unfinished restore of another moment, or of the same tables, is registered in the target',
  ),
  sentence(
    'id-map-missing',
    /no base id map found from saved id or last restored PiTR/,
    'RESTORE_CONFLICT',
    'never',
    'no earlier restore in the target ends where this one begins',
  ),
  sentence(
    'log-backup-disabled',
    /Unable to create task about log-backup/,
    'CLUSTER_NOT_READY',
    'never',
    'log-backup.enable is not true on every TiKV',
  ),
  sentence(
    'log-backup-on-target',
    /log backup task is running: /,
    'CLUSTER_NOT_READY',
    'never',
    'a log backup task runs on the target, and this br does not restore beside one',
  ),
  sentence(
    'changefeeds',
    /please (?:stop|remove|stop\|remove) changefeed\(s\) before restore/,
    'CLUSTER_NOT_READY',
    'never',
    'changefeeds of TiCDC on the target stand in the way',
  ),
  sentence(
    'collation',
    /new_collation_enabled' not match/,
    'CLUSTER_NOT_READY',
    'never',
    'the target was made with another setting of new_collations_enabled_on_first_bootstrap',
  ),
  sentence(
    'other-cluster',
    /the stream log files from cluster ID:|come from different cluster/,
    'CLUSTER_MISMATCH',
    'never',
    'snapshot, log and cluster do not belong together',
  ),
  sentence(
    'gap',
    /it has gap between full backup ts:/,
    'LOG_TRUNCATED',
    'never',
    'the log begins after the snapshot',
  ),
  { name: 'range', pattern: /restore log from \d+\(/, verdict: rangeVerdict },
  sentence(
    'system-filter',
    /PiTR doesn't support custom filter to include system db/,
    'INVALID_TABLE_FILTER',
    'never',
    'a restore to a point cannot select system tables',
  ),
  sentence(
    'backupmeta-missing',
    /(?:NoSuchKey|NotFound|no such file or directory)[^\n]*backupmeta|backupmeta'?[^\n]*(?:NoSuchKey|NotFound|no such file)/,
    'BASE_MISSING',
    'never',
    'there is no complete snapshot at this place',
  ),
  sentence(
    'no-key',
    /NoSuchKey|ObjectNotFound|no such file or directory/,
    'OBJECT_MISSING',
    'never',
    'an object is not there',
  ),
  sentence('no-bucket', /NoSuchBucket/, 'INVALID_INPUT', 'never', 'the bucket is not there'),
  sentence(
    'denied',
    /AccessDenied|StatusCode: 403|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|no EC2 IMDS role found/,
    'STORAGE_DENIED',
    'never',
    'the storage refuses br',
  ),
];

/** What the network says: only when neither a sentence above nor an id that means something is there. */
export const transportSentences: readonly ErrorSentence[] = [
  sentence(
    'throttled',
    /SlowDown|RequestThrottled|TooManyRequests|StatusCode: 50[0-9]/,
    'STORAGE_UNAVAILABLE',
    'retry',
    'the storage is too busy',
  ),
  sentence(
    'unreachable',
    /connection refused|connection reset|no such host|i\/o timeout|DeadlineExceeded|deadline exceeded|code = Unavailable|failed to dial/,
    'CLUSTER_UNAVAILABLE',
    'retry',
    'PD, a TiKV or the storage does not answer',
  ),
  sentence(
    'cancelled',
    /context canceled|code = Canceled/,
    'INTERRUPTED',
    'retry',
    'the run was stopped before its end',
  ),
];
