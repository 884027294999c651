// br's own locks around a log while metas of it are removed, as the native truncation takes them (FACTS §5.6).

import {
  type HeldLock,
  type LockHolder,
  lockPrefixes,
  migrationWriteLock,
  refuseOthers,
  takeLock,
  truncatingLock,
} from '../../br/lock-protocol.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

export interface LogGuard {
  /** Errors: BR_LOCKED when one of the locks is not ours any more, or another one came. */
  readonly check: () => Promise<void>;
  readonly release: () => Promise<void>;
}

/** Errors: BR_LOCKED naming who stands in the way; then none of ours is left. */
export async function logGuardOf(
  store: ObjectStore,
  logPrefix: string,
  holder: LockHolder,
  nowMs: number,
): Promise<LogGuard> {
  const held: HeldLock[] = [];
  const release = async (): Promise<void> => {
    for (const lock of held.toReversed()) await lock.release();
  };
  try {
    for (const target of [truncatingLock, migrationWriteLock]) {
      held.push(await takeLock(store, logPrefix, target, holder, nowMs));
    }
  } catch (caught) {
    await release().catch(() => undefined);
    throw caught;
  }
  return {
    check: async () => {
      for (const lock of held) await lock.check();
      await refuseOthers(store, logPrefix, lockPrefixes, new Set(held.map(({ key }) => key)));
    },
    release,
  };
}
