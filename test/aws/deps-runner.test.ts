import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { runnerDeps } from '../../lib/aws/deps-runner.ts';
import { encodeRunnerPlace, type SsmPlace } from '../../lib/config/runner-place.ts';
import type { ClusterSettings } from '../../lib/config/settings-types.ts';
import { parseVersion } from '../../lib/domain/versions.ts';
import { AwsFault, FakeAws } from '../support/fake-aws-json.ts';
import { FakeEcs } from '../support/fake-ecs.ts';
import { FakeLogs } from '../support/fake-logs.ts';
import { place as onFargate, runTask } from '../support/opened-fargate.ts';
import { useTestCredentials } from '../support/s3-environment.ts';

useTestCredentials();

const shop: Pick<ClusterSettings, 'name' | 'tls' | 'version'> = {
  name: 'shop',
  tls: undefined,
  version: parseVersion('v8.5.4'),
};
const secure = { ...shop, tls: { kind: 'secret', secret: 'pitr/shop/tls' } } as const;
const variable = (place: Parameters<typeof encodeRunnerPlace>[0]) => ({
  PITR_RUNNER: encodeRunnerPlace(place),
});

const onMachine: SsmPlace = {
  kind: 'ssm',
  target: { kind: 'instances', instanceIds: ['i-0a1b2c3d4e5f60718'] },
  document: 'AWS-RunShellScript',
  program: { kind: 'br', path: 'br' },
};

/** Services that the SDK finds by the environment, as it does in a function. */
async function startAws(t: TestContext): Promise<FakeAws> {
  const aws = new FakeAws();
  process.env['AWS_ENDPOINT_URL'] = await aws.listen();
  t.after(async () => {
    delete process.env['AWS_ENDPOINT_URL'];
    await aws.close();
  });
  return aws;
}

describe('where br runs', () => {
  test('a run is started with the rights of the role that its work needs', async (t) => {
    const aws = await startAws(t);
    const logs = new FakeLogs(aws, { group: onFargate.logGroup, ingestionMs: 1 });
    const { ecsCluster: cluster, container, logStreamPrefix } = onFargate;
    const ecs = new FakeEcs(aws, logs, { cluster, container, logStreamPrefix });
    t.after(() => ecs.close());
    const { openRunner } = runnerDeps(variable(onFargate), shop);
    for (const role of ['writer', 'deleter', 'restorer'] as const) {
      const runner = await openRunner(role);
      const handle = await runner.start({ runId: `shop.${role}`, argv: ['/bin/true'], env: {} });
      assert.equal((await (await openRunner('writer')).poll(handle)).state, 'running');
    }
    assert.deepEqual(
      aws.inputsOf(runTask).map(({ taskDefinition }) => taskDefinition),
      ['shop-writer:1', 'shop-deleter:1', 'shop-restorer:1'],
    );
  });

  test('br of the image is at its root, and finds the certificates where its entry point writes them', () => {
    assert.deepEqual(runnerDeps(variable(onFargate), secure, 'eu-central-1').brPlace, {
      runnerKind: 'fargate',
      program: ['/br'],
      tls: { ca: '/tmp/pitr-tls/ca.pem', cert: '/tmp/pitr-tls/cert.pem', key: '/tmp/pitr-tls/key.pem' },
      region: 'eu-central-1',
    });
    assert.equal(runnerDeps(variable(onFargate), shop, 'eu-central-1').brPlace.tls, undefined);
  });

  test("on a machine it is the operator's br or tiup's of the cluster's version, with the operator's certificates", () => {
    const { brPlace } = runnerDeps(variable(onMachine), secure, 'eu-central-1');
    assert.deepEqual(brPlace.program, ['br']);
    assert.equal(brPlace.runnerKind, 'ssm');
    assert.equal(brPlace.tls?.cert, '/etc/tidb-pitr/tls/shop/cert.pem');
    const byTiup = { ...onMachine, program: { kind: 'tiup' } } as const;
    assert.deepEqual(runnerDeps(variable(byTiup), shop, 'eu-central-1').brPlace.program, [
      'tiup',
      'br:v8.5.4',
    ]);
  });

  test('the runner of a machine is the one of Systems Manager', async (t) => {
    const aws = await startAws(t);
    aws.on('AmazonSSM.SendCommand', () => {
      throw new AwsFault('AccessDeniedException');
    });
    const { openRunner } = runnerDeps(variable(onMachine), shop);
    const handle = { runner: 'ssm', runId: 'shop.x', place: 'i-0a1b2c3d4e5f60718:/var/lib/x/shop.x' };
    await assert.rejects((await openRunner('writer')).poll(handle), { code: 'AWS_DENIED' });
    assert.equal(aws.inputsOf('AmazonSSM.SendCommand')[0]?.['DocumentName'], 'AWS-RunShellScript');
  });
});
