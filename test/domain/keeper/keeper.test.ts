// What the keeper does about each state, look by look: it tries with growing pauses, respects people, keeps history, and never does
// two things at once.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LogTaskSight, OurTask } from '../../../lib/domain/log-task/log-task-decision.ts';
import type { SnapshotRun } from '../../../lib/domain/state/snapshot-run.ts';
import { msOfTs, tsFromMs } from '../../../lib/domain/ts.ts';
import { hour, KeeperLife, minute, noRuns, recordedSight } from '../../support/keeper-stage.ts';
import { errorsTask, faultsTask, shopTask } from '../../support/recorded-log-tasks.ts';

const errorsNow = Date.UTC(2026, 10, 22, 4, 36);
const running = await recordedSight('shop/pd/5-before-end');
const paused = await recordedSight('shop/pd/3-paused');
const stopped = await recordedSight('shop/pd/6-stopped');
const broken = await recordedSight('error-state/pd/7-error');
const healthy = await recordedSight('faults/pd/frozen-1-healthy');
const noTidb = await recordedSight('faults/pd/frozen-2-no-tidb-60s');

/** The same look, with everything saved up to this moment. */
function savedUpTo(
  sight: LogTaskSight,
  ts: bigint,
  more: Partial<{ path: string; startTs: bigint }> = {},
): LogTaskSight {
  const { task } = sight.logBackup;
  if (task.kind !== 'task') throw new Error('the situation has no task');
  const checkpoints = { ...task.checkpoints, persisted: ts, advanced: ts };
  const url = task.storage.url.replace(/log-backup.*/, more.path ?? 'log-backup');
  const moved = {
    ...task,
    checkpoints,
    startTs: more.startTs ?? task.startTs,
    storage: { ...task.storage, url },
  };
  return { ...sight, logBackup: { ...sight.logBackup, task: moved } };
}

/** History up to this is collected. */
const collected = (sight: LogTaskSight, ts: bigint): LogTaskSight => ({
  ...sight,
  safePoints: { services: [], gcSafePoint: ts, savedSafePoint: undefined },
});

const ourEpochs: OurTask = { ...shopTask, places: [...shopTask.places] };

describe('a task in error', () => {
  test('of no known cause is tried after 1 minute, then 2, 5, 10, 20 and 30 after each failure', () => {
    const life = new KeeperLife({}, errorsNow);
    const strange = savedWords('what nobody ever said');
    life.look(strange, errorsTask);
    const at: number[] = [];
    for (let count = 0; count < 200; count++) {
      for (const _ of life.watch(strange, 1, errorsTask)) {
        at.push(life.nowMs);
        life.end();
      }
    }
    const pauses = at.map((one, index) => (one - (at[index - 1] ?? errorsNow)) / minute);
    // Each attempt is seen to have failed a minute after it; four an hour are allowed for what is not known.
    assert.deepEqual(pauses.slice(0, 7), [1, 3, 6, 11, 40, 31, 31]);
  });

  test('is tried as often as the settings allow, and not more often, whatever its cause allows', () => {
    const life = new KeeperLife({ attemptsPerHour: 2 }, errorsNow);
    const strange = savedWords('connection refused');
    life.look(strange, errorsTask);
    let done = 0;
    for (let count = 0; count < 60; count++) {
      if (life.watch(strange, 1, errorsTask).length === 0) continue;
      done += 1;
      life.end();
    }
    assert.equal(done, 2);
  });

  test('is tried more often when its fuse is short', () => {
    const counts = [30 * minute, 20 * hour].map((leftMs) => {
      const life = new KeeperLife({ attemptsPerHour: 6 }, errorsNow);
      const strange = heldFor(savedWords('connection refused'), errorsNow + leftMs);
      life.look(strange, errorsTask);
      for (let count = 0; count < 120; count++) if (life.watch(strange, 1, errorsTask).length > 0) life.end();
      return life.history?.attempts.length ?? 0;
    });
    assert.ok((counts[0] ?? 0) > (counts[1] ?? 0) + 2, counts.join(' '));
  });

  test('is left alone where the settings let the keeper only watch, and told all the same', () => {
    const life = new KeeperLife({ heals: false }, errorsNow);
    const { waiting } = life.look(broken, errorsTask);
    assert.match(waiting, /only watch/);
    assert.deepEqual(life.watch(broken, 300, errorsTask), []);
    assert.equal(life.titles().filter((title) => /stopped on an error/.test(title)).length, 1);
  });

  test('is tried no more while the change is planned or running', () => {
    const life = new KeeperLife({}, errorsNow);
    life.look(broken, errorsTask);
    assert.equal(life.watch(broken, 400, errorsTask).length, 1);
    assert.match(life.decisions.at(-1)?.waiting ?? '', /^resume \d+ is planned$/);
  });

  test('has been healed when its checkpoint moves, not when br says so, and that is told once with what it took', () => {
    const life = new KeeperLife({}, errorsNow);
    life.look(broken, errorsTask);
    life.watch(broken, 6, errorsTask);
    life.end();
    const { task } = broken.logBackup;
    if (task.kind !== 'task') throw new Error('no task');
    const startTs = task.startTs;
    const resumed = savedUpTo(
      { ...broken, logBackup: { ...broken.logBackup, task: { ...task, state: { kind: 'normal' } } } },
      startTs,
      { path: 'errstore/log' },
    );
    const own = { ...errorsTask, places: ['file:///tmp/lab/errstore/log'] };
    life.watch(resumed, 3, own);
    assert.deepEqual([life.history?.state, life.history?.attempts[0]?.outcome], ['starting', 'open']);
    assert.equal(life.titles().filter((title) => /runs, and its checkpoint moves/.test(title)).length, 0);
    const moved = savedUpTo(resumed, tsFromMs(life.nowMs), { path: 'errstore/log' });
    life.watch(moved, 3, own);
    assert.deepEqual([life.history?.state, life.history?.attempts[0]?.outcome], ['healthy', 'worked']);
    const over = life.decisions
      .flatMap(({ messages }) => messages)
      .filter(({ topic }) => topic === 'log-task-well');
    assert.equal(over.length, 1);
    assert.match(over[0]?.happened ?? '', /It was error, for \d+ min/);
    assert.match(over[0]?.done ?? '', /one change/);
  });
});

