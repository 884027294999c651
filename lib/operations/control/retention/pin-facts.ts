// A pin as a document for people and programs. Decides nothing.

import { isHolding, type PinRecord } from '../../../domain/state/pin-record.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';

/** `state`: held, over (its time has come) or released. */
export function pinFacts(pin: PinRecord, nowMs: number): Facts {
  const { id, name, what, folder, fromTs, toTs, untilMs, reason, madeMs, madeBy } = pin;
  const state = pin.state === 'released' ? 'released' : isHolding(pin, nowMs) ? 'held' : 'over';
  return {
    ...{ id, name, what, folder, fromTs: `${fromTs}`, toTs: `${toTs}` },
    until: untilMs === null ? null : new Date(untilMs).toISOString(),
    ...{ reason, madeAt: new Date(madeMs).toISOString(), madeBy, state },
  };
}
