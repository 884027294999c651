import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BucketLook } from '../../../lib/domain/bucket-look.ts';
import type { ServiceSafePoint } from '../../../lib/domain/cluster-facts.ts';
import { fuseOf } from '../../../lib/domain/log-task/fuse.ts';
import type { LogTaskFacts } from '../../../lib/domain/log-task/log-task-facts.ts';
import {
  type ClusterLook,
  describeSituation,
  type StatusReport,
  type TaskStatus,
} from '../../../lib/domain/status/status.ts';
import { tsFromMs } from '../../../lib/domain/ts.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordedCluster } from '../../support/recorded-cluster.ts';

type ReadLook = Extract<ClusterLook, { readonly kind: 'read' }>;

const nowMs = Date.UTC(2026, 10, 22, 4, 26, 12);
const nothing: BucketLook = { kind: 'not-asked', reason: undefined };
const question = { taskName: 'pitr', maxLagMs: 10 * 60_000 };

async function look(situation: string, atMs = nowMs): Promise<ReadLook> {
  return { kind: 'read', ...(await new RecordedCluster(situation, new ManualClock(atMs)).observe()) };
}

async function taskOf(situation: string): Promise<LogTaskFacts> {
  const { task } = (await look(situation)).logBackup;
  assert.equal(task.kind, 'task');
  return task as LogTaskFacts;
}

function taskIn(report: StatusReport): TaskStatus {
  assert.equal(report.cluster.kind, 'read');
  assert.ok(report.cluster.task);
  return report.cluster.task;
}

const codes = (report: StatusReport) => report.notes.map(({ code }) => code);

describe('the fuse', () => {
  test('of a paused task is the life of the safe point that br set, and it burns', async () => {
    const { safePoints } = await look('shop/pd/3-paused');
    const fuse = fuseOf(await taskOf('shop/pd/3-paused'), safePoints, nowMs);
    assert.deepEqual(fuse, {
      kind: 'held',
      neededTs: 470632763909996545n,
      by: 'pitr_pause_safepoint',
      untilMs: 1_795_407_922_000,
      leftMs: 1_795_407_922_000 - nowMs,
      isRenewed: false,
    });
  });

  test('of a task in error is the guard that TiKV left', async () => {
    const { safePoints } = await look('error-state/pd/7-error');
    const fuse = fuseOf(await taskOf('error-state/pd/7-error'), safePoints, nowMs);
    assert.equal(fuse.kind === 'held' && fuse.by, 'pitr-1-pause-guard');
  });

  test('is unprotected once every safe point has ended, whatever TiDB and strangers hold today', async () => {
    const { safePoints } = await look('shop/pd/3-paused');
    const task = await taskOf('shop/pd/3-paused');
    const stranger: ServiceSafePoint = { id: 'cdc', owner: { kind: 'other' }, ts: 1n, expiresMs: undefined };
    const services = [...safePoints.services, stranger];
    assert.equal(fuseOf(task, { ...safePoints, services }, 1_795_407_922_000).kind, 'unprotected');
    assert.equal(fuseOf(task, { ...safePoints, services }, 1_795_407_921_999).kind, 'held');
  });

  test('does not count a safe point at or after what is needed', async () => {
    const task = await taskOf('shop/pd/3-paused');
    const at = (ts: bigint) => ({
      services: [{ id: 'p', owner: { kind: 'pause', task: 'pitr' }, ts, expiresMs: nowMs + 1 }] as const,
      gcSafePoint: 0n,
      savedSafePoint: undefined,
    });
    assert.equal(fuseOf(task, at(470632763909996545n), nowMs).kind, 'unprotected');
    assert.equal(fuseOf(task, at(470632763909996544n), nowMs).kind, 'held');
  });

  test('is burnt down when garbage collection reached what is needed: equal is too late', async () => {
    const { safePoints } = await look('shop/pd/3-paused');
    const task = await taskOf('shop/pd/3-paused');
    const at = (gcSafePoint: bigint) => fuseOf(task, { ...safePoints, gcSafePoint }, nowMs).kind;
    assert.equal(at(470632763909996544n), 'held');
    assert.equal(at(470632763909996545n), 'collected');
  });

  test('of a running task burns where only what br set at its start holds', async () => {
    const { safePoints, ...read } = await look('shop/pd/1-running');
    const services = safePoints.services.filter(({ owner }) => owner.kind === 'br');
    const points = { ...safePoints, services };
    const fuse = fuseOf(await taskOf('shop/pd/1-running'), points, nowMs);
    assert.equal(fuse.kind === 'held' && fuse.isRenewed, false);
    const report = describeSituation('shop', { ...read, safePoints: points }, nothing, question, 0);
    assert.match(report.notes.find(({ code }) => code === 'FUSE_SHORT')?.text ?? '', /let TiKV flush/);
  });

  test('without an end has an infinite rest', async () => {
    const task = await taskOf('shop/pd/3-paused');
    const services = [{ id: 'b', owner: { kind: 'br' }, ts: 1n, expiresMs: undefined }] as const;
    const fuse = fuseOf(task, { services, gcSafePoint: 0n, savedSafePoint: undefined }, nowMs);
    assert.equal(fuse.kind === 'held' && fuse.leftMs, Number.POSITIVE_INFINITY);
  });
});