/** The recorded error, with other words. */
function savedWords(message: string): LogTaskSight {
  const { task } = broken.logBackup;
  if (task.kind !== 'task' || task.state.kind !== 'error') throw new Error('the situation is no error');
  const storeErrors = task.storeErrors.map((one) => ({ ...one, message }));
  const pause = { ...task.state.pause, message };
  const state = { ...task.state, stores: storeErrors, pause };
  return { ...broken, logBackup: { ...broken.logBackup, task: { ...task, storeErrors, state } } };
}

function heldFor(sight: LogTaskSight, expiresMs: number): LogTaskSight {
  const services = sight.safePoints.services.map((one) =>
    one.owner.kind === 'gc-worker' ? one : { ...one, ts: 1n, expiresMs },
  );
  return { ...sight, safePoints: { ...sight.safePoints, services } };
}

describe('a pause by a person', () => {
  test('is never resumed, and told once, again after 2 and 12 hours and before the fuse burns out', () => {
    const life = new KeeperLife();
    life.look(running);
    assert.deepEqual(life.watch(paused, 23 * 60), []);
    assert.deepEqual(
      life.titles().map((title) => title.replace(/\d+ (?:h|min|s)/, 'N')),
      [
        'the log task pitr runs, and its checkpoint moves',
        'the log task pitr is paused by a person',
        'warning: the task is paused for N',
        'critical: the task is paused for N',
        'warning: history is held for N more, by pitr_pause_safepoint',
        'critical: history is held for N more, by pitr_pause_safepoint',
      ],
    );
    const todos = life.decisions.flatMap(({ messages }) => messages.map(({ todo }) => todo));
    assert.match(todos[2] ?? '', /br log resume --task-name=pitr --pd=10\.0\.1\.11:2379\./);
    assert.match(todos[4] ?? '', /br log resume .* && br log pause .* --gc-ttl=86400/);
  });

  test('whose history is gone is lost, but stays the person’s until the person stops it: then a new epoch begins', () => {
    const life = new KeeperLife();
    life.look(running);
    const gone = collected(paused, tsFromMs(life.nowMs));
    assert.deepEqual(life.watch(gone, 120), []);
    assert.equal(life.history?.state, 'lost');
    assert.match(life.decisions.at(-1)?.waiting ?? '', /a person stops it/);
    const done = life.watch(collected(stopped, tsFromMs(life.nowMs)), 10);
    assert.equal(done.length, 1);
    assert.match(done[0]?.path ?? '', /^log-backup\/epoch-\d{14}$/);
  });
});

describe('a task that stands still', () => {
  test('is told after three minutes with what to do, and nothing is restarted', () => {
    const life = new KeeperLife();
    life.look(healthy, faultsTask);
    assert.deepEqual(life.watch(noTidb, 300, faultsTask), []);
    const told = life.decisions
      .flatMap(({ messages }) => messages)
      .filter(({ topic }) => topic === 'log-task-trouble');
    assert.equal(told.length, 1);
    assert.match(told[0]?.todo ?? '', /Start a TiDB server/);
    assert.equal(life.history?.cause, 'no-advancer');
  });

  test('for a moment only is no news', () => {
    const life = new KeeperLife();
    life.look(healthy, faultsTask);
    life.watch(noTidb, 2, faultsTask);
    life.watch(savedUpTo(healthy, tsFromMs(life.nowMs), { path: 'f/log-backup' }), 2, {
      ...faultsTask,
      places: ['s3://faults/f/f/log-backup', ...faultsTask.places],
    });
    assert.deepEqual(life.titles(), ['the log task pitr runs, and its checkpoint moves']);
  });
});

