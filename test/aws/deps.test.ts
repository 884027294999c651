import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { depsOnce } from '../../lib/aws/deps.ts';
import { bucketDeps } from '../../lib/aws/deps-bucket.ts';
import { clusterDeps } from '../../lib/aws/deps-cluster.ts';
import { launcherDeps } from '../../lib/aws/deps-launcher.ts';
import { messengerDeps } from '../../lib/aws/deps-messenger.ts';
import { stateDeps } from '../../lib/aws/deps-state.ts';
import { encodeCluster } from '../../lib/config/cluster-env.ts';
import { parseSettings } from '../../lib/config/settings.ts';
import type { ClusterSettings } from '../../lib/config/settings-types.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import { testAuthority } from '../support/certificates.ts';
import { FakeAws } from '../support/fake-aws-json.ts';
import { FakePd } from '../support/fake-pd.ts';
import { FakeS3 } from '../support/fake-s3.ts';
import { FakeStepFunctions } from '../support/fake-step-functions.ts';
import { recordedPd } from '../support/recorded-pd.ts';
import { useTestCredentials } from '../support/s3-environment.ts';

useTestCredentials();

const shop = parseSettings(
  `version: 1
clusters:
  - name: shop
    tidbVersion: v8.5.4
    pd: [http://pd.internal:2379]
    vpc: { id: vpc-0a1b2c3d4e5f60718, subnets: [subnet-0a1b2c3d4e5f60718], securityGroup: sg-0a1b2c3d4e5f60718 }
    bucket: { prefix: tidb }
`,
  'pitr.yaml',
).clusters[0]!;

function setEnvironment(t: TestContext, variables: Readonly<Record<string, string>>): void {
  Object.assign(process.env, variables);
  t.after(() => {
    for (const name of Object.keys(variables)) delete process.env[name];
  });
}

describe('what a function is given', () => {
  test('is opened from its environment at the first call, and once', async (t) => {
    let opened = 0;
    const deps = depsOnce('rebuild', (env) => {
      opened += 1;
      return env;
    });
    await assert.rejects(deps(), { code: 'INVALID_INPUT', message: /PITR_CLUSTER, PITR_TABLE, PITR_BUCKET/ });
    setEnvironment(t, { PITR_CLUSTER: 'c', PITR_TABLE: 't', PITR_BUCKET: 'b', PITR_FLOWS: 'not its own' });
    assert.deepEqual(await deps(), { PITR_CLUSTER: 'c', PITR_TABLE: 't', PITR_BUCKET: 'b' });
    await Promise.all([deps(), deps()]);
    assert.equal(opened, 1);
  });

  test('is opened again after it could not be opened', async (t) => {
    setEnvironment(t, { PITR_CLUSTER: 'c', PITR_TABLE: 't', PITR_BUCKET: 'b' });
    let tries = 0;
    const deps = depsOnce('adopt', async () => {
      tries += 1;
      if (tries === 1) throw new PitrError('AWS_UNAVAILABLE', 'not now');
      return tries;
    });
    await assert.rejects(deps(), { code: 'AWS_UNAVAILABLE' });
    assert.equal(await deps(), 2);
  });

  test('holds the settings that the stack wrote', () => {
    const deps = stateDeps({ PITR_CLUSTER: encodeCluster(shop), PITR_TABLE: 'state' });
    assert.deepEqual(deps.settings, shop);
    assert.ok(Math.abs(deps.nowMs() - Date.now()) < 1_000);
  });

  test("holds the bucket by the stack's name for it, below the prefix of the settings", async (t) => {
    const s3 = new FakeS3({ buckets: ['chosen-by-cloudformation'] });
    setEnvironment(t, { AWS_ENDPOINT_URL_S3: await s3.listen() });
    t.after(() => s3.close());
    const deps = bucketDeps({ PITR_BUCKET: 'chosen-by-cloudformation' }, shop);
    assert.equal(deps.bucketName, 'chosen-by-cloudformation');
    s3.fail({ answer: { status: 503, code: 'SlowDown' } });
    await (await deps.openBucket()).put('a', new Uint8Array([1]));
    assert.match(s3.requests.at(-1) ?? '', /^PUT \/chosen-by-cloudformation\/tidb\/a/);
    assert.equal(await deps.openBucket(), await deps.openBucket());
  });

  test('holds flows, functions and who is told, as the stack wrote them', async (t) => {
    const aws = new FakeAws();
    const flows = new FakeStepFunctions(aws, ['arn:aws:states:eu-central-1:111122223333:stateMachine:s']);
    aws.on('AWSEvents.PutEvents', () => ({ FailedEntryCount: 0, Entries: [{ EventId: 'e' }] }));
    setEnvironment(t, { AWS_ENDPOINT_URL: await aws.listen() });
    t.after(() => aws.close());
    const { launcher } = launcherDeps({
      PITR_FLOWS: JSON.stringify({
        snapshot: 'arn:aws:states:eu-central-1:111122223333:stateMachine:s',
        truncate: 'x',
        'log-task': 'x',
        'restore-to-point': 'x',
      }),
      PITR_FUNCTIONS: JSON.stringify({ 'take-snapshot': 'x', 'truncate-log': 'x', adopt: 'x' }),
    });
    flows.nowMs = Date.now();
    assert.equal(await launcher.startFlow('snapshot', 'a', {}), 'started');
    const { messenger } = messengerDeps({
      PITR_NOTIFY: JSON.stringify({ snsTopics: [], eventBus: 'ops', webhook: null }),
    });
    await messenger.publish({
      id: 'i',
      cluster: 'shop',
      topic: 't',
      atMs: 0,
      title: '',
      text: '',
      facts: {},
    });
    assert.equal(aws.inputsOf('AWSEvents.PutEvents').length, 1);
  });
});

