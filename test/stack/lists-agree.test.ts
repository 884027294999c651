// The lists that must be one: functions of lib/config, files of lambdas/, operations, and the names in the flows.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { type FunctionName, factsOf, functionNames, functions } from '../../lib/config/functions.ts';
import { deployedFlows } from '../../lib/config/launch-env.ts';
import { parseSettings } from '../../lib/config/settings.ts';
import { flowNames, launchedOperations } from '../../lib/ports/launcher.ts';
import { functionsOfFlow } from '../../lib/stack/flows.ts';
import { firingsOf } from '../../lib/stack/schedules.ts';
import { clusterDocument } from '../support/synthesized-stack.ts';

const flowFiles = globSync('lib/flows/*.asl.json');
const calledByFlows = new Set(flowFiles.flatMap((file) => functionsOfFlow(readFileSync(file, 'utf8'))));
const [shop] = parseSettings(JSON.stringify({ version: 1, clusters: [clusterDocument('shop')] })).clusters;
assert.ok(shop);
const firings = firingsOf(shop);

interface ParsesInput {
  readonly name: string;
  readonly parseInput: (value: unknown) => unknown;
}

/** The operation that a file below lib/operations/control exports under the name of the function. */
async function operationOf(name: FunctionName): Promise<ParsesInput> {
  const [file, ...others] = globSync(`lib/operations/control/**/${name}.ts`);
  assert.ok(file !== undefined, `there is no operation ${name}`);
  assert.deepEqual(others, [], `there are several operations ${name}`);
  const module: Readonly<Record<string, unknown>> = await import(`../../${file}`);
  const found = Object.values(module).find(
    (one): one is ParsesInput => typeof one === 'object' && one !== null && 'parseInput' in one,
  );
  assert.ok(found, `${file} exports no operation`);
  return found;
}

test('each function has its file in lambdas/, and each file there is a function', () => {
  assert.deepEqual(
    globSync('lambdas/*.ts')
      .map((file) => basename(file, '.ts'))
      .sort(),
    [...functionNames].sort(),
  );
});

test('each function is the operation of its name', async () => {
  for (const name of functionNames) {
    assert.equal((await operationOf(name)).name, name);
  }
});

test('the flows that are deployed are the files of lib/flows and those that can be started', () => {
  assert.deepEqual(flowFiles.map((file) => basename(file, '.asl.json')).sort(), [...deployedFlows].sort());
  assert.deepEqual([...flowNames].sort(), [...deployedFlows].sort());
});

test('a function whose answer a flow waits for is called so, and a flow waits for each that is', () => {
  const personal: readonly FunctionName[] = ['rebuild', 'hold'];
  for (const name of functionNames) {
    const { call } = factsOf(name);
    if (call === 'answered') assert.ok(calledByFlows.has(name) || personal.includes(name), name);
  }
});

test('what nobody waits for is called by a schedule or begun by react', () => {
  for (const name of functionNames.filter((one) => factsOf(one).call !== 'answered')) {
    const begun: readonly string[] = launchedOperations;
    assert.ok(firings.has(name) || begun.includes(name), name);
  }
  for (const name of launchedOperations) assert.equal(functions[name].call, 'kept');
});

test('operations read what their schedules give them', async () => {
  for (const [name, { input }] of firings) {
    const { parseInput } = await operationOf(name);
    // What EventBridge Scheduler puts in the place of its word.
    const text = JSON.stringify(input).replace('<aws.scheduler.scheduled-time>', '2026-11-22T00:00:00Z');
    assert.doesNotThrow(() => parseInput(JSON.parse(text)), name);
    assert.throws(() => parseInput({ ...JSON.parse(text), surprise: 1 }), { code: 'INVALID_INPUT' }, name);
  }
});
