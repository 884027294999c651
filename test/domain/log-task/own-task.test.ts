// Whose a log task is, whatever its name and place: every recorded situation under settings that expect another name or folder, and tasks
// built from bytes that are somebody else's.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { StreamBackupTaskInfoSchema } from '../../../lib/br/proto/gen/task_pb.js';
import type { LogTaskFacts } from '../../../lib/domain/log-task/log-task-facts.ts';
import {
  claimOf,
  expectedTaskName,
  ownTaskOf,
  pathBelow,
  type TaskClaim,
  type TaskHistory,
  type TaskOwner,
} from '../../../lib/domain/log-task/own-task.ts';
import { logBackupFacts } from '../../../lib/pd/log-backup.ts';
import { keyValue } from '../../support/etcd-key-values.ts';
import { keeperNow, recordedSight } from '../../support/keeper-stage.ts';
import { recordedLogTasks } from '../../support/recorded-log-tasks.ts';
import { keeperRecord } from '../../support/state-builders.ts';

const owner: TaskOwner = {
  cluster: 'shop',
  wanted: { taskName: 'pitr', isNamed: false },
  root: 's3://backups/shop',
  endpoint: '',
  epochsIn: 'log-backup',
  folder: 'log-backup',
  isBoundToFolders: false,
  needsAdvancer: true,
};
const history: TaskHistory = keeperRecord({
  progress: { startTs: 1n, checkpointTs: 2n, movedMs: keeperNow },
});
const adopted = { name: 'old', path: 'logs', atMs: 5, who: 'ann' };

/** A task of another name, built from the bytes that br writes into PD. */
function builtTask(name: string, bucket: string, prefix: string, endpoint = ''): LogTaskFacts {
  const info = create(StreamBackupTaskInfoSchema, {
    name,
    startTs: 470632712040251393n,
    endTs: 999999999999999999n,
    storage: { backend: { case: 's3', value: { bucket, prefix, endpoint, region: 'eu-central-1' } } },
  });
  const key = keyValue(`/tidb/br-stream/info/${name}`, toBinary(StreamBackupTaskInfoSchema, info));
  const { task } = logBackupFacts([key], 900n);
  assert.equal(task.kind, 'task');
  return task as LogTaskFacts;
}

const kindOf = ({ kind }: TaskClaim) => kind;
const inFolder = (path: string, name = 'other') => builtTask(name, 'backups', `shop/${path}`);

describe('every recorded situation', () => {
  test('with a task is adopted under its own name and folder by settings that expect another name', async () => {
    for (const [situation, [own, state]] of Object.entries(recordedLogTasks)) {
      if (state === 'none') continue;
      const { logBackup } = await recordedSight(situation);
      const { task } = logBackup;
      assert.ok(task.kind === 'task');
      const cut = task.storage.url.replace(/\/+$/, '').lastIndexOf('/');
      const [root, folder] = [task.storage.url.slice(0, cut), task.storage.url.slice(cut + 1)];
      const path = folder.replace(/\/+$/, '');
      const at = {
        ...owner,
        root,
        endpoint: task.storage.endpoint,
        wanted: { taskName: 'ours', isNamed: false },
      };
      const found = ownTaskOf(logBackup, at, undefined, keeperNow);
      assert.deepEqual([found.own.taskName, found.path], [own.taskName, path], situation);
      assert.deepEqual(found.adopted, { name: own.taskName, path, atMs: keeperNow, who: 'observe' });
      const again = ownTaskOf(logBackup, at, { ...history, adopted: found.adopted }, keeperNow + 60_000);
      assert.deepEqual(again, found, 'a second look changes nothing');
    }
  });

  test('without a task leaves the adopted name and folder as they were: that task is started again, and no other', async () => {
    const { logBackup } = await recordedSight('shop/pd/0-no-task');
    const epochs = [{ path: 'logs', startTs: 1n, sinceMs: 1, endTs: null, endedMs: null, why: '' }];
    const found = ownTaskOf(logBackup, owner, { adopted, epochs, progress: null }, keeperNow);
    assert.deepEqual(
      [found.own.taskName, found.own.places[0], found.path],
      ['old', 's3://backups/shop/logs', undefined],
    );
    assert.equal(found.adopted, adopted);
  });
});

