// What becomes of signals: each is answered at least once, whatever is doubled, reordered, lost or broken; begun once by its name,
// told once unless somebody dies in between; and nothing that was planned is forgotten.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PitrError } from '../../../lib/domain/errors.ts';
import type { BrRun } from '../../../lib/domain/state/br-run.ts';
import type { Facts } from '../../../lib/domain/state/run-identity.ts';
import type { WaitingSignal } from '../../../lib/domain/state/signal.ts';
import type { TaskRecord } from '../../../lib/domain/state/task-record.ts';
import type { LauncherDeps, MessengerDeps } from '../../../lib/operations/control/control-deps.ts';
import { react } from '../../../lib/operations/control/react.ts';
import { signalOf, type Topic, topics } from '../../../lib/operations/control/signals.ts';
import { takeSnapshot } from '../../../lib/operations/control/take-snapshot.ts';
import type { Message } from '../../../lib/ports/messenger.ts';
import { taskStoreOn } from '../../../lib/ports/state/table-task-store.ts';
import { controlStage, refusalOf, type Stage, stageNow } from '../../support/control-stage.ts';
import { FakeLauncher } from '../../support/fake-launcher.ts';
import { FakeMessenger } from '../../support/fake-messenger.ts';
import { completeSnapshot, plannedSnapshot, runningSnapshot } from '../../support/state-builders.ts';

const minute = 60_000;

interface ReactStage extends Stage, LauncherDeps, MessengerDeps {
  readonly launches: FakeLauncher;
  readonly told: Message[];
}

function reactStage(publish?: (message: Message) => Promise<void>): ReactStage {
  const launches = new FakeLauncher();
  const messenger = new FakeMessenger(publish);
  return { ...controlStage(), launches, launcher: launches, messenger, told: messenger.told };
}

const about = (id: string, atMs = stageNow) => ({ cluster: 'shop', id, atMs });

async function tell(
  stage: ReactStage,
  signals: readonly WaitingSignal[],
  records: readonly TaskRecord[] = [],
) {
  await stage.store.commit({
    cluster: 'shop',
    nowMs: stage.nowMs(),
    records: records.map((record) => ({ record, expect: 'absent' })),
    signals,
  });
}

const answerTo = (stage: ReactStage, ...signals: readonly WaitingSignal[]) =>
  react.run(stage, { kind: 'told', ids: signals.map(({ id }) => id) });
const sweep = (stage: ReactStage, all = false) => react.run(stage, { kind: 'sweep', all });

async function waiting(stage: Stage): Promise<readonly string[]> {
  const { entries } = await stage.store.waitingSignals('shop', { nowMs: stage.nowMs() });
  return entries.map(({ id }) => id);
}

const snapshot = plannedSnapshot(stageNow);
const planned = signalOf('snapshot-planned', about(snapshot.id), { folder: snapshot.folder });
const failed = signalOf('snapshot-failed', about(snapshot.id), {
  folder: snapshot.folder,
  code: 'BR_FAILED',
  attempt: 3,
});

const facts: Readonly<Partial<Record<Topic, Facts>>> = {
  'task-change-done': { action: 'start', task: 'pitr', why: 'a test' },
  'log-task-changed': { from: 'paused', to: 'running', beganMs: stageNow, task: 'pitr', checkpointTs: '5' },
  'restore-requested': {
    request: { cluster: 'shop', restoreTo: 'latest', target: { pd: ['10.0.0.1:2379'] } },
  },
};

