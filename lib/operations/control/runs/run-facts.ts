// Facts of a run, written as JSON and read back: TSOs and bytes are decimal texts, so that nothing is rounded.

import type { BrFacts } from '../../../br/commands/outcome-facts.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';

/** A decimal u64; 0 when it is not there. */
export function tsFact(facts: Facts, name: string): bigint {
  const value = facts[name];
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : 0n;
}

/** A number; 0 when it is not there. */
export function numberFact(facts: Facts, name: string): number {
  const value = facts[name];
  return typeof value === 'number' ? value : 0;
}

export function textFact(facts: Facts, name: string): string {
  const value = facts[name];
  return typeof value === 'string' ? value : '';
}

/**
 * Who the run was, as it said itself (FACTS §5.6): the locks that it leaves carry the same. Empty texts where it did not say,
 * as versions before the operation's name do.
 */
export function identityFacts({
  operation,
  backupTs,
  restoredTs,
  targetTs,
  gcRatio,
  restoreId,
}: BrFacts): Facts {
  return {
    ...(operation === undefined
      ? {}
      : { operationId: operation.id, host: operation.host, pid: `${operation.pid ?? ''}` }),
    ...textOf('saidBackupTs', backupTs),
    ...textOf('restoredTs', restoredTs),
    ...textOf('targetTs', targetTs),
    ...textOf('restoreId', restoreId),
    ...(gcRatio === undefined ? {} : { gcRatio }),
  };
}

function textOf(name: string, value: bigint | undefined): Facts {
  return value === undefined ? {} : { [name]: `${value}` };
}
