// The life of a cut of the log under the control plane: planned from the bucket, checked again when it acts, proven by the
// safepoint object; a lock of a dead run is removed only with proof. With outputs and leftovers of the real br.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TruncationRun } from '../../../lib/domain/state/truncation-run.ts';
import { msOfTs } from '../../../lib/domain/ts.ts';
import { brEnded } from '../../../lib/operations/control/runs/br-ended.ts';
import { settleRun } from '../../../lib/operations/control/runs/settle-run.ts';
import { startBr } from '../../../lib/operations/control/runs/start-br.ts';
import { truncateLog } from '../../../lib/operations/control/truncate-log.ts';
import { controlStage, refusalOf, type Stage, stageText, withWindow } from '../../support/control-stage.ts';
import { collect, recordedCopy, shopBucket } from '../../support/recorded-store.ts';
import { keeperRecord } from '../../support/state-builders.ts';

const hourMs = 3_600_000;
/** BackupTS of snapshot-20261122042455, the second of the three. */
const secondBase = 470632758116614145n;
const until = 'test/fixtures/shop/truncate/until-470632759964991493';
const safepoint = 'log-backup/v1_stream_trancate_safepoint.txt';
const lockKey = 'log-backup/truncating.lock';

async function stageOfShop(): Promise<Stage> {
  const bucket = await recordedCopy(shopBucket, '');
  // The window ends with the log, fifteen seconds after the third snapshot, and begins between the second and the third.
  const nowMs = Math.floor(msOfTs(secondBase) / 1000) * 1000 + hourMs + 20_000;
  const settings = stageText
    .replace('window: 7d', 'window: 1h')
    .replace('every 2 days at 00:00', 'rate(30 minutes)');
  const stage = controlStage({ bucket, nowMs, settings });
  return { ...stage, settings: withWindow(stage.settings, 52_000) };
}

const input = { dueMs: undefined, who: 'a test', dryRun: false };
const runOf = (id: string, attempt = 1) => `shop.${id}-truncation-${attempt}`;

async function planned(stage: Stage): Promise<string> {
  const answer = await truncateLog.run(stage, input);
  assert.equal(answer['decision'], 'planned', JSON.stringify(answer));
  return String(answer['id']);
}

const start = (stage: Stage, id: string, token = 'token-1') =>
  startBr.run(stage, { work: 'truncation', id, execution: `${id}-truncation`, token });
const sweep = (stage: Stage) => brEnded.run(stage, { run: undefined });
const settle = (stage: Stage, id: string) =>
  settleRun.run(stage, { work: 'truncation', id, execution: `${id}-truncation`, error: undefined });

async function recordOf(stage: Stage, id: string): Promise<TruncationRun> {
  const found = await stage.store.get({ cluster: 'shop', kind: 'truncation', id }, stage.nowMs());
  assert.ok(found !== undefined);
  return found.record;
}

async function putText(stage: Stage, key: string, text: string): Promise<void> {
  await stage.bucket.put(key, Buffer.from(text));
}

test('a cut is planned at the base of the window, run, read back and settled', async () => {
  const stage = await stageOfShop();
  const id = await planned(stage);
  const plannedRun = await recordOf(stage, id);
  assert.ok(plannedRun.state === 'planned');
  assert.equal(plannedRun.untilTs, secondBase);
  await start(stage, id);
  const { argv } = stage.runner.run(runOf(id)).request;
  assert.deepEqual(argv.slice(1, 3), ['log', 'truncate']);
  assert.ok(argv.includes(`--until=${secondBase}`) && argv.includes('-y'), argv.join(' '));
  await putText(stage, safepoint, String(secondBase));
  stage.runner.print(runOf(id), 'We are going to truncate 12 files, up to TS 470632758116614145.\n');
  stage.runner.end(runOf(id), { exitCode: 0 });
  await sweep(stage);
  assert.equal(stage.callbacks.answers.get('token-1')?.['next'], 'done');
  assert.equal((await settle(stage, id))['outcome'], 'succeeded');
  const record = await recordOf(stage, id);
  assert.ok(record.state === 'done');
  assert.equal(record.logMinimumTs, secondBase);
});

