// Each deployed function with the environment that the stack gives it, in an account that refuses everything: that it opens
// what its operation needs, and fails by the name that a state machine matches.

import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { LambdaHandler } from '../lib/aws/lambda-entry.ts';
import { encodeCluster } from '../lib/config/cluster-env.ts';
import { type FunctionName, factsOf, functionNames } from '../lib/config/functions.ts';
import { encodeRunnerPlace } from '../lib/config/runner-place.ts';
import { parseSettings } from '../lib/config/settings.ts';
import { AwsFault, FakeAws } from './support/fake-aws-json.ts';
import { useTestCredentials } from './support/s3-environment.ts';

useTestCredentials();

const settings = parseSettings(
  `version: 1
clusters:
  - name: shop
    tidbVersion: v8.5.4
    pd: [http://pd.invalid:2379]
    vpc: { id: vpc-0a1b2c3d4e5f60718, subnets: [subnet-0a1b2c3d4e5f60718], securityGroup: sg-0a1b2c3d4e5f60718 }
    bucket: { prefix: tidb }
`,
  'pitr.yaml',
);

const variables = {
  PITR_CLUSTER: encodeCluster(settings.clusters[0]!),
  PITR_TABLE: 'state',
  PITR_BUCKET: 'backups',
  PITR_RUNNER: encodeRunnerPlace({
    kind: 'fargate',
    ecsCluster: 'pitr',
    taskDefinitions: { writer: 'w:1', deleter: 'd:1', restorer: 'r:1' },
    container: 'br',
    subnets: ['subnet-0a1b2c3d4e5f60718'],
    securityGroups: ['sg-0a1b2c3d4e5f60718'],
    assignPublicIp: false,
    logGroup: '/pitr/shop/br',
    logStreamPrefix: 'br',
  }),
  PITR_FLOWS: JSON.stringify({ snapshot: 's', truncate: 't', 'log-task': 'l', 'restore-to-point': 'r' }),
  PITR_FUNCTIONS: JSON.stringify({ 'take-snapshot': 's', 'truncate-log': 't', adopt: 'a' }),
  PITR_NOTIFY: JSON.stringify({ snsTopics: [], eventBus: null, webhook: null }),
};

const id = '20261122120000';
const execution = `${id}-flow`;
const waiting = { cluster: 'shop', id, execution, token: 'token' };
const request = {
  cluster: 'shop',
  restoreTo: '2026-11-22T11:00:00Z',
  target: { pd: ['http://pd.invalid:2379'] },
};

/** An input as AWS sends it, and the code that comes of it where everything is refused. */
const calls: Readonly<Record<FunctionName, readonly [event: object, code: string]>> = {
  'take-snapshot': [{ cluster: 'shop', trigger: 'person' }, 'STORAGE_DENIED'],
  'truncate-log': [{ cluster: 'shop', who: 'ann' }, 'STORAGE_DENIED'],
  observe: [{ cluster: 'shop' }, 'PD_UNREACHABLE'],
  'start-br': [{ ...waiting, work: 'snapshot' }, 'STORAGE_DENIED'],
  'br-ended': [{ cluster: 'shop' }, 'STORAGE_DENIED'],
  'cut-log': [{ cluster: 'shop', step: 'begin', id, execution }, 'STORAGE_DENIED'],
  'settle-run': [{ cluster: 'shop', work: 'snapshot', id, execution, error: null }, 'STORAGE_DENIED'],
  react: [{ cluster: 'shop' }, 'STORAGE_DENIED'],
  'plan-restore': [{ request, execution }, 'STORAGE_DENIED'],
  'check-target': [{ cluster: 'shop', id, execution }, 'STORAGE_DENIED'],
  'run-restore': [waiting, 'STORAGE_DENIED'],
  'verify-restore': [{ cluster: 'shop', id, execution, purpose: 'verify' }, 'STORAGE_DENIED'],
  'settle-restore': [{ cluster: 'shop', id, execution, error: null }, 'STORAGE_DENIED'],
  adopt: [{ cluster: 'shop' }, 'STORAGE_DENIED'],
  rebuild: [{ cluster: 'shop' }, 'STORAGE_DENIED'],
  'retention-plan': [{ cluster: 'shop' }, 'STORAGE_DENIED'],
  'retention-apply': [{ cluster: 'shop' }, 'STORAGE_DENIED'],
  hold: [{ cluster: 'shop', action: 'list-pins' }, 'STORAGE_DENIED'],
};

/** Lines that are written to stdout from now on; what the test runner writes there goes its way. */
function logLines(t: TestContext): () => readonly string[] {
  const lines: string[] = [];
  const { write } = process.stdout;
  const mock = t.mock.method(process.stdout, 'write', (...given: Parameters<typeof write>) => {
    const [line] = given;
    if (typeof line !== 'string' || !line.startsWith('{"level"')) return write.apply(process.stdout, given);
    lines.push(line);
    return true;
  });
  return () => {
    mock.mock.restore();
    return lines;
  };
}

describe('a function where everything is refused', () => {
  const aws = new FakeAws();
  before(async () => {
    process.env['AWS_ENDPOINT_URL'] = await aws.listen();
    aws.fail({ answer: new AwsFault('AccessDeniedException', 403), times: 1_000 });
  });
  after(async () => {
    delete process.env['AWS_ENDPOINT_URL'];
    await aws.close();
  });

  for (const name of functionNames) {
    const [event, code] = calls[name];
    test(`${name} opens what it needs from its own variables, and fails as ${code}`, async (t) => {
      const { environment } = factsOf(name);
      for (const [variable, value] of Object.entries(variables)) {
        if (environment.includes(variable as keyof typeof variables)) process.env[variable] = value;
      }
      t.after(() => {
        for (const variable of environment) delete process.env[variable];
      });
      const { handler } = (await import(`../lambdas/${name}.ts`)) as { readonly handler: LambdaHandler };
      const lines = logLines(t);
      const error = await handler(event).then(
        () => assert.fail('nothing was refused'),
        (caught: Error) => caught,
      );
      assert.equal(error.name, code, error.message);
      const told = lines().map((line) => JSON.parse(line) as Record<string, unknown>);
      assert.deepEqual(
        told.map(({ level, operation, code }) => ({ level, operation, code })),
        [{ level: 'error', operation: name, code }],
      );
    });
  }
});
