// Exhaustive small scope: each law of the retention in every small bucket there is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lawfulPlan } from './retention-laws.ts';
import { planner } from './retention-oracle.ts';
import { smallCases } from './small-scope.ts';

test('in every bucket of up to four snapshots, with no, one or two logs, each plan keeps every law', () => {
  const seen = new Map<string, number>();
  for (const one of smallCases(true)) {
    try {
      const steps = lawfulPlan(planner, one)?.steps.map(({ kind }) => kind) ?? ['refused'];
      for (const kind of steps) seen.set(kind, (seen.get(kind) ?? 0) + 1);
    } catch (caught) {
      throw new Error(`in ${JSON.stringify(one)}`, { cause: caught });
    }
  }
  for (const kind of ['refused', 'delete-snapshot', 'delete-unfinished', 'delete-log', 'cut-log']) {
    assert.ok((seen.get(kind) ?? 0) > 100, `${kind}: ${JSON.stringify([...seen])}`);
  }
});