test('only the epoch that goes on is cut: the folder of the one before is not named to br', async () => {
  const stage = await stageOfShop();
  const path = 'log-backup/epoch-20261122042438';
  for (const key of await collect(stage.bucket.list('log-backup/'))) {
    const bytes = (await stage.bucket.get(key.key)) ?? new Uint8Array();
    await stage.bucket.put(key.key.replace('log-backup', path), bytes);
  }
  const [first] = keeperRecord().epochs;
  assert.ok(first !== undefined);
  const epochs = [first, { ...first, path }];
  const records = [{ record: keeperRecord({ epochs }), expect: 'absent' } as const];
  await stage.store.commit({ cluster: 'shop', nowMs: stage.nowMs(), records });
  const id = await planned(stage);
  const record = await recordOf(stage, id);
  assert.equal(record.state === 'planned' ? record.path : '', path);
  await start(stage, id);
  const { argv } = stage.runner.run(runOf(id)).request;
  assert.ok(argv.includes(`--storage=local:///backups/shop/${path}`), argv.join(' '));
  // Another epoch may have begun since: the cut stays that of the log that it was planned for.
  await putText(stage, safepoint, String(secondBase));
  stage.runner.print(runOf(id), 'We are going to truncate 12 files, up to TS 470632758116614145.\n');
  stage.runner.end(runOf(id), { exitCode: 0 });
  await sweep(stage);
  assert.equal(stage.callbacks.answers.get('token-1')?.['next'], 'again', 'the old folder proves nothing');
});

test('a dry run plans the same and writes nothing', async () => {
  const stage = await stageOfShop();
  const answer = await truncateLog.run(stage, { ...input, dryRun: true });
  assert.deepEqual([answer['decision'], answer['untilTs']], ['planned', String(secondBase)]);
  assert.deepEqual((await stage.store.audit('shop', { nowMs: stage.nowMs() })).entries, []);
});

test('while a cut is planned or running, no other is planned', async () => {
  const stage = await stageOfShop();
  const id = await planned(stage);
  await stage.clock.sleep(60_000);
  const answer = await truncateLog.run(stage, input);
  assert.deepEqual([answer['decision'], answer['id']], ['skipped', id]);
});

test('a refused cut is on record with its reason, and begins nothing', async () => {
  const stage = await stageOfShop();
  for await (const { key } of stage.bucket.list('snapshot-'))
    if (key.endsWith('backupmeta')) await stage.bucket.delete(key);
  const answer = await truncateLog.run(stage, input);
  assert.deepEqual([answer['decision'], answer['code']], ['refused', 'BASE_MISSING']);
  const id = String(answer['id']);
  assert.equal((await recordOf(stage, id)).state, 'refused');
  await start(stage, id);
  assert.equal(stage.runner.starts, 0);
  assert.equal(stage.callbacks.answers.get('token-1')?.['next'], 'failed');
});

test('a base that is gone since the plan stops the cut at the moment it would act', async () => {
  const stage = await stageOfShop();
  const id = await planned(stage);
  await stage.bucket.delete('snapshot-20261122042455/backupmeta');
  await start(stage, id);
  assert.equal(stage.runner.starts, 0);
  const answer = stage.callbacks.answers.get('token-1');
  assert.deepEqual([answer?.['next'], answer?.['code']], ['failed', 'STATE_CONFLICT']);
  await settle(stage, id);
  assert.equal((await recordOf(stage, id)).state, 'failed');
});

test('a base that lost an object is none: the cut is planned at an older one, and one that was planned stops', async () => {
  const stage = await stageOfShop();
  const id = await planned(stage);
  const [sst] = (await collect(stage.bucket.list('snapshot-20261122042455/'))).filter(({ key }) =>
    key.endsWith('.sst'),
  );
  await stage.bucket.delete(sst?.key ?? '');
  await start(stage, id);
  assert.equal(stage.runner.starts, 0);
  assert.equal(stage.callbacks.answers.get('token-1')?.['code'], 'STATE_CONFLICT');
  const now = await truncateLog.run(stage, { ...input, dryRun: true });
  assert.notEqual(now['base'], 'snapshot-20261122042455');
});

test('said to be done, and the safepoint was not moved: not believed', async () => {
  const stage = await stageOfShop();
  const id = await planned(stage);
  await start(stage, id);
  stage.runner.print(runOf(id), 'We are going to truncate 12 files, up to TS 470632758116614145.\n');
  stage.runner.end(runOf(id), { exitCode: 0 });
  await sweep(stage);
  const answer = stage.callbacks.answers.get('token-1');
  assert.equal(answer?.['next'], 'again');
  assert.match(String(answer?.['message']), /^br said that it cut the log, and it begins at/);
});

