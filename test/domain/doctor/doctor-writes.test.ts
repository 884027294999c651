import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StoreFacts } from '../../../lib/domain/cluster-facts.ts';
import {
  tikvWritesFinding,
  type WritesLook,
  type WritesQuestion,
} from '../../../lib/domain/doctor/doctor-writes.ts';
import type { TaskState } from '../../../lib/domain/log-task/log-task-facts.ts';
import { storageTrouble } from '../../../lib/domain/log-task/storage-trouble.ts';

const nowMs = Date.UTC(2026, 10, 22, 12);
const minute = 60_000;

const store = (id: bigint, changed: Partial<StoreFacts> = {}): StoreFacts => ({
  ...{ id, address: `10.0.0.${id}:20160`, statusAddress: '', version: '8.5.4', engine: 'tikv', state: 'Up' },
  ...changed,
});
const ago = (storeId: bigint, ms: number) => ({ storeId, atMs: nowMs - ms });
const told = (...checkpoints: readonly { storeId: bigint; atMs: number }[]): WritesLook => ({
  kind: 'told',
  checkpoints,
  newestLog: undefined,
});

function finding(look: WritesLook, over: Partial<WritesQuestion> = {}) {
  const stores = [store(1n), store(4n)];
  const found = tikvWritesFinding({
    ...{ look, task: { state: { kind: 'normal' } }, stores, maxLagMs: 10 * minute, nowMs },
    ...over,
  });
  assert.equal(found.hint === '', found.level === 'ok', JSON.stringify(found));
  return found;
}

describe('what TiKV wrote', () => {
  test('is told of each store, by the newest of its objects', () => {
    const look: WritesLook = {
      kind: 'told',
      checkpoints: [ago(4n, 3 * minute), ago(1n, 3 * minute)],
      newestLog: ago(1n, 40_000),
    };
    const { level, found } = finding(look);
    assert.deepEqual([level, found], ['ok', 'store 1 wrote 40 s ago, store 4 wrote 3 min ago']);
  });

  test('is a warning when one store is late or wrote nothing, and a failure when all are', () => {
    assert.equal(finding(told(ago(1n, 40_000), ago(4n, 11 * minute))).level, 'warn');
    const one = finding(told(ago(1n, 40_000)));
    assert.deepEqual([one.level, one.found], ['warn', 'store 1 wrote 40 s ago; store 4 wrote nothing yet']);
    assert.equal(finding(told(ago(1n, 20 * minute), ago(4n, 11 * minute))).level, 'fail');
    assert.equal(finding(told()).level, 'fail');
  });

  test('is not expected of stores that are down, being removed, or of TiFlash', () => {
    const stores = [
      store(1n),
      store(4n, { state: 'Down' }),
      store(5n, { engine: 'tiflash' }),
      store(6n, { state: 'Offline' }),
    ];
    assert.equal(finding(told(ago(1n, 40_000)), { stores }).level, 'ok');
  });

  test('is not expected of a task that is paused, that is not there, or that writes elsewhere', () => {
    const state: TaskState = {
      ...{
        kind: 'paused',
        by: 'person',
        sinceMs: nowMs,
        message: '',
        host: '',
        pid: undefined,
        severity: '',
      },
    };
    const paused = finding(told(ago(1n, 90 * minute)), { task: { state } });
    assert.deepEqual([paused.level, paused.found], ['ok', 'paused; store 1 wrote 90 min ago']);
    const away = finding({ kind: 'not-here', why: 'no task: nothing is to be written' }, { task: undefined });
    assert.deepEqual([away.level, away.found], ['ok', 'no task: nothing is to be written']);
  });

  test('that cannot be listed is not known', () => {
    const found = finding({ kind: 'untold', problem: 's3:ListBucket is denied', hint: 'allow it' });
    assert.deepEqual([found.level, found.found], ['warn', 'not known: s3:ListBucket is denied']);
  });

  test('of a task in error is what the storage said, decoded, whatever its objects say', () => {
    const error = (message: string): TaskState => ({
      kind: 'error',
      stores: [{ storeId: 4n, code: 'KV:LogBackup:Io', message, atMs: nowMs }],
      pause: { by: 'system', sinceMs: nowMs, message: '', host: '', pid: undefined, severity: 'ERROR' },
    });
    const denied = finding(told(ago(1n, 0), ago(4n, 0)), {
      task: { state: error('[store = 4] I/O Error: failed to put object: AccessDenied: Access Denied') },
    });
    assert.equal(denied.level, 'fail');
    assert.match(
      denied.found,
      /^store 4: the storage refuses TiKV: KV:LogBackup:Io \[store = 4\] I\/O Error/,
    );
    assert.match(denied.hint, /TikvPolicy/);
    const strange = finding(told(), { task: { state: error('region 7 has no leader') } });
    assert.equal(strange.found, 'store 4: KV:LogBackup:Io region 7 has no leader');
    assert.match(strange.hint, /log of the store/);
  });
});

test('messages of storages are known by their words, and others have none', () => {
  const words: readonly (readonly [message: string, what: RegExp | undefined])[] = [
    ['S3 error: KMS.DisabledException: key is disabled', /key of the bucket/],
    ['User is not authorized to perform: kms:GenerateDataKey, AccessDenied', /key of the bucket/],
    ['ExpiredToken: The provided token has expired', /credentials of TiKV are wrong/],
    ["Couldn't find AWS credentials in environment", /no credentials/],
    ['service error (403 Forbidden)', /refuses TiKV/],
    ['NoSuchBucket: The specified bucket does not exist', /not there/],
    ['PermanentRedirect: use another endpoint', /another region/],
    ['SlowDown: Please reduce your request rate', /too busy/],
    ['No space left on device (os error 28)', /disk is full/],
    ['Permission denied (os error 13)', /folder refuses/],
    ['No such file or directory (os error 2)', /not there/],
    ['timeout after 15mins for upload in s3 storage', /cannot be reached/],
    ['dispatch failure: io error: error trying to connect: dns error', /cannot be reached/],
    ['region 7 has no leader', undefined],
    ['os error 280', undefined],
  ];
  for (const [message, what] of words) {
    const found = storageTrouble(message)?.what;
    if (what === undefined) assert.equal(found, undefined, message);
    else assert.match(found ?? '', what, message);
  }
});
