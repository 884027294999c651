// Operation unpin: a pin holds nothing from now on. What it held goes with the next plan of the retention, not before.

import { PitrError } from '../../../domain/errors.ts';
import type { PinRecord } from '../../../domain/state/pin-record.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import type { StateDeps } from '../control-deps.ts';
import { InputReader, type Operation } from '../operation.ts';
import { pinFacts } from './pin-facts.ts';

export interface UnpinInput {
  readonly id: string;
  readonly who: string;
}

/** Input `{cluster, id, who?}`. Answers `{decision: 'released', …}` with the pin, also for one that was. Errors: INVALID_INPUT when there is none; those of the state table. */
export const unpin: Operation<StateDeps, UnpinInput, Facts> = {
  name: 'unpin',
  parseInput: (value) => {
    const input = new InputReader('unpin', value);
    input.text('cluster');
    const parsed = { id: input.text('id'), who: input.optionalText('who') ?? 'a person' };
    input.done();
    return parsed;
  },
  run: async ({ store, settings, nowMs: now }, { id, who }) => {
    const [cluster, nowMs] = [settings.name, now()];
    const found = await store.get({ cluster, kind: 'pin', id }, nowMs);
    if (found === undefined) {
      throw new PitrError('INVALID_INPUT', `there is no pin ${id} of ${cluster}`, {
        hint: 'pitr pins lists them',
        details: { field: 'id' },
      });
    }
    const answer = (pin: PinRecord): Facts => ({ decision: 'released', ...pinFacts(pin, nowMs) });
    if (found.record.state === 'released') return answer(found.record);
    const released: PinRecord = { ...found.record, state: 'released', releasedMs: nowMs, releasedBy: who };
    await store.commit({
      ...{ cluster, nowMs, records: [{ record: released, expect: found.revision }] },
      audit: {
        ...{ shape: 'audit/v1', cluster, id: `unpin/${id}`, atMs: nowMs, who, what: 'released a pin' },
        ...{ why: 'it was asked for', facts: pinFacts(released, nowMs) },
      },
    });
    return answer(released);
  },
};
