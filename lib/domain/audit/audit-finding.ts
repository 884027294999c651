// What an audit of a bucket and of PD finds, as plain values: objects that nobody names, objects that are named and gone, what
// dead runs left. Holds no rule and no sentence.

/** In the order in which a page shows them. */
export const auditKinds = [
  /** The log's head, a migration or another object that every reader needs is not what it should be. */
  'damaged-log',
  /** A `.meta` that cannot be read: nobody knows what it names. */
  'damaged-meta',
  /** `.log` objects that a meta names, and that are not there. */
  'missing-log-data',
  'damaged-snapshot',
  /** SSTs and sub-files that a backupmeta names, and that are not there. */
  'missing-snapshot-object',
  /** As missing-log-data, but before the log's begin: what a truncation that was interrupted leaves. */
  'missing-expired',
  'lock',
  /** `backup.lock` without a backupmeta: running, or dead. */
  'unfinished-snapshot',
  /** `.log` objects that no meta names, of times that can still be restored. */
  'unnamed-log-data',
  /** The same of times before the log's begin. */
  'expired-log-data',
  'unnamed-snapshot-object',
  'unnamed-compaction',
  'unnamed-ext-backup',
  /** Objects of a flush that may go on. */
  'under-way',
  /** Objects that something unreadable may name. */
  'not-judged',
  /** Metas of idle stores, which name nothing. */
  'empty-metas',
  /** `checkpoints/backup/` of a snapshot that is complete. */
  'finished-checkpoint',
  /** `checkpoints/restore-…`. */
  'restore-checkpoint',
  /** `v1/migrations/BASE_TMP`. */
  'migration-temporary',
  /** `perm-check/…`. */
  'permission-check',
  'incomplete-upload',
  'unknown-object',
  /** More than one log in the bucket. */
  'epochs',
  'safe-point',
  'task-keys',
  'import-key',
] as const;
export type AuditKind = (typeof auditKinds)[number];

/**
 * fail: something that a restore needs is not there or cannot be read. warn: it costs, or stands in the way. info: it is as it
 * should be, and worth to know.
 */
export type AuditLevel = 'fail' | 'warn' | 'info';

export interface Proof {
  /** Whether it is certain that nobody needs it any more (or, of what is missing, that it is missing). */
  readonly proven: boolean;
  /** Why it is certain, or what is not known. */
  readonly text: string;
}

export interface AuditFinding {
  /** `KIND:PLACE`: the same finding has the same id in the next audit, and no two of one audit share it. */
  readonly id: string;
  readonly kind: AuditKind;
  readonly level: AuditLevel;
  /** A folder or object of the bucket, or a name in PD. */
  readonly place: string;
  /** What it is. */
  readonly what: string;
  readonly proof: Proof;
  /** What to do; empty when nothing is. */
  readonly advice: string;
  /** How many objects, keys or safe points. */
  readonly count: number;
  /** Of what is there; undefined where nobody knows. */
  readonly bytes: bigint | undefined;
  /** Relative to the storage root, the first ones: at most as many as were asked for. */
  readonly keys: readonly string[];
  /** What names what is missing, the first ones. */
  readonly namedBy: readonly string[];
}

export function findingId(kind: AuditKind, place: string): string {
  return `${kind}:${place}`;
}

/** By kind as listed, then by place. */
export function sortFindings(findings: readonly AuditFinding[]): readonly AuditFinding[] {
  const rank = new Map<string, number>(auditKinds.map((kind, at) => [kind, at]));
  return findings.toSorted(
    (one, other) =>
      (rank.get(one.kind) ?? 0) - (rank.get(other.kind) ?? 0) ||
      (one.id < other.id ? -1 : one.id > other.id ? 1 : 0),
  );
}
