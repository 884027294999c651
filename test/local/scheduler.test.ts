import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readSchedule, type Schedule } from '../../lib/config/schedule.ts';
import { nextFiring } from '../../lib/local/firings.ts';
import { type Firing, openScheduler, type Scheduler } from '../../lib/local/scheduler.ts';
import { VirtualClock } from '../../lib/local/virtual-clock.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const startMs = Date.UTC(2026, 10, 22, 12);

function schedule(text: string): Schedule {
  const reading = readSchedule(text);
  if ('value' in reading) return reading.value;
  throw new Error(`${text}: expected ${reading.expected}`);
}

const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 16);

/** A machine with one schedule, which can be switched off and on. */
class Machine {
  readonly clock = new VirtualClock(startMs);
  readonly fired: (Firing & { readonly atMs: number })[] = [];
  readonly failures: { readonly error: unknown; readonly againMs: number }[] = [];
  fire: (firing: Firing) => Promise<void> = async () => {};
  readonly #path: string;
  #scheduler: Scheduler | undefined;

  constructor(folder: TemporaryFolder) {
    this.#path = join(folder.path, `${Math.random()}.sqlite`);
  }

  on(text: string, zone = 'UTC'): void {
    this.#scheduler = openScheduler({
      path: this.#path,
      clock: this.clock,
      works: [
        {
          ...{ name: 'shop/take-snapshot', schedule: schedule(text), zone },
          fire: async (firing) => {
            this.fired.push({ ...firing, atMs: this.clock.nowMs() });
            await this.fire(firing);
          },
        },
      ],
      onFailure: (_, error, againMs) => this.failures.push({ error, againMs }),
    });
  }

  async off(): Promise<void> {
    await this.#scheduler?.close();
  }

  dues(): string[] {
    return this.fired.map(({ dueMs }) => iso(dueMs));
  }
}

