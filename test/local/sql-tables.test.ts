import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { type DuckDb, openDuckDb } from '../../lib/local/duckdb.ts';
import { namedTables } from '../../lib/local/sql-tables.ts';

let db: DuckDb;
before(async () => {
  db = await openDuckDb({ path: ':memory:', readOnly: false, memoryBytes: 1 << 28, threads: 1 });
});
after(() => db.close());

const statements: readonly (readonly [name: string, sql: string, tables: readonly string[]])[] = [
  ['aliases are no part of a name', 'SELECT * FROM s.a x, s.b AS "y z" JOIN c ON true', ['s.a', 's.b', 'c']],
  ['both sides of USING are named', 'SELECT * FROM s.a JOIN s.b USING (id)', ['s.a', 's.b']],
  ['an ASOF join names both', 'SELECT * FROM s.a ASOF JOIN s.b ON a.t >= b.t', ['s.a', 's.b']],
  ['a sample is no part of a name', 'SELECT * FROM s.a x TABLESAMPLE 10%', ['s.a']],
  [
    'subqueries, unions and orders name theirs',
    'SELECT (SELECT max(i) FROM b) FROM a WHERE EXISTS (FROM c) UNION SELECT 1 FROM d ORDER BY (SELECT i FROM e)',
    ['a', 'b', 'c', 'd', 'e'],
  ],
  ['a name is named once', 'SELECT * FROM s.a x JOIN s.a y USING (id)', ['s.a']],
  [
    'names of WITH are none',
    'WITH x AS (FROM s.a), y AS (FROM X) SELECT * FROM y JOIN x USING (id)',
    ['s.a'],
  ],
  ['WITH sees the table of its own name', 'WITH a AS (SELECT * FROM a) SELECT * FROM a', ['a']],
  [
    'WITH RECURSIVE sees itself',
    'WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t JOIN b ON n < b.i) FROM t',
    ['b'],
  ],
  ['names of WITH end with it', 'SELECT * FROM (WITH x AS (FROM a) FROM x) q, x', ['a', 'x']],
  ['a table with a database is none of WITH', 'WITH x AS (SELECT 1) SELECT * FROM s.x', ['s.x']],
  ['DESCRIBE and SUMMARIZE name one', 'DESCRIBE s.a', ['s.a']],
  ['PIVOT with its values names one', 'PIVOT s.a ON state IN (1, 2) USING sum(n)', ['s.a']],
  ['a query without tables names none', "SELECT 1, 'from x' -- FROM y", []],
];
for (const [name, sql, tables] of statements) {
  test(`${name}`, async () => {
    const found = await db.tableNames(sql);
    assert.deepEqual(found.map((parts) => parts.join('.')).sort(), [...tables].sort());
  });
}

test('dots and quotes inside a quoted name stay in its part', async () => {
  assert.deepEqual(await db.tableNames('SELECT * FROM "my.db"."a ""b"" AS c" AS t'), [
    ['my.db', 'a "b" AS c'],
  ]);
});

for (const sql of [
  'SELECT 1; SELECT 2',
  "COPY (SELECT 1) TO '/nowhere/x.csv'",
  "ATTACH 'x.db'",
  'DROP TABLE a',
  'CREATE TABLE a AS SELECT 1',
  "SET memory_limit = '1TB'",
  'PIVOT a ON state',
  '-- nothing',
]) {
  test(`${sql} is refused: it is no single SELECT`, async () => {
    await assert.rejects(db.tableNames(sql), { code: 'INVALID_QUERY', message: /no single SELECT/ });
  });
}

test('a mistake of grammar is told with its line, and backticks with what to write instead', async () => {
  await assert.rejects(db.tableNames('SELEC 1'), {
    code: 'INVALID_QUERY',
    message: /syntax error at or near "SELEC"\nLINE 1: SELEC 1\n\s*\^$/,
  });
  await assert.rejects(db.tableNames('SELECT * FROM `a`'), { hint: /not with backticks/ });
});

test('a tree in another form is refused', () => {
  for (const tree of [null, [], 'x', {}, { statements: {} }, { error: true, error_type: 'parser' }])
    assert.throws(() => namedTables(tree), { code: 'INVALID_QUERY' });
});

test('integers are numbers as far as numbers are exact, and text beyond; lists and structs keep their form', async () => {
  const sql =
    "SELECT 7::BIGINT, 9007199254740991, 9007199254740993, -9007199254740992, 5::HUGEINT, 1.50, [1, 2], {'a': NULL}";
  const rows: unknown[] = [];
  await db.query(sql, { columns: async () => {}, rows: async (batch) => rows.push(...batch) > 0 });
  const [row] = rows;
  assert.deepEqual(row, [
    7,
    9007199254740991,
    '9007199254740993',
    '-9007199254740992',
    5,
    '1.50',
    [1, 2],
    { a: null },
  ]);
});

test('a reader that has enough ends the query, however many rows there are', async () => {
  let rows = 0;
  await db.query('SELECT i FROM range(1000000000000) t(i)', {
    columns: async (columns) => assert.deepEqual(columns, [{ name: 'i', type: 'BIGINT' }]),
    rows: async (batch) => {
      rows += batch.length;
      return rows < 10_000;
    },
  });
  assert.ok(rows >= 10_000 && rows < 100_000, String(rows));
  assert.deepEqual(await db.rows('SELECT 42'), [[42]]);
});
