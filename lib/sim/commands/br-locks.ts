// The locks that a simulated br takes in the bucket, by br's own protocol and with its JSON (FACTS §5.6), and the words of a run that
// meets one.

import { describeLock, parseLock } from '../../br/locks.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { BrRefusal, type BrScriptContext, u64Json } from './br-script.ts';

export type LockType = 'log-truncate-exclusive' | 'migration-read';

/**
 * Takes a lock: nothing of its prefix may be there, an intent is put, it is looked again, then the lock is put and the intent goes.
 * Errors: BrRefusal when somebody has it.
 */
export async function takeLock(
  context: BrScriptContext,
  key: string,
  { type, prefix, detail }: { readonly type: LockType; readonly prefix: string; readonly detail: string },
): Promise<void> {
  const { bucket, random } = context;
  const txn = random.bytes(16);
  const intent = `${key}.INTENT.${Buffer.from(txn).toString('hex')}`;
  await refuseHeld(context, prefix, intent);
  await bucket.put(intent, new Uint8Array());
  try {
    await refuseHeld(context, prefix, intent);
    await bucket.put(key, lockBytes(context, txn, type, detail));
  } finally {
    await bucket.delete(intent);
  }
}

async function refuseHeld({ bucket }: BrScriptContext, prefix: string, own: string): Promise<void> {
  for await (const { key } of bucket.list(prefix)) {
    if (key === own) continue;
    const name = prefix.slice(prefix.lastIndexOf('/') + 1);
    throw new BrRefusal(
      `failed to acquire lock on '${name}': during initial check: locked, path = ${name}, local = LockMetaInput(hint: x), ` +
        `conflict file ${name}, blocker_meta = ${await lockWords(bucket, key)}`,
    );
  }
}

async function lockWords(bucket: ObjectStore, key: string): Promise<string> {
  const bytes = await bucket.get(key);
  if (bytes === undefined || bytes.length === 0) return 'Locked(at: unknown)';
  const lock = parseLock(key, bytes);
  const owner = lock.ownerId === '' ? '' : `, owner_id: ${lock.ownerId}, lock_type: ${lock.lockType}`;
  const words = `Locked(at: ${lock.lockedAt}, host: ${lock.host}, pid: ${lock.pid ?? ''}, hint: ${describeLock(lock)}${owner})`;
  return words;
}

function lockBytes(context: BrScriptContext, txn: Uint8Array, type: LockType, detail: string): Uint8Array {
  const at = new Date(context.clock.nowMs()).toISOString();
  const hasOwner = context.cluster.version.major >= 9;
  const document = {
    locked_at: at,
    locker_host: context.host,
    locker_pid: BigInt(context.pid),
    txn_id: Buffer.from(txn).toString('base64'),
    ...(hasOwner ? { owner_id: context.operationId, lock_type: type } : {}),
    hint: hasOwner ? `operation_started_at=${at} detail=${JSON.stringify(detail)}` : detail,
  };
  return new TextEncoder().encode(u64Json(document));
}

/** Read back, compared, deleted. */
export async function releaseLock(
  { bucket, print }: BrScriptContext,
  key: string,
  path: string,
): Promise<void> {
  await bucket.delete(key);
  print.log('Releasing lock.', { path });
}