test('objects that br could not delete do not make it cut again, and are kept in the facts', async () => {
  const stage = await stageOfShop();
  const id = await planned(stage);
  await start(stage, id);
  await putText(stage, safepoint, String(secondBase));
  const said =
    'We are going to truncate 12 files, up to TS 470632758116614145.\n' +
    'Files below are not deleted due to error, you may clear it manually, check log for detail error:\n- Total 3 items.\n';
  stage.runner.print(runOf(id), said);
  stage.runner.end(runOf(id), { exitCode: 0 });
  await sweep(stage);
  const answer = stage.callbacks.answers.get('token-1');
  assert.equal(answer?.['next'], 'done');
  assert.match(JSON.stringify(answer?.['facts']), /"undeletedItems":"3"/);
});

test('the lock of a killed cut of ours is removed by its proof, and the cut goes on', async () => {
  const stage = await stageOfShop();
  const id = await planned(stage);
  await start(stage, id);
  const left = await recordedCopy('faults/truncate-1-left-objects', 'log/');
  const lock = (await left.get('truncating.lock')) ?? new Uint8Array();
  assert.ok(lock.length > 0);
  await stage.bucket.put(lockKey, lock);
  stage.runner.play(runOf(id), 'test/fixtures/faults/truncate-1-killed');
  await sweep(stage);
  assert.equal(stage.callbacks.answers.get('token-1')?.['next'], 'again');
  await start(stage, id, 'token-2');
  assert.equal(await stage.bucket.head(lockKey), undefined);
  assert.equal(stage.runner.runs.size, 2);
  const audit = await stage.store.audit('shop', { nowMs: stage.nowMs() });
  assert.match(
    audit.entries.map(({ why }) => why).join('\n'),
    /truncating.lock was removed: it was taken by/,
  );
});

test('a lock of somebody else stays, and the cut fails with who holds it', async () => {
  const stage = await stageOfShop();
  const id = await planned(stage);
  await putText(
    stage,
    lockKey,
    '{"locked_at":"2026-11-22T05:00:00Z","locker_host":"ops-host","locker_pid":77,"txn_id":"","hint":""}',
  );
  await start(stage, id);
  const answer = stage.callbacks.answers.get('token-1');
  assert.deepEqual([answer?.['next'], answer?.['code']], ['failed', 'BR_LOCKED']);
  assert.match(String(answer?.['message']), /ops-host, pid 77/);
  assert.ok((await stage.bucket.head(lockKey)) !== undefined);
});

test('a lock with the pid of a dead run but of another host is not ours', async () => {
  const stage = await stageOfShop();
  const id = await planned(stage);
  await start(stage, id);
  stage.runner.play(runOf(id), 'test/fixtures/faults/truncate-1-killed');
  await sweep(stage);
  await putText(
    stage,
    lockKey,
    '{"locked_at":"","locker_host":"other","locker_pid":9701,"txn_id":"","hint":""}',
  );
  await start(stage, id, 'token-2');
  assert.equal(stage.callbacks.answers.get('token-2')?.['code'], 'BR_LOCKED');
  assert.equal(stage.runner.runs.size, 1);
});

test('an intent, and a lock that cannot be read, name nobody: they stay, and are told', async () => {
  for (const [key, text] of [
    [`${lockKey}.INTENT.00ff00ff00ff00ff00ff00ff00ff00ff`, ''],
    [lockKey, 'not json'],
  ] as const) {
    const stage = await stageOfShop();
    const id = await planned(stage);
    await putText(stage, key, text);
    await start(stage, id);
    assert.equal(stage.callbacks.answers.get('token-1')?.['code'], 'BR_LOCKED');
    assert.equal(stage.runner.starts, 0);
    assert.ok((await stage.bucket.head(key)) !== undefined);
  }
});

test('a cut waits for a restore, since both use the log: they share one lease', async () => {
  const stage = await stageOfShop();
  const id = await planned(stage);
  const taken = await stage.store.acquireLease({
    cluster: 'shop',
    work: 'restore',
    holder: 'a-restore',
    ttlMs: hourMs,
    nowMs: stage.nowMs(),
  });
  assert.equal(taken.kind, 'granted');
  assert.equal((await refusalOf(start(stage, id))).code, 'WORK_IN_PROGRESS');
  assert.equal(stage.runner.starts, 0);
});

test('the recorded output of a cut says how many files it took', async () => {
  const stage = await stageOfShop();
  const id = await planned(stage);
  await start(stage, id);
  await putText(stage, safepoint, String(secondBase));
  stage.runner.print(runOf(id), (await import('node:fs')).readFileSync(`${until}.stdout`, 'utf8'));
  stage.runner.end(runOf(id), { exitCode: 0 });
  await sweep(stage);
  assert.equal(stage.callbacks.answers.get('token-1')?.['next'], 'done');
});
