// The keeper's list of epochs, made again from the folders of the bucket: what the record lacks is put into it, and where there is no record
// one is made. Touches no task.

import type { LogFacts } from '../../../domain/facts.ts';
import { forgetfulKeeper, rebuiltEpochs } from '../../../domain/keeper/rebuilt-epochs.ts';
import type { KeeperRecord } from '../../../domain/state/keeper-record.ts';
import type { StateDeps } from '../control-deps.ts';
import { logFolder } from '../runs/br-call.ts';
import { keeperKey } from './log-place.ts';

export interface KeeperRebuild {
  readonly record: KeeperRecord;
  readonly expect: 'absent' | number;
  /** What is added, a sentence each. */
  readonly why: readonly string[];
}

/** Undefined: the keeper knows every epoch of the bucket. Errors: those of the state table. */
export async function keeperFromBucket(
  deps: StateDeps,
  logs: readonly LogFacts[],
  nowMs: number,
): Promise<KeeperRebuild | undefined> {
  const stored = await deps.store.get(keeperKey(deps), nowMs);
  const { epochs, added } = rebuiltEpochs(logs, stored?.record.epochs ?? [], logFolder);
  if (added.length === 0) return undefined;
  if (stored !== undefined)
    return { record: { ...stored.record, epochs }, expect: stored.revision, why: added };
  return { record: forgetfulKeeper(deps.settings.name, epochs, nowMs), expect: 'absent', why: added };
}
