import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { backupParts } from '../../lib/config/backup-rights.ts';
import { type RightsPlace, rightQuestions } from '../../lib/config/right-questions.ts';

const place: RightsPlace = {
  ...{ partition: 'aws', account: '111122223333', region: 'eu-central-1' },
  ...{ bucket: 'backups', prefix: 'backup-data', logFolder: 'log-backup', kmsKey: undefined },
};
const lines = (...given: Parameters<typeof rightQuestions>) =>
  rightQuestions(...given)
    .flatMap(({ actions, resource }) => actions.map((action) => `${action} ${resource}`))
    .sort();

describe('the questions about a role', () => {
  test('of TiKV are FACTS §8.1, in both halves of a backup', () => {
    const root = 'arn:aws:s3:::backups/backup-data';
    const wanted = ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'].flatMap((action) => [
      `${action} ${root}/log-backup/v1/backupmeta/doctor.meta`,
      `${action} ${root}/snapshot-20261122000000/backupmeta`,
    ]);
    assert.deepEqual(lines(['tikv'], place), wanted);
  });

  test('name things without a pattern, and what a policy would name beside them', () => {
    for (const part of backupParts) {
      for (const { resource, named } of rightQuestions([part], { ...place, kmsKey: 'alias/shop' })) {
        assert.doesNotMatch(resource, /\*/, part);
        assert.match(named, /^arn:aws:(?:s3:::backups|kms:)/);
      }
    }
  });

  test('are one for each thing, also where two kinds of work meet', () => {
    const questions = rightQuestions(['reader', 'locks', 'writer'], place);
    const things = questions.map(({ resource, named }) => `${resource} ${named}`);
    assert.deepEqual(things, [...new Set(things)]);
    assert.deepEqual(
      questions.find(({ resource }) => resource === 'arn:aws:s3:::backups'),
      {
        actions: ['s3:ListBucket', 's3:GetBucketObjectLockConfiguration'],
        resource: 'arn:aws:s3:::backups',
        named: 'arn:aws:s3:::backups',
        conditions: { 's3:prefix': ['backup-data/'] },
      },
    );
  });

  test('ask for the folder of an adopted log beside ours, and for no snapshot more', () => {
    const adopted = lines(['deleter', 'locks'], { ...place, logFolder: 'logs' });
    const usual = new Set(lines(['deleter', 'locks'], place));
    const root = 'arn:aws:s3:::backups/backup-data/logs';
    assert.deepEqual(
      adopted.filter((line) => !usual.has(line)),
      [
        `s3:DeleteObject ${root}/truncating.lock`,
        `s3:DeleteObject ${root}/v1/APPEND_LOCK`,
        `s3:DeleteObject ${root}/v1/LOCK`,
        `s3:DeleteObject ${root}/v1/backupmeta/doctor.meta`,
        `s3:GetObject ${root}/v1/backupmeta/doctor.meta`,
        `s3:PutObject ${root}/v1/backupmeta/doctor.meta`,
      ],
    );
    assert.deepEqual(lines(['deleter', 'locks'], { ...place, logFolder: 'log-backup-2' }), [...usual]);
  });

  test('go to the whole bucket without a prefix', () => {
    assert.ok(
      lines(['deleter'], { ...place, prefix: '' }).includes(
        's3:DeleteObject arn:aws:s3:::backups/log-backup/v1/backupmeta/doctor.meta',
      ),
    );
  });

  test('about a key are asked by its ARN, its id, or its alias as a condition', () => {
    const arn = 'arn:aws:kms:eu-central-1:111122223333:key/k';
    const keyOf = (kmsKey: string) => rightQuestions(['reader'], { ...place, kmsKey }).at(-1);
    assert.equal(keyOf(arn)?.resource, arn);
    assert.equal(keyOf('k')?.resource, arn);
    for (const alias of ['alias/shop', 'arn:aws:kms:eu-central-1:111122223333:alias/shop']) {
      assert.deepEqual(keyOf(alias)?.conditions, { 'kms:ResourceAliases': ['alias/shop'] });
      assert.equal(keyOf(alias)?.named, 'arn:aws:kms:eu-central-1:111122223333:key/*');
    }
  });

  test('about the state are asked of the table', () => {
    const table = 'arn:aws:dynamodb:eu-central-1:111122223333:table/t';
    assert.equal(lines([], place, table).length, 5);
    assert.deepEqual(lines([], place), []);
  });
});