describe('the scheduler', () => {
  let folder: TemporaryFolder;
  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => folder.remove());

  test('fires at its time, by the clock of the zone, and not before', async () => {
    const machine = new Machine(folder);
    machine.on('every day at 02:30', 'Europe/Berlin');
    await machine.clock.advanceTo(Date.UTC(2026, 10, 23, 1, 29, 59));
    assert.deepEqual(machine.fired, []);
    await machine.clock.advanceTo(Date.UTC(2026, 10, 25));
    assert.deepEqual(machine.dues(), ['2026-11-23T01:30', '2026-11-24T01:30']);
    assert.ok(
      machine.fired.every(({ lateMs, isLate, atMs, dueMs }) => lateMs === 0 && !isLate && atMs === dueMs),
    );
    await machine.off();
  });

  test('keeps the rhythm of every two days, wherever it begins', async () => {
    const machine = new Machine(folder);
    machine.on('every 2 days at 00:00');
    await machine.clock.advance(9 * dayMs);
    // 2026-11-23 is day 20780 since 1970.
    assert.deepEqual(
      machine.dues(),
      [23, 25, 27, 29].map((day) => `2026-11-${day}T00:00`).concat('2026-12-01T00:00'),
    );
    await machine.off();
  });

  test('counts a rate from its beginning, also after a restart', async () => {
    const machine = new Machine(folder);
    await machine.clock.advance(7 * minuteMs);
    machine.on('rate(1 hour)');
    await machine.clock.advance(90 * minuteMs);
    await machine.off();
    machine.on('rate(1 hour)');
    await machine.clock.advance(90 * minuteMs);
    assert.deepEqual(machine.dues(), ['2026-11-22T13:07', '2026-11-22T14:07', '2026-11-22T15:07']);
    await machine.off();
  });

  test('begins anew, and fires nothing of the past, when it is new or its text is another', async () => {
    const machine = new Machine(folder);
    machine.on('every day at 00:00');
    await machine.off();
    await machine.clock.advance(10 * dayMs);
    machine.on('every day at 11:00');
    await machine.clock.advance(12 * hourMs);
    assert.deepEqual(machine.dues(), []);
    await machine.clock.advance(12 * hourMs);
    assert.deepEqual(machine.dues(), ['2026-12-03T11:00']);
    await machine.off();
  });

  test('after a time off fires the newest missed one, once, and tells that it is late', async () => {
    const machine = new Machine(folder);
    machine.on('every day at 00:00');
    await machine.clock.advance(dayMs);
    await machine.off();
    await machine.clock.advance(5 * dayMs + hourMs);
    machine.on('every day at 00:00');
    await machine.clock.advance(dayMs);
    assert.deepEqual(
      machine.fired.map(({ dueMs, lateMs, isLate }) => [iso(dueMs), lateMs / hourMs, isLate]),
      [
        ['2026-11-23T00:00', 0, false],
        ['2026-11-28T00:00', 13, true],
        ['2026-11-29T00:00', 0, false],
      ],
    );
    await machine.off();
    machine.on('every day at 00:00');
    await machine.clock.advance(hourMs);
    assert.equal(machine.fired.length, 3, 'what was done is not made up for again');
    await machine.off();
  });

  test('after years off it is at work at once, whatever was missed', async () => {
    const machine = new Machine(folder);
    machine.on('cron(* * * * ? *)', 'Europe/Berlin');
    await machine.off();
    await machine.clock.advance(1000 * dayMs);
    const realMs = Date.now();
    machine.on('cron(* * * * ? *)', 'Europe/Berlin');
    await machine.clock.advance(1);
    assert.equal(machine.fired.length, 1);
    assert.ok(Date.now() - realMs < 2000);
    await machine.off();
  });

  test('a firing that fails is tried again, later and later, as the same firing, until a newer one is due', async () => {
    const machine = new Machine(folder);
    machine.fire = async () => {
      throw new Error('not now');
    };
    machine.on('every day at 00:00');
    await machine.clock.advance(dayMs - 1);
    const dues = machine.fired.map(({ dueMs }) => iso(dueMs));
    assert.deepEqual(new Set(dues), new Set(['2026-11-23T00:00']));
    const waits = machine.fired
      .slice(1)
      .map(({ atMs }, index) => (atMs - (machine.fired[index]?.atMs ?? 0)) / minuteMs);
    assert.deepEqual(waits.slice(0, 8), [1, 2, 4, 8, 16, 32, 60, 60]);
    assert.equal(machine.failures.length, machine.fired.length);
    assert.equal(machine.failures[0]?.againMs, machine.fired[1]?.atMs);
    await machine.clock.advance(13 * hourMs);
    assert.equal(machine.dues().at(-1), '2026-11-24T00:00');
    machine.fire = async () => {};
    await machine.clock.advance(2 * hourMs);
    const last = machine.fired.length;
    await machine.clock.advance(6 * hourMs);
    assert.equal(machine.fired.length, last);
    await machine.off();
  });

  test('a newer firing does not wait for the pause of an older one that failed', async () => {
    const machine = new Machine(folder);
    machine.fire = async () => {
      throw new Error('not now');
    };
    machine.on('rate(5 minutes)');
    await machine.clock.advance(hourMs);
    assert.deepEqual(
      machine.fired
        .slice(0, 7)
        .map(({ dueMs, atMs }) => [(dueMs - startMs) / minuteMs, (atMs - startMs) / minuteMs]),
      [
        [5, 5],
        [5, 6],
        [5, 8],
        [10, 10],
        [10, 11],
        [10, 13],
        [15, 15],
      ],
    );
    await machine.off();
  });

  test('a firing that was not done when the machine died is made up for, as the same firing', async () => {
    const machine = new Machine(folder);
    machine.fire = () => machine.clock.sleep(10 * minuteMs).then(() => Promise.reject(new Error('killed')));
    machine.on('every day at 00:00');
    await machine.clock.advance(12 * hourMs + minuteMs);
    const dying = machine.off();
    await machine.clock.advance(hourMs);
    await dying;
    machine.fire = async () => {};
    machine.on('every day at 00:00');
    await machine.clock.advance(hourMs);
    assert.deepEqual(machine.dues(), ['2026-11-23T00:00', '2026-11-23T00:00']);
    await machine.off();
  });

  test('a firing that takes longer than the time to the next is not joined by it: the newest follows', async () => {
    const machine = new Machine(folder);
    let atOnce = 0;
    machine.fire = async () => {
      assert.equal((atOnce += 1), 1);
      await machine.clock.sleep(150_000);
      atOnce -= 1;
    };
    machine.on('rate(1 minute)');
    await machine.clock.advance(10 * minuteMs);
    assert.deepEqual(
      machine.fired.map(({ dueMs }) => (dueMs - startMs) / minuteMs),
      [1, 3, 6, 8],
    );
    assert.deepEqual(machine.failures, []);
    const ended = machine.off();
    await machine.clock.advance(10 * minuteMs);
    await ended;
  });

  test('a long work of one schedule does not keep another waiting', async () => {
    const clock = new VirtualClock(startMs);
    const fired: string[] = [];
    const scheduler = openScheduler({
      path: join(folder.path, 'two.sqlite'),
      clock,
      works: [
        {
          name: 'long',
          schedule: schedule('rate(1 hour)'),
          zone: 'UTC',
          fire: () => clock.sleep(5 * hourMs),
        },
        {
          name: 'short',
          schedule: schedule('rate(1 hour)'),
          zone: 'UTC',
          fire: async () => void fired.push('short'),
        },
      ],
      onFailure: () => {},
    });
    await clock.advance(4 * hourMs);
    assert.equal(fired.length, 4);
    const ended = scheduler.close();
    await clock.advance(5 * hourMs);
    await ended;
  });

  test('a schedule that has no firing left is quiet', async () => {
    const machine = new Machine(folder);
    machine.on('cron(0 0 1 1 ? 2027)');
    await machine.clock.advance(100 * dayMs);
    assert.deepEqual(machine.dues(), ['2027-01-01T00:00']);
    assert.deepEqual(machine.failures, []);
    await machine.off();
  });

  const cases: readonly (readonly [
    title: string,
    text: string,
    zone: string,
    after: string,
    next: string | undefined,
  ])[] = [
    [
      'skips a minute that summer time leaves out',
      'every day at 02:30',
      'Europe/Berlin',
      '2027-03-27T12:00Z',
      '2027-03-29T00:30',
    ],
    [
      'goes on at 03:00 where that is asked for',
      'every day at 03:00',
      'Europe/Berlin',
      '2027-03-27T12:00Z',
      '2027-03-28T01:00',
    ],
    [
      'skips a midnight that is left out',
      'every day at 00:00',
      'America/Santiago',
      '2026-09-05T12:00Z',
      '2026-09-07T03:00',
    ],
    [
      'fires the first time at a minute that comes twice',
      'every day at 02:30',
      'Europe/Berlin',
      '2026-10-24T12:00Z',
      '2026-10-25T00:30',
    ],
    [
      'and not the second time',
      'every day at 02:30',
      'Europe/Berlin',
      '2026-10-25T00:30Z',
      '2026-10-26T01:30',
    ],
    [
      'also when the hours are a list',
      'cron(30 1,2 * * ? *)',
      'Europe/Berlin',
      '2026-10-25T00:30Z',
      '2026-10-26T00:30',
    ],
    [
      'knows half an hour',
      'every day at 01:45',
      'Australia/Lord_Howe',
      '2027-04-03T12:00Z',
      '2027-04-03T14:45',
    ],
    ['takes 1 for Sunday', 'cron(0 0 ? * 1 *)', 'UTC', '2026-11-23T00:00Z', '2026-11-29T00:00'],
    ['takes L in the week for Saturday', 'cron(0 0 ? * L *)', 'UTC', '2026-11-23T00:00Z', '2026-11-28T00:00'],
    ['takes 6L for the last Friday', 'cron(0 0 ? * 6L *)', 'UTC', '2026-11-23T00:00Z', '2026-11-27T00:00'],
    ['has an end', 'cron(0 0 1 1 ? 2026)', 'UTC', '2026-11-23T00:00Z', undefined],
    ['is after the moment, not at it', 'every day at 00:00', 'UTC', '2026-11-23T00:00Z', '2026-11-24T00:00'],
  ];
  for (const [title, text, zone, afterText, next] of cases) {
    test(`the next firing ${title}: ${text} in ${zone} after ${afterText}`, () => {
      const found = nextFiring(schedule(text), zone, Date.parse(afterText));
      assert.equal(found === undefined ? undefined : iso(found), next);
    });
  }
});
