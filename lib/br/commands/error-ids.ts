// The bracketed ids of br's errors and what each means (FACTS §1.13). Only the table: `error-catalogue.ts` looks things up.
import type { ErrorCode } from '../../domain/errors.ts';

/**
 * retry: the same command again, after a pause. retry-after-lock: again once the lock is gone or proven orphaned.
 * never: somebody must change something first. already-done: look at the state; it is probably the one that was aimed at.
 */
export type Reaction = 'retry' | 'retry-after-lock' | 'never' | 'already-done';

export interface ErrorVerdict {
  readonly code: ErrorCode;
  readonly reaction: Reaction;
  /** A sentence without period. */
  readonly meaning: string;
}

const verdict =
  (code: ErrorCode, reaction: Reaction) =>
  (meaning: string): ErrorVerdict => ({ code, reaction, meaning });
const never = (code: ErrorCode, meaning: string) => verdict(code, 'never')(meaning);
const failed = verdict('BR_FAILED', 'retry');
const refused = verdict('BR_REFUSED', 'never');
const away = verdict('CLUSTER_UNAVAILABLE', 'retry');
const damaged = verdict('OBJECT_DAMAGED', 'never');
const notReady = verdict('CLUSTER_NOT_READY', 'never');
const ebs = refused('an EBS restore went wrong, which we never run');

