// Locks in the log that concern a restore: a truncation's excludes it, although br does not look (FACTS §5.6); a reader's of a
// dead attempt stays for ever and blocks every later writer (FACTS §9.1). Removes only what is proven dead.

import { truncatingLockKey } from '../../../br/layout.ts';
import { describeLock, parseLock } from '../../../br/locks.ts';
import { PitrError } from '../../../domain/errors.ts';
import type { LockFacts } from '../../../domain/facts.ts';
import { everyRecord } from '../../../ports/every-record.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import type { StateDeps } from '../control-deps.ts';
import { endedRuns } from '../runs/br-runs.ts';
import type { EndedRun, Way } from '../runs/br-work.ts';
import { removeOwnLocks, sweepOwnLocks } from '../runs/dead-locks.ts';

/** Truncations older than this have left no lock that nobody noticed. */
const truncationsBackMs = 60 * 86_400_000;

const folderOf = (path: string) => (path === '' ? '' : `${path.replace(/\/$/, '')}/`);
const isOf = (name: string) => (lock: LockFacts) => lock.object.split('/').at(-1)?.startsWith(name) === true;

/**
 * Before an attempt: a truncation's lock whose owner is not proven dead blocks it; locks of `earlier` attempts of this restore
 * are taken away; other readers do not matter. Errors: those of storage and state table.
 */
export async function clearLog(
  deps: StateDeps,
  store: ObjectStore,
  locks: readonly LockFacts[],
  earlier: readonly EndedRun[],
): Promise<Extract<Way, { readonly kind: 'clear' | 'blocked' }>> {
  const truncating = locks.filter(isOf(truncatingLockKey));
  const truncations = truncating.length === 0 ? [] : await endedTruncations(deps);
  const way = await removeOwnLocks(store, truncating, truncations);
  if (way.kind === 'blocked') return way;
  const notes = await sweepOwnLocks(store, locks.filter(isOf('LOCK.READ.')), earlier);
  return { kind: 'clear', notes: [...way.notes, ...notes] };
}

async function endedTruncations({ store, settings, nowMs }: StateDeps): Promise<readonly EndedRun[]> {
  const found: EndedRun[] = [];
  const atMs = nowMs();
  const query = { nowMs: atMs, fromMs: Math.max(0, atMs - truncationsBackMs), limit: 1000 };
  for await (const run of everyRecord(store, 'br-run', settings.name, query)) {
    found.push(...endedRuns([run]).filter(({ work }) => work === 'truncation'));
  }
  return found;
}

export interface ReaderLock extends LockFacts {
  /** Unix milliseconds; undefined when it does not tell. */
  readonly lockedMs: number | undefined;
}

/** Locks of readers in the log's folder, without reading the log itself. Errors: those of the storage. */
export async function readerLocks(store: ObjectStore, logPath: string): Promise<readonly ReaderLock[]> {
  const locks: ReaderLock[] = [];
  for await (const { key } of store.list(`${folderOf(logPath)}v1/LOCK.READ.`)) {
    const bytes = await store.get(key);
    if (bytes !== undefined) locks.push({ object: key, ...told(key, bytes) });
  }
  return locks;
}

function told(key: string, bytes: Uint8Array): Omit<ReaderLock, 'object'> {
  if (bytes.length === 0) return { description: 'an intent', lockedMs: undefined };
  try {
    const lock = parseLock(key, bytes);
    const lockedMs = Date.parse(lock.lockedAt);
    return { description: describeLock(lock), lockedMs: Number.isNaN(lockedMs) ? undefined : lockedMs };
  } catch (caught) {
    if (!(caught instanceof PitrError) || caught.code !== 'OBJECT_DAMAGED') throw caught;
    return { description: caught.message, lockedMs: undefined };
  }
}
