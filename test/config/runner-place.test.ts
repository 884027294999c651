// Where br runs, as text between the stack and the functions: what goes in comes out, and nothing else is taken.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AwsRunnerPlace,
  decodeRunnerPlace,
  encodeRunnerPlace,
  type FargatePlace,
  type SsmPlace,
} from '../../lib/config/runner-place.ts';
import { PitrError } from '../../lib/domain/errors.ts';

const fargate: FargatePlace = {
  kind: 'fargate',
  ecsCluster: 'pitr-EcsCluster-1',
  taskDefinitions: {
    writer: 'arn:aws:ecs:eu-central-1:111122223333:task-definition/shop-writer:7',
    deleter: 'arn:aws:ecs:eu-central-1:111122223333:task-definition/shop-deleter:7',
    restorer: 'shop-restorer:7',
  },
  container: 'br',
  subnets: ['subnet-0a1b2c3d4e5f60718'],
  securityGroups: ['sg-0a1b2c3d4e5f60718'],
  assignPublicIp: false,
  logGroup: '/pitr/shop/br',
  logStreamPrefix: 'br',
};
const ssm: SsmPlace = {
  kind: 'ssm',
  target: { kind: 'instances', instanceIds: ['i-0a1b2c3d4e5f60718'] },
  document: 'AWS-RunShellScript',
  program: { kind: 'br', path: '/usr/local/bin/br' },
};
const byTags: SsmPlace = {
  ...ssm,
  target: { kind: 'tags', tags: { role: 'br' } },
  program: { kind: 'tiup' },
};

const refuses = (run: () => unknown, about: RegExp) =>
  assert.throws(
    run,
    (error: unknown) =>
      error instanceof PitrError && error.code === 'INVALID_INPUT' && about.test(error.message),
  );

test('a place of each kind is one line of text that means the same place', () => {
  for (const place of [fargate, ssm, byTags]) {
    const encoded = encodeRunnerPlace(place);
    assert.ok(!encoded.includes('\n'));
    assert.deepEqual(decodeRunnerPlace(encoded), place);
  }
});

test('a place with a field missing, of another form or that nobody reads is refused by its name', () => {
  const broken: readonly (readonly [object, RegExp])[] = [
    [{ ...fargate, subnets: [] }, /subnets/],
    [{ ...fargate, subnets: ['vpc-0a1b2c3d'] }, /subnets\.0/],
    [{ ...fargate, container: '' }, /container/],
    [{ ...fargate, taskDefinitions: { writer: 'w:1', deleter: 'd:1' } }, /taskDefinitions\.restorer/],
    [{ ...fargate, assignPublicIp: 'no' }, /assignPublicIp/],
    [{ ...fargate, logStreamPrefix: 'a:b' }, /logStreamPrefix/],
    [{ ...fargate, spot: true }, /spot/],
    [{ ...fargate, logGroup: undefined }, /logGroup/],
    [{ ...ssm, target: { kind: 'instances', instanceIds: [] } }, /target\.instanceIds/],
    [{ ...ssm, target: { kind: 'tags', tags: {} } }, /target\.tags/],
    [{ ...ssm, program: { kind: 'br' } }, /program\.path/],
    [{ ...ssm, document: 'a document' }, /document/],
    [{ kind: 'local' }, /kind/],
  ];
  for (const [place, about] of broken) {
    refuses(() => decodeRunnerPlace(JSON.stringify(place)), about);
    refuses(() => encodeRunnerPlace(place as AwsRunnerPlace), about);
  }
  for (const text of ['', '{', 'null', '[]', '"fargate"']) {
    refuses(() => decodeRunnerPlace(text), /PITR_RUNNER: the whole/);
  }
});
