// What is to be told, once: written in the same write as the change of state that it tells of (an outbox).
// Must not know who is told, and how.

import type { Facts } from './run-identity.ts';

interface Told {
  readonly shape: 'signal/v1';
  readonly cluster: string;
  /** The same event has the same id; a second signal of that id is not told. */
  readonly id: string;
  readonly atMs: number;
  /** What happened, such as `snapshot-failed`; receivers choose by it. */
  readonly topic: string;
  readonly facts: Facts;
}

export type Signal =
  | (Told & { readonly state: 'waiting' })
  | (Told & { readonly state: 'consumed'; readonly consumedMs: number; readonly consumedBy: string });

export type WaitingSignal = Extract<Signal, { state: 'waiting' }>;
