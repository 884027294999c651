// The one error of the project: a closed list of codes, each with whose fault it is, whether trying again can
// help, and the exit code of the command line. The code is the error's `name`, so that a state machine can match it.

/** Whose fault: the caller's words, the bytes of the backup, or the machinery around us. */
export type Fault = 'user' | 'backup' | 'system';

interface CodeFacts {
  readonly fault: Fault;
  /** Whether the same call can succeed later without anybody changing anything. */
  readonly retry: boolean;
  /** Exit code of `pitr`: 2 wrong usage, 3 moment not in the window, 4 backup damaged, 1 anything else. */
  readonly exit: 1 | 2 | 3 | 4;
}

const user = (exit: 2 | 3): CodeFacts => ({ fault: 'user', retry: false, exit });
/** A fault of what was asked for, seen only when the cluster or bucket was looked at. */
const asked: CodeFacts = { fault: 'user', retry: false, exit: 1 };
const damaged: CodeFacts = { fault: 'backup', retry: false, exit: 4 };
const refused: CodeFacts = { fault: 'backup', retry: false, exit: 1 };
const system = (retry: boolean): CodeFacts => ({ fault: 'system', retry, exit: 1 });

/** Every code of the project. docs/runbook.md has one entry per code, and a test holds the two lists together. */
export const errorCodes = {
  /** An argument, flag or environment value is not of the form that was asked for. */
  INVALID_INPUT: user(2),
  /** A date-time without a zone. */
  MOMENT_WITHOUT_ZONE: user(2),
  /** A `--tables` rule that cannot be read, or that selects nothing. */
  INVALID_TABLE_FILTER: user(2),
  /** A table named in a query is not there at that moment. */
  TABLE_NOT_FOUND: user(2),
  /** The SQL of `pitr query` is not understood. */
  INVALID_QUERY: user(2),
  /** An encrypted object, and no key was given. */
  KEY_MISSING: user(2),
  /** An encrypted object, and the key given does not open it. */
  KEY_WRONG: user(2),
  /** The target (file or folder of a restore) exists and is not ours to replace. */
  TARGET_OCCUPIED: user(2),
  /** No complete base and unbroken log reach the moment. */
  MOMENT_NOT_IN_WINDOW: user(3),
  /** There is no complete snapshot at all, or not the one that was asked for. */
  BASE_MISSING: user(3),
  /** The log that the moment needs was truncated. */
  LOG_TRUNCATED: user(3),
  /** A snapshot that stays needs the log that is to be cut. */
  LOG_NEEDED: user(3),
  /** Snapshot and log were made by different clusters. */
  CLUSTER_MISMATCH: user(3),
  /** Bytes of an object are not what its metadata promises. */
  OBJECT_DAMAGED: damaged,
  /** An object that the metadata names is not there. */
  OBJECT_MISSING: damaged,
  /** An object's name or content belongs to another format than its place says. */
  OBJECT_UNRECOGNIZED: damaged,
  /** Bytes of a key, row or document that no version of TiDB writes. */
  ROW_DAMAGED: damaged,
  /** A form that is real but that this version does not read; never a guess. */
  UNSUPPORTED: refused,
  /** The storage refuses us. */
  STORAGE_DENIED: system(false),
  /** The storage does not answer, or answers with an error, after all retries. */
  STORAGE_UNAVAILABLE: system(true),
  /** None of the PD addresses answers in time, or all answer with a passing error. */
  PD_UNREACHABLE: system(true),
  /** A PD answers, and does not serve us: TLS, a proxy, the etcd gateway switched off, another service at the address. */
  PD_REFUSED: system(false),
  /** The retention names no window, or no base to keep: nothing is deleted without a policy. */
  EMPTY_POLICY: user(2),
  /** No verified snapshot would be left, or there is none already. */
  LAST_BASE: refused,
  /** A part of the backup cannot be read, so that nobody can tell what needs it. */
  METADATA_UNREADABLE: damaged,
  /** Our clock is behind the newest backup: one of two clocks is wrong. */
  CLOCK_BEHIND: system(false),
  /** A step of a plan would take a promised moment away, now that it is to be done. */
  WINDOW_AT_RISK: refused,
  /** What a plan was made from is not so any more. */
  PLAN_STALE: asked,
  /** A plan cannot be carried out: it cools off, was vetoed, used, or is over. */
  PLAN_UNUSABLE: asked,
  /** The state in the table is not what a conditional write expected: somebody else was faster. */
  STATE_CONFLICT: system(false),
  /** Another run does work on this cluster that excludes this one; it ends by itself. */
  WORK_IN_PROGRESS: system(true),
  /** The lease that a write names is no longer its holder's: its fence is stale. */
  LEASE_LOST: system(false),
  /** The state table does not answer, or is too busy, after all retries. */
  STATE_UNAVAILABLE: system(true),
  /** A stored record has a shape that this version does not read: newer, unknown or damaged. */
  STATE_SHAPE_UNKNOWN: system(false),
  /** br failed, and nothing says that it would fail again. */
  BR_FAILED: system(true),
  /** br refuses what it was told to do. */
  BR_REFUSED: system(false),
  /** A lock of another run of br, or of one that died, stands in the way. */
  BR_LOCKED: system(true),
  /** An unfinished backup is to go on with other arguments than it began with. */
  BACKUP_ARGUMENTS_CHANGED: system(false),
  /** A backup is to go where another one is. */
  BACKUP_PATH_USED: asked,
  /** History that a log backup or snapshot needs is garbage-collected. */
  GC_PASSED: refused,
  /** A log backup task runs already, or is already in the state that was asked for. */
  TASK_EXISTS: system(false),
  /** There is no log backup task of that name. */
  TASK_MISSING: system(false),
  /** The cluster to restore into has databases or tables. */
  TARGET_NOT_EMPTY: asked,
  /** An unfinished restore of other arguments is in the target. */
  RESTORE_CONFLICT: asked,
  /** The cluster is not set up for what br is to do. */
  CLUSTER_NOT_READY: system(false),
  /** PD or a TiKV fails or does not answer br. */
  CLUSTER_UNAVAILABLE: system(true),
  /** A disk of ours is full or cannot be written. */
  LOCAL_IO: system(true),
  /** A part of the program that should have been installed is not there. */
  DEPENDENCY_MISSING: system(false),
  /** A runner could not start `br`; nothing ran. */
  RUNNER_START_FAILED: system(true),
  /** A runner cannot be asked about its runs. */
  RUNNER_UNAVAILABLE: system(true),
  /** Nobody knows how a run of `br` ended; nothing of it is alive any more. */
  RUN_LOST: system(true),
  /** A service of AWS beside the storage refuses us: Step Functions, Lambda, Secrets Manager, SNS, EventBridge … */
  AWS_DENIED: system(false),
  /** A service of AWS beside the storage does not answer, or is too busy, after all retries. */
  AWS_UNAVAILABLE: system(true),
  /** What happened could not be told on every channel; what was to be done is done. */
  MESSAGE_UNDELIVERED: system(true),
  /** Stopped by a person or by the platform. */
  INTERRUPTED: system(true),
  /** A broken invariant: our own fault. */
  INTERNAL: system(false),
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof errorCodes;

export interface PitrErrorOptions {
  /** What the operator can do, a sentence without period. */
  readonly hint?: string;
  /** Machine-readable facts: object, expected, found, nearest moments … */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** message: what happened, with the value, and what was expected; lower case, no period. */
export class PitrError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: PitrErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = code;
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }

  get exitCode(): number {
    return errorCodes[this.code].exit;
  }
  get retryable(): boolean {
    return errorCodes[this.code].retry;
  }
}

/** Any caught value as one of ours; what is not ours becomes INTERNAL with its cause kept. */
export function toPitrError(caught: unknown): PitrError {
  if (caught instanceof PitrError) return caught;
  const message = caught instanceof Error ? caught.message : String(caught);
  return new PitrError('INTERNAL', message, { cause: caught });
}

/** Bytes that are not what they should be: names the object, what was expected and what was found. */
export function damagedObject(object: string, expected: string, found: string): PitrError {
  return new PitrError('OBJECT_DAMAGED', `${object} is damaged: expected ${expected}, found ${found}`, {
    hint: 'restore this object from a copy of the bucket or an older version of it, or choose another base snapshot',
    details: { object, expected, found },
  });
}

/** An object that the metadata names and the storage does not have. */
export function missingObject(object: string, namedBy: string): PitrError {
  return new PitrError(
    'OBJECT_MISSING',
    `${object} is missing: ${namedBy} names it, the storage does not have it`,
    {
      hint: 'look for a lifecycle rule or a person who deleted it; an older version of the object may still be in a versioned bucket',
      details: { object, expected: `the object named by ${namedBy}`, found: 'nothing' },
    },
  );
}
