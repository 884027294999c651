// The functions of one machine: those of a cluster serve that one alone, whichever way an input reached them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { functionNames } from '../../../lib/config/functions.ts';
import type { LocalDeps } from '../../../lib/local/control/local-deps.ts';
import { functionsOfCluster, routedFunctions } from '../../../lib/local/control/local-functions.ts';
import { MemoryStateTable } from '../../support/memory-task-store.ts';
import { type RestoreStage, request, restoreStage } from '../../support/restore-stage.ts';

/** What the operations below are given; they neither begin flows nor tell people. */
function depsOf(stage: RestoreStage): LocalDeps {
  const never = async () => assert.fail('nothing is to be begun or told');
  return {
    ...stage,
    launcher: { startFlow: never, invoke: never },
    messenger: { publish: never },
  };
}

const id = '20261122120000';
const execution = 'execution-1';
const inputs: Readonly<Record<string, object>> = {
  'start-br': { id, execution, work: 'snapshot', token: 'token' },
  'settle-run': { id, execution, work: 'snapshot', error: null },
  'check-target': { id, execution },
  'run-restore': { id, execution, token: 'token' },
  'verify-restore': { id, execution, purpose: 'verify' },
  'settle-restore': { id, execution, error: null },
  'take-snapshot': { trigger: 'person' },
  hold: { action: 'list-pins' },
  'cut-log': { id, execution, step: 'begin' },
};

describe('the functions of a cluster', () => {
  for (const name of functionNames) {
    test(`${name} refuses the input of another cluster with both names, and looks at nothing`, async () => {
      const table = new MemoryStateTable(async () => assert.fail('the state was looked at'));
      const functions = functionsOfCluster(depsOf(await restoreStage({ table })));
      const other = { ...request, cluster: 'crm' };
      const input =
        name === 'plan-restore' ? { request: other, execution } : { cluster: 'crm', ...inputs[name] };
      await assert.rejects(functions[name](input), {
        name: 'INVALID_INPUT',
        message: `cluster of ${name} is "crm", expected "shop": what was called belongs to that one`,
      });
    });
  }

  test('are found by the cluster that an input names, and one that is not there is told with those that are', async () => {
    const stage = await restoreStage();
    const routed = routedFunctions(new Map([['shop', functionsOfCluster(depsOf(stage))]]));
    assert.equal(
      (await routed['plan-restore']({ request: { ...request, dryRun: true }, execution }))['cluster'],
      'shop',
    );
    await assert.rejects(routed['observe']({ cluster: 'crm' }), {
      name: 'INVALID_INPUT',
      message: 'cluster is "crm", expected one of the settings: shop',
    });
  });
});
