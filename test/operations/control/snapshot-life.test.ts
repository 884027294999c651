// The life of a snapshot under the control plane, against recordings of the real br: taken, killed and gone on with, doubled,
// lost, blocked. Every flow's step may come twice, and every step may be the last of a process that dies.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PitrError } from '../../../lib/domain/errors.ts';
import type { SnapshotRun } from '../../../lib/domain/state/snapshot-run.ts';
import { brEnded } from '../../../lib/operations/control/runs/br-ended.ts';
import { settleRun } from '../../../lib/operations/control/runs/settle-run.ts';
import { startBr } from '../../../lib/operations/control/runs/start-br.ts';
import { takeSnapshot } from '../../../lib/operations/control/take-snapshot.ts';
import { controlStage, refusalOf, type Stage } from '../../support/control-stage.ts';
import { recordedCopy } from '../../support/recorded-store.ts';

const id = '20261122120000';
const folder = `snapshot-${id}`;
const execution = `${id}-snapshot`;
const runOf = (attempt: number) => `shop.${id}-snapshot-${attempt}`;
const faults = 'test/fixtures/faults';

const start = (stage: Stage, token = 'token-1', by = execution) =>
  startBr.run(stage, { work: 'snapshot', id, execution: by, token });
const sweep = (stage: Stage) => brEnded.run(stage, { run: undefined });
const settle = (stage: Stage, by = execution) =>
  settleRun.run(stage, { work: 'snapshot', id, execution: by, error: undefined });

async function planned(stage = controlStage()): Promise<Stage> {
  const answer = await takeSnapshot.run(stage, { trigger: 'person', dueMs: undefined, who: 'a test' });
  assert.deepEqual(answer, { decision: 'planned', id, reason: 'a person asked for it' });
  return stage;
}

async function recordOf(stage: Stage): Promise<SnapshotRun> {
  const found = await stage.store.get({ cluster: 'shop', kind: 'snapshot', id }, stage.nowMs());
  assert.ok(found !== undefined);
  return found.record;
}

/** What a run of the real br left or made, at the place where this snapshot is. */
async function fill(stage: Stage, from: string, prefix = ''): Promise<void> {
  const source = await recordedCopy(from, prefix);
  for await (const { key } of source.list('')) {
    await stage.bucket.put(`${folder}/${key}`, (await source.get(key)) ?? new Uint8Array());
  }
}

const completed = (stage: Stage) => fill(stage, 'shop/bucket/backup-data', 'snapshot-20261122042442/');

test('a snapshot is planned, run, judged by its backupmeta, settled, and told once', async () => {
  const stage = await planned();
  assert.deepEqual(await start(stage), { started: `${id}-snapshot-1`, answered: '' });
  const run = stage.runner.run(runOf(1));
  assert.deepEqual(run.request.argv.slice(0, 4), ['/opt/br', 'backup', 'full', '--pd=127.0.0.1:2379']);
  assert.ok(run.request.argv.includes(`--storage=local:///backups/shop/${folder}`));
  assert.equal((await recordOf(stage)).state, 'running');

  await stage.clock.sleep(60_000);
  assert.deepEqual(await sweep(stage), { looked: 1, running: 1, ended: 0, problems: [] });
  assert.deepEqual(stage.callbacks.heartbeats, ['token-1']);

  await completed(stage);
  stage.runner.play(runOf(1), 'test/fixtures/shop/br/04-backup-full');
  await sweep(stage);
  const answer = stage.callbacks.answers.get('token-1');
  assert.equal(answer?.['next'], 'done');
  assert.equal(answer?.['end'], 'exit 0');

  const settled = await settle(stage);
  assert.equal(settled['outcome'], 'succeeded');
  const record = await recordOf(stage);
  assert.ok(record.state === 'complete');
  assert.equal(record.backupTs, 470632754787647489n);
  assert.ok(record.bytes > 0n);
  assert.equal((await stage.store.lease('shop', 'snapshot'))?.state, 'free');
  assert.deepEqual(await settle(stage), settled, 'settled twice is settled once');
  const signals = await stage.store.waitingSignals('shop', { nowMs: stage.nowMs() });
  assert.deepEqual(
    signals.entries.map(({ topic }) => topic),
    ['snapshot-complete', 'snapshot-planned'],
  );
});