describe('every topic', () => {
  test('is answered and then waits no more', async () => {
    const stage = reactStage();
    const { id } = snapshot;
    const records: TaskRecord[] = [
      snapshot,
      {
        shape: 'truncation/v1',
        state: 'planned',
        cluster: 'shop',
        id,
        dueMs: stageNow,
        path: 'log-backup',
        untilTs: 5n,
        plannedMs: stageNow,
        reasons: [],
      },
      {
        shape: 'task-change/v1',
        state: 'planned',
        cluster: 'shop',
        id,
        action: 'start',
        task: 'pitr',
        path: 'log-backup',
        startTs: 0n,
        plannedMs: stageNow,
        why: 'a test',
      },
    ];
    const signals = topics.map((topic) => signalOf(topic, about(id), facts[topic] ?? {}));
    await tell(stage, signals.slice(0, 9), records);
    await tell(stage, signals.slice(9));
    const answer = await answerTo(stage, ...signals);
    assert.deepEqual(await waiting(stage), []);
    assert.equal((answer['told'] as string[]).length, topics.length);
    assert.deepEqual([...stage.launches.started].sort(), [
      `log-task ${id}-log-task`,
      `restore-to-point ${id}-restore`,
      `snapshot ${id}-snapshot`,
      `truncate ${id}-truncation`,
    ]);
    assert.deepEqual(stage.launches.inputs.get(`${id}-snapshot`), { cluster: 'shop', id });
    assert.deepEqual(stage.launches.inputs.get(`${id}-restore`), facts['restore-requested']?.['request']);
    const begun = stage.launches.invoked.map(({ operation }) => operation).sort();
    // A start of ours is under way: its end asks for the first snapshot, the change of state does not.
    assert.deepEqual(begun, ['adopt', 'take-snapshot', 'truncate-log']);
    const silent: readonly string[] = topics.filter((topic) =>
      /-planned$|-wanted$|-requested$|^task-change|^log-task-changed$/.test(topic),
    );
    const spoken = topics.filter((topic) => !silent.includes(topic) || /^re.*-planned$/.test(topic));
    assert.deepEqual(stage.told.map(({ topic }) => topic).sort(), [...spoken].sort());
  });

  test('that asks for a first snapshot names the time of its signal, so that asking twice plans one', async () => {
    const stage = reactStage();
    const signal = signalOf(
      'task-change-done',
      about('20261122115800', stageNow - 2 * minute),
      facts['task-change-done'] ?? {},
    );
    await tell(stage, [signal]);
    await answerTo(stage, signal);
    const [begun] = stage.launches.invoked;
    assert.deepEqual(begun?.input, { cluster: 'shop', trigger: 'first', dueAt: '2026-11-22T11:58:00.000Z' });
    const input = takeSnapshot.parseInput(begun?.input);
    assert.equal((await takeSnapshot.run(stage, input))['decision'], 'planned');
    assert.equal((await takeSnapshot.run(stage, input))['decision'], 'skipped');
  });

  test('of a log that runs again asks for the first snapshot, but not at the first look, and not for a pause', async () => {
    const turns = [
      [{ from: 'stopped', to: 'running' }, 1],
      [{ from: 'none', to: 'running' }, 1],
      [{ from: 'unknown', to: 'running' }, 0],
      [{ from: 'running', to: 'paused' }, 0],
    ] as const;
    for (const [turn, begun] of turns) {
      const stage = reactStage();
      const signal = signalOf('log-task-changed', about('current'), turn);
      await tell(stage, [signal]);
      await answerTo(stage, signal);
      assert.equal(stage.launches.invoked.length, begun, JSON.stringify(turn));
    }
  });
});

describe('a stream that brings records', () => {
  test('twice begins and tells once', async () => {
    const stage = reactStage();
    await tell(stage, [planned, failed], [snapshot]);
    await answerTo(stage, planned, failed);
    await answerTo(stage, planned, failed);
    assert.equal(stage.launches.started.length, 1);
    assert.deepEqual(
      stage.told.map(({ id }) => id),
      [`shop/${failed.id}`],
    );
  });

  test('late begins nothing for a record that is over', async () => {
    const stage = reactStage();
    await tell(stage, [planned], [completeSnapshot(stageNow)]);
    await answerTo(stage, planned);
    assert.deepEqual(stage.launches.started, []);
    assert.deepEqual(await waiting(stage), []);
  });

  test('in any order comes to the same', async () => {
    const complete = signalOf('snapshot-complete', about(snapshot.id), { folder: snapshot.folder });
    const forward = [planned, failed, complete];
    for (const order of [forward, [...forward].reverse()]) {
      const stage = reactStage();
      await tell(stage, forward, [snapshot]);
      for (const signal of order) await answerTo(stage, signal);
      assert.deepEqual(stage.launches.started, [`snapshot ${snapshot.id}-snapshot`]);
      assert.deepEqual(
        stage.launches.invoked.map(({ operation }) => operation),
        ['truncate-log'],
      );
      assert.deepEqual(stage.told.map(({ topic }) => topic).sort(), ['snapshot-complete', 'snapshot-failed']);
    }
  });

  test('to two reacts at once starts one flow, consumes once, and gives a doubled message the same id', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const stage = reactStage();
      await tell(stage, [planned, failed], [snapshot]);
      let state = seed;
      const turn = async () => {
        state = (state * 48271) % 2147483647;
        for (let turns = state % 6; turns > 0; turns--) await Promise.resolve();
      };
      const other = { ...stage, store: taskStoreOn(stage.table.seenBy(turn)) };
      const answers = await Promise.all([answerTo(stage, planned, failed), answerTo(other, planned, failed)]);
      assert.equal(stage.launches.started.length, 1, `seed ${seed}`);
      const consumed = answers.flatMap((answer) => answer['told'] as string[]);
      assert.deepEqual([...consumed].sort(), [failed.id, planned.id].sort(), `seed ${seed}`);
      assert.equal(new Set(stage.told.map(({ id }) => id)).size, 1);
      assert.ok(stage.told.length <= 2);
    }
  });
});

