// A snapshot that is to be taken: its record and the signal that begins its flow. Whether it is to be is decided elsewhere.

import type { WaitingSignal } from '../../domain/state/signal.ts';
import type { SnapshotRun } from '../../domain/state/snapshot-run.ts';
import { signalOf } from './signals.ts';

/** `id`: of the due time. */
export function plannedSnapshot(
  cluster: string,
  { id, dueMs, trigger }: Pick<SnapshotRun, 'id' | 'dueMs' | 'trigger'>,
  nowMs: number,
): { readonly record: SnapshotRun; readonly signal: WaitingSignal } {
  const folder = `snapshot-${id}`;
  const run = { shape: 'snapshot/v1', state: 'planned', cluster, id, dueMs, trigger, folder } as const;
  const record: SnapshotRun = { ...run, plannedMs: nowMs };
  return { record, signal: signalOf('snapshot-planned', { cluster, id, atMs: nowMs }, { folder }) };
}