test('a snapshot whose backupmeta is there and one of its objects is not has failed, by the name of the object', async () => {
  const stage = await planned();
  await start(stage);
  await completed(stage);
  let sst = '';
  for await (const { key } of stage.bucket.list(`${folder}/`)) if (key.endsWith('.sst')) sst = key;
  await stage.bucket.delete(sst);
  stage.runner.play(runOf(1), 'test/fixtures/shop/br/04-backup-full');
  await sweep(stage);
  assert.equal((await settle(stage))['outcome'], 'failed');
  const record = await recordOf(stage);
  assert.ok(record.state === 'failed');
  assert.equal(record.failure.code, 'OBJECT_MISSING');
  assert.ok(record.failure.message.includes(`${sst}: not there`), record.failure.message);
});

test('a killed backup waits for its lock and goes on with the same words', async () => {
  const stage = await planned();
  await start(stage);
  await fill(stage, 'faults/backup-1-left', 'f/snapshot-20261122060000/');
  const lock = `${folder}/checkpoints/backup/checkpoint.lock`;
  await stage.bucket.put(lock, Buffer.from(`{"lock-id":1,"expire-at":${stage.nowMs() + 300_000}}`));
  stage.runner.play(runOf(1), `${faults}/backup-1-killed`);
  await sweep(stage);
  const first = stage.callbacks.answers.get('token-1');
  assert.equal(first?.['next'], 'again');
  assert.equal(first?.['waitSeconds'], 310, 'the lock ends in 300 seconds, and clocks differ a little');

  await stage.clock.sleep(311_000);
  await start(stage, 'token-2');
  assert.deepEqual(stage.runner.run(runOf(2)).request.argv, stage.runner.run(runOf(1)).request.argv);
  await completed(stage);
  stage.runner.play(runOf(2), 'test/fixtures/shop/br/04-backup-full');
  await sweep(stage);
  assert.equal(stage.callbacks.answers.get('token-2')?.['next'], 'done');
  await settle(stage);
  assert.equal((await recordOf(stage)).state, 'complete');
});

test('asked too early, br is not begun: the flow is told how long the lock of the dead attempt lasts', async () => {
  const stage = await planned();
  await start(stage);
  stage.runner.lose(runOf(1));
  await sweep(stage);
  await fill(stage, 'faults/backup-1-left', 'f/snapshot-20261122060000/');
  await stage.bucket.put(
    `${folder}/checkpoints/backup/checkpoint.lock`,
    Buffer.from(`{"lock-id":1,"expire-at":${stage.nowMs() + 120_000}}`),
  );
  await start(stage, 'token-2');
  assert.equal(stage.callbacks.answers.get('token-2')?.['waitSeconds'], 130);
  assert.equal(stage.runner.runs.size, 1);
});

test('a dead attempt without a checkpoint leaves a lock that br would stumble over: ours is taken away', async () => {
  const stage = await planned();
  await start(stage);
  await stage.bucket.put(`${folder}/backup.lock`, Buffer.from('DO NOT DELETE'));
  stage.runner.lose(runOf(1));
  await sweep(stage);
  await start(stage, 'token-2');
  assert.equal(await stage.bucket.head(`${folder}/backup.lock`), undefined);
  assert.equal(stage.runner.runs.size, 2);
});

test('a folder that something else writes to is left alone, and the snapshot fails without a run', async () => {
  const stage = await planned();
  await stage.bucket.put(`${folder}/backup.lock`, Buffer.from('DO NOT DELETE'));
  await start(stage);
  assert.equal(stage.runner.starts, 0);
  assert.equal(stage.callbacks.answers.get('token-1')?.['code'], 'BACKUP_PATH_USED');
  await settle(stage);
  const record = await recordOf(stage);
  assert.ok(record.state === 'failed');
  assert.equal(record.failure.code, 'BACKUP_PATH_USED');
  assert.ok((await stage.bucket.head(`${folder}/backup.lock`)) !== undefined);
});

test('after as many tries as the settings say it is given up, with the words of the last failure', async () => {
  const stage = await planned();
  for (const attempt of [1, 2, 3]) {
    await start(stage, `token-${attempt}`);
    stage.runner.end(runOf(attempt), { exitCode: 1 });
    await sweep(stage);
    const answer = stage.callbacks.answers.get(`token-${attempt}`);
    assert.equal(answer?.['next'], attempt === 3 ? 'failed' : 'again', `attempt ${attempt}`);
    if (attempt < 3) assert.equal(answer?.['waitSeconds'], 60 * attempt, 'the waits double');
  }
  const settled = await settle(stage);
  assert.deepEqual([settled['outcome'], settled['code']], ['failed', 'BR_FAILED']);
  const record = await recordOf(stage);
  assert.ok(record.state === 'failed');
  assert.equal(record.attempt, 3);
});

