// Operation hold: what people do to keep things from the retention, as one function: pin, bookmark, unpin, list-pins and veto are its
// actions. They are called together because each is called seldom. Must not know what they do.

import type { HoldAction } from '../../../config/functions.ts';
import { holdActions } from '../../../config/functions.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import { InputReader, type Operation } from '../operation.ts';
import { bookmark } from './bookmark.ts';
import { listPins } from './list-pins.ts';
import { pin } from './pin.ts';
import type { RetentionDeps } from './retention-reading.ts';
import { unpin } from './unpin.ts';
import { veto } from './veto.ts';

/** An action with its input read. */
export type HoldInput = (deps: RetentionDeps) => Promise<Facts>;

const actions: Readonly<Record<HoldAction, (value: unknown) => HoldInput>> = {
  veto: (value) => ready(veto, value),
  pin: (value) => ready(pin, value),
  bookmark: (value) => ready(bookmark, value),
  unpin: (value) => ready(unpin, value),
  'list-pins': (value) => ready(listPins, value),
};

function ready<I>(operation: Operation<RetentionDeps, I, Facts>, value: unknown): HoldInput {
  const input = operation.parseInput(value);
  return async (deps) => await operation.run(deps, input);
}

/** Input `{cluster, action, …}`: the rest is the input of the action. Answers and errors: those of the action. */
export const hold: Operation<RetentionDeps, HoldInput, Facts> = {
  name: 'hold',
  parseInput: (value) => {
    const action = new InputReader('hold', value).oneOf('action', holdActions);
    return actions[action](withoutAction(value));
  },
  run: async (deps, act) => await act(deps),
};

function withoutAction(value: unknown): Facts {
  const { action: _action, ...rest } = value as Facts;
  return rest;
}
