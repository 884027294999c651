// The life of a restore under the control plane, with the recorded outputs and leftovers of the real br: planned, run, killed,
// resumed, proven; refused by br; lost; its lease lost; every operation called twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PitrError } from '../../../../lib/domain/errors.ts';
import type { BrRun } from '../../../../lib/domain/state/br-run.ts';
import { refusalOf } from '../../../support/control-stage.ts';
import {
  begin,
  caught,
  check,
  faults,
  plan,
  putReadLock,
  type RestoreStage,
  readLock,
  recordOf,
  restoreStage,
  runId,
  setGcRatio,
  settle,
  sweep,
  t5,
  targetPd,
  verify,
} from '../../../support/restore-stage.ts';

const success = 'test/fixtures/shop/restore/4-restore-point-t5';

async function begun(options: Parameters<typeof restoreStage>[0] = {}) {
  const stage = await restoreStage(options);
  setGcRatio(stage, '1.1');
  const id = String((await plan(stage))['id']);
  await check(stage, id);
  await begin(stage, id);
  return { stage, id };
}

const answer = (stage: RestoreStage, token = 'token-1') => stage.callbacks.answers.get(token) ?? {};

test('a restore is planned, run with the words that the real br was given, read back and proven', async () => {
  const { stage, id } = await begun();
  const { argv } = stage.runner.run(runId(id)).request;
  assert.deepEqual(argv.slice(0, 6), [
    '/opt/br',
    'restore',
    'point',
    `--pd=${targetPd}`,
    '--storage=local:///backups/shop/log-backup',
    '--full-backup-storage=local:///backups/shop/snapshot-20261122042455',
  ]);
  assert.ok(argv.includes(`--restored-ts=${t5}`) && !argv.some((word) => word.startsWith('--filter')));
  stage.runner.play(runId(id), success);
  await sweep(stage);
  assert.equal(answer(stage)['next'], 'done', JSON.stringify(answer(stage)));
  const verified = await verify(stage, id);
  assert.equal(verified['next'], 'done');
  assert.equal((await recordOf(stage, id)).state, 'verifying');
  const settled = await settle(stage, id);
  assert.deepEqual([settled['outcome'], settled['state'], settled['leftBehind']], ['succeeded', 'done', []]);
  const record = await recordOf(stage, id);
  assert.ok(record.state === 'done');
  assert.match(
    record.proof,
    /br came to 470632761065996290 \(2026-11-22T04:25:06\.752Z\), as asked; visible in the target/,
  );
  assert.match(record.proof, /gc\.ratio-threshold is 1\.1 on .*no import or restore is registered/);
  assert.match(
    record.proof,
    /rows were not compared.*pitr query --storage 'local:\/\/\/backups\/shop' --at 470632761065996290/,
  );
  assert.deepEqual(stage.opened, [[targetPd], [targetPd]]);
});

test('after the end the lease is free, and what happened is signalled and in the audit', async () => {
  const { stage, id } = await begun();
  stage.runner.play(runId(id), success);
  await sweep(stage);
  await verify(stage, id);
  await settle(stage, id);
  assert.equal((await stage.store.lease('shop', 'restore'))?.state, 'free');
  const { entries } = await stage.store.waitingSignals('shop', { nowMs: stage.nowMs() });
  assert.deepEqual(entries.map(({ topic }) => topic).sort(), ['restore-done', 'restore-planned']);
  const audit = await stage.store.audit('shop', { nowMs: stage.nowMs() });
  assert.deepEqual(audit.entries.map(({ what }) => what.replace(/ for restore .*/, '')).sort(), [
    'planned a restore',
    'restored a cluster',
    'started br',
  ]);
});