test('what br refuses for good is not tried again', async () => {
  const stage = await planned();
  await start(stage);
  stage.runner.play(runOf(1), `${faults}/backup-2-other-args`);
  await sweep(stage);
  const answer = stage.callbacks.answers.get('token-1');
  assert.deepEqual([answer?.['next'], answer?.['code']], ['failed', 'BACKUP_ARGUMENTS_CHANGED']);
});

test('exit 0 without a backupmeta is no snapshot', async () => {
  const stage = await planned();
  await start(stage);
  stage.runner.play(runOf(1), 'test/fixtures/shop/br/04-backup-full');
  await sweep(stage);
  const answer = stage.callbacks.answers.get('token-1');
  assert.equal(answer?.['next'], 'again');
  assert.match(String(answer?.['message']), /backupmeta is not there/);
});

test('a backupmeta of another moment than br said is not taken for ours', async () => {
  const stage = await planned();
  await start(stage);
  await completed(stage);
  stage.runner.play(runOf(1), 'test/fixtures/shop/br/13-backup-full');
  await sweep(stage);
  assert.equal(stage.callbacks.answers.get('token-1')?.['code'], 'BACKUP_PATH_USED');
});

test('a run that was lost after its last object is complete all the same', async () => {
  const stage = await planned();
  await start(stage);
  await completed(stage);
  stage.runner.lose(runOf(1));
  await sweep(stage);
  assert.equal(stage.callbacks.answers.get('token-1')?.['next'], 'done');
});

test('the same start twice, at once or after the token was lost, is one br, and the newest token is answered', async () => {
  const stage = await planned();
  const [first, second] = await Promise.allSettled([start(stage), start(stage)]);
  const refused = [first, second].flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  for (const reason of refused) assert.ok(reason instanceof PitrError && reason.code === 'STATE_CONFLICT');
  assert.equal(stage.runner.runs.size, 1);
  await start(stage, 'token-2');
  assert.equal(stage.runner.runs.size, 1);
  await completed(stage);
  stage.runner.play(runOf(1), 'test/fixtures/shop/br/04-backup-full');
  await sweep(stage);
  assert.equal(stage.callbacks.answers.get('token-2')?.['next'], 'done');
  assert.equal(stage.callbacks.answers.has('token-1'), false);
});

test('a new flow after the end of the old one is told the end at once', async () => {
  const stage = await planned();
  await start(stage);
  await completed(stage);
  stage.runner.play(runOf(1), 'test/fixtures/shop/br/04-backup-full');
  await sweep(stage);
  await start(stage, 'token-2');
  assert.equal(stage.callbacks.answers.get('token-2')?.['next'], 'done');
  await settle(stage);
  await start(stage, 'token-3');
  assert.equal(stage.callbacks.answers.get('token-3')?.['next'], 'done');
  assert.equal(stage.runner.starts, 1);
});

test('a flow of another snapshot waits for the lease, and gets it when the holder is dead for long enough', async () => {
  const stage = await planned();
  await start(stage);
  const refusal = await refusalOf(start(stage, 'token-2', 'another-execution'));
  assert.equal(refusal.code, 'WORK_IN_PROGRESS');
  assert.match(refusal.message, /20261122120000-snapshot holds the lease "snapshot" of shop until/);
  await stage.clock.sleep(19 * 60_000);
  await sweep(stage);
  await stage.clock.sleep(19 * 60_000);
  assert.equal(
    (await refusalOf(start(stage, 'token-2', 'another-execution'))).code,
    'WORK_IN_PROGRESS',
    'as long as br lives, the sweep keeps the lease of its dead flow',
  );
  await stage.clock.sleep(21 * 60_000);
  await start(stage, 'token-2', 'another-execution');
  assert.equal(stage.runner.runs.size, 1, 'what runs goes on');
});

test('an answer that could not be delivered is given by the next sweep', async () => {
  const stage = await planned();
  await start(stage);
  await completed(stage);
  stage.runner.play(runOf(1), 'test/fixtures/shop/br/04-backup-full');
  stage.callbacks.troubles.push(new PitrError('RUNNER_UNAVAILABLE', 'the flows do not answer'));
  const problems = (await sweep(stage))['problems'];
  assert.match(String(problems), /RUNNER_UNAVAILABLE: the flows do not answer/);
  assert.equal(stage.callbacks.answers.size, 0);
  await sweep(stage);
  assert.equal(stage.callbacks.answers.get('token-1')?.['next'], 'done');
});

