// The states and their page: docs/runbook.md says of each when it begins, when it ends and what is done by itself, in the same words.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { keeperStates } from '../../../lib/domain/keeper/keeper-state.ts';
import { keeperStateNames } from '../../../lib/domain/state/keeper-record.ts';

test('docs/runbook.md has a section for every state of the keeper, with its entry, exit and action, and no other', () => {
  const sections = readFileSync('docs/runbook.md', 'utf8').split(/^### /m).slice(1);
  const states = sections.flatMap((text) => {
    const name = /^state ([a-z-]+)$/m.exec(text.split('\n')[0] ?? '')?.[1];
    return name === undefined ? [] : [[name, text] as const];
  });
  assert.deepEqual(
    states.map(([name]) => name),
    [...keeperStateNames],
  );
  for (const name of keeperStateNames) {
    const text = states.find(([found]) => found === name)?.[1] ?? '';
    const { entry, exit, action } = keeperStates[name];
    assert.ok(text.includes(`**Means:** ${entry}.\n**Ends:** ${exit}.\n**By itself:** ${action}.\n`), name);
  }
});
