// The numbers of a look: what each is made of, what is left out, and in which hours they are metrics.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { levelExpression, levelIn } from '../../lib/domain/alarm-code.ts';
import { type MetricFacts, metricsOf, numberNames, paceOf } from '../../lib/domain/metrics.ts';
import {
  alarmNames,
  type KeeperAlarm,
  type KeeperEpoch,
  keeperStateNames,
} from '../../lib/domain/state/keeper-record.ts';
import type { TruncationRun } from '../../lib/domain/state/truncation-run.ts';
import { tsFromMs } from '../../lib/domain/ts.ts';
import { completeSnapshot, noon, plannedSnapshot } from '../support/state-builders.ts';

const hour = 3_600_000;
const ts = (hoursBeforeNoon: number) => tsFromMs(noon - hoursBeforeNoon * hour);
const snapshot = (hours: number) => ({
  ...completeSnapshot(noon - hours * hour),
  backupTs: ts(hours),
  bytes: 1000n,
});
const epoch: KeeperEpoch = {
  path: 'log-backup',
  startTs: ts(100),
  sinceMs: noon - 100 * hour,
  endTs: null,
  endedMs: null,
  why: '',
};
const cut = (hours: number, path = 'log-backup'): TruncationRun => ({
  shape: 'truncation/v1',
  cluster: 'shop',
  id: '20261122010000',
  dueMs: noon,
  path,
  untilTs: ts(hours),
  state: 'done',
  endedMs: noon,
  logMinimumTs: ts(hours),
});
const alarm = (name: KeeperAlarm['name'], level: KeeperAlarm['level']): KeeperAlarm => ({
  name,
  level,
  sinceMs: noon,
  calmMs: null,
  sentence: '',
});

const well: MetricFacts = {
  serverMs: noon,
  checkpoints: { persisted: ts(0.05), advanced: ts(0.02), perStore: [], regions: undefined },
  objectsTs: ts(0.05),
  fuse: {
    kind: 'held',
    neededTs: ts(0.02),
    by: 'log-backup-coordinator',
    untilMs: noon + 24 * hour,
    leftMs: 24 * hour,
    isRenewed: true,
  },
  snapshots: [plannedSnapshot(noon), snapshot(10), snapshot(58), snapshot(106)],
  truncations: [],
  restores: [],
  keeper: {
    state: 'healthy',
    alarms: [],
    logHours: [1, 2, 3, 4, 5, 6, 7, 8].map((one) => ({
      hourMs: noon - (9 - one) * hour,
      bytes: BigInt(one) * 100n,
    })),
    epochs: [{ ...epoch, path: 'old', startTs: ts(500) }, epoch],
    progress: { startTs: ts(100), checkpointTs: ts(0.05), movedMs: noon },
  },
  restoreMs: 90_000,
};
const keeper = (more: Partial<MetricFacts['keeper']>) => ({ keeper: { ...well.keeper, ...more } });
const valuesOf = (more: Partial<MetricFacts> = {}, atMs = noon) =>
  new Map(metricsOf({ ...well, ...more }, atMs).map(({ name, value }) => [name, value]));
const sent = (more: Partial<MetricFacts>, atMs: number) =>
  metricsOf({ ...well, ...more }, atMs)
    .filter(({ isMetric }) => isMetric)
    .map(({ name }) => name);

describe('the numbers of a look', () => {
  test('are whole seconds by the cluster’s clock, and bytes', () => {
    const values = valuesOf();
    assert.deepEqual(
      numberNames.map((name) => [name, values.get(name)]),
      [
        ['lagSeconds', 180],
        ['alarmCode', 0],
        ['gapSeconds', 108],
        ['fuseSeconds', 24 * 3600],
        ['windowSeconds', 58 * 3600 - 180],
        ['baseAgeSeconds', 10 * 3600],
        ['logBytesPerHour', 450],
        ['replayEstimateSeconds', 90],
        ['unsavedSeconds', 108],
        ['missingSeconds', 0],
        ['taskState', 2],
        ['restoresRunning', 0],
      ],
    );
  });

  test('leave out what nobody knows, rather than call it nothing', () => {
    const values = valuesOf({
      ...{
        checkpoints: undefined,
        objectsTs: undefined,
        fuse: undefined,
        restoreMs: undefined,
        snapshots: [],
      },
      ...keeper({ state: 'none', logHours: [], epochs: [], progress: null }),
    });
    assert.deepEqual(
      numberNames.filter((name) => values.has(name)),
      ['alarmCode', 'taskState', 'restoresRunning'],
    );
  });

  test('are never negative, whoever’s clock is ahead', () => {
    const values = valuesOf({ serverMs: noon - 48 * hour });
    assert.equal(values.get('lagSeconds'), 0);
    assert.equal(values.get('baseAgeSeconds'), 0);
  });

  test('tell the level of each alarm, and all of them in the code', () => {
    const values = valuesOf(keeper({ alarms: [alarm('paused', 'critical'), alarm('fuse', 'warning')] }));
    const code = values.get('alarmCode') ?? 0;
    for (const name of alarmNames) {
      const level = { paused: 2, fuse: 1 }[name as string] ?? 0;
      assert.equal(values.get(`alarmLevel.${name}`), level, name);
      assert.equal(levelIn(code, name), ['ok', 'warning', 'critical'][level], name);
    }
  });

  test('call a fuse that is gone, or holds nothing, 0, and leave out one without end', () => {
    const collected = { kind: 'collected', neededTs: ts(5), gcSafePoint: ts(1) } as const;
    assert.equal(valuesOf({ fuse: collected }).get('fuseSeconds'), 0);
    assert.equal(valuesOf({ fuse: { kind: 'unprotected', neededTs: ts(1) } }).get('fuseSeconds'), 0);
    const endless = { ...well.fuse, leftMs: Number.POSITIVE_INFINITY } as MetricFacts['fuse'];
    assert.ok(!valuesOf({ fuse: endless }).has('fuseSeconds'));
  });
});

