import assert from 'node:assert/strict';
import test from 'node:test';
import { inspectText } from '../../../lib/cli/render/inspect-text.ts';
import { csvLines, jsonLines } from '../../../lib/cli/render/query-rows.ts';
import { queryText } from '../../../lib/cli/render/query-text.ts';
import { restoreText } from '../../../lib/cli/render/restore-text.ts';
import { snapshotsText } from '../../../lib/cli/render/snapshots-text.ts';
import { plainStyle } from '../../../lib/cli/render/style.ts';
import { tablesText } from '../../../lib/cli/render/tables-text.ts';
import { inspectView, queryView, restoreView, snapshots, tablesView } from '../sample-views.ts';

const page = { style: plainStyle, columns: 120 };

test('snapshots are counted, with the versions that wrote them', () => {
  const lines = snapshotsText({ storage: ['file:///b'], snapshots }, page);
  assert.deepEqual(lines.slice(0, 4), [
    '3 snapshots, 2 complete',
    'in file:///b',
    'written by TiDB v9.0.0, br v9.0.1',
    '',
  ]);
});

test('several versions are told with the snapshots that they wrote', () => {
  const [one, two] = snapshots;
  const mixed = [one!, { ...two!, brVersion: 'v10' }];
  const lines = snapshotsText({ storage: [], snapshots: mixed }, page);
  assert.equal(lines[2], 'written by TiDB v9.0.0, br v9.0.1: snapshot-20261122042442');
  assert.equal(lines[3], 'written by TiDB v9.0.0, br v10: snapshot-20261122042455');
});

test('a bucket without snapshots says so', () => {
  assert.deepEqual(snapshotsText({ storage: ['file:///b'], snapshots: [] }, page), [
    'No snapshots',
    'in file:///b',
  ]);
});

test('tables stand below each other, wide names aligned', () => {
  assert.deepEqual(tablesText(tablesView, page, { ddl: false }), [
    '2 tables in 1 database as of 2026-11-22T04:24:55.388Z  470632758086991873',
    'from snapshot-20261122042455',
    '',
    '  database  table   kind   columns  partitions      rows',
    '  shop      orders  table       12           4  ~ 12,345',
    '  shop      顧客    view         2',
  ]);
});

test('the CREATE statements can be pasted', () => {
  assert.deepEqual(tablesText(tablesView, page, { ddl: true }).slice(3), [
    '-- database shop',
    '',
    'CREATE TABLE `orders` (',
    '  `a` int',
    ');',
    '',
    'CREATE VIEW `顧客`;',
  ]);
});

test('a restore tells every table, the sum, the speed, and one command to look at it', () => {
  assert.deepEqual(restoreText(restoreView, page), [
    'Restored 2026-11-22T04:24:55.388Z  470632758086991873',
    'from snapshot-20261122042455',
    '',
    '  table        rows  file',
    '  shop.orders   443  shop.orders.jsonl',
    '  audit.empty     0  audit.empty.jsonl',
    '',
    '443 rows of 2 tables; 1.9 GiB read in 4.8 s, 417 MB/s',
    'written to out',
    'try        head -n 3 out/shop.orders.jsonl',
  ]);
});

test('the command to try fits the target and quotes what a shell would take apart', () => {
  const tables = [{ database: 'my shop', name: 'orders', rows: 1n, file: undefined }];
  const duckdb = { ...restoreView, target: { kind: 'duckdb', path: 'my shop.duckdb' }, tables };
  assert.equal(
    restoreText(duckdb, page).at(-1),
    `try        duckdb 'my shop.duckdb' 'FROM "my shop".orders LIMIT 5'`,
  );
  const folder = [{ database: 'shop', name: 'orders', rows: 1n, file: 'shop/orders' }];
  const parquet = { ...restoreView, target: { kind: 'parquet', path: 'out/' }, tables: folder };
  assert.equal(
    restoreText(parquet, page).at(-1),
    `try        duckdb -c "FROM 'out/shop/orders/*.parquet' LIMIT 5"`,
  );
});

test('rows of a query are framed, numbers to the right, NULL in words, line breaks escaped', () => {
  assert.deepEqual(queryText(queryView, page), [
    '┌───────┬────────┬──────┐',
    '│    id │ 名前   │ note │',
    '├───────┼────────┼──────┤',
    '│     1 │ 東京   │ a\\nb │',
    '│ 22222 │ 🦊 fox │ NULL │',
    '│     3 │ naïve  │      │',
    '└───────┴────────┴──────┘',
    '3 rows as of 2026-11-22T04:24:55.388Z, read shop.orders',
  ]);
});

test('CSV tells NULL from empty text and quotes as RFC 4180 says', () => {
  const rows = [
    [1, 'a "b", c', null],
    [2, 'x\ny', ''],
  ];
  const { head, lines } = csvLines(queryView.columns);
  assert.equal(head + lines(rows), 'id,名前,note\r\n1,"a ""b"", c",\r\n2,"x\ny",""\r\n');
});

test('JSON Lines keep the order of the columns, and two columns of one name both', () => {
  const columns = [
    { name: 'b', type: '' },
    { name: 'a', type: '' },
    { name: 'b', type: '' },
  ];
  assert.equal(jsonLines(columns).lines([[1, null, 'x']]), '{"b":1,"a":null,"b_2":"x"}\n');
});

test('an inspected object is an outline: TSOs with their time, equal rows as a table, bytes as hex', () => {
  assert.deepEqual(inspectText(inspectView, page), [
    'backupmeta  file:///backups/shop/backupmeta',
    '',
    '  endVersion      470632754705858561  2026-11-22T04:24:42.490Z',
    '  clusterVersion  v9.0.0',
    '  empty           –',
    '  files',
    '    name   sha256  size',
    '    a.sst  0102ff  12',
    '    b.sst  00      7',
    '  nested',
    '    list  1, 2',
    '    deeper',
    '      flag  true',
  ]);
});
