// Operation list-pins: what is pinned, until when and why. Writes nothing.

import type { Facts } from '../../../domain/state/run-identity.ts';
import type { StateDeps } from '../control-deps.ts';
import { InputReader, type Operation } from '../operation.ts';
import { pinFacts } from './pin-facts.ts';
import { allPins } from './retention-reading.ts';

export interface ListPinsInput {
  /** Also those that hold nothing any more. */
  readonly all: boolean;
}

/** Input `{cluster, all?}`. Answers `{pins}`, the oldest first. Errors: those of the state table. */
export const listPins: Operation<StateDeps, ListPinsInput, Facts> = {
  name: 'list-pins',
  parseInput: (value) => {
    const input = new InputReader('list-pins', value);
    input.text('cluster');
    const parsed = { all: input.bool('all') };
    input.done();
    return parsed;
  },
  run: async (deps, { all }) => {
    const nowMs = deps.nowMs();
    const pins = (await allPins(deps)).map((one) => pinFacts(one, nowMs));
    return { pins: all ? pins : pins.filter(({ state }) => state === 'held') };
  },
};