describe('a task of another name', () => {
  test('is adopted in our folder, in that of an epoch, and in one beside it', () => {
    for (const path of ['log-backup', 'log-backup/epoch-20261122000000', 'logs', 'log-backup-2']) {
      assert.deepEqual(claimOf(inFolder(path), owner, undefined), { kind: 'adopt', path });
    }
  });

  test('is not taken over in silence where a task of ours was, or where somebody chose another name', () => {
    const task = inFolder('log-backup');
    const replaced = claimOf(task, owner, history);
    assert.ok(replaced.kind === 'foreign');
    assert.match(replaced.reason, /^its name is other, ours is pitr: it stands where a task of ours was$/);
    assert.match(replaced.todo, /pitr adopt --task other/);
    const named = claimOf(task, { ...owner, wanted: { taskName: 'mine', isNamed: true } }, undefined);
    assert.ok(named.kind === 'foreign');
    assert.match(named.reason, /ours is mine, as the settings say$/);
    for (const before of [history, undefined]) {
      assert.deepEqual(claimOf(task, owner, before, true), { kind: 'ours', path: 'log-backup' });
    }
  });

  test('is ours once it was adopted, and the one of the settings stays ours beside it', () => {
    const after = { ...history, adopted };
    assert.equal(kindOf(claimOf(inFolder('logs', 'old'), owner, after)), 'ours');
    const back = ownTaskOf({ task: inFolder('log-backup', 'pitr'), otherTasks: [] }, owner, after, keeperNow);
    assert.deepEqual([back.own.taskName, back.adopted], ['pitr', null]);
    assert.equal(kindOf(claimOf(inFolder('logs', 'third'), owner, after)), 'foreign');
  });

  test('of a bucket of the same name at another endpoint is not taken for ours', () => {
    const claim = claimOf(builtTask('other', 'backups', 'shop/logs', 'http://minio:9000'), owner, undefined);
    assert.ok(claim.kind === 'foreign');
    assert.match(claim.reason, /its bucket is one at http:\/\/minio:9000/);
    const there = { ...owner, endpoint: 'http://minio:9000/' };
    assert.equal(
      kindOf(claimOf(builtTask('other', 'backups', 'shop/logs', 'http://minio:9000'), there, undefined)),
      'adopt',
    );
  });
});

describe('a task that writes elsewhere', () => {
  test('is told with where it writes and what a person can do, and no word of theirs makes it ours', () => {
    for (const task of [
      builtTask('pitr', 'other-bucket', 'shop/log-backup'),
      builtTask('pitr', 'backups', 'crm/log-backup'),
      builtTask('pitr', 'backups', 'shop2/log-backup'),
    ]) {
      for (const isAsked of [false, true]) {
        const claim = claimOf(task, owner, undefined, isAsked);
        assert.ok(claim.kind === 'foreign');
        assert.match(
          claim.reason,
          /^it writes to s3:\/\/(other-bucket|backups\/(crm|shop2)).*, ours to s3:\/\/backups\/shop\/log-backup$/,
        );
        assert.match(
          claim.todo,
          /name that bucket and prefix in the settings .* br log stop --task-name=pitr/,
        );
      }
    }
  });

  test('beside the snapshots, among them or deeper than one folder is not found by windows, and not adopted', () => {
    for (const path of ['', 'old/logs', 'snapshot-1', 'log-backup/epoch-1']) {
      const claim = claimOf(inFolder(path), owner, undefined, true);
      assert.ok(claim.kind === 'foreign', path);
      assert.match(claim.todo, /bucket\.prefix/, path);
    }
  });

  test('in a folder that our roles may not work in is adopted once the settings name the folder', () => {
    const bound = { ...owner, isBoundToFolders: true };
    const claim = claimOf(inFolder('logs'), bound, undefined);
    assert.ok(claim.kind === 'foreign');
    assert.match(claim.todo, /policy\.logFolder: logs in the settings and deploy/);
    assert.equal(kindOf(claimOf(inFolder('logs'), { ...bound, folder: 'logs' }, undefined)), 'adopt');
    assert.equal(kindOf(claimOf(inFolder('log-backup-2'), bound, undefined)), 'adopt');
  });
});

test('who looks without the keeper expects its name, and where nobody chose one the task of our place', () => {
  assert.equal(expectedTaskName('pitr', false, undefined), undefined);
  assert.equal(expectedTaskName('mine', true, undefined), 'mine');
  assert.equal(expectedTaskName('pitr', false, history), 'pitr', 'one of ours was there');
  assert.equal(expectedTaskName('pitr', true, { ...history, adopted }), 'old');
  assert.equal(expectedTaskName(undefined, true, undefined), undefined);
});

test('settings without a log have no task of theirs, whatever stands in PD', () => {
  const { wanted: _wanted, ...rest } = owner;
  const found = ownTaskOf(
    { task: inFolder('log-backup'), otherTasks: [] },
    { ...rest, wanted: undefined },
    undefined,
    1,
  );
  assert.deepEqual([found.own.taskName, found.path], [undefined, undefined]);
  assert.match(found.own.strange?.reason ?? '', /want no log backup/);
});

test('a folder and a bucket are told alike, with or without a slash at their ends', () => {
  assert.equal(pathBelow('file:///backups/shop/logs/', 'local:///backups/shop'), 'logs');
  assert.equal(pathBelow('s3://b', 's3://b/'), '');
  assert.equal(pathBelow('s3://bb/x', 's3://b'), undefined);
});