describe('what fails', () => {
  test('keeps its signal waiting and no other, and is thrown at the end, so that the stream tries again', async () => {
    const stage = reactStage();
    await tell(stage, [planned, failed], [snapshot]);
    stage.launches.failing = 1;
    const refusal = await refusalOf(answerTo(stage, planned, failed));
    assert.equal(refusal.code, 'RUNNER_UNAVAILABLE');
    assert.match(refusal.message, /the flows do not answer \(1 signals wait on, 1 were answered\)/);
    assert.deepEqual(await waiting(stage), [planned.id]);
    assert.equal(stage.told.length, 1);
    await answerTo(stage, planned, failed);
    assert.deepEqual(stage.launches.started, [`snapshot ${snapshot.id}-snapshot`]);
    assert.deepEqual(await waiting(stage), []);
  });

  test('as a message that nobody took, is told later, and given up after a day', async () => {
    const nobody = new PitrError('MESSAGE_UNDELIVERED', 'no channel took it', {
      details: { channels: 2, failures: [{}, {}] },
    });
    let isBroken = true;
    const stage = reactStage(async () => {
      if (isBroken) throw nobody;
    });
    await tell(stage, [failed]);
    assert.equal((await refusalOf(answerTo(stage, failed))).code, 'MESSAGE_UNDELIVERED');
    isBroken = false;
    await stage.clock.sleep(3 * minute);
    await sweep(stage);
    assert.equal(stage.told.length, 1);
    const stale = signalOf('snapshot-failed', about('20261101000000', stageNow - 25 * 60 * minute), {});
    isBroken = true;
    await tell(stage, [stale]);
    const answer = await sweep(stage);
    assert.match(String((answer['undelivered'] as string[])[0]), /no channel took it/);
    assert.deepEqual(await waiting(stage), []);
  });

  test('as one channel of two, does not make the other hear it again', async () => {
    const partly = new PitrError('MESSAGE_UNDELIVERED', 'the webhook is gone', {
      details: { channels: 2, failures: [{}] },
    });
    const stage = reactStage(async () => {
      throw partly;
    });
    await tell(stage, [failed]);
    const answer = await answerTo(stage, failed);
    assert.deepEqual(await waiting(stage), []);
    assert.deepEqual(answer['undelivered'], [`${failed.id}: the webhook is gone`]);
  });

  test('as react that dies between telling and consuming, is told again with the same id', async () => {
    const stage = reactStage();
    await tell(stage, [failed]);
    const dead = {
      ...stage.table.seenBy(() => Promise.resolve()),
      write: async () => {
        throw new PitrError('STATE_UNAVAILABLE', 'the table is too busy');
      },
    };
    const dying = { ...stage, store: taskStoreOn(dead) };
    await refusalOf(answerTo(dying, failed));
    await answerTo(stage, failed);
    assert.deepEqual(
      stage.told.map(({ id }) => id),
      [`shop/${failed.id}`, `shop/${failed.id}`],
    );
  });

  test('as a signal of a newer version, waits for a react that knows it', async () => {
    const stage = reactStage();
    const strange: WaitingSignal = { ...failed, id: 'news/1', topic: 'news' };
    await tell(stage, [strange, failed]);
    assert.equal((await refusalOf(answerTo(stage, strange, failed))).code, 'STATE_SHAPE_UNKNOWN');
    assert.deepEqual(await waiting(stage), ['news/1']);
  });

  test('as a request for a restore that is none, is said and begins nothing', async () => {
    const stage = reactStage();
    const signal = signalOf('restore-requested', about(snapshot.id), { request: 'now' });
    await tell(stage, [signal]);
    assert.equal((await refusalOf(answerTo(stage, signal))).code, 'INVALID_INPUT');
    assert.deepEqual(stage.launches.started, []);
  });
});

