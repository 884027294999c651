import assert from 'node:assert/strict';
import test from 'node:test';
import {
  parseDbInfo,
  parseTableInfo,
  physicalIds,
  type TableInfo,
  visibleColumns,
} from '../../../lib/br/codec/table-info.ts';
import { recordedSnapshot } from '../../support/recorded-schemas.ts';
import { documentBytes, tableDocument } from '../../support/schema-documents.ts';

const parsed = (overrides: Record<string, unknown> = {}): TableInfo =>
  parseTableInfo(documentBytes(tableDocument(overrides)), 'table under test');
const definition = (id: number, name = `p${id}`): Record<string, unknown> => ({
  id,
  name: { O: name, L: name },
  less_than: ['10'],
  in_values: null,
  policy_ref_info: null,
});
const partition = (overrides: Record<string, unknown>): Record<string, unknown> => ({
  type: 1,
  expr: '`a`',
  columns: null,
  enable: true,
  num: 2,
  definitions: [definition(11), definition(12)],
  adding_definitions: null,
  dropping_definitions: null,
  ...overrides,
});

test('every recorded schema entry parses, and its ids, names and columns are those of the document', () => {
  const { schemas } = recordedSnapshot('shop/bucket/backup-data/snapshot-20261122042442');
  assert.equal(schemas.length, 67);
  let tables = 0;
  for (const { db, table } of schemas) {
    const plainDb = JSON.parse(Buffer.from(db).toString('utf8'));
    assert.equal(parseDbInfo(db, 'db').name, plainDb.db_name.O);
    if (table.length === 0) continue;
    tables += 1;
    const plain = JSON.parse(Buffer.from(table).toString('utf8'));
    const info = parseTableInfo(table, 'table');
    assert.equal(Number(info.id), plain.id);
    assert.equal(info.name, plain.name.O);
    assert.deepEqual(
      info.columns.map((one) => one.name),
      plain.cols.map((one: { name: { O: string } }) => one.name.O),
    );
    assert.deepEqual(
      info.columns.map((one) => one.type.tp),
      plain.cols.map((one: { type: { Tp: number } }) => one.type.Tp),
    );
    assert.equal(info.indexes.length, (plain.index_info ?? []).length);
  }
  assert.equal(tables, 66);
});

test('a TSO in a document keeps its last digit', () => {
  const { schemas } = recordedSnapshot('shop/bucket/backup-data/snapshot-20261122042442');
  const orders = schemas
    .map((one) => one.table)
    .filter((one) => one.length > 0)
    .map((one) => parseTableInfo(one, 'table'));
  assert.equal(orders.find((one) => one.id === 122n)?.updateTs, 470632753057234948n);
});

test('the rows of a table without partitions are under its own id, those of views and sequences nowhere', () => {
  assert.deepEqual(physicalIds(parsed()), [7n]);
  assert.deepEqual(physicalIds(parsed({ view: { view_algorithm: 0 } })), []);
  assert.deepEqual(physicalIds(parsed({ sequence: { sequence_start: 1 } })), []);
  assert.deepEqual(physicalIds(parsed({ temp_table_type: 1 })), []);
  assert.equal(parsed({ temp_table_type: 1 }).kind, 'temporary');
});

test('the rows of a partitioned table are under the ids of its definitions', () => {
  assert.deepEqual(physicalIds(parsed({ partition: partition({}) })), [11n, 12n]);
});

test('a partition member that is not enabled leaves the rows under the table id', () => {
  assert.deepEqual(physicalIds(parsed({ partition: partition({ enable: false }) })), [7n]);
});

test('a DROP PARTITION under way already hides the dropped ids', () => {
  const dropping = partition({ ddl_action: 20, ddl_state: 2, dropping_definitions: [definition(11)] });
  assert.deepEqual(physicalIds(parsed({ partition: dropping })), [12n]);
});

test('a REORGANIZE under way keeps reading the old ids until its definitions switch', () => {
  const before = partition({
    ddl_action: 64,
    adding_definitions: [definition(21)],
    dropping_definitions: [definition(11)],
  });
  assert.deepEqual(physicalIds(parsed({ partition: before })), [11n, 12n]);
});

test('the single definition of a table that is being partitioned stands for the table itself', () => {
  const beginning = partition({
    type: 0,
    definitions: [definition(0, 'all')],
    adding_definitions: [definition(21)],
  });
  assert.deepEqual(physicalIds(parsed({ partition: beginning })), [7n]);
});

test('visible columns are public, not hidden, and in the order of their offsets', () => {
  const [column] = tableDocument({}).cols as readonly Record<string, unknown>[];
  const named = (name: string, more: Record<string, unknown>): unknown => ({
    ...column,
    name: { O: name, L: name },
    ...more,
  });
  const info = parsed({
    cols: [
      named('b', { offset: 1 }),
      named('a', { offset: 0 }),
      named('hid', { offset: 2, hidden: true }),
      named('gone', { offset: 3, state: 2 }),
    ],
  });
  assert.deepEqual(
    visibleColumns(info).map((one) => one.name),
    ['a', 'b'],
  );
});

test('an index column outside the columns is damage and names its path', () => {
  const idx = {
    id: 1,
    idx_name: { O: 'i', L: 'i' },
    idx_cols: [{ name: { O: 'a', L: 'a' }, offset: 9, length: -1 }],
    state: 5,
  };
  assert.throws(() => parsed({ index_info: [idx] }), {
    name: 'ROW_DAMAGED',
    message: /index_info\[0\]\.idx_cols\[0\]\.offset, found 9/,
  });
});

test('a document without its id, or with text for a number, is damage and names the document', () => {
  assert.throws(() => parsed({ id: undefined }), {
    name: 'ROW_DAMAGED',
    message: /table under test .* at id, found nothing/,
  });
  assert.throws(() => parsed({ state: '5' }), { name: 'ROW_DAMAGED', message: /at state, found "5"/ });
});

test('an original default that an old version wrote as a number is read as its text', () => {
  const [column] = tableDocument({}).cols as readonly Record<string, unknown>[];
  assert.equal(parsed({ cols: [{ ...column, origin_default: 42 }] }).columns[0]?.originDefault, '42');
});
