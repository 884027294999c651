// Lock objects and checkpoint documents of BR: who holds what since when (FACTS §3.3, §5.6, §9.1). Forms only: lock-protocol.ts
// takes and releases; whether a lock is stale, and what to do about it, is not decided here.
import { damagedObject } from '../domain/errors.ts';
import { parseJsonObject, textField, u64Field } from './json-u64.ts';

/** A lock of `truncating.lock`, `v1/LOCK.*` or `v1/APPEND_LOCK.WRIT`. Texts are empty when the writer gave none. */
export interface LockDocument {
  /** RFC 3339, as written. */
  readonly lockedAt: string;
  readonly host: string;
  readonly pid: bigint | undefined;
  /** Hex of 16 bytes: the name of the intent that led to it. */
  readonly txn: string;
  readonly ownerId: string;
  readonly lockType: string;
  readonly hint: string;
}

/** Parses the JSON of a lock. An intent is an empty object and has none. Errors: OBJECT_DAMAGED. */
export function parseLock(object: string, bytes: Uint8Array): LockDocument {
  const document = parseJsonObject(object, bytes);
  const text = (name: string) => textField(object, document, name);
  return {
    lockedAt: text('locked_at'),
    host: text('locker_host'),
    pid: u64Field(object, document, 'locker_pid'),
    txn: Buffer.from(text('txn_id'), 'base64').toString('hex'),
    ownerId: text('owner_id'),
    lockType: text('lock_type'),
    hint: text('hint'),
  };
}

/** One line for a person: `log-truncate-exclusive since 2026-… by vm, pid 9701 (operation_started_at=…)`. */
export function describeLock(lock: LockDocument): string {
  const type = lock.lockType === '' ? 'held' : lock.lockType;
  const since = lock.lockedAt === '' ? '' : ` since ${lock.lockedAt}`;
  const holder = lock.host === '' ? '' : ` by ${lock.host}`;
  const pid = lock.pid === undefined ? '' : `, pid ${lock.pid}`;
  const detail = lock.hint.split(' detail=')[0] ?? '';
  return `${type}${since}${holder}${pid}${detail === '' ? '' : ` (${detail})`}`;
}

/** `checkpoints/backup/checkpoint.lock`: a running backup renews it every 4 of its 5 minutes. */
export interface CheckpointLock {
  readonly lockId: bigint;
  /** Unix milliseconds. */
  readonly expiresMs: number;
}

/** Errors: OBJECT_DAMAGED. */
export function parseCheckpointLock(object: string, bytes: Uint8Array): CheckpointLock {
  const document = parseJsonObject(object, bytes);
  const lockId = u64Field(object, document, 'lock-id');
  const expires = u64Field(object, document, 'expire-at');
  if (lockId === undefined || expires === undefined || expires > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw damagedObject(object, 'lock-id and expire-at in unix milliseconds', `${lockId} and ${expires}`);
  }
  return { lockId, expiresMs: Number(expires) };
}

/** `checkpoints/backup/checkpoint.meta`: what a resumed run of the same command goes on with. */
export interface CheckpointMeta {
  readonly gcServiceId: string;
  /** base64, as written. */
  readonly configHash: string;
  readonly backupTs: bigint;
}

/** Errors: OBJECT_DAMAGED. */
export function parseCheckpointMeta(object: string, bytes: Uint8Array): CheckpointMeta {
  const document = parseJsonObject(object, bytes);
  const backupTs = u64Field(object, document, 'backup-ts');
  if (backupTs === undefined) throw damagedObject(object, 'backup-ts', 'none');
  return {
    gcServiceId: textField(object, document, 'gc-service-id'),
    configHash: textField(object, document, 'config-hash'),
    backupTs,
  };
}

/** A `.ts` object: exactly 8 bytes, little-endian (etcd's are big-endian, FACTS §0.8). Errors: OBJECT_DAMAGED. */
export function parseCheckpointTs(object: string, bytes: Uint8Array): bigint {
  if (bytes.length !== 8)
    throw damagedObject(object, '8 bytes, a little-endian TSO', `${bytes.length} bytes`);
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
}

/** The bytes of a `.ts` object. */
export function checkpointTsBytes(ts: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, ts, true);
  return bytes;
}

/**
 * `v1_stream_trancate_safepoint.txt`: a decimal TSO, white space around it is forgiven. TSOs have 18 digits from 1982 to
 * 2090: fewer mean that the text was cut, and a smaller safepoint would promise what was deleted. Errors: OBJECT_DAMAGED.
 */
export function parseSafepoint(object: string, bytes: Uint8Array): bigint {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 64))
    .toString('latin1')
    .trim();
  const value = /^[1-9][0-9]{17,19}$/.test(text) && bytes.length <= 64 ? BigInt(text) : undefined;
  if (value === undefined || value > 0xffff_ffff_ffff_ffffn) {
    throw damagedObject(object, 'a decimal TSO of 18 digits', `${bytes.length} bytes that are none`);
  }
  return value;
}

/** `crr-checkpoint/resume-state.json` of replicated storage. Errors: OBJECT_DAMAGED. */
export function parseReplicationState(object: string, bytes: Uint8Array): bigint {
  const ts = u64Field(object, parseJsonObject(object, bytes), 'last_checkpoint');
  if (ts === undefined) throw damagedObject(object, 'last_checkpoint', 'none');
  return ts;
}

/** The bytes of the safepoint object: no line break, no spaces (FACTS §3.5). */
export function safepointBytes(ts: bigint): Uint8Array {
  return new TextEncoder().encode(String(ts));
}
