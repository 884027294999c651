// Who may do what with a cluster's backup: the exact actions of FACTS §8.1 for readers, br's three kinds of work and TiKV, each
// below the cluster's prefix. The stack grants them and the doctor asks for them, from this one list. Knows no role and no account.

/** A kind of work with the backup. */
export const backupParts = ['reader', 'locks', 'remover', 'writer', 'deleter', 'restorer', 'tikv'] as const;
export type BackupPart = (typeof backupParts)[number];

export type BackupRight =
  /** On the bucket itself. `isListing`: of what is below the prefix only. */
  | { readonly on: 'bucket'; readonly actions: readonly string[]; readonly isListing: boolean }
  /** On objects: patterns below the prefix. */
  | { readonly on: 'objects'; readonly actions: readonly string[]; readonly below: readonly string[] }
  /** On the key that the objects are encrypted with, where there is one. */
  | { readonly on: 'key'; readonly actions: readonly string[] };

const everything = ['*'];
/** The log lies in `log-backup/`, later epochs of it in folders that begin so. */
const log = 'log-backup*';

/** The probe for the bucket's region (HeadBucket) names no prefix and needs the right, too. FACTS §8.1 */
const list: BackupRight = { on: 'bucket', actions: ['s3:ListBucket'], isListing: true };
const read = (below: readonly string[]): BackupRight => objects(['s3:GetObject'], below);
const decrypt: BackupRight = { on: 'key', actions: ['kms:Decrypt'] };
const encrypt: BackupRight = { on: 'key', actions: ['kms:Decrypt', 'kms:GenerateDataKey'] };

function objects(actions: readonly string[], below: readonly string[]): BackupRight {
  return { on: 'objects', actions, below };
}

/** Where the log lies in `log-backup/` alone; {@link rightsOf} knows of another folder. */
const backupRights: Readonly<Record<BackupPart, readonly BackupRight[]>> = {
  /** Our own reading. */
  reader: [list, read(everything), decrypt],
  /**
   * Takes away what dead runs of br left, once that is proven: locks in the log's folder, and the lock of a snapshot that nobody
   * can go on with (FACTS §5.6, §9.1). Nothing that holds data.
   */
  locks: [
    objects(
      ['s3:DeleteObject'],
      [`${log}/truncating.lock*`, `${log}/v1/LOCK*`, `${log}/v1/APPEND_LOCK*`, 'snapshot-*/backup.lock'],
    ),
  ],
  /**
   * What the retention deletes: folders of snapshots, the objects of old epochs. It moves the safepoint of such an epoch, so that it never
   * looks whole again, and writes nothing else.
   */
  remover: [
    list,
    objects(['s3:GetObject', 's3:DeleteObject'], everything),
    objects(['s3:PutObject'], [`${log}/v1_stream_trancate_safepoint.txt`]),
    encrypt,
  ],
  /** br backup full, br log start: probes its rights with `perm-check/*`, takes and gives back locks. */
  writer: [
    list,
    objects(['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'], everything),
    { on: 'bucket', actions: ['s3:GetBucketObjectLockConfiguration'], isListing: false },
    encrypt,
  ],
  /** br log truncate: the log alone, never a snapshot. */
  deleter: [list, objects(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], [log]), encrypt],
  /** br restore: reads everything, and writes locks, id maps and checkpoints into the log's folder. */
  restorer: [list, read(everything), objects(['s3:PutObject', 's3:DeleteObject'], [log]), encrypt],
  /** TiKV writes snapshots and log and reads them in a restore; TiDB writes the log's checkpoint with the same rights. */
  tikv: [objects(['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'], everything), encrypt],
};

/** The rights of a kind of work where the log has this folder: `log-backup` or, of a task that was adopted, another one beside it. */
export function rightsOf(part: BackupPart, logFolder: string): readonly BackupRight[] {
  return backupRights[part].map((right) =>
    right.on === 'objects' ? { ...right, below: withFolder(right.below, logFolder) } : right,
  );
}

function withFolder(below: readonly string[], logFolder: string): readonly string[] {
  // What begins as ours is covered already.
  if (logFolder.startsWith(log.replace('*', ''))) return below;
  return below.flatMap((pattern) => {
    if (pattern === log) return [pattern, `${logFolder}/*`];
    return pattern.startsWith(log) ? [pattern, pattern.replace(log, logFolder)] : [pattern];
  });
}
