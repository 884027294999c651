import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionDescription } from '../../lib/aws/lambda-caller.ts';
import { deployedRoles, roleFacts } from '../../lib/config/deployed-roles.ts';
import { functionNames } from '../../lib/config/functions.ts';
import { deployedFlows } from '../../lib/config/launch-env.ts';
import { clusterDocument, type Resource, synthesize } from '../support/synthesized-stack.ts';

const { template } = synthesize([clusterDocument('shop'), clusterDocument('crm')]);

/** `key=value` of each tag of ours, sorted; what CloudFormation fills in as its kind. */
function tagsOf({ Properties }: Resource): string {
  const tags: readonly { readonly Key: string; readonly Value: unknown }[] = Properties.Tags ?? [];
  return tags
    .filter(({ Key }) => Key.startsWith('pitr:'))
    .map(({ Key, Value }) => `${Key}=${typeof Value === 'string' ? Value : Object.keys(Object(Value))[0]}`)
    .sort()
    .join(' ');
}

function ofType(type: string): readonly string[] {
  const all = Object.values(template.Resources).filter(({ Type }) => Type === type);
  return all
    .map(tagsOf)
    .filter((tags) => tags !== '')
    .sort();
}

test('each state machine tells its cluster, its flow and the state table', () => {
  const wanted = ['crm', 'shop'].flatMap((cluster) =>
    deployedFlows.map((flow) => `pitr:cluster=${cluster} pitr:flow=${flow} pitr:table=Ref`),
  );
  assert.deepEqual(ofType('AWS::StepFunctions::StateMachine'), wanted.sort());
});

test('each function tells its cluster and its operation', () => {
  const wanted = ['crm', 'shop'].flatMap((cluster) =>
    functionNames.map((name) => `pitr:cluster=${cluster} pitr:function=${name}`),
  );
  assert.deepEqual(ofType('AWS::Lambda::Function'), wanted.sort());
});

test('each role of functions and of br tells its cluster, what it is for, and the names of bucket and table', () => {
  const wanted = ['crm', 'shop'].flatMap((cluster) =>
    deployedRoles.map((role) => {
      const table = roleFacts[role].usesState ? ' pitr:table=Ref' : '';
      return `pitr:bucket=Ref pitr:cluster=${cluster} pitr:role=${role}${table}`;
    }),
  );
  const roles = ofType('AWS::IAM::Role').filter((tags) => tags.includes('pitr:role='));
  assert.deepEqual(roles, wanted.sort());
});

test('roles are described as the doctor looks for them', () => {
  const described = Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::IAM::Role')
    .map(({ Properties }) => Properties.Description);
  for (const role of deployedRoles) {
    assert.equal(described.filter((one) => one === roleFacts[role].description).length, 2, role);
  }
});

test('functions are described as the command line looks for them', () => {
  const described = new Set(
    Object.values(template.Resources).map(({ Properties }) => Properties?.Description),
  );
  for (const name of functionNames) assert.ok(described.has(functionDescription(name, 'shop')), name);
});
