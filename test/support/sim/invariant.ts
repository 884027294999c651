// A rule that holds in every simulated world, at the hours at which it is looked at and at the events that it hears of. One file of
// `invariants/` for each; a new rule is a class and a line in `invariants/all-invariants.ts`.

import type { Window } from '../../../lib/domain/window.ts';
import type { Message } from '../../../lib/ports/messenger.ts';
import type { SimRun } from '../../../lib/sim/sim-br.ts';
import type { SimWorld } from './sim-world.ts';
import type { Invocation } from './world-functions.ts';

export interface Invariant {
  /** As a sentence. */
  readonly rule: string;
  /** Once an hour of the world, while nothing moves. */
  hourly?(world: SimWorld): Promise<void>;
  /** When all troubles are over and everything has had its time. */
  atEnd?(world: SimWorld): Promise<void>;
  /** A run of br began, or is over. */
  onRun?(world: SimWorld, run: SimRun): void;
  onMessage?(world: SimWorld, message: Message, by: Invocation): void;
  /** A snapshot is about to be damaged from outside; and was, with what can be restored without it. */
  beforeDamage?(world: SimWorld): Promise<void>;
  afterDamage?(world: SimWorld, window: Window): void;
}
