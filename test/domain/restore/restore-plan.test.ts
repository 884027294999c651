import assert from 'node:assert/strict';
import test from 'node:test';
import { PitrError } from '../../../lib/domain/errors.ts';
import type { Moment } from '../../../lib/domain/moment.ts';
import { planRestore } from '../../../lib/domain/restore/restore-plan.ts';
import { parseTableFilter } from '../../../lib/domain/restore/table-filter.ts';
import { blocklist, catalog, extBackup, incremental, log, snapshot } from '../builders.ts';

function at(ts: bigint, notes: readonly string[] = []): Moment {
  return { ts, text: `${ts}`, kind: 'tso', notes };
}

const snapshots = [snapshot('full', 10), incremental('inc', 10, 20)];

test('a plan lays the chain in order and then the log after it up to the moment', () => {
  const facts = catalog(snapshots, [log('l', 5, 30)]);
  const tables = parseTableFilter('shop.*');
  const plan = planRestore(facts, at(25n), { tables });
  assert.deepEqual(plan.chain, snapshots);
  assert.deepEqual(plan.log, { path: 'l', afterTs: 20n, toTs: 25n, minTs: 5n });
  assert.equal(plan.clusterId, 1n);
  assert.equal(plan.tables, tables);
  assert.deepEqual(plan.blocked, []);
});

test('a plan for a BackupTS reads no log and, without a filter, all tables', () => {
  const plan = planRestore(catalog(snapshots, [log('l', 5, 30)]), at(20n));
  assert.equal(plan.log, undefined);
  assert.equal(plan.tables.selects('any', 'table'), true);
});

test('a plan says what the person should know', () => {
  const facts = catalog(
    [snapshot('s', 10)],
    [
      log('l', 5, 30, {
        compactions: 2,
        locks: [
          { object: 'l/truncating.lock', description: 'host a' },
          { object: 'l/v1/LOCK.READ.1', description: '' },
        ],
        blocklists: [{ ...blocklist(12, 16, [7n, 8n]), dbIds: [3n] }],
        extBackups: [extBackup(14, true, [9n])],
      }),
    ],
  );
  const notes = planRestore(facts, at(25n, ['a floored fraction'])).notes.join('\n');
  for (const part of [
    /a floored fraction/,
    /2 compactions/,
    /l\/truncating\.lock is there \(host a\)/,
    /LOCK\.READ\.1 is there: another/,
    /ids 7, 8 and databases with the ids 3 cannot be read/,
    /^tables with the ids 9 cannot be read/m,
  ]) {
    assert.match(notes, part);
  }
  assert.equal(planRestore(catalog([snapshot('s', 10)], [log('l', 5, 30)]), at(25n)).notes.length, 0);
});

test('a moment that nothing reaches is thrown as its refusal', () => {
  assert.throws(
    () => planRestore(catalog([snapshot('s', 10)]), at(11n)),
    (error: unknown) => error instanceof PitrError && error.code === 'MOMENT_NOT_IN_WINDOW',
  );
});
