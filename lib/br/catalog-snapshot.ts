// One snapshot folder → facts: complete, unfinished, damaged or unreadable (FACTS §3.2, §3.3). Reads the head and, without
// one, the lock and the checkpoint; no sub-file and no SST.
import { PitrError, toPitrError } from '../domain/errors.ts';
import type { SnapshotFacts, SnapshotState } from '../domain/facts.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { type BackupMetaHeader, decodeBackupMeta } from './backupmeta.ts';
import type { BackupKeys } from './encryption.ts';
import { backupCheckpointLockKey, backupCheckpointMetaKey, backupLockKey, backupMetaKey } from './layout.ts';
import { parseCheckpointLock, parseCheckpointMeta } from './locks.ts';

/** Whether an error is about an object (or its key) and so a fact, rather than about the storage. */
export function isObjectProblem(error: PitrError): boolean {
  switch (error.code) {
    case 'OBJECT_DAMAGED':
    case 'OBJECT_MISSING':
    case 'OBJECT_UNRECOGNIZED':
    case 'UNSUPPORTED':
    case 'KEY_MISSING':
    case 'KEY_WRONG':
      return true;
    default:
      return false;
  }
}

/**
 * The facts of the snapshot in the folder `prefix` (with `/`, or empty), or undefined when it holds neither a
 * snapshot's head nor a lock. Errors: only those of the storage.
 */
export async function readSnapshotFacts(
  store: ObjectStore,
  prefix: string,
  keys: BackupKeys,
): Promise<SnapshotFacts | undefined> {
  const object = `${prefix}${backupMetaKey}`;
  const bytes = await store.get(object);
  if (bytes === undefined) return readUnfinished(store, prefix);
  try {
    return complete(decodeBackupMeta(object, bytes, keys.snapshot));
  } catch (caught) {
    const error = toPitrError(caught);
    if (!isObjectProblem(error)) throw caught;
    if (error.code === 'OBJECT_UNRECOGNIZED' && error.details['kind'] === 'log') return undefined;
    return snapshotWith(prefix, stateOf(object, error), error.code.startsWith('KEY_'));
  }
}

function complete(header: BackupMetaHeader): SnapshotFacts {
  return {
    name: header.prefix.replace(/\/$/, ''),
    state: { kind: 'complete' },
    backupTs: header.backupTs,
    startTs: header.startTs,
    clusterId: header.clusterId,
    clusterVersion: header.clusterVersion.trim(),
    brVersion: header.brVersion,
    sizeBytes: header.backupSize === 0n ? undefined : header.backupSize,
    newCollations: header.newCollations,
    encrypted: header.encrypted,
  };
}

function stateOf(object: string, error: PitrError): SnapshotState {
  if (error.code.startsWith('OBJECT_')) return { kind: 'damaged', object, problem: error.message };
  const reason = error.hint === undefined ? error.message : `${error.message}; ${error.hint}`;
  const { code } = error;
  return {
    kind: 'unreadable',
    reason,
    code: code === 'KEY_MISSING' || code === 'KEY_WRONG' ? code : 'UNSUPPORTED',
  };
}

/** A snapshot of which nothing is known but its state. */
export function snapshotWith(prefix: string, state: SnapshotState, encrypted = false): SnapshotFacts {
  return {
    name: prefix.replace(/\/$/, ''),
    state,
    backupTs: 0n,
    startTs: 0n,
    clusterId: 0n,
    clusterVersion: '',
    brVersion: '',
    sizeBytes: undefined,
    newCollations: '',
    encrypted,
  };
}

/** A lock without a head: running or dead. With a checkpoint the same command can go on. */
async function readUnfinished(store: ObjectStore, prefix: string): Promise<SnapshotFacts | undefined> {
  const [lock, meta, checkpointLock] = await Promise.all([
    store.head(`${prefix}${backupLockKey}`),
    store.get(`${prefix}${backupCheckpointMetaKey}`),
    store.get(`${prefix}${backupCheckpointLockKey}`),
  ]);
  if (lock === undefined && meta === undefined) return undefined;
  const lockKey = `${prefix}${backupCheckpointLockKey}`;
  const metaKey = `${prefix}${backupCheckpointMetaKey}`;
  const lockExpiresMs = readable(checkpointLock, (bytes) => parseCheckpointLock(lockKey, bytes).expiresMs);
  const backupTs = readable(meta, (bytes) => parseCheckpointMeta(metaKey, bytes).backupTs);
  const resumable = backupTs !== undefined;
  return snapshotWith(prefix, { kind: 'unfinished', resumable, lockExpiresMs, backupTs });
}

/** A checkpoint that cannot be read is no checkpoint: the state says "not resumable", which is what br would find. */
function readable<T>(bytes: Uint8Array | undefined, read: (bytes: Uint8Array) => T): T | undefined {
  if (bytes === undefined) return undefined;
  try {
    return read(bytes);
  } catch (caught) {
    if (caught instanceof PitrError && isObjectProblem(caught)) return undefined;
    throw caught;
  }
}
