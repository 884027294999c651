// Locks in the bucket that a dead run of br left: removed only when the lock names the very run, by what that run said of
// itself, and that run is over (FACTS §5.6, §9.1). Everything else stands in the way and is told.

import { type LockDocument, parseLock } from '../../../br/locks.ts';
import { PitrError } from '../../../domain/errors.ts';
import type { LockFacts } from '../../../domain/facts.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { EndedRun, Way } from './br-work.ts';
import { textFact } from './run-facts.ts';

/**
 * Takes the locks of dead runs out of the way. `ended`: runs that are over, as the runner proved. blocked with BR_LOCKED for a
 * lock whose owner is not proven dead. Errors: those of the storage.
 */
export async function removeOwnLocks(
  store: ObjectStore,
  locks: readonly LockFacts[],
  ended: readonly EndedRun[],
): Promise<Extract<Way, { readonly kind: 'clear' | 'blocked' }>> {
  const notes: string[] = [];
  for (const { object, description } of locks) {
    const bytes = await store.get(object);
    if (bytes === undefined) continue;
    const owner = ownerOf(lockIn(object, bytes), ended);
    if (owner === undefined) return blockedBy(object, description);
    await store.delete(object);
    notes.push(removal(object, owner));
  }
  return { kind: 'clear', notes };
}

export interface OwnedLock {
  readonly lock: LockFacts;
  /** The dead run that is proven to have taken it. */
  readonly owner: EndedRun;
}

/** Those of the locks that dead runs of ours are proven to have taken. Removes none. Errors: those of the storage. */
export async function ownLocks(
  store: ObjectStore,
  locks: readonly LockFacts[],
  ended: readonly EndedRun[],
): Promise<readonly OwnedLock[]> {
  const owned: OwnedLock[] = [];
  for (const lock of ended.length === 0 ? [] : locks) {
    const bytes = await store.get(lock.object);
    const owner = bytes === undefined ? undefined : ownerOf(lockIn(lock.object, bytes), ended);
    if (owner !== undefined) owned.push({ lock, owner });
  }
  return owned;
}

/** Removes those of the locks that dead runs of ours are proven to have left, and leaves all others. A sentence for each. */
export async function sweepOwnLocks(
  store: ObjectStore,
  locks: readonly LockFacts[],
  ended: readonly EndedRun[],
): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const { lock, owner } of await ownLocks(store, locks, ended)) {
    await store.delete(lock.object);
    notes.push(removal(lock.object, owner));
  }
  return notes;
}

function removal(object: string, { id, end }: EndedRun): string {
  return `${object} was removed: it was taken by ${id}, which is over (${end})`;
}

/** An intent, or a lock that cannot be read, names nobody. */
function lockIn(object: string, bytes: Uint8Array): LockDocument | undefined {
  try {
    return bytes.length === 0 ? undefined : parseLock(object, bytes);
  } catch (caught) {
    if (caught instanceof PitrError && caught.code === 'OBJECT_DAMAGED') return undefined;
    throw caught;
  }
}

/** The run that the lock names: by the operation's id, or, where br gives none, by host and pid together. */
function ownerOf(lock: LockDocument | undefined, ended: readonly EndedRun[]): EndedRun | undefined {
  if (lock === undefined) return undefined;
  return ended.find(({ facts }) => {
    const operationId = textFact(facts, 'operationId');
    if (lock.ownerId !== '') return lock.ownerId === operationId;
    const [host, pid] = [textFact(facts, 'host'), textFact(facts, 'pid')];
    return host !== '' && pid !== '' && host === lock.host && pid === `${lock.pid ?? ''}`;
  });
}

function blockedBy(object: string, description: string): Extract<Way, { readonly kind: 'blocked' }> {
  return {
    kind: 'blocked',
    failure: {
      code: 'BR_LOCKED',
      message: `${object} is there (${description}), and no dead run of ours is proven to be its owner`,
      hint: 'look whether that process still runs; when it is certainly dead, delete the object by hand and start again',
    },
  };
}
