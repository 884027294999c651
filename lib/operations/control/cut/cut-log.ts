// Operation cut-log: the steps of a cut of the log by our own engine, for a flow that does its parts at once. One function for all.

import type { Facts } from '../../../domain/state/run-identity.ts';
import { InputReader, type Operation } from '../operation.ts';
import { beginCut, type CutCall } from './begin-cut.ts';
import { cutPart, type PartCall } from './cut-part.ts';
import type { CutDeps } from './cut-refusal.ts';
import { type EndCall, endCut } from './end-cut.ts';

export type CutLogInput =
  | ({ readonly step: 'begin' } & CutCall)
  | ({ readonly step: 'part' } & PartCall)
  | ({ readonly step: 'end' } & EndCall);

const steps = ['begin', 'part', 'end'] as const;

/**
 * Input `{cluster, step: 'begin', id, execution}`, `{…, step: 'part', range: {from, to}, shiftTs}` or `{…, step: 'end', opened, parts}`.
 * Answers and errors: those of begin-cut.ts, cut-part.ts and end-cut.ts.
 */
export const cutLog: Operation<CutDeps, CutLogInput, Facts> = {
  name: 'cut-log',
  parseInput: (value) => {
    const input = new InputReader('cut-log', value);
    input.text('cluster');
    const step = input.oneOf('step', steps);
    const call = { id: input.text('id'), execution: input.text('execution') };
    const parsed = parsedStep(input, step, call);
    input.done();
    return parsed;
  },
  run: async (deps, input) => {
    switch (input.step) {
      case 'begin':
        return await beginCut(deps, input);
      case 'part':
        return await cutPart(deps, input);
      case 'end':
        return await endCut(deps, input);
      default:
        return input satisfies never;
    }
  },
};

function parsedStep(input: InputReader, step: (typeof steps)[number], call: CutCall): CutLogInput {
  switch (step) {
    case 'begin':
      return { step, ...call };
    case 'part': {
      const range = new InputReader('range of cut-log', input.value('range'));
      const ends = { from: range.text('from'), to: range.text('to') };
      range.done();
      return { step, ...call, range: ends, shiftTs: tsOf(input, 'shiftTs') };
    }
    case 'end':
      return { step, ...call, opened: factsIn(input, 'opened'), parts: partsIn(input) };
    default:
      return step satisfies never;
  }
}

function tsOf(input: InputReader, name: string): bigint {
  const text = input.text(name, 'a TSO in decimal');
  if (/^\d{1,20}$/.test(text)) return BigInt(text);
  throw input.wrong(name, 'a TSO in decimal');
}

function isFacts(value: unknown): value is Facts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function factsIn(input: InputReader, name: string): Facts {
  const value = input.value(name);
  if (isFacts(value)) return value;
  throw input.wrong(name, 'a JSON object');
}

function partsIn(input: InputReader): readonly Facts[] {
  const value = input.value('parts');
  if (Array.isArray(value) && value.every(isFacts)) return value;
  throw input.wrong('parts', 'a list of JSON objects');
}
