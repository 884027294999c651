// What a refused write means: who holds the lease, what the record has become, which signal is known already.
// Must not write, and reads nothing but what was found.

import { PitrError } from '../../domain/errors.ts';
import { describeLease, type HeldLease } from '../../domain/state/lease.ts';
import type { WaitingSignal } from '../../domain/state/signal.ts';
import { keyOfRecord } from '../../domain/state/task-record.ts';
import type { CommitOutcome, RecordWrite } from '../task-store.ts';
import { readItem, readRecord } from './records-to-items.ts';
import { leaseShape } from './shapes.ts';
import type { FailedCondition, TableWrite } from './state-table.ts';

/** A write, and what it is a part of, so that its failure can be named. */
export interface Part {
  readonly write: TableWrite;
  readonly role:
    | { readonly is: 'lease'; readonly lease: HeldLease }
    | { readonly is: 'record'; readonly of: RecordWrite }
    | { readonly is: 'audit' }
    | { readonly is: 'signal'; readonly signal: WaitingSignal }
    | { readonly is: 'consumed'; readonly id: string };
}

/** What the failed conditions mean, in order of what helps most to know; undefined when only signals failed. */
export function nameFailure(
  parts: readonly Part[],
  failed: readonly FailedCondition[],
): CommitOutcome | undefined {
  const roles = failed.flatMap(({ index, found }) => {
    const part = parts[index];
    return part === undefined ? [] : [{ ...part, found }];
  });
  for (const { role } of roles) {
    if (role.is === 'consumed') return { kind: 'consumed-before', signal: role.id };
  }
  for (const { role, found } of roles) {
    if (role.is === 'lease') {
      throw leaseLost(role.lease, found === undefined ? undefined : readItem(leaseShape, found));
    }
  }
  for (const { role, found } of roles) {
    if (role.is === 'record') throw conflict(role.of, found);
  }
  return undefined;
}

/** Ids of the signals that are waiting or were told before. */
export function failedSignals(parts: readonly Part[], failed: readonly FailedCondition[]): string[] {
  return failed.flatMap(({ index }) => {
    const role = parts[index]?.role;
    return role?.is === 'signal' ? [role.signal.id] : [];
  });
}

/** The error of a holder whose lease is another's by now. */
export function leaseLost(shown: HeldLease, found: Parameters<typeof describeLease>[0]): PitrError {
  return new PitrError(
    'LEASE_LOST',
    `${shown.holder} lost the lease of ${shown.work} on ${shown.cluster} with fence ${shown.fence}: ${describeLease(found)}`,
    {
      hint: 'the new holder goes on with the work; make sure that nothing the old one started still runs',
      details: {
        cluster: shown.cluster,
        work: shown.work,
        holder: shown.holder,
        fence: String(shown.fence),
        ...(found === undefined ? {} : { newestFence: String(found.fence) }),
        ...(found?.state === 'held' ? { heldBy: found.holder } : {}),
      },
    },
  );
}

function conflict(write: RecordWrite, found: FailedCondition['found']): PitrError {
  const key = keyOfRecord(write.record);
  const name = `${key.kind} ${key.id} of ${key.cluster}`;
  const stored = found === undefined ? undefined : readRecord(key.kind, found);
  const is = stored === undefined ? 'is not there' : `is ${stored.state} at revision ${found?.revision}`;
  const expected = write.expect === 'absent' ? 'no such record' : `revision ${write.expect}`;
  return new PitrError('STATE_CONFLICT', `${name} ${is}, expected ${expected}`, {
    hint: 'somebody else was faster: read it again and decide anew',
    details: {
      ...key,
      found: stored === undefined ? null : { state: stored.state, revision: found?.revision },
      expected: write.expect,
    },
  });
}
