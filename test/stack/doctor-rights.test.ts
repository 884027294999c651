// That the stack grants what the doctor asks for: the policies of the template, asked by the doctor's own questions.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { openIamRights } from '../../lib/aws/iam-rights.ts';
import { deployedRoles, roleFacts } from '../../lib/config/deployed-roles.ts';
import { parseSettings } from '../../lib/config/settings.ts';
import type { ClusterSettings } from '../../lib/config/settings-types.ts';
import { rightsFindings } from '../../lib/domain/doctor/doctor-rights.ts';
import { lookAtRights } from '../../lib/operations/cluster/look-at-rights.ts';
import { FakeIam, type FakeRole, type FakeStatement } from '../support/fake-iam.ts';
import { useTestCredentials } from '../support/s3-environment.ts';
import { clusterDocument, type Right, rightsOf, synthesize } from '../support/synthesized-stack.ts';

useTestCredentials();

const region = 'eu-central-1';
const account = '111122223333';
const key = `arn:aws:kms:${region}:${account}:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9`;

/** References of the template as what they become. */
function deployedArn(text: string): string {
  return text
    .replaceAll('<shop/Backup.Arn>', 'arn:aws:s3:::made-backups')
    .replaceAll('<shop/State.Arn>', `arn:aws:dynamodb:${region}:${account}:table/made-state`)
    .replaceAll('<AWS::Partition>', 'aws')
    .replaceAll('<AWS::Region>', region)
    .replaceAll('<AWS::AccountId>', account);
}

function statementOf({ actions, resources, condition }: Right): FakeStatement {
  const [operator, keys] = Object.entries(Object(condition) as Record<string, object>)[0] ?? ['', {}];
  const conditions = Object.entries(keys).map(([name, value]) => [name, [value].flat().map(String)] as const);
  return {
    ...{ actions, resources: resources.map(deployedArn), ifExists: operator.endsWith('IfExists') },
    conditions: Object.fromEntries(conditions),
  };
}

/** The roles of a cluster, as IAM has them once the stack is deployed. */
function rolesOf(cluster: object): readonly FakeRole[] {
  const { template } = synthesize([clusterDocument('shop', cluster)]);
  return deployedRoles.map((role) => {
    const { description, usesState, parts } = roleFacts[role];
    const isTask = parts.length > 0 && !usesState;
    return {
      arn: `arn:aws:iam::${account}:role/made-${role}`,
      description,
      tags: {
        ...{ 'pitr:cluster': 'shop', 'pitr:role': role, 'pitr:bucket': 'made-backups' },
        ...(usesState ? { 'pitr:table': 'made-state' } : {}),
      },
      statements: rightsOf(template, isTask ? `shop/Runner/${role}-role` : `shop/Roles/${role}`).map(
        statementOf,
      ),
    };
  });
}

async function findingsOf(t: TestContext, cluster: object, roles: readonly FakeRole[]) {
  const iam = new FakeIam();
  iam.roles.push(...roles);
  const endpoint = await iam.listen();
  t.after(() => iam.close());
  const [settings] = parseSettings(
    JSON.stringify({ version: 1, clusters: [clusterDocument('shop', cluster)] }),
  ).clusters as [ClusterSettings];
  const { look, bucket } = await lookAtRights(openIamRights({ endpoint, region }), settings);
  assert.equal(bucket, 'made-backups');
  return rightsFindings(look, 'shop');
}

const variants: Readonly<Record<string, object>> = {
  'with S3’s own encryption': {},
  'under a key of KMS': { bucket: { kmsKey: key } },
  'under an alias of a key': { bucket: { kmsKey: 'alias/shop' } },
  'in the whole bucket': { bucket: { prefix: '' } },
};

describe('the rights that the stack grants are those that the doctor asks for', () => {
  for (const [variant, cluster] of Object.entries(variants)) {
    test(variant, async (t) => {
      const findings = await findingsOf(t, cluster, rolesOf(cluster));
      assert.deepEqual(
        findings.map(({ check, about = '', level }) => `${level} ${check} ${about}`.trim()),
        ['ok stack', ...deployedRoles.map((role) => `ok rights ${role}`)],
        JSON.stringify(findings.filter(({ level }) => level !== 'ok')),
      );
    });
  }

  test('and one that is missing anywhere is found, in every role', async (t) => {
    for (const role of rolesOf({ bucket: { kmsKey: key } })) {
      const asked = /^(?:s3|kms|dynamodb):/;
      const granted = (role.statements ?? [])
        .flatMap(({ actions }) => actions)
        .filter((one) => asked.test(one));
      // What lies behind the stream belongs to Lambda's own mapping, which fails when it is deployed.
      const missing = [...new Set(granted)].filter(
        (one) => !/^dynamodb:.*(?:Stream|Records|Shard)/.test(one),
      );
      assert.ok(missing.length > 0);
      for (const action of missing) {
        const statements = (role.statements ?? []).map((one) => ({
          ...one,
          actions: one.actions.filter((other) => other !== action),
        }));
        const [, ...findings] = await findingsOf(t, { bucket: { kmsKey: key } }, [{ ...role, statements }]);
        assert.equal(findings[0]?.level, 'fail', `${role.arn} without ${action}`);
        assert.match(findings[0]?.hint ?? '', new RegExp(`"${action}"`));
      }
    }
  });
});
