// Where the log lies in the bucket: the folder of the epoch that goes on, and the folder that a storage URL of ours names. Reads the
// keeper's record; decides nothing.

import type { KeeperRecord } from '../../domain/state/keeper-record.ts';
import type { RecordKey } from '../../domain/state/task-record.ts';
import { logFolder } from './br-call.ts';
import type { StateDeps } from './control-deps.ts';

export function keeperKey({ settings }: Pick<StateDeps, 'settings'>): RecordKey<'keeper'> {
  return { cluster: settings.name, kind: 'keeper', id: 'current' };
}

/** The folder of the newest epoch. */
export function logPathOf(keeper: KeeperRecord | undefined): string {
  return keeper?.epochs.at(-1)?.path ?? logFolder;
}

/** As {@link logPathOf}, from the state. Errors: those of the state table. */
export async function currentLogPath(deps: StateDeps): Promise<string> {
  return logPathOf((await deps.store.get(keeperKey(deps), deps.nowMs()))?.record);
}
