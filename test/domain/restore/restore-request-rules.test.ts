// The small rules of a restore by br: which tables it takes, which base, what it costs about, which half it is in.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PitrError } from '../../../lib/domain/errors.ts';
import { planForBr } from '../../../lib/domain/restore/restore-base.ts';
import { estimateRestore } from '../../../lib/domain/restore/restore-estimate.ts';
import {
  fitsSystemTables,
  notesForBr,
  refuseBlockedTables,
  refuseSource,
} from '../../../lib/domain/restore/restore-limits.ts';
import { brStepOf } from '../../../lib/domain/restore/restore-step.ts';
import { checkFilteredLog, checkTableRules } from '../../../lib/domain/restore/restore-tables.ts';
import { parseTableFilter } from '../../../lib/domain/restore/table-filter.ts';
import { tsFromMs } from '../../../lib/domain/ts.ts';
import { parseVersion } from '../../../lib/domain/versions.ts';
import { blocklist, incremental, log, snapshot } from '../builders.ts';

function refusal(call: () => unknown): PitrError {
  try {
    call();
  } catch (caught) {
    assert.ok(caught instanceof PitrError, String(caught));
    return caught;
  }
  throw new Error('it was not refused');
}

describe('table rules', () => {
  test('are those that br takes, one each', () => {
    checkTableRules([], 'tables');
    checkTableRules(['shop.*', '!shop.tmp_*', '`my-shop`.*', '"a,b".t', 'shop.t[a,b-c\\]]'], 'tables');
    checkTableRules(['*.*', '!mysql.*', '!sys.*'], 'tables');
  });

  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['shop.*,audit.*'], /tables\[0\] is "shop\.\*,audit\.\*", which holds several rules/],
    [['shop.*', ' audit.*'], /tables\[1\] is " audit\.\*", expected one rule without blanks/],
    [['my-shop.*'], /a name with - in quotes, such as "`my-shop`\.\*"/],
    [['!shop.tmp'], /selects nothing for br: expected a rule without !/],
    [['mysql.user'], /selects system tables \(mysql\.user\)/],
    [['m*.*'], /selects tables of mysql/],
    [['s?s.*'], /selects tables of sys/],
    [['/re/.*'], /tables\[0\]: .*regular expressions are not read/],
  ];
  for (const [rules, message] of cases) {
    test(`${JSON.stringify(rules)} is refused with the reason`, () => {
      const error = refusal(() => checkTableRules(rules, 'tables'));
      assert.equal(error.code, 'INVALID_TABLE_FILTER');
      assert.match(error.message, message);
      assert.ok((error.hint ?? '').length > 10);
    });
  }

  test('over a part of the log are for 8.5.5 and younger', () => {
    checkFilteredLog(['shop.*'], parseVersion('8.5.5'), 'tables');
    checkFilteredLog([], parseVersion('7.5.1'), 'tables');
    assert.match(
      refusal(() => checkFilteredLog(['shop.*'], parseVersion('8.5.4'), 'tables')).message,
      /br v8\.5\.4 restores all tables/,
    );
  });
});

const at = (minute: number) => tsFromMs(Date.UTC(2026, 0, 1, 0, minute));
const moment = (minute: number) => ({ ts: at(minute), text: 'x', kind: 'tso' as const, notes: [] });
const facts = (snapshots: ReturnType<typeof snapshot>[], logs = [log('log-backup', at(0), at(60))]) => ({
  snapshots,
  logs,
  unknown: [],
});

describe('the base', () => {
  test('is a full snapshot, though an incremental one is nearer', () => {
    const plan = planForBr(
      facts([snapshot('full', at(10)), incremental('inc', at(10), at(20))]),
      moment(30),
      undefined,
    );
    assert.deepEqual(
      plan.chain.map(({ name }) => name),
      ['full'],
    );
  });

  test('that only incremental snapshots give is refused with their names', () => {
    const snapshots = [snapshot('full', at(10)), incremental('inc', at(10), at(20))];
    const error = refusal(() =>
      planForBr(facts(snapshots, [log('log-backup', at(15), at(60))]), moment(30), undefined),
    );
    assert.equal(error.code, 'UNSUPPORTED');
    assert.match(error.message, /only the incremental snapshots inc on full reach/);
  });

  test('of an earlier attempt is taken again as long as it serves', () => {
    const both = facts([snapshot('old', at(5)), snapshot('young', at(10))]);
    const baseOf = (base: string | undefined) => planForBr(both, moment(30), base).chain[0]?.name;
    assert.deepEqual(['old', 'gone', undefined].map(baseOf), ['old', 'young', 'young']);
  });

  test('that nothing gives is refused as ever', () => {
    assert.equal(refusal(() => planForBr(facts([]), moment(30), undefined)).code, 'BASE_MISSING');
  });
});

