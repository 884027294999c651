// Writes a whole bucket: snapshots and one log of the same history, through the encoders of br. What the history is made
// of, it does not know.

import type { ObjectStore } from '../ports/object-store.ts';
import { versionedKeys } from './key-versions.ts';
import { type LogOptions, writeLog } from './log-builder.ts';
import type { History } from './model-database.ts';
import type { SeededRandom } from './seeded-random.ts';
import { type SnapshotOptions, writeSnapshot } from './snapshot-builder.ts';

export interface BackupOptions {
  readonly snapshots: readonly SnapshotOptions[];
  /** undefined = no log backup was running. */
  readonly log: LogOptions | undefined;
}

/** Writes everything; the same random, history and options write the same bytes. Errors: those of the store. */
export async function writeBackup(
  store: ObjectStore,
  random: SeededRandom,
  history: History,
  { snapshots, log }: BackupOptions,
): Promise<void> {
  const keys = versionedKeys(history);
  for (const snapshot of snapshots) await writeSnapshot(store, random, history, keys, snapshot);
  if (log !== undefined) await writeLog(store, random, history, keys, log);
}