test('a killed restore is begun again with the very same words, its dead lock gone first, and succeeds', async () => {
  const { stage, id } = await begun();
  stage.runner.play(runId(id), `${faults}/restore-1-killed`);
  await putReadLock(stage);
  await sweep(stage);
  assert.deepEqual([answer(stage)['next'], answer(stage)['code']], ['again', 'INTERRUPTED']);
  assert.equal(answer(stage)['waitSeconds'], 60);
  await begin(stage, id, 'token-2');
  assert.equal(await stage.bucket.get(readLock), undefined);
  const [first, second] = [1, 2].map((attempt) => stage.runner.run(runId(id, attempt)).request.argv);
  assert.deepEqual(first, second);
  stage.runner.play(runId(id, 2), `${faults}/restore-3-again`);
  await sweep(stage);
  assert.equal(answer(stage, 'token-2')['next'], 'done', JSON.stringify(answer(stage, 'token-2')));
  assert.equal((await verify(stage, id))['next'], 'done');
  assert.equal((await settle(stage, id))['outcome'], 'succeeded');
  const audit = await stage.store.audit('shop', { nowMs: stage.nowMs() });
  const again = audit.entries.find(({ what }) => what.endsWith('attempt 2'));
  assert.match(
    again?.why ?? '',
    /LOCK\.READ\.5ebd8b83014050e7 was removed: it was taken by .*-restore-1, which is over \(signal SIGKILL\)/,
  );
});

test("a reader's lock that names another run stays, and does not keep a restore from beginning again", async () => {
  const { stage, id } = await begun();
  stage.runner.play(runId(id), `${faults}/restore-1-killed`);
  await putReadLock(stage, (text) => text.replace('7b1ed5a6', '00000000'));
  await sweep(stage);
  await begin(stage, id, 'token-2');
  assert.ok((await stage.bucket.get(readLock)) !== undefined);
  assert.equal(stage.runner.runs.size, 2);
});

test('a restore that br refuses for another one has failed, and the way to give that one up is told', async () => {
  const { stage, id } = await begun();
  stage.runner.play(runId(id), `${faults}/restore-2-other-moment`);
  await sweep(stage);
  assert.deepEqual([answer(stage)['next'], answer(stage)['code']], ['failed', 'RESTORE_CONFLICT']);
  await verify(stage, id, 'settle');
  const settled = await settle(stage, id);
  assert.deepEqual([settled['outcome'], settled['code']], ['failed', 'RESTORE_CONFLICT']);
  const record = await recordOf(stage, id);
  assert.ok(record.state === 'failed');
  assert.equal(record.leftBehind.length, 1);
  assert.match(
    record.leftBehind[0]!,
    /\/opt\/br abort restore point --pd=127\.0\.0\.1:3479 .*--restored-ts=470632761065996290/,
  );
});

test('br that finds the target in use has failed, and nobody is told to drop what was there before', async () => {
  const { stage, id } = await begun();
  stage.runner.play(runId(id), 'test/fixtures/shop/restore/5-not-empty');
  await sweep(stage);
  await verify(stage, id, 'settle');
  const settled = await settle(stage, id);
  assert.deepEqual([settled['code'], settled['leftBehind']], ['TARGET_NOT_EMPTY', []]);
});

