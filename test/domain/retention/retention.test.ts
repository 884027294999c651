// The planner of the retention on buckets with a name: the failures of other tools, and each rule where it alone decides.

import { describe, test } from 'node:test';
import { checkCases } from './check-cases.ts';
import { toolCases } from './named-cases.ts';
import { planner } from './retention-oracle.ts';
import { ruleCases } from './rule-cases.ts';

describe('the failures of other tools', () => {
  for (const { title, run } of toolCases) test(title, () => run(planner));
});

describe('the rules', () => {
  for (const { title, run } of ruleCases) test(title, () => run(planner));
});

describe('the check before a step', () => {
  for (const { title, run } of checkCases) test(title, () => run(planner));
});