describe('tables that another restore brought past the log', () => {
  const minuteTs = (minute: number) => Number(at(minute));
  const blocked = facts(
    [snapshot('full', at(10))],
    [log('log-backup', at(0), at(60), { blocklists: [blocklist(minuteTs(15), minuteTs(20), [7n])] })],
  );

  test('make br refuse everything, so it is not begun', () => {
    const plan = planForBr(blocked, moment(30), undefined);
    assert.match(
      refusal(() => refuseBlockedTables(plan)).message,
      /br refuses to restore everything to .*past the log/,
    );
    refuseBlockedTables({ ...plan, tables: parseTableFilter(['shop.*']) });
    refuseBlockedTables(planForBr(blocked, moment(10), undefined));
  });

  test('are told, once, in the words that are true for br', () => {
    const notes = notesForBr(planForBr(blocked, moment(30), undefined));
    assert.equal(notes.length, 1, notes.join('\n'));
    assert.match(notes[0]!, /^br refuses tables that it finds in R\d+_S\d+\.meta/);
    const [block] = planForBr(blocked, moment(30), undefined).blocked;
    const plan = planForBr(facts([snapshot('full', at(10))]), moment(30), undefined);
    const told = (['INGESTED_PAST_LOG', 'INGESTION_UNFINISHED'] as const).map(
      (code) => notesForBr({ ...plan, blocked: [{ ...block!, code, reason: 'why' }] })[0],
    );
    assert.match(told[0]!, /^br brings in again/);
    assert.match(told[1]!, /^why \(/);
    const alone = { ...plan, log: undefined, blocked: [{ ...block!, reason: 'why' }] };
    assert.match(notesForBr(alone)[0]!, /this snapshot may hold half of them/);
  });
});

test('a restore into the cluster that it came from is refused, however its PD is written', () => {
  refuseSource(['10.0.2.11:2379'], ['https://10.0.1.11:2379'], 'shop');
  const error = refusal(() => refuseSource(['x:1', 'pd-0.shop:2379'], ['https://PD-0.shop:2379'], 'shop'));
  assert.match(
    error.message,
    /target\.pd of the request names pd-0\.shop:2379, which is a PD of shop itself/,
  );
});

test('accounts of 6.5 and 7.1 are left out where they do not fit', () => {
  const fits = (backup: string, target: string) => fitsSystemTables(backup, parseVersion(target));
  assert.deepEqual(
    [
      fits('7.1.5', '7.5.0'),
      fits('6.5.9', '8.5.5'),
      fits('7.5.1', '8.5.5'),
      fits('6.5.9', '7.1.0'),
      fits('', '8.5.5'),
    ],
    [false, false, true, true, true],
  );
});

test('the estimate follows the speeds of the documents, and is none without sizes', () => {
  const hour = estimateRestore({ snapshotBytes: 280_000_000_000n, logBytes: 30_000_000_000n });
  assert.equal(hour.seconds, 7230);
  assert.match(hour.sentence, /^about 2 h with one TiKV and 40 min with three: an estimate/);
  assert.match(
    estimateRestore({ snapshotBytes: undefined, logBytes: 0n }).sentence,
    /the size of the snapshot is not/,
  );
  assert.match(
    estimateRestore({ snapshotBytes: 1n, logBytes: undefined }).sentence,
    /the size of the log is not/,
  );
});

test('the step of br says which half it is in, and it never goes back', () => {
  const steps = ['Full Restore', 'Split&Scatter Region', 'Restore Pipeline', 'something new', ''];
  for (const step of steps) assert.equal(brStepOf(step, 'snapshot'), 'snapshot', step);
  for (const step of ['Restore Meta Files', 'Restore KV Files', 'Restore Files(SST + Log)']) {
    assert.equal(brStepOf(step, 'snapshot'), 'log', step);
  }
  assert.equal(brStepOf('Restore Pipeline', 'log'), 'log');
});
