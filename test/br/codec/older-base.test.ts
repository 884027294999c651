import assert from 'node:assert/strict';
import test from 'node:test';
import { metaKey, parseMetaKey } from '../../../lib/br/codec/meta-key.ts';
import {
  buildSchemaHistory,
  type MetaChange,
  type SchemaHistory,
} from '../../../lib/br/codec/schema-history.ts';
import { run } from '../../support/schema-ddl.ts';
import { documentBytes, tableDocument } from '../../support/schema-documents.ts';
import { baselineEntries, type Moment, SchemaLog } from '../../support/schema-log.ts';

function logWith(...verbs: readonly Parameters<typeof run>[1]['verb'][]): SchemaLog {
  const log = new SchemaLog();
  for (const verb of verbs) run(log, { verb, a: 0, b: 0 });
  return log;
}

const historyOf = (base: Moment, changes: readonly MetaChange[]): SchemaHistory =>
  buildSchemaHistory({ ts: base.ts, entries: baselineEntries(base) }, changes);
const kindOf = (change: MetaChange): string => parseMetaKey(change.rawKey).kind;

test('a table that was dropped before the base and recovered after it is named with the reason', () => {
  const log = logWith('createDb', 'createTable', 'drop');
  const base = log.now;
  run(log, { verb: 'recover', a: 0, b: 0 });
  const needs = historyOf(base, log.changes).needsOlderBase(base.ts, log.now.ts);
  assert.deepEqual(needs, [
    {
      dbId: 101n,
      tableId: 102n,
      database: 'd101',
      table: 't102',
      physicalId: 102n,
      partition: undefined,
      commitTs: log.now.ts,
      reason: 'RECOVER or FLASHBACK TABLE brought back rows that were dropped before the base',
      unsure: false,
    },
  ]);
  assert.deepEqual(
    historyOf(base, log.changes).needsOlderBase(base.ts, log.now.ts - 1n),
    [],
    'not before it came back',
  );
});

test('a table that was dropped and recovered after the base needs no other base', () => {
  const log = logWith('createDb', 'createTable');
  const base = log.now;
  for (const verb of ['drop', 'recover'] as const) run(log, { verb, a: 0, b: 0 });
  assert.deepEqual(historyOf(base, log.changes).needsOlderBase(base.ts, log.now.ts), []);
});

test('every partition of a database that FLASHBACK DATABASE brought back is named', () => {
  const log = logWith('createDb', 'createParts', 'dropDb');
  const base = log.now;
  run(log, { verb: 'flashbackDb', a: 0, b: 0 });
  const needs = historyOf(base, log.changes).needsOlderBase(base.ts, log.now.ts);
  assert.deepEqual(
    needs.map((one) => [one.physicalId, one.partition, one.unsure]),
    [
      [103n, 'p103', false],
      [104n, 'p104', false],
    ],
  );
  assert.match(needs[0]!.reason, /FLASHBACK DATABASE/);
});

test('a table that the snapshot left out is named, though the log knows it first by a DDL that adds a partition', () => {
  const log = logWith('createDb', 'createParts');
  const base = log.now;
  const empty = { ts: base.ts, entries: baselineEntries(base).map(({ db }) => ({ db })) };
  run(log, { verb: 'addPartition', a: 0, b: 0 });
  const needs = buildSchemaHistory(empty, log.changes).needsOlderBase(base.ts, log.now.ts);
  assert.deepEqual(
    needs.map((one) => [one.physicalId, one.unsure]),
    [
      [103n, false],
      [104n, false],
      [105n, true],
    ],
    'of the new partition nothing proves that it was empty at the base',
  );
});

/** A table 150 whose document appears at 2000, after a base at 1000 without it; the counter goes on at 1500. */
function unexplained(counter: string): SchemaHistory {
  const base = logWith('createDb').now;
  const changes: MetaChange[] = [
    {
      rawKey: metaKey.nextGlobalId(),
      commitTs: 1500n,
      type: 'put',
      value: new TextEncoder().encode(counter),
    },
    {
      rawKey: metaKey.table(101n, 150n),
      commitTs: 2000n,
      type: 'put',
      value: documentBytes(tableDocument({ id: 150 })),
    },
  ];
  return historyOf(base, changes);
}

test('without a diff an id is new only when it is above the first counter after the base', () => {
  assert.deepEqual(unexplained('149').needsOlderBase(1100n, 3000n), []);
  assert.deepEqual(
    unexplained('150')
      .needsOlderBase(1100n, 3000n)
      .map((one) => one.unsure),
    [true],
    'the allocation that ends at 150 may have begun before the base, or not',
  );
  assert.equal(unexplained('151').needsOlderBase(1100n, 3000n)[0]?.commitTs, 2000n);
});

test('a partition that a reorganization was filling at the base is named, one it had only announced is not', () => {
  const log = logWith('createDb', 'createParts', 'reorganize');
  const written = log.changes.filter((one) => kindOf(one) === 'table');
  assert.equal(written.length, 1 + 5);
  const at = (state: number): readonly bigint[] => {
    const base = log.moments.find((one) => one.ts === written[state]!.commitTs)!;
    return historyOf(base, log.changes)
      .needsOlderBase(base.ts, log.now.ts)
      .map((one) => one.physicalId);
  };
  assert.deepEqual(at(1), []);
  assert.deepEqual(at(2), [105n, 106n]);
  assert.deepEqual(at(3), [105n, 106n]);
  assert.deepEqual(at(4), []);
});

