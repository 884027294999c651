// Taking and releasing BR's locks by BR's own protocol: an intent, a look whether anybody else is there, the lock, the intent
// away (FACTS §5.6). There is no lease: a holder that dies leaves its lock, and only who proves its death may remove it.
import { PitrError } from '../domain/errors.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { describeLock, type LockDocument, parseLock } from './locks.ts';

/** Who takes locks; br names a run by the id of its operation, and so do we. */
export interface LockHolder {
  /** A uuid, fresh for each run: in `owner_id`, and its 16 bytes are the `txn_id` of each of the run's locks. */
  readonly ownerId: string;
  readonly host: string;
  readonly pid: number;
  /** Unix ms. */
  readonly startedMs: number;
  /** For whoever finds the lock: what holds it, and what to do. */
  readonly detail: string;
}

/** One lock of BR. Keys are relative to the log's folder. */
export interface LockTarget {
  readonly key: string;
  readonly type: string;
  /** Beginnings of keys; any object there but ours stands in the way. */
  readonly excludes: readonly string[];
}

/** Beginnings of all locks and intents of a log, of versions to come, too, which put more behind the names. */
export const lockPrefixes = ['truncating.lock', 'v1/LOCK', 'v1/APPEND_LOCK'] as const;

/** Excludes another truncation; held by br's own. */
export const truncatingLock: LockTarget = {
  key: 'truncating.lock',
  type: 'log-truncate-exclusive',
  excludes: ['truncating.lock'],
};

/** Excludes restores of the log, compactions and migrations, which take the read lock. */
export const migrationWriteLock: LockTarget = {
  key: 'v1/LOCK.WRIT',
  type: 'migration-write',
  excludes: ['v1/LOCK', 'v1/APPEND_LOCK'],
};

/** The hex of the holder's `txn_id`. Errors: INTERNAL for an owner's id that is no uuid. */
export function txnOf({ ownerId }: Pick<LockHolder, 'ownerId'>): string {
  const hex = ownerId.replaceAll('-', '').toLowerCase();
  if (/^[0-9a-f]{32}$/.test(hex)) return hex;
  throw new PitrError('INTERNAL', `the id ${ownerId} of a holder of locks is no uuid`);
}