test('a killed restore that is given up tells how to go on first, and then each thing that is left', async () => {
  const stage = await restoreStage({ situation: 'faults/pd/restore-1-left-pd' });
  setGcRatio(stage, '-1');
  const id = String((await plan(stage))['id']);
  await begin(stage, id);
  for (const attempt of [1, 2, 3]) {
    if (attempt > 1) await begin(stage, id, `token-${attempt}`);
    stage.runner.play(runId(id, attempt), `${faults}/restore-1-killed`);
    await putReadLock(stage);
    await sweep(stage);
  }
  assert.deepEqual(
    [answer(stage, 'token-3')['next'], answer(stage, 'token-3')['code']],
    ['failed', 'INTERRUPTED'],
  );
  const look = await verify(stage, id, 'settle');
  assert.equal(look['seen'], true);
  assert.equal((await recordOf(stage, id)).state, 'settling');
  const settled = await settle(stage, id);
  const record = await recordOf(stage, id);
  assert.ok(record.state === 'failed');
  const patterns = [
    /^start the same restore again \("restoreTo":"470632761065996290".*goes on where it stopped/,
    /^PD of the target has restore\/restore-78b5b04c-.*goes by itself within three minutes/,
    /tidb_restore_registry of the target holds a row of this restore, id 1,.*\/opt\/br abort restore point .*--restored-ts=470632761065996290/,
    /^gc\.ratio-threshold is -1 on 127\.0\.0\.1:\d+.*SET CONFIG tikv `gc\.ratio-threshold` = '1\.1'/,
    /__TiDB_BR_Temporary_Snapshot_Restore_Checkpoint_1, __TiDB_BR_Temporary_Log_Restore_Checkpoint_1 and __TiDB_BR_Temporary_Custom_SST_Restore_Checkpoint_1/,
    /half restored and not to be read/,
  ];
  assert.equal(record.leftBehind.length, patterns.length, record.leftBehind.join('\n'));
  for (const [index, pattern] of patterns.entries()) assert.match(record.leftBehind[index]!, pattern);
  assert.equal(await stage.bucket.get(readLock), undefined);
  assert.match(
    String(settled['message']),
    /what is left, and what to do: \(1\) start the same restore again/,
  );
});

test('a lock that was taken while a failed restore ran, and is not proven its own, is told and left', async () => {
  const { stage, id } = await begun();
  stage.runner.play(runId(id), `${faults}/restore-1-killed`);
  await putReadLock(stage, (text) => text.replace('7b1ed5a6', '00000000'));
  await sweep(stage);
  const settled = await settle(stage, id, caught(new PitrError('RUNNER_UNAVAILABLE', 'it is away')));
  const left = settled['leftBehind'] as readonly string[];
  assert.match(
    left.at(-1)!,
    /LOCK\.READ\.5ebd8b83014050e7 is in the bucket \(migration-read since .*not proven to be its own/,
  );
  assert.ok((await stage.bucket.get(readLock)) !== undefined);
});

test('a storage that is down keeps a restore from its end for hours, not for ever: then it is told where to look', async () => {
  const { stage, id } = await begun();
  stage.runner.play(runId(id), `${faults}/restore-1-killed`);
  await sweep(stage);
  const down = new PitrError('STORAGE_UNAVAILABLE', 'the storage answers 503');
  const cut = { ...stage, openBucket: async () => Promise.reject(down) };
  const error = caught(new PitrError('RUNNER_UNAVAILABLE', 'it is away'));
  assert.equal((await refusalOf(settle(cut, id, error))).code, 'STORAGE_UNAVAILABLE');
  await stage.clock.sleep(4 * 3_600_000);
  const settled = await settle(cut, id, error);
  assert.equal(settled['state'], 'failed');
  const left = settled['leftBehind'] as readonly string[];
  assert.match(
    left.at(-1)!,
    /the locks of log-backup could not be looked at \(STORAGE_UNAVAILABLE: the storage answers 503\).*LOCK\.READ/,
  );
});

test("a lock from before the restore is somebody else's, and is not spoken of", async () => {
  const { stage, id } = await begun();
  stage.runner.play(runId(id), `${faults}/restore-1-killed`);
  await putReadLock(stage, (text) =>
    text.replace('7b1ed5a6', '00000000').replace('2026-11-22T05', '2026-11-21T05'),
  );
  await sweep(stage);
  const left = (await settle(stage, id))['leftBehind'] as readonly string[];
  assert.ok(!left.some((sentence) => sentence.includes('LOCK.READ')), left.join('\n'));
});

test('a lost restore is begun again as a killed one is', async () => {
  const { stage, id } = await begun();
  stage.runner.lose(runId(id));
  await sweep(stage);
  assert.equal(answer(stage)['next'], 'again');
  await begin(stage, id, 'token-2');
  assert.equal(stage.runner.runs.size, 2);
});

test('a truncation that may be alive keeps a restore from beginning, and one of ours that is dead does not', async () => {
  const stage = await restoreStage();
  const id = String((await plan(stage))['id']);
  const lock = `{"locked_at":"2026-11-22T05:00:00Z","locker_host":"vm","locker_pid":1,"txn_id":"","hint":""}`;
  await stage.bucket.put('log-backup/truncating.lock', Buffer.from(lock));
  await begin(stage, id);
  assert.deepEqual([answer(stage)['next'], answer(stage)['code']], ['failed', 'BR_LOCKED']);
  assert.equal(stage.runner.starts, 0);
  const settled = await settle(stage, id);
  assert.deepEqual([settled['code'], settled['leftBehind']], ['BR_LOCKED', []]);
});

test('a truncation of ours that is over leaves a lock that a restore takes away, with proof', async () => {
  const stage = await restoreStage();
  const id = String((await plan(stage))['id']);
  const lock = `{"locked_at":"2026-11-22T05:00:00Z","locker_host":"vm","locker_pid":9701,"txn_id":"","hint":""}`;
  await stage.bucket.put('log-backup/truncating.lock', Buffer.from(lock));
  const nowMs = stage.nowMs();
  const record: BrRun = {
    shape: 'br-run/v1',
    state: 'ended',
    cluster: 'shop',
    id: '20261122050000-truncation-1',
    work: 'truncation',
    workId: '20261122050000',
    attempt: 1,
    command: 'log-truncate',
    argv: ['br'],
    env: {},
    decidedMs: nowMs,
    token: '',
    startedMs: nowMs,
    endedMs: nowMs,
    end: 'signal SIGKILL',
    verdict: 'failed',
    waitSeconds: 0,
    failure: null,
    facts: { host: 'vm', pid: '9701' },
    isAnswered: true,
  };
  await stage.store.commit({ cluster: 'shop', nowMs, records: [{ record, expect: 'absent' }] });
  await begin(stage, id);
  assert.equal(stage.runner.runs.size, 1);
  assert.equal(await stage.bucket.get('log-backup/truncating.lock'), undefined);
});

test('a log that was cut since the plan keeps the restore from beginning, with the reason', async () => {
  const stage = await restoreStage();
  const id = String((await plan(stage))['id']);
  await stage.bucket.put('log-backup/v1_stream_trancate_safepoint.txt', Buffer.from('470632772993548292'));
  await begin(stage, id);
  assert.deepEqual([answer(stage)['next'], answer(stage)['code']], ['failed', 'LOG_TRUNCATED']);
  assert.equal(stage.runner.starts, 0);
});

test('another restore or cut that goes on holds the lease, and nothing is begun', async () => {
  const stage = await restoreStage();
  const id = String((await plan(stage))['id']);
  await stage.store.acquireLease({
    cluster: 'shop',
    work: 'restore',
    holder: 'another',
    ttlMs: 60_000,
    nowMs: stage.nowMs(),
  });
  const error = await refusalOf(begin(stage, id));
  assert.equal(error.code, 'WORK_IN_PROGRESS');
  assert.equal(stage.runner.starts, 0);
});

test('while br lives, its step and progress are in the record, and it is never settled', async () => {
  const { stage, id } = await begun();
  const line = (step: string) =>
    `{"level":"INFO","time":"2026/11/22 05:18:00.378 +00:00","message":"progress","step":"${step}","progress":"40.00%"}\n`;
  stage.runner.print(runId(id), line('Download&Ingest SST'));
  await sweep(stage);
  const snapshot = await recordOf(stage, id);
  assert.ok(snapshot.state === 'running');
  assert.deepEqual([snapshot.step, snapshot.progress], ['snapshot', 0.4]);
  stage.runner.print(runId(id), line('Restore Meta Files') + line('Restore Files(SST + Log)'));
  await sweep(stage);
  const log = await recordOf(stage, id);
  assert.ok(log.state === 'running');
  assert.equal(log.step, 'log');
  await stage.clock.sleep(60_000);
  await sweep(stage);
  stage.runner.print(runId(id), line('Split&Scatter Regions'));
  await sweep(stage);
  const later = await recordOf(stage, id);
  assert.ok(later.state === 'running');
  assert.equal(later.step, 'log', 'it never goes back');
  const look = await verify(stage, id, 'settle');
  assert.equal(look['seen'], false);
  assert.equal((await refusalOf(settle(stage, id))).code, 'WORK_IN_PROGRESS');
  assert.equal(stage.runner.run(runId(id)).stops, 1);
  const settled = await settle(stage, id);
  assert.equal(settled['outcome'], 'failed');
  const left = settled['leftBehind'] as readonly string[];
  assert.match(left[1]!, /the target could not be looked at \(it was not looked at after the end of br\)/);
});

test('a lease that is lost in the middle begins no second br, and the restore goes on to its end', async () => {
  const { stage, id } = await begun();
  await stage.clock.sleep(30 * 60_000);
  const taken = await stage.store.acquireLease({
    ...{ cluster: 'shop', work: 'restore', holder: 'another', ttlMs: 60_000, nowMs: stage.nowMs() },
  });
  assert.equal(taken.kind, 'granted');
  assert.equal((await refusalOf(begin(stage, id, 'token-2'))).code, 'WORK_IN_PROGRESS');
  stage.runner.play(runId(id), success);
  await sweep(stage);
  assert.equal(answer(stage)['next'], 'done');
  assert.equal((await refusalOf(settle(stage, id))).code, 'WORK_IN_PROGRESS');
  await stage.clock.sleep(120_000);
  await verify(stage, id);
  assert.equal((await settle(stage, id))['outcome'], 'succeeded');
  assert.equal(stage.runner.runs.size, 1);
});

test('every operation that is called twice answers the same, and there is one br', async () => {
  const stage = await restoreStage();
  setGcRatio(stage, '1.1');
  const planned = await plan(stage);
  await stage.clock.sleep(5_000);
  assert.deepEqual(await plan(stage), planned);
  const id = String(planned['id']);
  assert.deepEqual(await check(stage, id), await check(stage, id));
  assert.deepEqual(await begin(stage, id), await begin(stage, id));
  await Promise.all([begin(stage, id, 'token-2'), begin(stage, id, 'token-2').catch(() => undefined)]);
  assert.equal(stage.runner.runs.size, 1);
  stage.runner.play(runId(id), success);
  await Promise.all([sweep(stage), sweep(stage)]);
  assert.deepEqual(await verify(stage, id), await verify(stage, id));
  const settled = await settle(stage, id);
  assert.deepEqual(await settle(stage, id), settled);
  assert.equal((await verify(stage, id))['message'], settled['message']);
  assert.equal((await check(stage, id))['checked'], false);
  const late = await begin(stage, id, 'token-3');
  assert.deepEqual([late['answered'], answer(stage, 'token-3')['next']], ['done', 'done']);
  assert.equal(stage.runner.runs.size, 1);
});

test('two flows of one execution that plan at the same instant make one restore', async () => {
  const stage = await restoreStage();
  const both = await Promise.all([plan(stage), plan(stage)]);
  assert.deepEqual(both[0], both[1]);
  const { entries } = await stage.store.list('restore', 'shop', { nowMs: stage.nowMs() });
  assert.equal(entries.length, 1);
});

test('br that could not be started leaves nothing, and the next call starts it', async () => {
  const stage = await restoreStage();
  const id = String((await plan(stage))['id']);
  stage.runner.startFailures.push(new PitrError('RUNNER_START_FAILED', 'no room'));
  assert.equal((await refusalOf(begin(stage, id))).code, 'RUNNER_START_FAILED');
  await begin(stage, id);
  assert.equal(stage.runner.runs.size, 1);
});

test('a restore that never began is closed with what the flow caught, and left nothing', async () => {
  const stage = await restoreStage();
  const id = String((await plan(stage))['id']);
  const error = caught(new PitrError('CLUSTER_NOT_READY', 'the target is not ready'));
  assert.equal((await verify(stage, id, 'settle'))['seen'], false);
  const settled = await settle(stage, id, error);
  assert.deepEqual([settled['code'], settled['leftBehind']], ['CLUSTER_NOT_READY', []]);
  const record = await recordOf(stage, id);
  assert.ok(record.state === 'failed');
  assert.equal(record.attempt, 0);
});

test('a target that is down at the end proves nothing: the restore has failed, and says that br said otherwise', async () => {
  const { stage, id } = await begun();
  stage.runner.play(runId(id), success);
  await sweep(stage);
  stage.target.fail(new PitrError('PD_UNREACHABLE', 'nobody answers at 127.0.0.1:3479'));
  const error = await refusalOf(verify(stage, id));
  assert.equal(error.code, 'PD_UNREACHABLE');
  const look = await verify(stage, id, 'settle');
  assert.deepEqual(
    [look['seen'], look['message']],
    [false, 'PD_UNREACHABLE: nobody answers at 127.0.0.1:3479'],
  );
  const settled = await settle(stage, id, caught(error));
  assert.equal(settled['code'], 'CLUSTER_UNAVAILABLE');
  const left = settled['leftBehind'] as readonly string[];
  assert.match(left[0]!, /the target could not be looked at \(PD_UNREACHABLE/);
  assert.ok(!left.some((sentence) => /drop|half restored/.test(sentence)), left.join('\n'));
});

test('a target where nothing old is collected is waited for, and then told with the statement that helps', async () => {
  const { stage, id } = await begun();
  stage.runner.play(runId(id), success);
  await sweep(stage);
  setGcRatio(stage, '-1');
  const early = await verify(stage, id);
  assert.deepEqual([early['next'], early['waitSeconds']], ['again', 20]);
  await stage.clock.sleep(11 * 60_000);
  const late = await verify(stage, id);
  assert.deepEqual([late['next'], late['code']], ['failed', 'CLUSTER_NOT_READY']);
  await verify(stage, id, 'settle');
  const settled = await settle(stage, id);
  assert.equal(settled['code'], 'CLUSTER_NOT_READY');
  const left = settled['leftBehind'] as readonly string[];
  assert.equal(left.length, 1, left.join('\n'));
  assert.match(left[0]!, /SET CONFIG tikv/);
});

test('the base alone is restored with br restore full, when the moment is its own', async () => {
  const stage = await restoreStage();
  setGcRatio(stage, '1.1');
  const planned = await plan(stage, { restoreTo: '470632758116614145' });
  const id = String(planned['id']);
  await begin(stage, id);
  const { argv } = stage.runner.run(runId(id)).request;
  assert.deepEqual(argv.slice(1, 5), [
    'restore',
    'full',
    `--pd=${targetPd}`,
    '--storage=local:///backups/shop/snapshot-20261122042455',
  ]);
  const summary =
    '{"level":"INFO","time":"2026/11/22 05:18:00.378 +00:00","message":"Full Restore success summary","BackupTS":470632758116614145,"RestoreTS":470633591667687425}\n';
  stage.runner.print(runId(id), summary);
  stage.runner.end(runId(id), { exitCode: 0 });
  await sweep(stage);
  assert.equal((await verify(stage, id))['next'], 'done');
  const settled = await settle(stage, id);
  assert.match(String(settled['message']), /br came to 470632758116614145/);
});

test('a restore that failed is planned again on the snapshot that it began with, though a younger one came', async () => {
  const { stage, id } = await begun();
  stage.runner.play(runId(id), `${faults}/restore-1-killed`);
  await sweep(stage);
  await settle(stage, id);
  const record = await recordOf(stage, id);
  assert.ok(record.state === 'failed');
  await stage.clock.sleep(60_000);
  const oldest = { ...record, base: 'snapshot-20261122042442' };
  const found = await stage.store.get({ cluster: 'shop', kind: 'restore', id }, stage.nowMs());
  const records = [{ record: oldest, expect: found!.revision }];
  await stage.store.commit({ cluster: 'shop', nowMs: stage.nowMs(), records });
  const again = await plan(stage, {}, 'execution-2');
  assert.equal((again['plan'] as Record<string, unknown>)['base'], 'snapshot-20261122042442');
  const other = await plan(stage, { target: { pd: ['127.0.0.1:3480'] } }, 'execution-3');
  assert.equal((other['plan'] as Record<string, unknown>)['base'], 'snapshot-20261122042455');
});