describe('a resume that is not proven', () => {
  test('is not proven either by a TiDB that went and came back: the checkpoint has to move', () => {
    const life = new KeeperLife();
    life.look(paused);
    const { task } = paused.logBackup;
    if (task.kind !== 'task') throw new Error('no task');
    const resumed = {
      ...paused,
      logBackup: { ...paused.logBackup, task: { ...task, state: { kind: 'normal' } as const } },
    };
    life.watch(resumed, 1);
    life.watch({ ...resumed, logBackup: { ...resumed.logBackup, advancers: [] } }, 2);
    assert.equal(life.history?.state, 'frozen');
    life.watch(resumed, 1);
    assert.equal(life.history?.state, 'starting');
    life.watch(savedUpTo(resumed, tsFromMs(life.nowMs)), 1);
    assert.equal(life.history?.state, 'healthy');
  });
});

describe('a task that somebody stopped', () => {
  test('is started again in the same folder after three minutes, while its history is there', () => {
    const life = new KeeperLife();
    life.look(running);
    const done = life.watch(stopped, 20);
    assert.deepEqual(done, [{ minute: 4, what: 'start', path: 'log-backup' }]);
  });

  test('is left to whoever stopped it where the settings say so, also when its history is gone', () => {
    const life = new KeeperLife({ onStop: 'tell' });
    life.look(running);
    assert.deepEqual(life.watch(stopped, 60), []);
    assert.deepEqual(life.watch(collected(stopped, tsFromMs(life.nowMs)), 60), []);
    assert.equal(life.history?.state, 'lost');
  });

  test('that the keeper never saw run is only told: a state that was made again starts nothing by itself', () => {
    const life = new KeeperLife();
    life.look(running);
    const { history } = life;
    life.history = history === undefined ? undefined : { ...history, aliveMs: null };
    assert.deepEqual(life.watch(stopped, 60), []);
    assert.match(life.decisions.at(-1)?.waiting ?? '', /never saw it run/);
  });

  test('is not started beside a restore, and is afterwards', () => {
    const life = new KeeperLife();
    life.look(running);
    life.more = { imports: 1 };
    assert.deepEqual(life.watch(stopped, 60), []);
    life.more = {};
    assert.equal(life.watch(stopped, 2).length, 1);
  });

  test('begins a new epoch where br cannot go on in the folder, or failed to three times', () => {
    const old = new KeeperLife({ goesOnInPlace: false });
    old.look(running);
    assert.match(old.watch(stopped, 5)[0]?.path ?? '', /epoch/);
    const life = new KeeperLife();
    life.look(running);
    const paths: string[] = [];
    for (let count = 0; count < 90; count++) {
      for (const { path } of life.watch(stopped, 1)) {
        paths.push(path);
        life.end('BR_REFUSED');
      }
    }
    assert.deepEqual(paths.slice(0, 3), ['log-backup', 'log-backup', 'log-backup']);
    assert.match(paths[3] ?? '', /^log-backup\/epoch-/);
  });

  test('whose restart br refuses because history is gone is lost, whatever PD says of its safe point', () => {
    const life = new KeeperLife();
    life.look(running);
    life.watch(stopped, 5);
    life.end('GC_PASSED');
    const done = life.watch(stopped, 30);
    assert.equal(life.history?.state, 'lost');
    assert.match(done[0]?.path ?? '', /epoch/);
  });
});

