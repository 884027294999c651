// What the real br answered, against what these rules decide on the same numbers.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { chooseBase } from '../../lib/domain/base.ts';
import { parseMoment } from '../../lib/domain/moment.ts';
import { formatTs, msOfTs } from '../../lib/domain/ts.ts';
import { computeWindow } from '../../lib/domain/window.ts';
import { catalog, log, snapshot } from './builders.ts';

const SHOP = new URL('../fixtures/shop/', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, SHOP), 'utf8');

const RANGES =
  /restore log from (\d+)\((.*?)\) to (\d+)\((.*?)\), {2}but the current existed log from (\d+)\((.*?)\) to (\d+)\((.*?)\)/;

function recordedRefusal(path: string): {
  dates: string[];
  base: bigint;
  moment: bigint;
  min: bigint;
  max: bigint;
} {
  const match = RANGES.exec(read(path));
  assert.ok(match, path);
  const [base, moment, min, max] = [1, 3, 5, 7].map((i) => BigInt(match[i]!)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return { dates: [2, 4, 6, 8].map((i) => match[i]!), base, moment, min, max };
}

const BACKUP_TS = ['04-backup-full', '05-backup-full', '13-backup-full'].map((name) => {
  return BigInt(/BackupTS":(\d+)/.exec(read(`br/${name}.stdout`))?.[1] ?? 0);
});
const refused = recordedRefusal('restore/1-beyond-log.stdout');
const MARKS = (JSON.parse(read('history.json')) as { marks: { tso: string; utc: string }[] }).marks;

/** The bucket as it was at the end: three snapshots, and the log with br's own minimum and maximum. */
function shop(minTs: bigint = refused.min): ReturnType<typeof catalog> {
  const snapshots = BACKUP_TS.map((ts, i) => snapshot(`s${i}`, ts));
  return catalog(snapshots, [log('log-backup', minTs, refused.max, { startTs: refused.min })]);
}

test('a TSO reads as the clock that br and TiDB print for it', () => {
  for (const path of ['restore/1-beyond-log.stdout', 'restore/2-before-snapshot.stdout']) {
    const { dates, base, moment, min, max } = recordedRefusal(path);
    for (const [i, ts] of [base, moment, min, max].entries()) {
      const printed = dates[i]!.replace(' +0000 UTC', 'Z');
      assert.equal(msOfTs(parseMoment(printed, { latest: undefined }).ts), msOfTs(ts), printed);
    }
  }
  for (const { tso, utc } of MARKS) assert.equal(formatTs(BigInt(tso)), utc.replace('000Z', 'Z'));
});

test('what br refuses with one sentence for two causes is refused here by its cause', () => {
  const beyond = chooseBase(shop(), refused.moment, { snapshot: 's1' });
  assert.ok(beyond.kind === 'refusal');
  assert.equal(beyond.error.details.gap, 'AFTER_CHECKPOINT');
  assert.deepEqual(beyond.error.details.nearest, { before: refused.max });
  const second = recordedRefusal('restore/2-before-snapshot.stdout');
  assert.equal(second.base, BACKUP_TS[1]);
  const before = chooseBase(shop(), second.moment, { snapshot: 's1' });
  assert.ok(before.kind === 'refusal');
  assert.equal(before.error.details.gap, 'BEFORE_FIRST_BASE');
  assert.deepEqual(before.error.details.nearest, { after: BACKUP_TS[1] });
});

test('every recorded instant is in the window of the recorded bucket, from the first BackupTS to the log-max of br', () => {
  assert.deepEqual(computeWindow(shop()).merged, [{ from: BACKUP_TS[0], to: refused.max }]);
  const bases = MARKS.map(({ tso }) => {
    const choice = chooseBase(shop(), BigInt(tso));
    assert.ok(choice.kind === 'choice');
    return choice.chain.name;
  });
  assert.deepEqual(
    bases,
    MARKS.map(({ tso }) => `s${BACKUP_TS.filter((ts) => ts <= BigInt(tso)).length - 1}`),
  );
});

test('after a recorded truncation only the bases at or after its safepoint keep the log', () => {
  const files = readdirSync(new URL('truncate/', SHOP)).filter((name) => name.endsWith('.json'));
  assert.equal(files.length, MARKS.length);
  for (const name of files) {
    const { safepoint } = JSON.parse(read(`truncate/${name}`)) as { safepoint: string };
    const { intervals } = computeWindow(shop(BigInt(safepoint)));
    const kept = intervals.filter((one) => one.log !== undefined).map((one) => one.from.ts);
    assert.deepEqual(
      kept,
      BACKUP_TS.filter((ts) => ts >= BigInt(safepoint)),
      name,
    );
    const cut = intervals.filter((one) => one.log === undefined).map((one) => one.to.code);
    assert.deepEqual(
      cut,
      BACKUP_TS.filter((ts) => ts < BigInt(safepoint)).map(() => 'LOG_TRUNCATED'),
    );
  }
});
