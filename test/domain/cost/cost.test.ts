// What a backup costs: exact money, parts that add up to the whole, and windows that keep what a retention would keep.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BucketBytes } from '../../../lib/domain/cost/byte-sums.ts';
import { costReport } from '../../../lib/domain/cost/cost-report.ts';
import { costOf, formatNanos, parsePrice, priceOf, s3Prices } from '../../../lib/domain/cost/prices.ts';
import { tsFromMs } from '../../../lib/domain/ts.ts';
import { SeededRandom } from '../../../lib/sim/seeded-random.ts';
import { catalog, incremental, log, snapshot } from '../builders.ts';

const day = 86_400_000;
const gb = 1n << 30n;
const at = (days: number) => tsFromMs(Date.UTC(2026, 8, 1) + days * day);
const nameOfDay = (days: number) =>
  new Date(Date.UTC(2026, 8, 1) + days * day).toISOString().slice(0, 10).replaceAll('-', '');

describe('money', () => {
  test('is exact for any number of bytes: a GB is 2^30 of them', () => {
    assert.equal(formatNanos(costOf(gb, priceOf('STANDARD', undefined))), '0.023000000');
    assert.equal(formatNanos(costOf(3n * gb * 1024n * 1024n, { nanosPerGb: 1n })), '0.003145728');
    assert.equal(
      formatNanos(costOf((1n << 60n) + 1n, parsePrice('--p', '999999999.999999999'))),
      '1073741823999999999.857580751',
    );
  });

  test('is rounded to the nearest billionth, never by more', () => {
    const random = new SeededRandom(3);
    for (let i = 0; i < 500; i++) {
      const [bytes, nanosPerGb] = [random.bits(random.between(1, 62)), random.bits(40)];
      const off = costOf(bytes, { nanosPerGb }) * gb - bytes * nanosPerGb;
      assert.ok(2n * off <= gb && -2n * off < gb, `${bytes} at ${nanosPerGb}`);
    }
  });

  test('takes prices with up to nine digits, and refuses what is none', () => {
    assert.deepEqual(parsePrice('--p', '0.023'), { nanosPerGb: 23_000_000n });
    assert.deepEqual(parsePrice('--p', ' 5 '), { nanosPerGb: 5_000_000_000n });
    for (const wrong of ['', '-1', '1,5', '.5', '1e3', '0.0000000001', 'free'])
      assert.throws(() => parsePrice('--price-per-gb', wrong), { code: 'INVALID_INPUT' }, wrong);
  });

  test('of a class that is not in the table is that of the usual one; a given price is that of every class', () => {
    assert.equal(priceOf('', undefined), s3Prices['STANDARD']);
    assert.equal(priceOf('toString', undefined), s3Prices['STANDARD']);
    assert.equal(priceOf('DEEP_ARCHIVE', undefined).nanosPerGb, 990_000n);
    assert.equal(priceOf('DEEP_ARCHIVE', { nanosPerGb: 1n }).nanosPerGb, 1n);
  });
});

/** Thirty days: a snapshot of 7 GB each Monday of four weeks, a GB of log a day. */
function month() {
  const facts = catalog(
    [0, 7, 14, 21].map((days) => snapshot(`snapshot-${days}`, at(days))),
    [log('log-backup', at(0), at(28))],
  );
  const bytes = new BucketBytes();
  for (const days of [0, 7, 14, 21])
    bytes.add({ kind: 'snapshot', folder: `snapshot-${days}` }, 7n * gb, 'STANDARD');
  for (let days = 0; days < 28; days++)
    bytes.add({ kind: 'log', path: 'log-backup', day: nameOfDay(days) }, gb, 'STANDARD');
  return { facts, bytes };
}