describe('PD of a function', () => {
  const authority = testAuthority('authority of the cluster');
  const tls = { ca: authority.cert, ...authority.issue('client') };
  const secure: Pick<ClusterSettings, 'name' | 'pd' | 'tls'> = {
    name: 'shop',
    pd: ['https://pd.internal:2379'],
    tls: { kind: 'secret', secret: 'pitr/shop/tls' },
  };

  test('is asked where the settings say, or where the caller says', async (t) => {
    const pd = new FakePd(recordedPd('shop/pd/5-before-end'));
    const address = await pd.listen();
    t.after(() => pd.close());
    const { openCluster } = clusterDeps({}, shop);
    const ours = await openCluster();
    assert.equal(ours.cluster.name, 'http://pd.internal:2379');
    ours.close();
    const { cluster, close } = await openCluster([address]);
    assert.equal((await cluster.readLogTask()).task.kind, 'task');
    close();
  });

  test('reads its certificates once in five minutes, and again after a failure', async () => {
    const reads: string[] = [];
    let nowMs = 0;
    const readSecret = async (name: string) => {
      reads.push(name);
      if (reads.length === 1) throw new PitrError('AWS_UNAVAILABLE', 'not now');
      return tls;
    };
    const { openCluster } = clusterDeps({ PITR_TLS_SECRET: 'arn' }, secure, {
      nowMs: () => nowMs,
      readSecret,
    });
    const open = async () => (await openCluster()).close();
    await assert.rejects(open(), { code: 'AWS_UNAVAILABLE' });
    await Promise.all([open(), open()]);
    nowMs += 299_999;
    await open();
    assert.deepEqual(reads, ['arn', 'arn']);
    nowMs += 1;
    await open();
    assert.equal(reads.length, 3);
  });

  test('says which variable is missing when the settings have TLS and the function has no secret', async () => {
    await assert.rejects(clusterDeps({}, secure).openCluster(), {
      code: 'INVALID_INPUT',
      message: 'PITR_TLS_SECRET is not set, and shop has TLS',
    });
  });
});
