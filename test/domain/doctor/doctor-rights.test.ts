import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rightsFindings } from '../../../lib/domain/doctor/doctor-rights.ts';
import type { RightsLook, RoleLook } from '../../../lib/domain/doctor/role-rights.ts';

const role = (
  name: string,
  answers: Partial<Extract<RoleLook['answers'], { kind: 'told' }>> = {},
): RoleLook => ({
  ...{ role: name, arn: `arn:aws:iam::1:role/${name}`, isOurs: name !== 'TiKV' },
  answers: { kind: 'told', allowed: 3, denied: [], unknown: [], ...answers },
});
const look = (roles: readonly RoleLook[], expected = ['planner', 'writer']): RightsLook => ({
  kind: 'told',
  expected,
  roles,
});
const told = (given: RightsLook) =>
  rightsFindings(given, 'shop').map(
    ({ check, about = '', level, found }) => `${level} ${check} ${about}: ${found}`,
  );

const put = { actions: ['s3:PutObject', 's3:AbortMultipartUpload'], named: 'arn:aws:s3:::b/p/*' };

describe('the roles of a cluster', () => {
  test('have a row each, after one for the stack', () => {
    assert.deepEqual(told(look([role('planner'), role('writer')])), [
      'ok stack : 2 roles',
      'ok rights planner: all 3',
      'ok rights writer: all 3',
    ]);
  });

  test('that are not deployed at all are a warning, and a part of them is a failure', () => {
    assert.deepEqual(told(look([])), ['warn stack : nothing of shop is deployed in this account']);
    assert.deepEqual(told(look([role('planner')]))[0], 'fail stack : there is no role writer');
  });

  test('of two stacks are a failure with their ARNs', () => {
    const [first] = told(look([role('planner'), role('writer'), role('writer')]));
    assert.match(first ?? '', /^fail stack : two stacks have shop: arn:aws:iam::1:role\/writer, arn/);
  });

  test('that nobody may look for are not known, and that of TiKV is asked for all the same', () => {
    const untold: RightsLook = {
      kind: 'untold',
      problem: 'iam:ListRoles is denied',
      hint: 'allow it',
      roles: [role('TiKV')],
    };
    assert.deepEqual(told(untold), [
      'warn stack : not known: iam:ListRoles is denied',
      'ok rights TiKV: all 3',
    ]);
  });

  test('are no concern where nothing runs on AWS; that of TiKV stands alone where no stack is expected', () => {
    assert.deepEqual(told({ kind: 'not-asked' }), []);
    assert.deepEqual(told(look([role('TiKV')], [])), ['ok rights TiKV: all 3']);
  });
});

describe('a role', () => {
  const only = (given: RoleLook) => rightsFindings(look([given], []), 'shop')[0];

  test('that misses rights fails with them, and with the statement that gives them', () => {
    const finding = only(role('TiKV', { denied: [put] }));
    assert.equal(finding?.level, 'fail');
    assert.equal(
      finding?.found,
      'arn:aws:iam::1:role/TiKV may not s3:PutObject, s3:AbortMultipartUpload on arn:aws:s3:::b/p/*',
    );
    assert.equal(finding?.expected, 'every right that its work asks for (5)');
    assert.equal(
      finding?.hint,
      'add to its policy: {"Effect":"Allow","Action":["s3:PutObject","s3:AbortMultipartUpload"],"Resource":"arn:aws:s3:::b/p/*"}',
    );
  });

  test('of the stack that misses rights is deployed again before anything else', () => {
    assert.match(
      only(role('writer', { denied: [put] }))?.hint ?? '',
      /^deploy the stack again; if it stays, a boundary .*"s3:PutObject"/,
    );
  });

  test('that nobody may ask about is not known, and needs iam:SimulatePrincipalPolicy', () => {
    const answers = {
      kind: 'untold',
      problem: 'iam:SimulatePrincipalPolicy is denied',
      hint: 'allow it',
    } as const;
    const finding = only({ ...role('writer'), answers });
    assert.deepEqual(
      [finding?.level, finding?.found, finding?.hint],
      ['warn', 'not known: iam:SimulatePrincipalPolicy is denied', 'allow it'],
    );
  });

  test('whose policies ask what only a request tells is a warning', () => {
    const finding = only(role('TiKV', { unknown: [put] }));
    assert.equal(finding?.level, 'warn');
    assert.match(finding?.found ?? '', /^not known whether .* may s3:PutObject/);
  });
});
