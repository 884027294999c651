// Signals of the control plane: what is told of, by topic. The same event of the same run has the same id, so it is told once.

import type { Facts } from '../../domain/state/run-identity.ts';
import type { WaitingSignal } from '../../domain/state/signal.ts';

/** Every topic that an operation signals; `react` has an answer to each. */
export const topics = [
  'snapshot-planned',
  'snapshot-complete',
  'snapshot-failed',
  'snapshot-skipped',
  'truncation-planned',
  'truncation-done',
  'truncation-failed',
  'truncation-refused',
  'task-change-planned',
  'task-change-done',
  'task-change-failed',
  'log-task-changed',
  'log-task-trouble',
  'log-task-well',
  'log-task-epoch',
  'alarm-raised',
  'alarm-over',
  'adopt-wanted',
  'restore-requested',
  'restore-planned',
  'restore-done',
  'restore-failed',
  'retention-planned',
  'retention-refused',
  'retention-done',
  'retention-stopped',
] as const;
export type Topic = (typeof topics)[number];

/** `id`: of the run; with `occasion` when one run can tell the same twice. */
export function signalOf(
  topic: Topic,
  about: { readonly cluster: string; readonly id: string; readonly atMs: number },
  facts: Facts,
  occasion = '',
): WaitingSignal {
  return {
    shape: 'signal/v1',
    state: 'waiting',
    cluster: about.cluster,
    id: [topic, about.id, occasion].filter((part) => part !== '').join('/'),
    atMs: about.atMs,
    topic,
    facts: { id: about.id, ...facts },
  };
}