describe('history that is gone', () => {
  const gone = (life: KeeperLife) => collected(broken, tsFromMs(life.nowMs + hour));

  test('of a task in error: the dead task is stopped, a new epoch started, and its base taken at once', () => {
    const life = new KeeperLife({}, errorsNow);
    const own: OurTask = { ...ourEpochs, places: ['s3://tidb-pitr-bucket/backup-data/log-backup'] };
    const error = ofShop(broken);
    life.look(running, own);
    life.watch(error, 1, own);
    const [stop] = life.watch(collected(error, tsFromMs(life.nowMs + hour)), 1, own);
    assert.equal(stop?.what, 'stop');
    life.end();
    const [start] = life.watch(collected(stopped, tsFromMs(life.nowMs)), 1, own);
    assert.equal(start?.what, 'start');
    const path = start?.path ?? '';
    assert.match(path, /^log-backup\/epoch-\d{14}$/);
    life.end();
    const startTs = tsFromMs(life.nowMs);
    const begun = savedUpTo(running, startTs, { path, startTs });
    const inEpoch = { ...own, places: [...own.places, `s3://tidb-pitr-bucket/backup-data/${path}`] };
    const [base] = life.watch(begun, 1, inEpoch);
    assert.equal(base?.what, 'snapshot');
    const [old, epoch] = life.history?.epochs ?? [];
    assert.equal(old?.endTs, 470632777030303745n);
    assert.match(old?.why ?? '', /history was collected up to/);
    assert.deepEqual([epoch?.path, epoch?.startTs, epoch?.endTs], [path, startTs, null]);
    assert.ok(life.titles().some((title) => title === `a new epoch of the log begins in ${path}`));
    life.runs = { ...life.runs, snapshots: [planned('20261122060000')] };
    assert.deepEqual(life.watch(savedUpTo(begun, startTs + 1n, { path, startTs }), 30, inEpoch), []);
    life.runs = { ...life.runs, snapshots: [complete('20261122060000', startTs + 5n)] };
    assert.deepEqual(life.watch(savedUpTo(begun, startTs + 9n, { path, startTs }), 30, inEpoch), []);
    assert.ok(life.history?.told.every(({ key }) => !key.startsWith('state/')));
  });

  test('is only told where the settings leave a new epoch to people', () => {
    const life = new KeeperLife({ onLoss: 'tell' }, errorsNow);
    life.look(broken, errorsTask);
    assert.deepEqual(life.watch(gone(life), 120, errorsTask), []);
    assert.equal(life.titles().filter((title) => /lost history/.test(title)).length, 1);
  });

  test('stays lost when the safe point is not told any more, and without TiDB nothing is stopped', () => {
    const life = new KeeperLife({}, errorsNow);
    life.look(broken, errorsTask);
    life.more = { advancers: 0 };
    assert.deepEqual(life.watch(gone(life), 5, errorsTask), []);
    assert.deepEqual(life.watch(broken, 5, errorsTask), []);
    assert.equal(life.history?.state, 'lost');
    life.more = {};
    assert.equal(life.watch(broken, 1, errorsTask)[0]?.what, 'stop');
  });

  test('of a task that runs is an alarm and nothing more: what it observed it still has', () => {
    const life = new KeeperLife();
    life.look(running);
    assert.deepEqual(life.watch(collected(running, tsFromMs(life.nowMs + hour)), 5), []);
    assert.equal(life.history?.state, 'healthy');
    assert.equal(life.history?.alarms.find(({ name }) => name === 'gc-passed')?.level, 'critical');
  });
});

/** The recorded error as if it were of the shop's task. */
function ofShop(sight: LogTaskSight): LogTaskSight {
  const [{ task: shop }, { task: bad }] = [running.logBackup, sight.logBackup];
  if (shop.kind !== 'task' || bad.kind !== 'task') throw new Error('no task');
  return {
    ...sight,
    logBackup: { ...sight.logBackup, task: { ...shop, state: bad.state, storeErrors: bad.storeErrors } },
  };
}

const run = (id: string) =>
  ({
    shape: 'snapshot/v1',
    cluster: 'shop',
    id,
    dueMs: errorsNow,
    trigger: 'keeper',
    folder: `snapshot-${id}`,
  }) as const;
const planned = (id: string): SnapshotRun => ({ ...run(id), state: 'planned', plannedMs: errorsNow });
const complete = (id: string, backupTs: bigint): SnapshotRun => ({
  ...run(id),
  state: 'complete',
  backupTs,
  endedMs: msOfTs(backupTs),
  bytes: 280_000_000_000n,
});

describe('a snapshot before its time', () => {
  const logHours = [{ hourMs: errorsNow - 2 * hour, bytes: 30_000_000_000n }];

  test('is taken where the time of a restore asks for it and the settings allow it, and not again for hours', () => {
    for (const snapshotsEarly of [true, false]) {
      const life = new KeeperLife({ rtoMs: 4 * hour, snapshotsEarly }, errorsNow);
      life.look(running);
      const { history } = life;
      life.history = history === undefined ? undefined : { ...history, logHours };
      life.runs = { ...noRuns, snapshots: [complete('20261120000000', tsFromMs(errorsNow - 5 * hour))] };
      const lively = () => savedUpTo(running, tsFromMs(life.nowMs));
      const epochStart = life.history?.epochs.map((one) => ({ ...one, startTs: 1n })) ?? [];
      life.history = life.history === undefined ? undefined : { ...life.history, epochs: epochStart };
      const done = life.watch(lively(), 1);
      assert.deepEqual(
        done.map(({ what }) => what),
        snapshotsEarly ? ['snapshot'] : [],
      );
      assert.ok(life.titles().some((title) => /a restore to now takes about/.test(title)));
      life.runs = { ...noRuns, snapshots: [complete('20261122000000', tsFromMs(life.nowMs - hour))] };
      assert.deepEqual(life.watch(lively(), 5), []);
    }
  });
});
