// The life of a plan of the retention: made and shown, cooled off or vetoed, used once and only while its facts hold, carried out step by
// step; pins; locked objects. On copies of what the real br wrote.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Facts } from '../../../../lib/domain/state/run-identity.ts';
import { adopt } from '../../../../lib/operations/control/adopt.ts';
import { listPins } from '../../../../lib/operations/control/retention/list-pins.ts';
import { pin } from '../../../../lib/operations/control/retention/pin.ts';
import { retentionApply } from '../../../../lib/operations/control/retention/retention-apply.ts';
import { retentionPlan } from '../../../../lib/operations/control/retention/retention-plan.ts';
import { unpin } from '../../../../lib/operations/control/retention/unpin.ts';
import { veto } from '../../../../lib/operations/control/retention/veto.ts';
import { startBr } from '../../../../lib/operations/control/runs/start-br.ts';
import { truncateLog } from '../../../../lib/operations/control/truncate-log.ts';
import { refusalOf } from '../../../support/control-stage.ts';
import {
  beginEpoch,
  minuteMs,
  outcomeOf,
  type RetentionStage,
  retentionStage,
  secondTs,
  shopSnapshots,
} from '../../../support/retention-stage.ts';

const [first, second, third] = shopSnapshots;
const byPerson = { dueMs: undefined, who: 'ann', dryRun: false };
const bySchedule = { ...byPerson, who: 'schedule' };

async function planned(stage: RetentionStage, input = byPerson): Promise<string> {
  const answer = await retentionPlan.run(stage, input);
  assert.equal(answer['decision'], 'planned', JSON.stringify(answer));
  return String(answer['id']);
}

const apply = (stage: RetentionStage, planId?: string) => retentionApply.run(stage, { planId, who: 'ann' });
const pinned = (stage: RetentionStage, more: Facts) =>
  pin.run(stage, pin.parseInput({ cluster: 'shop', reason: 'an audit', ...more }));

async function keysBelow(stage: RetentionStage, folder: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of stage.bucket.list(`${folder}/`)) keys.push(key.slice(folder.length + 1));
  return keys;
}