test('FLASHBACK CLUSTER is a barrier for every moment behind it, and only for those', () => {
  const log = logWith('createDb', 'createTable');
  const base = log.now;
  const commit = log.commit([62, 0n, -1n], () => undefined);
  run(log, { verb: 'alter', a: 0, b: 0 });
  const history = historyOf(base, log.changes);
  assert.deepEqual(history.barriers(base.ts, commit - 1n), []);
  assert.deepEqual(history.barriers(commit, log.now.ts), []);
  const [barrier, ...others] = history.barriers(base.ts, commit);
  assert.equal(others.length, 0);
  assert.equal(barrier?.commitTs, commit);
  assert.match(barrier!.reason, /FLASHBACK CLUSTER/);
});

test('views, sequences and temporary tables need no base for their rows: they have none', () => {
  const base = logWith('createDb').now;
  const change = (id: number, kind: object): MetaChange => ({
    rawKey: metaKey.table(101n, BigInt(id)),
    commitTs: 2000n,
    type: 'put',
    value: documentBytes(tableDocument({ id, called: `o${id}`, ...kind })),
  });
  const history = historyOf(base, [
    change(1, { view: {} }),
    change(2, { sequence: {} }),
    change(3, { temp_table_type: 1 }),
  ]);
  assert.deepEqual(
    history.at(2000n).tables.map((one) => one.table.kind),
    ['view', 'sequence', 'temporary'],
  );
  assert.deepEqual(history.needsOlderBase(1100n, 2000n), []);
});

test('the same change with two values, and two tables of one name, are damage and not a choice', () => {
  const log = logWith('createDb', 'createTable');
  const table = log.changes.find((one) => kindOf(one) === 'table')!;
  const other = { ...table, value: documentBytes(tableDocument({ id: 102, called: 'x' })) };
  assert.throws(() => historyOf(log.moments[0]!, [...log.changes, other]), {
    name: 'ROW_DAMAGED',
    message: /102 at 10\d+ .*two values/,
  });
  const twin = {
    ...table,
    rawKey: metaKey.table(101n, 103n),
    value: documentBytes(tableDocument({ id: 103, called: 'T102' })),
  };
  const history = historyOf(log.moments[0]!, [...log.changes, twin]);
  assert.throws(() => history.at(log.now.ts), {
    name: 'ROW_DAMAGED',
    message: /one d101\.T?t?102, found two/,
  });
});

test('a document under the key of another id is damage', () => {
  const log = logWith('createDb', 'createTable');
  const table = log.changes.find((one) => kindOf(one) === 'table')!;
  const wrong = { ...table, rawKey: metaKey.table(101n, 103n) };
  const history = historyOf(log.moments[0]!, [...log.changes, wrong]);
  assert.throws(() => history.at(log.now.ts), { name: 'ROW_DAMAGED', message: /id 103, found id 102/ });
});

test('live tables of a database that neither baseline nor log describe are reported, not shown', () => {
  const base = logWith('createDb').now;
  const value = documentBytes(tableDocument({ id: 9 }));
  const history = historyOf(base, [{ rawKey: metaKey.table(77n, 9n), commitTs: 2000n, type: 'put', value }]);
  assert.deepEqual(history.at(2000n).unknownDatabases, [77n]);
  assert.deepEqual(history.at(2000n).tables, []);
});

test('automatic ids come from the counters in the log, of the database that keeps them, else from the baseline', () => {
  const number = (text: string): Uint8Array => new TextEncoder().encode(text);
  const put = (rawKey: Uint8Array, commitTs: bigint, value: Uint8Array): MetaChange => ({
    rawKey,
    commitTs,
    type: 'put',
    value,
  });
  const log = logWith('createDb', 'createDb', 'createTable');
  const base = log.now;
  const moved = (more: object): Uint8Array =>
    documentBytes(tableDocument({ id: 103, old_schema_id: 101, ...more }));
  const changes = [
    put(metaKey.autoId(101n, 103n), base.ts + 1n, number('30000')),
    put(metaKey.autoIncId(101n, 103n), base.ts + 1n, number('7')),
    put(metaKey.autoRandomId(101n, 103n), base.ts + 1n, number('500')),
    { rawKey: metaKey.table(101n, 103n), commitTs: base.ts + 2n, type: 'delete' as const },
    put(metaKey.table(102n, 103n), base.ts + 2n, moved({})),
    put(metaKey.table(102n, 103n), base.ts + 3n, moved({ auto_id_cache: 1 })),
    put(metaKey.table(102n, 103n), base.ts + 4n, moved({ auto_id_cache: 1, version: 4 })),
  ];
  const history = historyOf(base, changes);
  const next = (ts: bigint, db: string, name: string): unknown => {
    const found = history.at(ts).table(db, name)!;
    return [found.autoIncrement, found.autoRandomBase];
  };
  assert.deepEqual(next(base.ts, 'd101', 't103'), [0n, 0n]);
  assert.deepEqual(next(base.ts + 1n, 'd101', 't103'), [30001n, 501n]);
  assert.deepEqual(next(base.ts + 2n, 'd102', 't'), [30001n, 501n]);
  assert.deepEqual(next(base.ts + 3n, 'd102', 't'), [8n, 501n], 'AUTO_ID_CACHE 1 has its own counter');
  assert.deepEqual(next(base.ts + 4n, 'd102', 't'), [30001n, 501n], 'before version 5 it had not');
});
