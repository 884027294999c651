import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { StreamBackupErrorSchema, StreamBackupTaskInfoSchema } from '../../lib/br/proto/gen/task_pb.js';
import {
  displayedCheckpoint,
  globalCheckpoint,
  type LogBackupFacts,
  type LogTaskFacts,
} from '../../lib/domain/log-task/log-task-facts.ts';
import { logBackupFacts } from '../../lib/pd/log-backup.ts';
import type { EtcdKeyValue } from '../../lib/pd/range.ts';
import { keyValue, u64Bytes, u64Text } from '../support/etcd-key-values.ts';
import { recordedPd, recordedSituations } from '../support/recorded-pd.ts';

function recorded(name: string): LogBackupFacts {
  return logBackupFacts(recordedPd(name).keyValues, 1n);
}

function taskOf(facts: LogBackupFacts): LogTaskFacts {
  assert.equal(facts.task.kind, 'task');
  return facts.task as LogTaskFacts;
}

const startTs = 470632753594630146n;

function infoKey(name: string, more: Partial<EtcdKeyValue> = {}): EtcdKeyValue {
  const info = create(StreamBackupTaskInfoSchema, {
    name,
    startTs,
    endTs: 999999999999999999n,
    storage: { backend: { case: 'local', value: { path: '/log' } } },
  });
  const key = Buffer.from(`/tidb/br-stream/info/${name}`, 'utf8');
  return keyValue(key, toBinary(StreamBackupTaskInfoSchema, info), more);
}

const stream = (rest: string, value: string | Uint8Array = '') => keyValue(`/tidb/br-stream/${rest}`, value);