describe('the window', () => {
  test('begins at the oldest base that the log of this epoch continues', () => {
    assert.equal(valuesOf({ truncations: [cut(50)] }).get('windowSeconds'), 10 * 3600 - 180);
    assert.equal(valuesOf({ truncations: [cut(50, 'old')] }).get('windowSeconds'), 58 * 3600 - 180);
  });

  test('is nothing where no base is continued', () => {
    assert.equal(valuesOf({ snapshots: [snapshot(106)] }).get('windowSeconds'), 0);
  });

  test('ends where the bucket ends, whatever PD says', () => {
    assert.equal(valuesOf({ objectsTs: ts(2) }).get('windowSeconds'), 56 * 3600);
  });
});

describe('what is a metric', () => {
  const calm = noon + 2 * hour + 31 * 60_000;

  test('is lag and code at every minute, and the rest in two hours of the day, while all is well', () => {
    assert.deepEqual(sent({}, calm), ['lagSeconds', 'alarmCode']);
    const slow = numberNames.filter((name) => paceOf(name) !== 'log');
    assert.deepEqual(sent({}, noon + 59 * 60_000), slow);
    const hours = Array.from({ length: 24 }, (_, index) => sent({}, noon + index * hour + 30_000).length);
    assert.equal(hours.filter((count) => count === slow.length).length, 2);
    assert.equal(hours.filter((count) => count === 2).length, 22);
  });

  test('is everything at every minute in trouble: an alarm, or a task that does not run as it should', () => {
    const all = numberNames.filter((name) => paceOf(name) !== 'log');
    assert.deepEqual(sent(keeper({ alarms: [alarm('snapshot', 'warning')] }), calm), all);
    for (const state of ['lagging', 'frozen', 'paused-by-person', 'error', 'stopped', 'lost'] as const) {
      assert.deepEqual(sent(keeper({ state }), calm), all, state);
    }
  });

  test('differs by the hour, and the numbers do not', () => {
    assert.deepEqual(valuesOf({}, calm), valuesOf({}, noon));
  });

  test('is not what an alarm that waits to be calm was', () => {
    assert.deepEqual(sent(keeper({ alarms: [alarm('lag', 'ok')] }), calm), ['lagSeconds', 'alarmCode']);
  });
});

describe('docs/metrics.md', () => {
  const page = readFileSync('docs/metrics.md', 'utf8');

  test('has a row for each number, with its unit and when it is a metric', () => {
    const words = { minute: 'every minute', calm: 'calm', log: 'log only' } as const;
    const rows = [...page.matchAll(/^\| `(\w+)` \|.*\| (\w+) \| ([a-z ]+) \|$/gm)];
    const unitOf = new Map(metricsOf(well, noon).map(({ name, unit }) => [name as string, unit]));
    assert.deepEqual(
      rows.map(([, name, unit, pace]) => [name, unit, pace]),
      numberNames.map((name) => [name, unitOf.get(name), words[paceOf(name)]]),
    );
  });

  test('has the states and the alarms in the order that their numbers come from', () => {
    for (const [index, state] of keeperStateNames.entries())
      assert.match(page, new RegExp(`\\b${index} ${state}\\b`));
    const order = /in the order ([a-z, \-\n]+), the first/.exec(page)?.[1]?.split(/,\s+/);
    assert.deepEqual(order, alarmNames);
    assert.ok(page.includes(`\`${levelExpression('fuse', 'code')}\``));
  });
});
