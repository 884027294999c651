import assert from 'node:assert/strict';
import test from 'node:test';
import {
  buildSchemaHistory,
  type SchemaBaseline,
  type SchemaHistory,
} from '../../../lib/br/codec/schema-history.ts';
import { showCreateTable } from '../../../lib/br/codec/show-create.ts';
import {
  parseDbInfo,
  parseTableInfo,
  physicalIds,
  visibleColumns,
} from '../../../lib/br/codec/table-info.ts';
import {
  type RecordedTruth,
  recordedMetaChanges,
  recordedSnapshot,
  recordedTruths,
} from '../../support/recorded-schemas.ts';

const shopLog = 'shop/bucket/backup-data/log-backup';
const shopSnapshots = ['20261122042442', '20261122042455', '20261122042552'].map(
  (time) => `shop/bucket/backup-data/snapshot-${time}`,
);
const variantsLog = 'variants/storage/log-aes256';
const variantsLogKey = '0123456789abcdef'.repeat(4);

function baseline(folder: string): SchemaBaseline {
  const { backupTs, schemas } = recordedSnapshot(folder);
  const entries = schemas.map(({ db, table }) => ({
    db: parseDbInfo(db, folder),
    table: table.length === 0 ? undefined : parseTableInfo(table, folder),
  }));
  return { ts: backupTs, entries };
}

function assertTruth(history: SchemaHistory, truth: RecordedTruth): void {
  // The snapshots of the variants were taken a little after the instants whose contents they have.
  const schema = history.at(truth.ts < history.baselineTs ? history.baselineTs : truth.ts);
  const user = schema.tables.filter((one) => !one.system);
  const names = user.map((one) => `${one.db.name}.${one.table.name}`);
  assert.deepEqual(names, [...truth.tables.keys()].sort(), truth.name);
  for (const { db, table, autoIncrement, autoRandomBase } of user) {
    const expected = truth.tables.get(`${db.name}.${table.name}`)!;
    assert.equal(showCreateTable(db, table, { autoIncrement, autoRandomBase }), expected.ddl);
    assert.deepEqual(
      visibleColumns(table).map((one) => one.name),
      expected.columns,
    );
  }
}

test('every base of the shop and its log give the tables of every recorded moment, to the letter of their DDL', () => {
  const changes = recordedMetaChanges(shopLog);
  let compared = 0;
  for (const folder of shopSnapshots) {
    const history = buildSchemaHistory(baseline(folder), changes);
    for (const truth of recordedTruths('shop')) {
      if (truth.ts < history.baselineTs) continue;
      assertTruth(history, truth);
      assert.deepEqual(history.needsOlderBase(history.baselineTs, truth.ts), []);
      assert.deepEqual(history.barriers(0n, truth.ts), []);
      compared += 1;
    }
  }
  assert.equal(compared, 7 + 5 + 1);
});

test('the order of changes and their repetition do not matter', () => {
  const changes = recordedMetaChanges(shopLog);
  const history = buildSchemaHistory(baseline(shopSnapshots[0]!), [...changes.toReversed(), ...changes]);
  for (const truth of recordedTruths('shop')) assertTruth(history, truth);
});

test('the plain and the incremental snapshots and the encrypted log of the variants give their moments', () => {
  const truths = recordedTruths('variants');
  const of = (folder: string): SchemaHistory =>
    buildSchemaHistory(baseline(`variants/storage/${folder}`), []);
  for (const folder of ['snapshot-v1', 'snapshot-lz4', 'snapshot-snappy', 'snapshot-stats'])
    assertTruth(of(folder), truths[0]!);
  assertTruth(of('snapshot-incremental'), truths[1]!);
  const log = recordedMetaChanges(variantsLog, variantsLogKey);
  assertTruth(buildSchemaHistory(baseline('variants/storage/snapshot-base'), log), truths[2]!);
});

test('every recorded commit gives a schema, and a table is never seen in two places', () => {
  const changes = recordedMetaChanges(shopLog);
  const history = buildSchemaHistory(baseline(shopSnapshots[0]!), changes);
  for (const ts of new Set(changes.map((one) => one.commitTs))) {
    if (ts < history.baselineTs) continue;
    const schema = history.at(ts);
    for (const one of schema.tables) {
      for (const id of physicalIds(one.table)) assert.equal(schema.owner(id)?.table, one);
    }
  }
});

test('a table that is being dropped is gone from the commit that hides it, before its key is deleted', () => {
  const history = buildSchemaHistory(baseline(shopSnapshots[0]!), recordedMetaChanges(shopLog));
  const hidden = 470632760306302977n;
  assert.equal(history.at(hidden - 1n).table('shop', 'returns')?.table.id, 132n);
  assert.equal(history.at(hidden).table('shop', 'returns'), undefined);
});

test('truncating a partitioned table replaces its id and all partition ids in one commit', () => {
  const history = buildSchemaHistory(baseline(shopSnapshots[0]!), recordedMetaChanges(shopLog));
  const commit = 470632760529649665n;
  assert.deepEqual(physicalIds(history.at(commit - 1n).table('AUDIT', 'Hourly')!.table), [127n, 128n]);
  assert.deepEqual(physicalIds(history.at(commit).table('AUDIT', 'Hourly')!.table), [137n, 138n]);
  assert.equal(history.at(commit).owner(138n)?.partition, 'p2');
  assert.equal(history.at(commit).owner(128n), undefined);
});

test('the system tables of a snapshot are marked, and an empty database is listed', () => {
  const schema = buildSchemaHistory(baseline(shopSnapshots[0]!), []).at(
    recordedSnapshot(shopSnapshots[0]!).backupTs,
  );
  assert.deepEqual(
    schema.databases.map((one) => [one.info.name, one.system]),
    [
      ['__TiDB_BR_Temporary_mysql', true],
      ['__TiDB_BR_Temporary_sys', true],
      ['audit', false],
      ['shop', false],
      ['test', false],
    ],
  );
  assert.equal(schema.tables.filter((one) => one.system).length, 62);
});

test('the recorded DDL jobs are listed by commit with names, ids and moments', () => {
  const history = buildSchemaHistory(baseline(shopSnapshots[0]!), recordedMetaChanges(shopLog));
  const events = history.ddlEvents(0n, 2n ** 63n);
  assert.deepEqual(
    events.map((one) => [one.id, one.typeName, `${one.schemaName}.${one.tableName}`, one.succeeded]),
    [
      [130n, 'add column', 'shop.orders', true],
      [131n, 'add index', 'shop.orders', true],
      [133n, 'create table', 'shop.refunds', true],
      [134n, 'rename table', 'shop.refunds', true],
      [135n, 'drop table', 'shop.returns', true],
      [139n, 'truncate table', 'audit.hourly', true],
      [141n, 'create table', 'audit.empty', true],
    ],
  );
  const truncate = events[5]!;
  assert.deepEqual([truncate.tableId, truncate.newTableId], [126n, 136n]);
  assert.match(truncate.query, /truncate/i);
  for (const one of events)
    assert.ok(one.startTs < one.finishedTs && one.finishedTs < one.commitTs, String(one.id));
  const first = events[0]!.commitTs;
  assert.equal(history.ddlEvents(first, first + 1n).length, 0, 'from is not part of the range');
  assert.equal(history.ddlEvents(first - 1n, first).length, 1, 'to is part of the range');
});

test('a moment before the baseline is refused as our own fault', () => {
  const history = buildSchemaHistory(baseline(shopSnapshots[0]!), []);
  assert.throws(() => history.at(history.baselineTs - 1n), { name: 'INTERNAL' });
});