describe('the cost of a backup', () => {
  test('of four weeks with a snapshot of 7 GB a week and a GB of log a day', () => {
    const { facts, bytes } = month();
    const report = costReport(
      facts,
      bytes,
      undefined,
      [7, 14, 90].map((days) => days * day),
    );
    assert.equal(report.total.bytes, 56n * gb);
    assert.equal(formatNanos(report.total.nanos), '1.288000000');
    assert.deepEqual(report.growth, {
      ...{ logBytesPerDay: gb, snapshotBytes: 7n * gb, snapshotEveryMs: 7 * day, bytesPerDay: 2n * gb },
    });
    assert.deepEqual(
      report.windows.map(({ keptBytes, fullBytes }) => [keptBytes / gb, (fullBytes ?? 0n) / gb]),
      [
        // A week back is the snapshot of day 21: it and 7 days; full: 14 days of log and 3 snapshots.
        [14n, 35n],
        [28n, 49n],
        // Longer than what is there: all stays. Full: 97 days and 14 snapshots.
        [56n, 195n],
      ],
    );
  });

  test('adds up: the parts are the whole in every cut, in bytes', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = new SeededRandom(seed);
      const { facts, bytes } = month();
      for (let i = random.below(30); i > 0; i--) {
        const size = random.bits(random.between(1, 50));
        const storageClass = random.pick(['', 'STANDARD', 'GLACIER', 'NEW']);
        const days = random.below(400);
        const use = random.pick([
          { kind: 'snapshot', folder: `snapshot-${random.pick([0, 7, 99])}` },
          { kind: 'log', path: random.pick(['log-backup', 'old']), day: nameOfDay(days) },
          { kind: 'log-rest', path: 'log-backup' },
          { kind: 'other' },
        ] as const);
        bytes.add(use, size, storageClass);
      }
      const report = costReport(facts, bytes, undefined, [0, day, 20 * day, 4000 * day]);
      const sum = (parts: readonly { readonly bytes: bigint }[]) =>
        parts.reduce((all, one) => all + one.bytes, 0n);
      const rest = report.logRest.bytes + report.other.bytes;
      assert.equal(sum(report.snapshots) + sum(report.days) + rest, report.total.bytes, `seed ${seed}`);
      assert.equal(sum(report.classes), report.total.bytes);
      const undated = report.snapshots.filter(({ backupTs }) => backupTs === undefined);
      assert.equal(sum(report.months) + sum(undated) + rest, report.total.bytes);
      const kept = report.windows.map(({ keptBytes }) => keptBytes);
      assert.deepEqual(
        kept,
        kept.toSorted((one, other) => (one < other ? -1 : 1)),
        'a longer window keeps no less',
      );
      assert.equal(kept.at(-1), report.total.bytes);
      const nanos = [...report.snapshots, ...report.days, report.logRest, report.other].reduce(
        (all, one) => all + one.nanos,
        0n,
      );
      assert.ok(
        Math.abs(Number(nanos - report.total.nanos)) <= report.snapshots.length + report.days.length + 2,
      );
    }
  });

  test('counts an incremental snapshot with what stays, and never takes it for a base', () => {
    const { facts, bytes } = month();
    const later = incremental('snapshot-27', at(21), at(27));
    const report = costReport({ ...facts, snapshots: [...facts.snapshots, later] }, bytes, undefined, [
      day / 2,
    ]);
    // Not day 27, whose own base is of day 21.
    assert.equal(report.windows[0]!.keptBytes, 14n * gb);
  });

  test('says nothing of growth from less than a day', () => {
    const facts = catalog(
      [snapshot('a', at(0)), snapshot('b', at(0.5))],
      [log('log-backup', at(0), at(0.9))],
    );
    const { growth, windows } = costReport(facts, new BucketBytes(), undefined, [day]);
    assert.deepEqual(
      [growth.logBytesPerDay, growth.snapshotEveryMs, growth.bytesPerDay],
      [undefined, undefined, undefined],
    );
    assert.equal(windows[0]!.fullBytes, undefined);
  });
});
