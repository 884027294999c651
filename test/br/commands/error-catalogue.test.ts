import assert from 'node:assert/strict';
import test from 'node:test';
import { errorIdsOf, meaningOf } from '../../../lib/br/commands/error-catalogue.ts';
import { brErrorIds } from '../../../lib/br/commands/error-ids.ts';
import {
  brErrorSentences,
  restoreRangeOf,
  transportSentences,
} from '../../../lib/br/commands/error-sentences.ts';
import { errorCodes } from '../../../lib/domain/errors.ts';

test('a reaction and its code agree on whether to try again', () => {
  const sentences = [...brErrorSentences, ...transportSentences].map((one) => ({
    ...one.verdict(''),
    name: one.name,
  }));
  const ids = Object.entries(brErrorIds).map(([name, one]) => ({ ...one, name }));
  for (const { name, code, reaction, meaning } of [...sentences, ...ids]) {
    const retries = reaction === 'retry' || reaction === 'retry-after-lock';
    assert.equal(errorCodes[code].retry, retries, `${name}: ${code} and ${reaction}`);
    assert.doesNotMatch(meaning, /\.$/);
  }
});

test('every id stands for itself, in the layout that br prints', () => {
  for (const id of Object.keys(brErrorIds)) {
    assert.match(id, /^BR:[A-Za-z]+:Err[A-Za-z]+$/);
    const text = `outer: inner: [${id}]fixed message`;
    assert.deepEqual(errorIdsOf(text), [id]);
    assert.equal(meaningOf(text).known, id);
  }
});

test('the sentences that a controller meets are known, with and without their ids', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'The task pitr is paused already.: [BR:KV:ErrKVUnknown]unknown error occur on tikv',
      'TASK_EXISTS',
      'already-done',
    ],
    [
      'failed to check gc safePoint, ts 1: GC safepoint 3 exceed TS 2: [BR:Backup:ErrBackupGCSafepointExceeded]x',
      'GC_PASSED',
      'never',
    ],
    ['the global checkpoint ts: 12(2026-01-01) has been gc. ', 'GC_PASSED', 'never'],
    ['There are some lightning/restore tasks running: a', 'BR_LOCKED', 'retry-after-lock'],
    ['Unable to create task about log-backup. please set TiKV config', 'CLUSTER_NOT_READY', 'never'],
    [
      'the stream log files from cluster ID:1 and current cluster ID:2 : [BR:Common:ErrInvalidArgument]invalid argument',
      'CLUSTER_MISMATCH',
      'never',
    ],
    [
      'the full snapshot(from cluster ID:1) and log(from cluster ID:2) come from different cluster.',
      'CLUSTER_MISMATCH',
      'never',
    ],
    ['it has gap between full backup ts:1(a) and log backup ts:2(b). ', 'LOG_TRUNCATED', 'never'],
    ['no base id map found from saved id or last restored PiTR', 'RESTORE_CONFLICT', 'never'],
    ['task with ID 3 already exists and is running', 'BR_LOCKED', 'retry-after-lock'],
    ["PiTR doesn't support custom filter to include system db", 'INVALID_TABLE_FILTER', 'never'],
    [
      "log backup task is running: pitr, and isn't compatible with your restore",
      'CLUSTER_NOT_READY',
      'never',
    ],
    ['cf1 please remove changefeed(s) before restore', 'CLUSTER_NOT_READY', 'never'],
    [
      'the storage has been used for full backup: [BR:ExternalStorage:ErrStorageUnknown]x',
      'BACKUP_PATH_USED',
      'never',
    ],
    ['backup lock file exists in s3://a/b, there may', 'BACKUP_PATH_USED', 'never'],
    [
      "the config 'new_collation_enabled' not match, upstream:True: [BR:Common:ErrUnknown]x",
      'CLUSTER_NOT_READY',
      'never',
    ],
    [
      'table a.b cannot be restored by current task with ID 2 because it is already being restored by task (restoreId: 1): [BR:Restore:ErrTablesAlreadyExisted]x',
      'RESTORE_CONFLICT',
      'never',
    ],
    [
      'operation error S3: PutObject, https response error StatusCode: 403, api error AccessDenied: no',
      'STORAGE_DENIED',
      'never',
    ],
    ['operation error S3: PutObject, api error SlowDown: x', 'STORAGE_UNAVAILABLE', 'retry'],
    ['rpc error: code = Unavailable desc = connection refused', 'CLUSTER_UNAVAILABLE', 'retry'],
    ['unknown flag: --messsage', 'BR_REFUSED', 'never'],
    [
      'please provide the `--until` ts: [BR:Common:ErrInvalidArgument]invalid argument',
      'BR_REFUSED',
      'never',
    ],
  ];
  for (const [text, code, reaction] of cases) {
    const meaning = meaningOf(text);
    assert.deepEqual([meaning.code, meaning.reaction], [code, reaction], text);
  }
});

test('a vague id says less than a particular one beside it, whatever their order', () => {
  for (const text of [
    'a: [BR:Common:ErrUnknown]x: [BR:PD:ErrPDLeaderNotFound]y',
    'a: [BR:PD:ErrPDLeaderNotFound]y: [BR:Common:ErrUnknown]x',
  ])
    assert.equal(meaningOf(text).known, 'BR:PD:ErrPDLeaderNotFound');
  assert.equal(meaningOf('[BR:Common:ErrUnknown] context deadline exceeded').known, 'unreachable');
});

test('an id that is not in the catalogue makes nothing up', () => {
  const meaning = meaningOf('x: [BR:New:ErrOfTomorrow]y');
  assert.deepEqual([meaning.known, meaning.code], ['', 'BR_FAILED']);
  assert.deepEqual(errorIdsOf('x: [BR:New:ErrOfTomorrow]y'), ['BR:New:ErrOfTomorrow']);
  assert.equal(meaningOf('[BR:__proto__:constructor]').known, '');
});

test('a snapshot older than the log is told by the numbers of the range', () => {
  const text =
    'restore log from 10(a) to 20(b),  but the current existed log from 15(c) to 30(d): [BR:Common:ErrInvalidArgument]x';
  assert.deepEqual(restoreRangeOf(text), { fromTs: 10n, toTs: 20n, logMinTs: 15n, logMaxTs: 30n });
  assert.equal(meaningOf(text).code, 'LOG_TRUNCATED');
});
