// Whether the tests of the retention notice a planner that is wrong: each guard is broken on purpose in a copy of the source, and some
// law or named case must fail for it. One that nobody notices is a guard that nothing holds in place.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { checkCases } from './check-cases.ts';
import { mutants } from './mutant-list.ts';
import { toolCases } from './named-cases.ts';
import { lawfulPlan } from './retention-laws.ts';
import { type Planner, planner } from './retention-oracle.ts';
import { ruleCases } from './rule-cases.ts';
import { smallCases } from './small-scope.ts';

const folder = mkdtempSync(join(tmpdir(), 'pitr-mutants-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The first test that fails, or undefined when none does. */
function caughtBy(one: Planner): string | undefined {
  for (const { title, run } of [...toolCases, ...ruleCases, ...checkCases]) {
    if (fails(() => run(one))) return title;
  }
  for (const small of smallCases(false)) {
    if (fails(() => lawfulPlan(one, small))) return `the laws, in ${JSON.stringify(small)}`;
  }
  return undefined;
}

function fails(run: () => void): boolean {
  try {
    run();
    return false;
  } catch {
    return true;
  }
}

async function plannerIn(domain: string): Promise<Planner> {
  const load = (file: string) => import(pathToFileURL(join(domain, 'retention', file)).href);
  const [plan, check, invariant, fingerprint] = await Promise.all(
    ['plan-retention.ts', 'check-step.ts', 'invariant.ts', 'fingerprint.ts'].map(load),
  );
  return { ...plan, ...check, ...invariant, ...fingerprint };
}

function mutated(index: number, { file, from, to }: (typeof mutants)[number]): string {
  const domain = join(folder, `${index}`, 'domain');
  cpSync('lib/domain', domain, { recursive: true });
  const path = join(domain, 'retention', file);
  const text = readFileSync(path, 'utf8');
  const parts = text.split(from);
  assert.equal(parts.length, 2, `${file} holds ${JSON.stringify(from)} ${parts.length - 1} times`);
  writeFileSync(path, parts.join(to));
  return domain;
}

describe('a planner that is broken on purpose', () => {
  test('there are at least fifteen ways, and each has its own', () => {
    assert.ok(mutants.length >= 15);
    assert.equal(new Set(mutants.map(({ title }) => title)).size, mutants.length);
  });

  test('the planner as it is passes all of it', () => {
    assert.equal(caughtBy(planner), undefined);
  });

  for (const [index, mutant] of mutants.entries()) {
    test(`is caught when ${mutant.title}`, async () => {
      const broken = await plannerIn(mutated(index, mutant));
      assert.notEqual(caughtBy(broken), undefined, 'nothing noticed');
    });
  }
});