describe('the sweep', () => {
  test('finds what the stream lost after two minutes, and leaves the stream its time', async () => {
    const stage = reactStage();
    await tell(stage, [planned], [snapshot]);
    await sweep(stage);
    assert.deepEqual(stage.launches.started, []);
    await stage.clock.sleep(2 * minute);
    await sweep(stage);
    assert.deepEqual(stage.launches.started, [`snapshot ${snapshot.id}-snapshot`]);
  });

  test('of a host without a stream takes everything at once', async () => {
    const stage = reactStage();
    await tell(stage, [planned], [snapshot]);
    await sweep(stage, true);
    assert.deepEqual(await waiting(stage), []);
  });

  test('begins again what was planned and whose signal was lost altogether, once in half an hour, until it is over', async () => {
    const stage = reactStage();
    await tell(stage, [], [snapshot]);
    for (let minutes = 0; minutes < 65; minutes++) {
      await sweep(stage);
      await sweep(stage);
      await stage.clock.sleep(minute);
    }
    const { id } = snapshot;
    assert.deepEqual(stage.launches.started, [
      `snapshot ${id}-snapshot-r2`,
      `snapshot ${id}-snapshot-r3`,
      `snapshot ${id}-snapshot-r4`,
    ]);
    const { entries } = await stage.store.audit('shop', { nowMs: stage.nowMs() });
    assert.equal(entries.length, 3);
    assert.match(entries[0]?.why ?? '', /nothing was heard of it for 10 minutes, and nobody holds its lease/);
    await stage.store.commit({
      cluster: 'shop',
      nowMs: stage.nowMs(),
      records: [{ record: completeSnapshot(stageNow), expect: 1 }],
    });
    await stage.clock.sleep(60 * minute);
    await sweep(stage);
    assert.equal(stage.launches.started.length, 3);
  });

  test('leaves work alone whose lease is held, or that waits for its next attempt', async () => {
    const stage = reactStage();
    const record = runningSnapshot(stageNow);
    const ended: BrRun = {
      shape: 'br-run/v1',
      cluster: 'shop',
      id: `${record.id}-snapshot-1`,
      work: 'snapshot',
      workId: record.id,
      attempt: 1,
      command: 'backup-full',
      argv: [],
      env: {},
      decidedMs: stageNow,
      token: '',
      state: 'ended',
      startedMs: stageNow,
      endedMs: stageNow + 20 * minute,
      end: 'exit 1',
      verdict: 'again',
      waitSeconds: 3600,
      failure: null,
      facts: {},
      isAnswered: true,
    };
    await tell(stage, [], [record, ended]);
    const lease = { cluster: 'shop', work: 'snapshot', holder: 'x', ttlMs: 40 * minute } as const;
    await stage.store.acquireLease({ ...lease, nowMs: stage.nowMs() });
    const until = async (minutes: number) => {
      await stage.clock.sleep(stageNow + minutes * minute - stage.nowMs());
      return (await sweep(stage))['restarted'];
    };
    assert.deepEqual(await until(35), [], 'the lease is held');
    assert.deepEqual(await until(85), [], 'the next attempt is due in a minute or so');
    assert.deepEqual(await until(91), [`${record.id}-snapshot-r5`]);
  });

  test('that cannot start what was forgotten says so, and answers the signals all the same', async () => {
    const stage = reactStage();
    await tell(stage, [failed], [snapshot]);
    await stage.clock.sleep(20 * minute);
    stage.launches.failing = 1;
    const refusal = await refusalOf(sweep(stage));
    assert.equal(refusal.code, 'RUNNER_UNAVAILABLE');
    assert.equal(stage.told.length, 1);
  });
});

test('its input is a cluster with the ids of signals, or alone for a sweep', () => {
  assert.deepEqual(react.parseInput({ cluster: 'shop', ids: ['a'] }), { kind: 'told', ids: ['a'] });
  assert.deepEqual(react.parseInput({ cluster: 'shop' }), { kind: 'sweep', all: false });
  assert.deepEqual(react.parseInput({ cluster: 'shop', all: true }), { kind: 'sweep', all: true });
  for (const wrong of [{}, { cluster: 'shop', ids: 'a' }, { cluster: 'shop', Records: [] }]) {
    assert.throws(() => react.parseInput(wrong), { name: 'INVALID_INPUT' });
  }
});
