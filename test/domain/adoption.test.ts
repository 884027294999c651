// Which snapshots of a bucket become records, and what a rebuilt state says of those that had one.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decideAdoption, idOfFolder } from '../../lib/domain/adoption.ts';
import type { SnapshotFacts, SnapshotState } from '../../lib/domain/facts.ts';
import { planRebuild } from '../../lib/domain/rebuild-plan.ts';
import { runIdMs } from '../../lib/domain/state/run-identity.ts';
import type { SnapshotRun } from '../../lib/domain/state/snapshot-run.ts';
import { completeSnapshot, noon, plannedSnapshot, runningSnapshot } from '../support/state-builders.ts';

const backupTs = 470632758116614145n;

function folder(name: string, more: Partial<SnapshotFacts> = {}): SnapshotFacts {
  return {
    name,
    state: { kind: 'complete' },
    backupTs,
    startTs: 0n,
    clusterId: 7n,
    clusterVersion: '',
    brVersion: '',
    sizeBytes: 100n,
    newCollations: '',
    encrypted: false,
    ...more,
  };
}

const found = (facts: SnapshotFacts) => ({
  facts,
  writtenMs: facts.state.kind === 'complete' ? noon : undefined,
});
const adoption = (facts: SnapshotFacts, clusterId?: bigint) =>
  decideAdoption('shop', found(facts), clusterId);

describe('adoption', () => {
  test('takes a complete full snapshot as it is, with the digits of its name as id', () => {
    const adopted = adoption(folder('snapshot-20261122042455'));
    assert.ok(adopted.kind === 'adopt');
    assert.deepEqual(adopted.record, {
      shape: 'snapshot/v1',
      state: 'complete',
      cluster: 'shop',
      id: '20261122042455',
      dueMs: Date.UTC(2026, 10, 22, 4, 24, 55),
      trigger: 'adopted',
      folder: 'snapshot-20261122042455',
      backupTs,
      endedMs: noon,
      bytes: 100n,
    });
  });

  test('names any other folder by its BackupTS and its name, so that no two share an id', () => {
    const ids = [
      'nightly 1',
      'nightly_1',
      'snapshot-20269922042455',
      `${'n'.repeat(150)}a`,
      `${'n'.repeat(150)}b`,
    ].map((name) => idOfFolder(name, backupTs));
    assert.equal(ids[0], '20261122042455-nightly_20_1');
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.ok(runIdMs(id) !== undefined, id);
  });

  test('only tells of what is unfinished, damaged, unreadable, incremental or of another cluster', () => {
    const states: SnapshotState[] = [
      { kind: 'unfinished', resumable: true, lockExpiresMs: undefined, backupTs: undefined },
      { kind: 'damaged', object: 'backupmeta', problem: 'cut off' },
      { kind: 'unreadable', reason: 'encrypted', code: 'KEY_MISSING' },
    ];
    const told = [
      ...states.map((state) => adoption(folder('snapshot-x', { state }))),
      adoption(folder('snapshot-x', { startTs: 5n })),
      adoption(folder('snapshot-x'), 8n),
    ];
    const reasons = told.map((one) => (one.kind === 'told' ? one.reason : 'adopted'));
    assert.deepEqual(reasons, [
      'unfinished, and br could go on with it',
      'damaged: cut off',
      'not readable: encrypted',
      'incremental: no base by itself',
      'of cluster 7, and the log is of cluster 8',
    ]);
    assert.equal(adoption(folder('snapshot-x'), 0n).kind, 'adopt');
  });
});

describe('a rebuilt state', () => {
  const id = plannedSnapshot().id;
  const name = `snapshot-${id}`;
  const known = (record: SnapshotRun, isProvenOver = true) => [{ record, revision: 3, isProvenOver }];
  const plan = (facts: readonly SnapshotFacts[], records: ReturnType<typeof known>) =>
    planRebuild('shop', facts.map(found), records, { clusterId: 7n, nowMs: noon + 1 });
  const { plannedMs: _planned, ...rest } = plannedSnapshot();
  const failed: SnapshotRun = {
    ...rest,
    state: 'failed',
    endedMs: noon,
    attempt: 2,
    failure: { code: 'BR_FAILED', message: 'x', hint: '' },
  };
  const expired: SnapshotRun = { ...rest, state: 'expired', backupTs, deletedMs: noon, reason: 'too old' };
  const complete: SnapshotRun = { ...completeSnapshot(), backupTs };

  test('gains what had no record, and keeps what agrees, what failed and what was deleted', () => {
    const added = plan([folder('snapshot-20261101000000')], known(complete).slice(1));
    assert.deepEqual(
      added.writes.map(({ expect, record }) => [expect, record.state]),
      [['absent', 'complete']],
    );
    assert.deepEqual(plan([folder(name)], known(complete)), { writes: [], agreeing: 1, told: [] });
    assert.deepEqual(plan([], known(failed)).writes, []);
    assert.deepEqual(plan([], known(expired)).writes, []);
  });

  test('believes a complete folder against every record, and keeps why it was taken', () => {
    for (const record of [failed, expired, runningSnapshot(), { ...complete, backupTs: 1n }]) {
      const [write] = plan([folder(name)], known(record)).writes;
      assert.ok(write?.record.state === 'complete', record.state);
      assert.deepEqual(
        [write.expect, write.record.backupTs, write.record.trigger],
        [3, backupTs, 'schedule'],
      );
    }
  });

  test('says of a complete record what became of its folder', () => {
    const [gone] = plan([], known(complete)).writes;
    assert.ok(gone?.record.state === 'expired');
    assert.match(gone.record.reason, /gone from the bucket/);
    const damaged = folder(name, { state: { kind: 'damaged', object: 'backupmeta', problem: 'cut off' } });
    const [broken] = plan([damaged], known(complete)).writes;
    assert.ok(broken?.record.state === 'failed');
    assert.equal(broken.record.failure.code, 'OBJECT_DAMAGED');
    const locked = folder(name, { state: { kind: 'unreadable', reason: 'encrypted', code: 'KEY_MISSING' } });
    assert.deepEqual(plan([locked], known(complete)).writes, [], 'without a key nobody knows better');
  });

  test('ends a run that is proven over, and leaves one that may live and one that is still to begin', () => {
    const [lost] = plan([], known(runningSnapshot())).writes;
    assert.ok(lost?.record.state === 'failed');
    assert.equal(lost.record.failure.code, 'RUN_LOST');
    assert.deepEqual(plan([], known(runningSnapshot(), false)).writes, []);
    assert.deepEqual(plan([], known(plannedSnapshot())).writes, []);
  });
});
