// Why a task does not go on: a case for each row of the table of causes, in the words that TiKV, S3 and TiDB use.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { causeOf, treatments } from '../../../lib/domain/keeper/cause.ts';
import { type KeeperCauseName, keeperCauseNames } from '../../../lib/domain/state/keeper-record.ts';

const io = 'KV:LogBackup:Io';
const of = (code: string, message: string, bucketProblem = '') =>
  causeOf({ said: [{ code, message }], bucketProblem });

const cases: readonly (readonly [KeeperCauseName, string, string])[] = [
  ['storage-denied', io, '[store = 1] I/O Error: failed to put object: AccessDenied: Access Denied'],
  ['storage-denied', io, 'User: arn:aws:sts::1:assumed-role/tikv is not authorized to perform: s3:PutObject'],
  ['storage-denied', io, 'AccessDenied: not allowed to perform: kms:GenerateDataKey on this resource'],
  ['storage-denied', io, '[store = 4] I/O Error: Permission denied (os error 13)'],
  ['storage-missing', io, '[store = 1] I/O Error: Not a directory (os error 20)'],
  ['storage-missing', io, 'NoSuchBucket: The specified bucket does not exist'],
  ['throttling', io, 'SlowDown: Please reduce your request rate'],
  ['throttling', io, 'unexpected status: 503 Service Unavailable'],
  ['credentials', io, 'ExpiredToken: The provided token has expired.'],
  ['credentials', io, 'status: 403, InvalidAccessKeyId: The AWS Access Key Id you provided does not exist'],
  ['credentials', io, "Couldn't find AWS credentials in sources"],
  [
    'credentials',
    io,
    'RequestTimeTooSkewed: The difference between the request time and the server time is too large',
  ],
  ['network', io, 'timeout after 15mins for upload in s3 storage'],
  ['network', io, 'error sending request: dispatch failure: io error: Connection refused (os error 111)'],
  ['network', 'KV:LogBackup:gRPC', 'RpcFailure: 14-UNAVAILABLE'],
  ['quota', 'KV:LogBackup:OutOfQuota', 'the memory quota is used up'],
  ['quota', io, '[store = 2] I/O Error: No space left on device (os error 28)'],
  ['lag-limit', '', 'checkpoint lag too large: 48h'],
  ['lag-limit', '', 'check point lagged too large'],
  ['lag-limit', '', 'the lag of the task is beyond its limit'],
  ['initial-scan', 'KV:LogBackup:RaftStore', 'failed to get initial snapshot: read index not ready'],
  ['initial-scan', 'KV:LogBackup:ObserveCancel', 'region 7'],
  ['encryption', 'KV:LogBackup:Encryption', 'cannot open it'],
  ['encryption', io, 'failed to generate data key: the master key is disabled'],
  ['pd', 'KV:LogBackup:Pd', '[store = 1] not leader'],
  ['pd', '', 'PD client: request timeout'],
  ['unknown', io, 'something that nobody saw before'],
  ['unknown', '', ''],
];

describe('the cause', () => {
  for (const [cause, code, message] of cases) {
    test(`of "${`${code} ${message}`.trim()}" is ${cause}`, () => assert.equal(of(code, message), cause));
  }

  test('is what the bucket says to us when nobody else says anything that is known', () => {
    assert.equal(of(io, 'x', 'STORAGE_DENIED: the storage refuses us'), 'storage-denied');
    assert.equal(of('', '', 'STORAGE_UNAVAILABLE: no answer'), 'network');
    assert.equal(of('', '', 'OBJECT_DAMAGED: x'), 'unknown');
    assert.equal(of(io, 'SlowDown', 'STORAGE_DENIED: the storage refuses us'), 'throttling');
  });

  test('of several stores is the first row that any of them fits', () => {
    const said = [
      { code: 'KV:LogBackup:Unknown', message: 'x' },
      { code: io, message: 'AccessDenied' },
    ];
    assert.equal(causeOf({ said, bucketProblem: '' }), 'storage-denied');
  });
});

test('every cause has its treatment, and each can be tried at least once an hour', () => {
  assert.deepEqual(Object.keys(treatments).sort(), keeperCauseNames.filter((name) => name !== 'none').sort());
  for (const [name, { mostPerHour, meaning, todo }] of Object.entries(treatments)) {
    assert.ok(mostPerHour >= 1, name);
    assert.match(meaning, /^[a-zA-Z].*[^.]$/, name);
    assert.match(todo, /^[A-Z].*[.?]$/, name);
  }
});

test('every cause that words can tell has a case above', () => {
  const told = new Set(cases.map(([cause]) => cause));
  const untold = keeperCauseNames.filter((name) => !told.has(name));
  assert.deepEqual(untold, ['none', 'no-advancer', 'objects-missing']);
});