describe('what the recorded PD says', () => {
  test('every key of every recorded situation is explained, and no task is left over', () => {
    for (const situation of recordedSituations) {
      const { unexplained, leftovers, otherTasks } = recorded(situation);
      assert.deepEqual(
        { unexplained, leftovers, otherTasks },
        { unexplained: [], leftovers: [], otherTasks: [] },
      );
    }
  });

  test('before the start and after the stop there is no task, only the advancer', () => {
    for (const name of ['shop/pd/0-no-task', 'shop/pd/6-stopped']) {
      assert.equal(recorded(name).task.kind, 'none');
      assert.deepEqual(recorded(name).advancers, ['da8d97a3-3e25-4703-8c4e-232e6b19a1ed']);
    }
  });

  test('a task that was just started has its place, its start and no checkpoint', () => {
    const task = taskOf(recorded('shop/pd/1-running'));
    assert.deepEqual(task, {
      kind: 'task',
      name: 'pitr',
      storage: {
        url: 's3://tidb-pitr-bucket/backup-data/log-backup',
        endpoint: 'http://127.0.0.1:9000',
        region: 'us-east-1',
        roleArn: '',
        hasCredentials: false,
      },
      startTs,
      endTs: 999999999999999999n,
      tableFilter: ['*.*'],
      compression: 'ZSTD',
      encryption: { kind: 'none' },
      state: { kind: 'normal' },
      storeErrors: [],
      checkpoints: { persisted: undefined, advanced: undefined, perStore: [], regions: undefined },
      ranges: [
        { startHex: '6d', endHex: '6e' },
        { startHex: '74', endHex: '75' },
      ],
      revision: 256n,
    });
    assert.equal(displayedCheckpoint(task), startTs);
    assert.equal(globalCheckpoint(task), startTs);
  });

  test('a pause by a person tells when, where and by which process', () => {
    const task = taskOf(recorded('shop/pd/3-paused'));
    assert.deepEqual(task.state, {
      kind: 'paused',
      by: 'person',
      sinceMs: Date.UTC(2026, 10, 22, 4, 25, 21),
      message: '',
      host: 'vm',
      pid: 27554,
      severity: 'MANUAL',
    });
    assert.equal(displayedCheckpoint(task), 470632761288818689n);
    assert.equal(globalCheckpoint(task), 470632763909996545n);
  });

  test('a resumed task runs, and what is saved equals what is advanced', () => {
    const task = taskOf(recorded('shop/pd/4-resumed'));
    assert.deepEqual(task.state, { kind: 'normal' });
    assert.equal(task.checkpoints.persisted, task.checkpoints.advanced);
  });

  test('a task whose storage broke is in error, once for its store, with the time and code that TiKV gave', () => {
    const { state } = taskOf(recorded('error-state/pd/7-error'));
    assert.deepEqual(state, {
      kind: 'error',
      stores: [
        {
          storeId: 1n,
          code: 'KV:LogBackup:Io',
          message: '[store = 1] I/O Error: Not a directory (os error 20)',
          atMs: 1795321982817,
        },
      ],
      pause: {
        by: 'system',
        sinceMs: Date.UTC(2026, 10, 22, 4, 33, 2, 817),
        message: '[store = 1] I/O Error: Not a directory (os error 20)',
        host: 'vm',
        pid: 26583,
        severity: 'ERROR',
      },
    });
  });

  test('a resume that did not help leaves a task in error with a later time, a repair without a resume the same', () => {
    const times = ['7-error', '8-resumed-still-broken', '9-after-fix'].map((name) => {
      const { state } = taskOf(recorded(`error-state/pd/${name}`));
      assert.equal(state.kind, 'error');
      return state.kind === 'error' ? state.pause.sinceMs : undefined;
    });
    assert.deepEqual(times, [
      Date.UTC(2026, 10, 22, 4, 33, 2, 817),
      Date.UTC(2026, 10, 22, 4, 33, 54, 675),
      Date.UTC(2026, 10, 22, 4, 33, 54, 675),
    ]);
  });

  test('the data key of an encrypted task is never in its facts', () => {
    const task = taskOf(recorded('variants/pd/encrypted-task'));
    assert.deepEqual(task.encryption, { kind: 'data-key', method: 'AES256_CTR' });
    const text = JSON.stringify(task, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
    assert.doesNotMatch(text, /0123456789abcdef|ASNFZ4mrze8/i);
  });

  test('without TiDB the task says normal, nothing advances, and the advancer is gone within a minute', () => {
    const healthy = recorded('faults/pd/frozen-1-healthy');
    for (const seconds of [20, 40, 60, 80, 100, 120]) {
      const frozen = recorded(`faults/pd/frozen-2-no-tidb-${seconds}s`);
      assert.deepEqual(frozen.task, healthy.task);
      assert.equal(frozen.advancers.length, seconds < 60 ? 1 : 0);
    }
  });

  test('a running restore is seen by its lease, and is gone after it', () => {
    assert.deepEqual(recorded('faults/pd/restore-1-left-pd').imports, [
      { kind: 'restore', name: 'restore/restore-78b5b04c-d163-46d8-a270-52c228c20929', hasLease: true },
    ]);
    assert.deepEqual(recorded('faults/pd/restore-1-left-after-lease-pd').imports, []);
  });
});

describe('forms that no recording has', () => {
  test('an empty pause of before 8.5.5 is a pause of unknown author', () => {
    const { state } = taskOf(logBackupFacts([infoKey('a'), stream('pause/a')], 1n));
    assert.equal(state.kind, 'paused');
    assert.equal(state.kind === 'paused' && state.by, 'unknown');
  });

  test('an empty pause with an error of a store is an error since that error', () => {
    const error = create(StreamBackupErrorSchema, { happenAt: 1795321982817n, errorCode: 'KV:LogBackup:Pd' });
    const keys = [
      infoKey('a'),
      stream('pause/a'),
      stream('last-error/a/7', toBinary(StreamBackupErrorSchema, error)),
    ];
    const { state } = taskOf(logBackupFacts(keys, 1n));
    assert.equal(state.kind, 'error');
    if (state.kind !== 'error') return;
    assert.deepEqual(state.stores, [
      { storeId: 7n, code: 'KV:LogBackup:Pd', message: '', atMs: 1795321982817 },
    ]);
    assert.equal(state.pause.sinceMs, 1795321982817);
  });

  test('a pause by the advancer for lag is an error without a store, and its text is kept', () => {
    const pause = JSON.stringify({
      severity: 'ERROR',
      operation_time: '2026-11-22T12:00:00+08:00',
      payload_type: 'text/plain;charset=UTF-8',
      payload: Buffer.from('checkpoint lag too large: 48h').toString('base64'),
    });
    const { state } = taskOf(logBackupFacts([infoKey('a'), stream('pause/a', pause)], 1n));
    assert.equal(state.kind, 'error');
    if (state.kind !== 'error') return;
    assert.deepEqual(state.stores, []);
    assert.equal(state.pause.message, 'checkpoint lag too large: 48h');
    assert.equal(state.pause.sinceMs, Date.UTC(2026, 10, 22, 4));
  });

  test('an error of a store that is left on a task that runs is told and is no error state', () => {
    const error = create(StreamBackupErrorSchema, { errorCode: 'KV:LogBackup:Io', storeId: 3n });
    const keys = [infoKey('a'), stream('last-error/a/3', toBinary(StreamBackupErrorSchema, error))];
    const task = taskOf(logBackupFacts(keys, 1n));
    assert.equal(task.state.kind, 'normal');
    assert.equal(task.storeErrors.length, 1);
  });

  test('the checkpoint that is shown is the greatest of start and storage checkpoints, over all stores', () => {
    const keys = [
      infoKey('a'),
      stream('storage-checkpoint/a/1', u64Bytes(startTs + 5n)),
      stream('storage-checkpoint/a/12', u64Bytes(startTs + 9n)),
    ];
    const task = taskOf(logBackupFacts(keys, 1n));
    assert.equal(task.checkpoints.persisted, startTs + 9n);
    assert.equal(displayedCheckpoint(task), startTs + 9n);
    assert.deepEqual(
      task.checkpoints.perStore.map(({ storeId }) => storeId),
      [1n, 12n],
    );
    const early = [infoKey('a'), stream('storage-checkpoint/a/1', u64Bytes(startTs - 5n))];
    assert.equal(displayedCheckpoint(taskOf(logBackupFacts(early, 1n))), startTs);
  });

  test('keys of task ab are never counted for task a', () => {
    const keys = [infoKey('a'), stream('storage-checkpoint/ab/1', u64Bytes(startTs + 9n))];
    const facts = logBackupFacts(keys, 1n);
    assert.equal(taskOf(facts).checkpoints.persisted, undefined);
    assert.deepEqual(facts.leftovers, [
      { name: 'ab', keys: ['/tidb/br-stream/storage-checkpoint/ab/1'], centralGlobal: undefined },
    ]);
  });

  test('store checkpoints of 6.1 are raw 8-byte keys, also when they hold slashes or spell another form', () => {
    const ids = [1n, 0x2f2f2f2f2f2f2f2fn, 0x00000000002f0000n];
    const keys = [
      infoKey('a'),
      ...ids.map((id, index) => stream(`checkpoint/a/${u64Text(id)}`, u64Bytes(startTs + BigInt(index)))),
    ];
    const task = taskOf(logBackupFacts(keys, 1n));
    assert.deepEqual(task.checkpoints.perStore.map(({ storeId }) => storeId).sort(), [...ids].sort());
    assert.equal(globalCheckpoint(task), startTs);
  });

  test('store and region checkpoints of 6.2 are told apart, the least of the regions counts', () => {
    const keys = [
      infoKey('a'),
      stream('checkpoint/a/store/12', u64Bytes(startTs + 4n)),
      stream('checkpoint/a/store/13', u64Bytes(startTs + 3n)),
      stream('checkpoint/a/region/77/3', u64Bytes(startTs + 2n)),
      stream('checkpoint/a/region/78/3', u64Bytes(startTs + 1n)),
    ];
    const task = taskOf(logBackupFacts(keys, 1n));
    assert.deepEqual(task.checkpoints.regions, { count: 2, min: startTs + 1n });
    assert.equal(globalCheckpoint(task), startTs + 3n);
  });

  test('raw starts of ranges may hold any byte, slashes too', () => {
    const keys = [infoKey('a'), stream('ranges/a/t/\x00\xff/x', 'u\x00')];
    assert.deepEqual(taskOf(logBackupFacts(keys, 1n)).ranges, [{ startHex: '742f00ff2f78', endHex: '7500' }]);
  });

  test('a name may hold slashes and any letters; the longest task that fits owns a key', () => {
    const name = 'zürich/täglich';
    const utf8 = Buffer.from(name, 'utf8').toString('latin1');
    const keys = [
      infoKey('zürich'),
      infoKey(name, { createRevision: 11n }),
      stream(`checkpoint/${utf8}/central_global`, u64Bytes(startTs + 1n)),
      stream(`pause/${utf8}`),
    ];
    const facts = logBackupFacts(keys, 1n);
    assert.equal(taskOf(facts).name, 'zürich');
    assert.equal(taskOf(facts).state.kind, 'normal');
    assert.equal(facts.otherTasks[0]?.checkpoints.advanced, startTs + 1n);
    assert.equal(facts.otherTasks[0]?.state.kind, 'paused');
  });

  test('of several tasks the oldest comes first, and none is lost', () => {
    const keys = [infoKey('a', { createRevision: 30n }), infoKey('b', { createRevision: 20n })];
    const facts = logBackupFacts(keys, 1n);
    assert.equal(taskOf(facts).name, 'b');
    assert.deepEqual(
      facts.otherTasks.map(({ name }) => name),
      ['a'],
    );
  });

  test('what 6.5.0 leaves after a stop is a leftover with its old checkpoint', () => {
    const keys = [
      stream('checkpoint/old/central_global', u64Bytes(5n)),
      stream('storage-checkpoint/old/1', u64Bytes(5n)),
    ];
    const facts = logBackupFacts(keys, 1n);
    assert.equal(facts.task.kind, 'none');
    assert.equal(facts.leftovers[0]?.centralGlobal, 5n);
    assert.equal(facts.leftovers[0]?.keys.length, 2);
  });

  test('keys and values of no known form are kept with what is wrong, and fail nothing', () => {
    const keys = [
      infoKey('a'),
      stream('news/of/tomorrow'),
      stream('checkpoint/a/central_global', '1234'),
      stream('last-error/a/1', '\xff\xff'),
      stream('pause/a', 'not json'),
      stream('storage-checkpoint/a/x', u64Bytes(1n)),
      stream('info/'),
    ];
    const facts = logBackupFacts(keys, 1n);
    assert.deepEqual(facts.unexplained.map(({ key }) => key.replace('/tidb/br-stream/', '')).sort(), [
      'checkpoint/a/central_global',
      'info/',
      'last-error/a/1',
      'news/of/tomorrow',
      'pause/a',
      'storage-checkpoint/a/x',
    ]);
    assert.equal(taskOf(facts).state.kind, 'error');
  });

  test('a task whose own key cannot be read is damage, never "no task"', () => {
    assert.throws(() => logBackupFacts([stream('info/a', '\xff\xff\xff')], 1n), {
      name: 'OBJECT_DAMAGED',
      message: /\/tidb\/br-stream\/info\/a is damaged/,
    });
    const other = { ...infoKey('b'), key: infoKey('a').key };
    assert.throws(() => logBackupFacts([other], 1n), {
      name: 'OBJECT_DAMAGED',
      message: /expected the task "a", found "b"/,
    });
  });

  test('a field that only a later version knows does not hide the task', () => {
    const { key, value } = infoKey('a');
    const later = Uint8Array.from([...value, 0xf8, 0x06, 0x01]);
    assert.equal(taskOf(logBackupFacts([keyValue(key, later)], 1n)).name, 'a');
  });

  test('the advancer that was elected first comes first', () => {
    const keys = [
      keyValue('/tidb/br-stream/owner/1', 'second', { createRevision: 9n }),
      keyValue('/tidb/br-stream/owner/2', 'first', { createRevision: 8n }),
    ];
    assert.deepEqual(logBackupFacts(keys, 1n).advancers, ['first', 'second']);
  });

  test('imports are told by their kind, and one without a lease stands out', () => {
    const keys = ['lightning/t1', 'import-into/2', 'restore/restore-x', 'new/1'].map((name) =>
      keyValue(`/tidb/brie/import/${name}`),
    );
    const { imports } = logBackupFacts(keys, 1n);
    assert.deepEqual(
      imports.map(({ kind }) => kind),
      ['lightning', 'import-into', 'restore', 'other'],
    );
    assert.ok(imports.every(({ hasLease }) => !hasLease));
  });

  test('keys of others are passed over', () => {
    const keys = ['/tidb/br-streams/info/a', '/tidb/brie/other', '/pd/1/gc/safe_point'].map((key) =>
      keyValue(key, 'x'),
    );
    const facts = logBackupFacts(keys, 7n);
    assert.deepEqual(facts, { ...logBackupFacts([], 7n) });
  });
});