const fact = (facts: Facts, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((value, name) => Object(value)[name], facts);

describe('a plan', () => {
  test('tells what goes with counts, bytes and a reason, what stays, and the window before and after', async () => {
    const stage = await retentionStage();
    const answer = await retentionPlan.run(stage, { ...byPerson, dryRun: true });
    assert.deepEqual(
      (answer['steps'] as Facts[]).map(({ kind, target }) => [kind, target]),
      [
        ['delete-snapshot', first],
        ['cut-log', 'log-backup'],
      ],
    );
    const objects = (await keysBelow(stage, first)).length;
    assert.equal(fact(answer, 'steps', 0, 'objects'), objects);
    assert.match(
      String(fact(answer, 'steps', 0, 'reasons', 0)),
      /^it is of 2026-11-22T04:24:4.*the window begins at/,
    );
    assert.equal(fact(answer, 'steps', 1, 'untilTs'), `${secondTs}`);
    assert.deepEqual(
      (answer['kept'] as Facts[]).map(({ target }) => target),
      [second, third, 'log-backup'],
    );
    assert.ok(BigInt(String(fact(answer, 'windowAfter', 0, 'from'))) >= secondTs);
    assert.match(String(answer['price']), /aws.amazon.com\/s3\/pricing/);
    assert.equal(fact(answer, 'total', 'monthlyUsd'), 0, 'less than a cent');
    assert.deepEqual((await outcomeOf(stage)).plans, [], 'a dry run writes nothing');
  });

  test('leans on no snapshot that lacks an object, and deletes nothing when one is lost after it was made', async () => {
    const stage = await retentionStage();
    const id = await planned(stage);
    const sst = (await keysBelow(stage, second)).find((key) => key.endsWith('.sst'));
    await stage.bucket.delete(`${second}/${sst}`);
    assert.equal((await refusalOf(apply(stage, id))).code, 'PLAN_STALE');
    const answer = await retentionPlan.run(stage, { ...byPerson, dryRun: true });
    const kept = answer['kept'] as Facts[];
    assert.deepEqual(
      (answer['steps'] as Facts[]).map(({ kind, base }) => [kind, base]),
      [['cut-log', first]],
      'the window hangs on the first snapshot alone now, and the log is cut no further than to it',
    );
    const reasons = kept.find(({ target }) => target === second)?.['reasons'] as Facts[];
    assert.equal(reasons[0]?.['code'], 'UNVERIFIED');
    assert.ok(String(reasons[0]?.['sentence']).includes(`${second}/${sst}: not there`));
    assert.ok((await keysBelow(stage, first)).includes('backupmeta'));
  });

  test('records a snapshot of ours that is not whole any more as failed, and tells it once', async () => {
    const stage = await retentionStage();
    await adopt.run(stage, { ...adopt.parseInput({ cluster: 'shop' }), who: 'ann' });
    const sst = (await keysBelow(stage, second)).find((key) => key.endsWith('.sst'));
    await stage.bucket.delete(`${second}/${sst}`);
    const told = async () => {
      const { entries } = await stage.store.waitingSignals('shop', { nowMs: stage.nowMs() });
      return entries.filter(({ topic }) => topic === 'snapshot-failed').map(({ facts }) => facts['code']);
    };
    await retentionPlan.run(stage, { ...byPerson, dryRun: true });
    assert.deepEqual(await told(), [], 'a dry run writes nothing');
    await retentionPlan.run(stage, byPerson);
    await retentionPlan.run(stage, { ...byPerson, dueMs: stage.nowMs() + 60_000 });
    assert.deepEqual(await told(), ['OBJECT_DAMAGED']);
    const id = second.replace('snapshot-', '');
    const found = await stage.store.get({ cluster: 'shop', kind: 'snapshot', id }, stage.nowMs());
    assert.ok(found?.record.state === 'failed');
    assert.ok(found.record.failure.message.includes(`${sst}: not there`));
  });

  test('is kept, told once, and carried out by its id: snapshot, record, then the cut by its flow', async () => {
    const stage = await retentionStage();
    const id = await planned(stage);
    const answer = await apply(stage, id);
    assert.equal(answer['decision'], 'done', JSON.stringify(answer));
    assert.deepEqual(await keysBelow(stage, first), []);
    assert.ok((await keysBelow(stage, second)).length > 0);
    const { snapshots, cuts, plans, signals } = await outcomeOf(stage);
    const [gone] = snapshots;
    assert.ok(gone?.state === 'expired');
    assert.match(gone.reason, /the window begins at/);
    assert.ok(cuts[0]?.state === 'planned');
    assert.deepEqual([cuts[0].id, cuts[0].untilTs, cuts[0].path], [id, secondTs, 'log-backup']);
    assert.deepEqual(plans, [`${id} done`]);
    assert.deepEqual([...signals].sort(), [
      `retention-done/${id}`,
      `retention-planned/${id}`,
      `truncation-planned/${id}`,
    ]);
    assert.equal(await stage.store.lease('shop', 'restore').then((lease) => lease?.state), 'free');
  });

  test('is used once: asking again gives the same answer and does nothing', async () => {
    const stage = await retentionStage();
    const id = await planned(stage);
    const answer = await apply(stage, id);
    const before = await outcomeOf(stage);
    assert.deepEqual(await apply(stage, id), answer);
    assert.deepEqual(await outcomeOf(stage), before);
    assert.equal((await apply(stage))['decision'], 'nothing');
  });

  test('cools off for a day by default; before, nobody can carry it out, and afterwards the schedule does', async () => {
    const stage = await retentionStage('window: 1h, minBases: 1');
    const id = await planned(stage, bySchedule);
    assert.equal((await refusalOf(apply(stage, id))).code, 'PLAN_UNUSABLE');
    assert.equal((await apply(stage))['decision'], 'nothing');
    await stage.clock.sleep(24 * 60 * minuteMs);
    assert.equal((await apply(stage))['decision'], 'done');
    assert.equal((await refusalOf(apply(stage, '20200101000000-retention'))).code, 'PLAN_UNUSABLE');
  });

  test('that was vetoed is never carried out, and the schedule makes no other until its time is over', async () => {
    const stage = await retentionStage('window: 1h, minBases: 1');
    const id = await planned(stage, bySchedule);
    const input = { planId: id, who: 'ann', reason: 'the audit is not over' };
    const answer = await veto.run(stage, input);
    assert.deepEqual(await veto.run(stage, input), answer);
    await stage.clock.sleep(48 * 60 * minuteMs);
    assert.match((await refusalOf(apply(stage, id))).message, /was vetoed by ann: the audit is not over$/);
    assert.equal((await apply(stage))['decision'], 'nothing');
    assert.equal((await retentionPlan.run(stage, bySchedule))['decision'], 'skipped');
    await stage.clock.sleep(7 * 24 * 60 * minuteMs);
    assert.equal((await retentionPlan.run(stage, bySchedule))['decision'], 'planned');
  });

  test('is not made a second time by the schedule while it stands; a person gets a new one', async () => {
    const stage = await retentionStage('window: 1h, minBases: 1');
    const id = await planned(stage, bySchedule);
    await stage.clock.sleep(minuteMs);
    const again = await retentionPlan.run(stage, bySchedule);
    assert.deepEqual([again['decision'], again['id']], ['skipped', id]);
    assert.notEqual(await planned(stage), id);
  });

  test('whose facts are not so any more is refused before its first step, and is over', async () => {
    const stage = await retentionStage();
    const id = await planned(stage);
    await stage.bucket.delete(`${third}/backupmeta`);
    const refusal = await refusalOf(apply(stage, id));
    assert.equal(refusal.code, 'PLAN_STALE');
    assert.match(refusal.message, new RegExp(`snapshot ${third} complete`));
    assert.ok((await keysBelow(stage, first)).length > 0);
    assert.deepEqual((await outcomeOf(stage)).plans, [`${id} done`]);
  });

  test('is refused with its name where nothing may be deleted', async () => {
    const stage = await retentionStage();
    for (const folder of shopSnapshots) await stage.bucket.delete(`${folder}/backupmeta`);
    const answer = await retentionPlan.run(stage, byPerson);
    assert.deepEqual([answer['decision'], answer['code']], ['refused', 'LAST_BASE']);
    assert.deepEqual((await outcomeOf(stage)).signals, [`retention-refused/${answer['id']}`]);
  });

  test('waits for a restore, which reads what it would delete', async () => {
    const stage = await retentionStage();
    const id = await planned(stage);
    const nowMs = stage.nowMs();
    await stage.store.acquireLease({ cluster: 'shop', work: 'restore', holder: 'a', ttlMs: minuteMs, nowMs });
    assert.equal((await refusalOf(apply(stage, id))).code, 'WORK_IN_PROGRESS');
    assert.deepEqual((await outcomeOf(stage)).plans, [`${id} open`]);
  });
});

describe('what is found in the bucket', () => {
  test('a dead run’s folder goes, checkpoints and all, and one of today stays', async () => {
    const old = 'snapshot-20261101000000';
    const young = 'snapshot-20261122040000';
    const stage = await retentionStage('window: 30d, minBases: 1, coolOff: 0s', {
      [`${old}/backup.lock`]: 'x',
      [`${old}/1/a.sst`]: 'x',
      [`${old}/checkpoints/backup/data/0123456789abcdef0123456789abcdef.cpt`]: 'x',
      [`${young}/backup.lock`]: 'x',
    });
    const answer = await apply(stage, await planned(stage));
    assert.equal(answer['decision'], 'done');
    assert.deepEqual(await keysBelow(stage, old), []);
    assert.deepEqual(await keysBelow(stage, young), ['backup.lock']);
  });

  test('the log of an old epoch goes whole, and the epochs in its folder stay', async () => {
    const stage = await retentionStage('window: 1h, minBases: 1, coolOff: 0s');
    await beginEpoch(stage, 'log-backup/epoch-20261122042450');
    const id = await planned(stage);
    const kinds = (await retentionPlan.run(stage, { ...byPerson, dryRun: true }))['steps'] as Facts[];
    assert.deepEqual(
      kinds.map(({ kind }) => kind),
      ['delete-snapshot', 'delete-log', 'cut-log'],
    );
    assert.equal((await apply(stage, id))['decision'], 'done');
    const left = await keysBelow(stage, 'log-backup');
    assert.ok(left.length > 0 && left.every((key) => key.startsWith('epoch-')), left.slice(0, 3).join());
    assert.equal((await retentionPlan.run(stage, byPerson))['decision'], 'planned');
  });
});

describe('locked objects', () => {
  test('are a state: the rest goes, what stays is told, and the next plan finds it', async () => {
    const stage = await retentionStage();
    const sst = `${first}/${(await keysBelow(stage, first)).find((key) => key.endsWith('.sst'))}`;
    stage.bucket.locked.add(sst);
    const answer = await apply(stage, await planned(stage));
    assert.equal(answer['decision'], 'done');
    assert.deepEqual([fact(answer, 'steps', 0, 'outcome'), fact(answer, 'steps', 0, 'left')], ['partly', 1]);
    assert.equal(fact(answer, 'steps', 0, 'kept', 0, 'key'), sst);
    assert.deepEqual(
      (await keysBelow(stage, first)).length,
      2,
      'what is locked, and the lock that tells what it is',
    );
    stage.bucket.locked.clear();
    await stage.clock.sleep(minuteMs);
    const next = await retentionPlan.run(stage, byPerson);
    assert.deepEqual(
      [fact(next, 'steps', 0, 'kind'), fact(next, 'steps', 0, 'target')],
      ['delete-unfinished', first],
    );
    await apply(stage, String(next['id']));
    assert.deepEqual(await keysBelow(stage, first), []);
  });

  test('a head that is locked keeps all of its snapshot: nothing that looks whole has holes', async () => {
    const stage = await retentionStage();
    stage.bucket.locked.add(`${first}/backupmeta`);
    const before = await keysBelow(stage, first);
    const answer = await apply(stage, await planned(stage));
    assert.equal(fact(answer, 'steps', 0, 'outcome'), 'kept');
    assert.deepEqual(await keysBelow(stage, first), before);
    assert.equal((await outcomeOf(stage)).snapshots[0]?.state, 'complete');
  });
});

describe('pins', () => {
  test('hold what is pinned until they are released', async () => {
    const stage = await retentionStage();
    const { id } = await pinned(stage, { what: 'snapshot', folder: first });
    const answer = await retentionPlan.run(stage, { ...byPerson, dryRun: true });
    assert.deepEqual(
      (answer['steps'] as Facts[]).map(({ kind }) => kind),
      ['cut-log'],
    );
    const { pins } = await listPins.run(stage, { all: false });
    assert.deepEqual([fact({ pins: pins ?? [] }, 'pins', 0, 'id'), (pins as Facts[]).length], [id, 1]);
    await unpin.run(stage, { id: String(id), who: 'ann' });
    assert.equal(((await listPins.run(stage, { all: false }))['pins'] as Facts[]).length, 0);
    assert.equal(((await listPins.run(stage, { all: true }))['pins'] as Facts[]).length, 1);
    await planned(stage);
  });

  test('that come while a plan cools off stop it at the step that they concern', async () => {
    const stage = await retentionStage();
    const id = await planned(stage);
    await pinned(stage, { what: 'snapshot', folder: first, name: 'before v42' });
    const answer = await apply(stage, id);
    assert.deepEqual([answer['decision'], fact(answer, 'failure', 'code')], ['stopped', 'WINDOW_AT_RISK']);
    assert.match(String(fact(answer, 'failure', 'message')), /bookmark "before v42"/);
    assert.ok((await keysBelow(stage, first)).length > 0);
    assert.ok((await outcomeOf(stage)).signals.includes(`retention-stopped/${id}`));
  });

  test('of moments hold the log against every cut, also one that was planned before', async () => {
    const stage = await retentionStage();
    const cut = await truncateLog.run(stage, byPerson);
    assert.equal(cut['decision'], 'planned');
    await pinned(stage, { what: 'moment', at: `${secondTs - 1_000_000n}` });
    const id = String(cut['id']);
    await startBr.run(stage, { work: 'truncation', id, execution: 'x', token: 't' });
    assert.equal(stage.callbacks.answers.get('t')?.['code'], 'STATE_CONFLICT');
    const again = await truncateLog.run(stage, { ...byPerson, dryRun: true });
    assert.match(JSON.stringify(again['reasons']), /holds 2026-11-22T04:24:5.*an audit/);
  });

  test('are refused for what is not there, and take a moment that the checkpoint will reach', async () => {
    const stage = await retentionStage();
    const refusals: readonly (readonly [Facts, string])[] = [
      [{ what: 'snapshot', folder: 'snapshot-1' }, 'BASE_MISSING'],
      [{ what: 'moment', at: '2020-01-01T00:00:00Z' }, 'MOMENT_NOT_IN_WINDOW'],
      [{ what: 'range', from: 'latest', to: '-1m' }, 'INVALID_INPUT'],
      [{ what: 'moment', at: `${secondTs}`, until: '2020-01-01T00:00:00Z' }, 'INVALID_INPUT'],
    ];
    for (const [wish, code] of refusals) assert.equal((await refusalOf(pinned(stage, wish))).code, code);
    const answer = await pinned(stage, { what: 'moment', at: new Date(stage.nowMs()).toISOString() });
    assert.equal(answer['decision'], 'pinned');
  });
});