describe('the status', () => {
  test('of a running task is normal with its lags by the clock of the cluster, and without a note', async () => {
    const report = describeSituation('shop', await look('shop/pd/5-before-end'), nothing, question, 0);
    const { state, lag, ownership, fuse } = taskIn(report);
    assert.equal(report.atMs, nowMs);
    assert.equal(state.kind, 'normal');
    assert.equal(ownership, 'ours');
    assert.equal(lag.checkpoint.ts, 470632777030303745n);
    assert.equal(lag.checkpoint.lagMs, nowMs - Date.UTC(2026, 10, 22, 4, 26, 7, 651));
    assert.equal(lag.unsavedMs, 0);
    assert.equal(lag.objects, undefined);
    assert.equal(fuse.kind === 'held' && fuse.isRenewed, true);
    assert.deepEqual(codes(report), []);
  });

  test('before the first flush has the start of the task as its checkpoint', async () => {
    const { lag } = taskIn(describeSituation('shop', await look('shop/pd/1-running'), nothing, question, 0));
    assert.equal(lag.checkpoint.ts, 470632753594630146n);
    assert.equal(lag.persisted, undefined);
    assert.equal(lag.unsavedMs, undefined);
  });

  test('without a task says so, and of a stopped one that it is none', async () => {
    for (const situation of ['shop/pd/0-no-task', 'shop/pd/6-stopped']) {
      const report = describeSituation('shop', await look(situation), nothing, question, 0);
      assert.equal(report.cluster.kind === 'read' && report.cluster.task, undefined);
      assert.deepEqual(codes(report), ['NO_TASK']);
    }
  });

  test('of a task that nobody advances counts as running and is an alarm all the same', async () => {
    const later = Date.UTC(2026, 10, 22, 5, 30);
    const report = describeSituation(
      'shop',
      await look('faults/pd/frozen-2-no-tidb-120s', later),
      nothing,
      question,
      0,
    );
    assert.equal(taskIn(report).state.kind, 'normal');
    assert.deepEqual(codes(report), ['LAG', 'NO_ADVANCER']);
    assert.match(report.notes[0]!.text, /though the task counts as running/);
  });

  test('of a task in error repeats what the stores said', async () => {
    const report = describeSituation('shop', await look('error-state/pd/7-error'), nothing, question, 0);
    assert.equal(taskIn(report).errors[0]?.code, 'KV:LogBackup:Io');
    assert.ok(codes(report).includes('IN_ERROR'));
  });

  test('of a paused task warns, and fails when less than six hours of its fuse are left', async () => {
    const paused = (atMs: number) =>
      look('shop/pd/3-paused', atMs).then((read) => describeSituation('shop', read, nothing, question, 0));
    assert.deepEqual(codes(await paused(nowMs)), ['PAUSED']);
    const end = 1_795_407_922_000;
    assert.ok(codes(await paused(end - 6 * 3_600_000)).includes('FUSE_SHORT'));
    assert.ok(!codes(await paused(end - 6 * 3_600_000 - 1)).includes('FUSE_SHORT'));
  });

  test('tells when the advancer runs more than ten minutes before what TiKV saves', async () => {
    const healthy = await look('shop/pd/5-before-end');
    const task = await taskOf('shop/pd/5-before-end');
    const minutes = (count: number) => {
      const persisted = tsFromMs(nowMs - 60_000 * count);
      const checkpoints = { ...task.checkpoints, persisted, advanced: tsFromMs(nowMs) };
      const logBackup = { ...healthy.logBackup, task: { ...task, startTs: 1n, checkpoints } };
      return describeSituation('shop', { ...healthy, logBackup }, nothing, question, 0);
    };
    assert.deepEqual(codes(minutes(10)), []);
    assert.deepEqual(codes(minutes(11)), ['LAG', 'NOT_SAVED']);
    assert.equal(taskIn(minutes(11)).lag.unsavedMs, 11 * 60_000);
  });

  test('tells a task of another name or place from ours, and claims nothing where nothing is known', async () => {
    const read = await look('shop/pd/5-before-end');
    const owner = (taskName: string | undefined, bucket: BucketLook) =>
      taskIn(describeSituation('shop', read, bucket, { ...question, taskName }, 0)).ownership;
    const at = (url: string): BucketLook => ({
      kind: 'failed',
      url,
      code: 'STORAGE_DENIED',
      problem: '',
      hint: '',
    });
    assert.equal(owner('other', nothing), 'not-ours');
    assert.equal(owner(undefined, nothing), 'unknown');
    assert.equal(owner(undefined, at('s3://tidb-pitr-bucket/backup-data/')), 'ours');
    assert.equal(owner('pitr', at('s3://tidb-pitr-bucket/elsewhere')), 'not-ours');
  });

  test('of a PD that does not answer is by our clock and keeps the problem', () => {
    const report = describeSituation(
      'shop',
      { kind: 'unreachable', code: 'PD_UNREACHABLE', problem: 'no PD answered', hint: 'look' },
      nothing,
      question,
      5,
    );
    assert.equal(report.atMs, 5);
    assert.deepEqual(report.notes, []);
    assert.equal(report.cluster.kind, 'unreachable');
  });
});
