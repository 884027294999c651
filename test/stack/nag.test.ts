// The stack under cdk-nag's AWS Solutions rules: nothing is found that is not explained, and every explanation is needed.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { App, CfnResource, Stack, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import {
  acknowledgeFindings,
  actionExceptions,
  typeExceptions,
  wildcardExceptions,
} from '../../lib/stack/nag-exceptions.ts';
import { PitrStack } from '../../lib/stack/pitr-stack.ts';
import { bundledLambdas, clusterDocument } from '../support/synthesized-stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'pitr-nag-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const image = '111122223333.dkr.ecr.eu-central-1.amazonaws.com/br:v8.5.4';
const everything = [
  clusterDocument('shop', {
    tls: { secret: 'pitr/tls' },
    bucket: { kmsKey: 'alias/x', objectLock: { retention: '3d' } },
  }),
  clusterDocument('billing', {
    bucket: { name: 'billing-backup', prefix: '' },
    runner: { kind: 'fargate', image },
    notifications: {
      sns: ['arn:aws:sns:eu-central-1:111122223333:pitr'],
      eventBus: 'ops',
      webhook: { secret: 'x' },
    },
  }),
  clusterDocument('crm', {
    bucket: { name: 'crm-backup', kmsKey: 'arn:aws:kms:eu-central-1:111122223333:alias/crm' },
    tikvRole: 'arn:aws:iam::111122223333:role/tikv',
    runner: { kind: 'ssm', target: { tags: { role: 'br' } } },
  }),
];

/** Rules that are violated, with the paths at which they are. */
function findingsOf(app: App, outdir: string): readonly string[] {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  try {
    app.synth();
  } catch (error) {
    // Findings make synth fail; here they are what is looked at.
    if (!/validation failed/i.test(String(error))) throw error;
  }
  const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
  return report.pluginReports.flatMap(({ violations }: { readonly violations: readonly Violation[] }) =>
    violations.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${ruleName} ${constructPath}`),
    ),
  );
}

interface Violation {
  readonly ruleName: string;
  readonly violatingConstructs: readonly { readonly constructPath: string }[];
}

function appIn(name: string): { readonly app: App; readonly outdir: string } {
  const outdir = join(folder, name);
  return { app: new App({ outdir, analyticsReporting: false }), outdir };
}

describe('the stack under cdk-nag', () => {
  const { app, outdir } = appIn('everything');
  const stack = new PitrStack(app, 'Test', {
    settings: { version: 1, clusters: everything },
    lambdaFolder: bundledLambdas,
  });

  test('has no finding without a reason, with every kind of cluster in it', () => {
    assert.deepEqual(
      findingsOf(app, outdir).filter((finding) => !finding.includes('Annotation')),
      [],
    );
  });

  test('needs every reason that is written down', () => {
    const given = new Set(
      stack.node
        .findAll()
        .filter((node) => CfnResource.isCfnResource(node))
        .flatMap((node) => node.node.metadata)
        .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
        .flatMap(({ data }) => Object.values(data as Record<string, string>))
        .flatMap((reasons) => reasons.split('; ').concat(reasons)),
    );
    const written = [...typeExceptions, ...wildcardExceptions, ...actionExceptions].map(
      ({ reason }) => reason,
    );
    const unused = written.filter((reason) => ![...given].some((one) => one.includes(reason)));
    assert.deepEqual(unused, []);
  });
});

describe('a right that nobody explained', () => {
  const findingsWith = (name: string, statement: PolicyStatement) => {
    const { app, outdir } = appIn(name);
    const stack = new Stack(app, 'Test');
    const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    role.addToPolicy(statement);
    acknowledgeFindings(stack);
    return findingsOf(app, outdir);
  };
  const allow = (actions: string[], resources: string[]) =>
    new PolicyStatement({ effect: Effect.ALLOW, actions, resources });

  test('on everything is found, also beside one that is explained', () => {
    const found = findingsWith('beside', allow(['ecs:ListTasks', 's3:DeleteObject'], ['*']));
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', /IAM5\[Resource::\*\] Test\/Role/);
  });

  test('on a whole bucket is found where only a prefix is explained', () => {
    const found = findingsWith('bucket', allow(['s3:DeleteObject'], ['arn:aws:s3:::*/*']));
    assert.equal(found.length, 1);
  });

  test('to do anything is found', () => {
    assert.match(
      findingsWith('any', allow(['s3:*'], ['arn:aws:s3:::b/p/x'])).join(),
      /IAM5\[Action::s3:\*\]/,
    );
  });
});