/** The JSON of a lock, its members in br's order. lockedMs: Unix ms. */
export function lockBytes(target: LockTarget, holder: LockHolder, lockedMs: number): Uint8Array {
  const startedAt = new Date(holder.startedMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
  const document = {
    locked_at: new Date(lockedMs).toISOString(),
    locker_host: holder.host,
    locker_pid: holder.pid,
    txn_id: Buffer.from(txnOf(holder), 'hex').toString('base64'),
    owner_id: holder.ownerId,
    lock_type: target.type,
    hint: `operation_started_at=${startedAt} detail=${JSON.stringify(holder.detail)}`,
  };
  return new TextEncoder().encode(JSON.stringify(document));
}

/** A lock that is held. */
export interface HeldLock {
  /** With the log's folder in front. */
  readonly key: string;
  /** Errors: BR_LOCKED when it is not there any more, or another's. */
  readonly check: () => Promise<void>;
  /** Deletes it, if it is still ours. */
  readonly release: () => Promise<void>;
}

/**
 * Takes one lock of the log in `logPrefix`, without waiting. Errors: BR_LOCKED naming who stands in the way; those of the
 * storage. Nothing of ours is left behind then, but where the storage refuses that, too: `removeLocksOf` takes it away later.
 */
export async function takeLock(
  store: ObjectStore,
  logPrefix: string,
  target: LockTarget,
  holder: LockHolder,
  lockedMs: number,
): Promise<HeldLock> {
  const key = `${logPrefix}${target.key}`;
  const intent = `${key}.INTENT.${txnOf(holder)}`;
  await refuseOthers(store, logPrefix, target.excludes, new Set());
  await store.put(intent, new Uint8Array(0));
  try {
    await refuseOthers(store, logPrefix, target.excludes, new Set([intent]));
    await store.put(key, lockBytes(target, holder, lockedMs));
    // On a storage that does not tell at once what was written, two could have come this far.
    await checkOwn(store, key, holder);
    await store.delete(intent);
  } catch (caught) {
    // Nothing of ours stays, as far as the storage lets us; the first failure is the one to tell.
    await releaseLock(store, key, holder).catch(() => undefined);
    await store.delete(intent).catch(() => undefined);
    throw caught;
  }
  return heldLock(store, logPrefix, target, holder);
}

/** A lock that this holder took before, maybe in another process; whether it still has it, `check` says. Asks nothing yet. */
export function heldLock(
  store: ObjectStore,
  logPrefix: string,
  target: LockTarget,
  holder: LockHolder,
): HeldLock {
  const key = `${logPrefix}${target.key}`;
  return {
    key,
    check: () => checkOwn(store, key, holder),
    release: () => releaseLock(store, key, holder),
  };
}

/**
 * The same as {@link takeLock} for a holder that may have the lock already, or died on its way to it: it keeps what it has, and
 * its own intent does not stand in its way. Two calls of one holder at once end with the lock, or one of them with BR_LOCKED.
 */
export async function keepOrTakeLock(
  store: ObjectStore,
  logPrefix: string,
  target: LockTarget,
  holder: LockHolder,
  lockedMs: number,
): Promise<HeldLock> {
  const held = heldLock(store, logPrefix, target, holder);
  const lock = await readSoundLock(store, held.key);
  await store.delete(`${held.key}.INTENT.${txnOf(holder)}`);
  if (lock?.txn !== txnOf(holder)) return await takeLock(store, logPrefix, target, holder, lockedMs);
  await refuseOthers(store, logPrefix, target.excludes, new Set([held.key]));
  return held;
}

async function checkOwn(store: ObjectStore, key: string, holder: LockHolder): Promise<void> {
  const lock = await readLock(store, key);
  if (lock === undefined) {
    throw new PitrError('BR_LOCKED', `${key}, which this run took, is gone: somebody removed it`, {
      hint: 'find out who removed the lock of a living run; then run the same command again',
      details: { object: key },
    });
  }
  if (lock.txn !== txnOf(holder)) throw lockedBy(key, describeLock(lock));
}

async function releaseLock(store: ObjectStore, key: string, holder: LockHolder): Promise<void> {
  const lock = await readLock(store, key);
  if (lock?.txn === txnOf(holder)) await store.delete(key);
}

/** Errors: BR_LOCKED for the first object below the prefixes that is not in `own` (keys with the log's folder). */
export async function refuseOthers(
  store: ObjectStore,
  logPrefix: string,
  prefixes: readonly string[],
  own: ReadonlySet<string>,
): Promise<void> {
  for (const prefix of prefixes) {
    for await (const { key } of store.list(`${logPrefix}${prefix}`)) {
      if (!own.has(key)) throw lockedBy(key, await describe(store, key));
    }
  }
}

async function describe(store: ObjectStore, key: string): Promise<string> {
  if (key.includes('.INTENT.')) return 'an intent: somebody is taking the lock, or died doing so';
  try {
    const lock = await readLock(store, key);
    if (lock === undefined) return 'just released';
    return `${describeLock(lock)}${lock.ownerId === '' ? '' : `, owner ${lock.ownerId}`}`;
  } catch (caught) {
    if (caught instanceof PitrError && caught.code === 'OBJECT_DAMAGED') return caught.message;
    throw caught;
  }
}

function lockedBy(object: string, description: string): PitrError {
  return new PitrError('BR_LOCKED', `${object} is there: ${description}`, {
    hint: 'wait for its holder; a lock of one that is certainly dead never ends by itself',
    details: { object, description },
  });
}

/**
 * Removes locks and intents of runs that are proven dead, and tells their keys. `dead`: ids of owners, or the hex of a
 * `txn_id` for locks of versions that name no owner. Everything else stays. Errors: those of the storage.
 */
export async function removeLocksOf(
  store: ObjectStore,
  logPrefix: string,
  dead: readonly string[],
): Promise<readonly string[]> {
  if (dead.length === 0) return [];
  const ids = new Set(dead.map((id) => id.replaceAll('-', '').toLowerCase()));
  const removed: string[] = [];
  for (const prefix of lockPrefixes) {
    for await (const { key } of store.list(`${logPrefix}${prefix}`)) {
      if (!(await isOf(store, key, ids))) continue;
      await store.delete(key);
      removed.push(key);
    }
  }
  return removed;
}

async function isOf(store: ObjectStore, key: string, ids: ReadonlySet<string>): Promise<boolean> {
  const intent = /\.INTENT\.([0-9a-fA-F]{32})$/.exec(key)?.[1];
  if (intent !== undefined) return ids.has(intent.toLowerCase());
  const lock = await readSoundLock(store, key);
  if (lock === undefined) return false;
  return (
    ids.has(lock.txn) || (lock.ownerId !== '' && ids.has(lock.ownerId.replaceAll('-', '').toLowerCase()))
  );
}

/** One that cannot be read names nobody. */
async function readSoundLock(store: ObjectStore, key: string): Promise<LockDocument | undefined> {
  try {
    return await readLock(store, key);
  } catch (caught) {
    if (caught instanceof PitrError && caught.code === 'OBJECT_DAMAGED') return undefined;
    throw caught;
  }
}

async function readLock(store: ObjectStore, key: string): Promise<LockDocument | undefined> {
  const bytes = await store.get(key);
  return bytes === undefined ? undefined : parseLock(key, bytes);
}