test('two sweeps at once judge once', async () => {
  const stage = await planned();
  await start(stage);
  await completed(stage);
  stage.runner.play(runOf(1), 'test/fixtures/shop/br/04-backup-full');
  await Promise.all([sweep(stage), sweep(stage), sweep(stage)]);
  const runs = await stage.store.list('br-run', 'shop', { nowMs: stage.nowMs() });
  assert.equal(runs.entries.length, 1);
  assert.equal(stage.callbacks.answers.get('token-1')?.['next'], 'done');
});

test('a flow that was stopped while br runs is not closed before br is over', async () => {
  const stage = await planned();
  await start(stage);
  const refusal = await refusalOf(settle(stage));
  assert.equal(refusal.code, 'WORK_IN_PROGRESS');
  assert.equal(stage.runner.run(runOf(1)).stops, 1);
  assert.equal((await stage.store.lease('shop', 'snapshot'))?.state, 'held');
  const settled = await settle(stage);
  assert.equal(settled['outcome'], 'failed');
  assert.equal((await stage.store.lease('shop', 'snapshot'))?.state, 'free');
});

test('a start that could not begin is failed by its flow with the reason, and nothing is left running', async () => {
  const stage = await planned();
  const missing = new PitrError('DEPENDENCY_MISSING', 'there is no program br');
  stage.runner.startFailures.push(missing);
  assert.equal((await refusalOf(start(stage))).code, 'DEPENDENCY_MISSING');
  const error = { Error: 'DEPENDENCY_MISSING', Cause: '{"errorMessage":"there is no program br"}' };
  const input = settleRun.parseInput({ cluster: 'shop', work: 'snapshot', id, execution, error });
  const settled = await settleRun.run(stage, input);
  assert.deepEqual(
    [settled['outcome'], settled['code'], settled['message']],
    ['failed', 'DEPENDENCY_MISSING', 'there is no program br'],
  );
  assert.equal(stage.runner.runs.size, 0);
});

test('a start whose answer was lost is found again, stopped, and only then closed', async () => {
  const stage = await planned();
  const { startFailures } = stage.runner;
  startFailures.push(new PitrError('RUNNER_UNAVAILABLE', 'no answer in time'));
  assert.equal((await refusalOf(start(stage))).code, 'RUNNER_UNAVAILABLE');
  assert.equal((await refusalOf(settle(stage))).code, 'WORK_IN_PROGRESS');
  assert.equal((await refusalOf(settle(stage))).code, 'WORK_IN_PROGRESS');
  assert.equal((await settle(stage))['outcome'], 'failed');
  assert.equal(stage.runner.run(runOf(1)).stops, 1);
});

test('progress of br is seen in the record while it runs', async () => {
  const stage = await planned();
  await start(stage);
  const line = {
    level: 'INFO',
    time: '2026/11/22 12:02:00.000 +00:00',
    message: 'progress',
    step: 'Full Backup',
    progress: '37.50%',
    count: '3 / 8',
    speed: '1 p/s',
    elapsed: '2m0s',
    remaining: '3m20s',
  };
  stage.runner.print(runOf(1), `${JSON.stringify(line)}\n`);
  await sweep(stage);
  const record = await recordOf(stage);
  assert.ok(record.state === 'running');
  assert.equal(record.progress, 0.375);
});

test('start-br tells a wrong input by its field', () => {
  const wrong = (value: unknown): string => {
    try {
      startBr.parseInput(value);
      return 'it was taken';
    } catch (caught) {
      return caught instanceof PitrError ? caught.message : String(caught);
    }
  };
  const right = { cluster: 'shop', work: 'snapshot', id, execution, token: 't' };
  assert.equal(wrong(right), 'it was taken');
  assert.equal(wrong([]), 'the input of start-br is [], expected a JSON object');
  assert.equal(wrong({ ...right, id: 7 }), 'id of start-br is 7, expected a text');
  assert.equal(
    wrong({ ...right, work: 'restore' }),
    'work of start-br is "restore", expected one of snapshot, truncation, log-task',
  );
  assert.equal(wrong({ ...right, tokn: '' }), 'start-br knows no field "tokn"');
});