export const brErrorIds: Readonly<Record<string, ErrorVerdict>> = {
  'BR:Common:ErrUnknown': failed('an internal error of br'),
  'BR:Common:ErrInvalidArgument': refused('br refuses its arguments'),
  'BR:Common:ErrUndefinedDbOrTable': refused('a database or table of the arguments is not there'),
  'BR:Common:ErrVersionMismatch': never(
    'UNSUPPORTED',
    'br and the cluster are of versions that do not match',
  ),
  'BR:Common:ErrFailedToConnect': away('a TiKV cannot be reached'),
  'BR:Common:ErrInvalidMetaFile': damaged('a metadata object of the backup cannot be read'),
  'BR:Common:ErrEnvNotSpecified': refused('an environment variable is missing'),
  'BR:Common:ErrUnsupportedOperation': never('UNSUPPORTED', 'br cannot do this here'),
  'BR:Common:ErrInvalidRange': refused('a key range is none'),
  'BR:Common:ErrMigrationNotFound': never('OBJECT_MISSING', 'a migration of the log is not there'),
  'BR:Common:ErrMigrationVersionNotSupported': never('UNSUPPORTED', 'a younger br wrote this log'),
  'BR:PD:ErrPDUpdateFailed': away('PD did not take a change'),
  'BR:PD:ErrPDLeaderNotFound': away('PD has no leader'),
  'BR:PD:ErrPDInvalidResponse': away('PD answered what br does not understand'),
  'BR:PD:ErrPDBatchScanRegion': away('PD could not list regions'),
  'BR:PD:ErrPDUknownScatterResult': away('PD did not say how scattering went'),
  'BR:PD:ErrPDNotFullyScatter': away('regions were not scattered in time'),
  'BR:PD:ErrPDRegionsNotFullyScatter': away('regions were not scattered in time'),
  'BR:Backup:ErrBackupChecksumMismatch': damaged('the checksum of the backup is not the one of the data'),
  'BR:Backup:ErrBackupInvalidRange': failed('a range of the backup is none'),
  'BR:Backup:ErrBackupNoLeader': away('a region has no leader'),
  'BR:Backup:ErrBackupGCSafepointExceeded': never(
    'GC_PASSED',
    'history that was needed is garbage-collected: a new snapshot and a log backup in a new path are needed',
  ),
  'BR:Backup:ErrBackupKeyIsLocked': away('a key is locked by a transaction'),
  'BR:Backup:ErrBackupRegion': away('a region failed its backup'),
  'BR:Restore:ErrRestoreModeMismatch': refused('the backup is of another kind than the restore'),
  'BR:Restore:ErrRestoreRangeMismatch': failed('ranges of the restore do not fit'),
  'BR:Restore:ErrRestoreCheckpointMismatch': never(
    'RESTORE_CONFLICT',
    'an unfinished restore in the target has other arguments',
  ),
  'BR:Restore:ErrRestoreChecksumMismatch': damaged('restored tables have another checksum than the backup'),
  'BR:Restore:ErrRestoreTableIDMismatch': failed('table ids of the restore do not fit'),
  'BR:Restore:ErrRestoreRejectStore': notReady('stores reject replicas of the restore'),
  'BR:Restore:ErrRestoreNoPeer': away('a region has no peer'),
  'BR:Restore:ErrRestoreSplitFailed': away('regions could not be split'),
  'BR:Restore:ErrRestoreInvalidRewrite': failed('a rewrite rule is none'),
  'BR:Restore:ErrRestoreInvalidBackup': damaged('the backup cannot be restored'),
  'BR:Restore:ErrRestoreWriteAndIngest': away('data could not be written into TiKV'),
  'BR:Restore:ErrRestoreSchemaNotExists': failed('a schema of the restore is not there'),
  'BR:Restore:ErrRestoreNotFreshCluster': never('TARGET_NOT_EMPTY', 'the target has databases or tables'),
  'BR:Restore:ErrRestoreIncompatibleSys': never(
    'UNSUPPORTED',
    'system tables of the backup do not fit the target',
  ),
  'BR:Restore:ErrUnsupportedSysTable': never('UNSUPPORTED', 'a system table cannot be restored'),
  'BR:Restore:ErrDatabasesAlreadyExisted': never('TARGET_NOT_EMPTY', 'databases of the restore exist'),
  'BR:Restore:ErrTablesAlreadyExisted': never('TARGET_NOT_EMPTY', 'tables of the restore exist'),
  'BR:Restore:ErrRestoreResolvedTsConstrain': refused('the resolved TSO does not allow this restore'),
  'BR:Stream:ErrStreamLogTaskExist': verdict(
    'TASK_EXISTS',
    'already-done',
  )('a log backup task runs: it may be ours'),
  'BR:Stream:ErrStreamLogTaskHasNoStorage': notReady('the running log backup task names no storage'),
  'BR:PiTR:ErrTaskNotFound': never('TASK_MISSING', 'there is no log backup task of this name'),
  'BR:PiTR:ErrInvalidTaskInfo': notReady('the task in PD cannot be read'),
  'BR:PiTR:ErrMalformedMetadata': damaged('metadata of the log cannot be read'),
  'BR:PiTR:ErrCheckpointWatchRestart': away('the watch over checkpoints has to start again'),
  'BR:PiTR:ErrPiTRInvalidCDCLogFormat': damaged('an event of the log has another form than it should'),
  'BR:ExternalStorage:ErrStorageUnknown': verdict('STORAGE_UNAVAILABLE', 'retry')('the storage failed'),
  'BR:ExternalStorage:ErrStorageInvalidConfig': refused('the storage is not configured as br needs it'),
  'BR:ExternalStorage:ErrStorageInvalidPermission': never('STORAGE_DENIED', 'the storage refuses br'),
  'BR:KV:ErrKVStorage': away('a TiKV could not read or write'),
  'BR:KV:ErrKVUnknown': away('a TiKV failed'),
  'BR:KV:ErrKVClusterIDMismatch': never('CLUSTER_MISMATCH', 'a TiKV belongs to another cluster'),
  'BR:KV:ErrKVNotLeader': away('a region changed its leader'),
  'BR:KV:ErrNotTiKVStorage': refused('the cluster is not on TiKV'),
  'BR:KV:ErrKVDiskFull': notReady('the disk of a TiKV is full'),
  'BR:KV:ErrKVEpochNotMatch': away('a region was split or merged'),
  'BR:KV:ErrKVKeyNotInRegion': away('a region was split or merged'),
  'BR:KV:ErrKVRewriteRuleNotFound': failed('a rewrite rule is missing'),
  'BR:KV:ErrKVRangeIsEmpty': failed('a range holds nothing'),
  'BR:KV:ErrKVDownloadFailed': away('a TiKV could not read from the storage'),
  'BR:KV:ErrKVIngestFailed': away('a TiKV could not take data in'),
  'BR:KV:ErrPossibleInconsistency': damaged('the restored data may be inconsistent'),
  'BR:EBS:ErrRestoreTotalKVMismatch': ebs,
  'BR:EBS:ErrRestoreInvalidPeer': ebs,
  'BR:EBS:ErrRestoreRegionWithoutPeer': ebs,
};
