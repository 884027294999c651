// The lock objects of a store, each opened and judged by what is known of our runs (FACTS §5.6). Removes none.

import { isObjectProblem } from '../../br/catalog-snapshot.ts';
import { meaningOf } from '../../br/layout.ts';
import { describeLock, parseLock } from '../../br/locks.ts';
import type { AuditFinding } from '../../domain/audit/audit-finding.ts';
import { type FoundLock, type LockScope, lockFinding } from '../../domain/audit/lock-judgement.ts';
import { PitrError } from '../../domain/errors.ts';
import type { ObjectInfo, ObjectStore } from '../../ports/object-store.ts';
import type { KnownRuns } from './audit-runs.ts';

/** One that is gone meanwhile is no finding. Errors: those of the storage. */
export async function lockFindings(
  store: ObjectStore,
  locks: readonly ObjectInfo[],
  known: KnownRuns | undefined,
): Promise<readonly AuditFinding[]> {
  const findings: AuditFinding[] = [];
  for (const { key, size, modifiedMs } of locks) {
    const bytes = await store.get(key);
    if (bytes === undefined) continue;
    const holder = holderOf(key, bytes);
    const lock = { key, bytes: BigInt(size), writtenMs: modifiedMs, holder, blocks: scopeOf(key) };
    findings.push(lockFinding(lock, known?.runs));
  }
  return findings;
}

function holderOf(key: string, bytes: Uint8Array): FoundLock['holder'] {
  if (bytes.length === 0) return undefined;
  try {
    const lock = parseLock(key, bytes);
    return {
      ownerId: lock.ownerId,
      host: lock.host,
      pid: `${lock.pid ?? ''}`,
      description: describeLock(lock),
    };
  } catch (caught) {
    if (caught instanceof PitrError && isObjectProblem(caught)) return undefined;
    throw caught;
  }
}

function scopeOf(key: string): LockScope {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const meaning = meaningOf(name.startsWith('truncating') ? name : `v1/${name}`);
  if (meaning.kind === 'append-lock') return 'migration-appends';
  if (meaning.kind !== 'migration-lock') return 'truncations';
  return meaning.mode === 'read' ? 'migration-writers' : 'migration-readers';
}
