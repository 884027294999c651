// Values at the edges of what the outputs can hold, from a bucket through the engine into files.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openDuckDb } from '../../lib/local/duckdb.ts';
import { openDuckDbTarget } from '../../lib/local/targets/duckdb-target.ts';
import { openFolderTarget } from '../../lib/local/targets/folder-target.ts';
import { restoreEmbedded } from '../../lib/operations/moment/restore-embedded.ts';
import { fieldType } from '../../lib/sim/model-types.ts';
import { workDeps } from '../support/model-backup.ts';
import { type TableToWrite, tableBackup } from '../support/model-table.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

const limits = { memoryBytes: 256 * 1024 * 1024, threads: 1 };

/** The columns but `id`, each as DuckDB's type and its values as text, and the notes of the restore. */
async function inDuckDb(table: TableToWrite) {
  const backup = await tableBackup(table);
  const path = join(folder.path, 'out.duckdb');
  const target = await openDuckDbTarget(path, { ...limits, force: true });
  const report = await restoreEmbedded(workDeps(backup), { at: String(backup.backupTs) }, target);
  const db = await openDuckDb({ path, readOnly: true, ...limits });
  try {
    const columns: [string, unknown[]][] = [];
    for (const [name] of table.columns) {
      const rows = await db.rows(`SELECT typeof("${name}"), "${name}"::VARCHAR FROM d.t ORDER BY id`);
      columns.push([String(rows[0][0]), rows.map((row) => row[1])]);
    }
    return { columns, notes: report.notes };
  } finally {
    db.close();
  }
}

async function inText(form: 'csv' | 'jsonl', table: TableToWrite): Promise<string> {
  const backup = await tableBackup(table);
  const path = join(folder.path, form);
  const target = await openFolderTarget(path, form);
  await restoreEmbedded(workDeps(backup), { at: String(backup.backupTs) }, target);
  return readFile(join(path, `d.t.${form}`), 'utf8');
}

const date = fieldType(10, { decimal: 0 });
const datetime = fieldType(12, { decimal: 6 });
const timestamp = fieldType(7, { decimal: 0 });

test('dates that no calendar has make their column text and leave a note, and the others stay dates', async () => {
  const dates = ['0000-00-00', '2020-00-00', '2021-02-30', '2024-02-29', null];
  const { columns, notes } = await inDuckDb({
    columns: [
      ['broken', date],
      ['whole', date],
    ],
    rows: dates.map((one) => [one, one === null ? null : '2024-02-29']),
  });
  assert.deepEqual(columns, [
    ['VARCHAR', dates],
    ['DATE', ['2024-02-29', '2024-02-29', '2024-02-29', '2024-02-29', null]],
  ]);
  assert.deepEqual(notes, ['d.t has broken as text: some values are no real dates, such as 0000-00-00']);
});

for (const wrong of ['0000-00-00', '2020-00-00', '2020-01-00', '2021-02-30', '1900-02-29', '2021-04-31']) {
  test(`the date ${wrong} alone is enough to make a date and a time column text`, async () => {
    const { columns, notes } = await inDuckDb({
      columns: [
        ['day', date],
        ['at', datetime],
      ],
      rows: [[wrong, `${wrong} 00:00:00.000000`]],
    });
    assert.deepEqual(columns, [
      ['VARCHAR', [wrong]],
      ['VARCHAR', [`${wrong} 00:00:00.000000`]],
    ]);
    assert.equal(notes.length, 1);
  });
}

test('the first and the last day of each kind of year, and times before 1970, are native', async () => {
  const days = [
    '0001-01-01',
    '1600-02-29',
    '1969-12-31',
    '1970-01-01',
    '2000-02-29',
    '2100-02-28',
    '9999-12-31',
  ];
  const { columns, notes } = await inDuckDb({
    columns: [
      ['day', date],
      ['at', datetime],
    ],
    rows: days.map((day) => [day, `${day} 23:59:59.999999`]),
  });
  assert.deepEqual(columns, [
    ['DATE', days],
    ['TIMESTAMP', days.map((day) => `${day} 23:59:59.999999`)],
  ]);
  assert.deepEqual(notes, []);
});

test('timestamps are given in UTC to their second, and NULL among them stays NULL', async () => {
  const times = ['1970-01-01 00:00:01', null, '2038-01-19 03:14:07'];
  const { columns } = await inDuckDb({ columns: [['at', timestamp]], rows: times.map((one) => [one]) });
  assert.deepEqual(columns, [['TIMESTAMP', times]]);
});

test('decimals of up to 38 digits are native, longer ones text, and none loses a digit', async () => {
  const lots = [
    [1, 0],
    [9, 9],
    [18, 4],
    [19, 4],
    [38, 0],
    [38, 30],
    [39, 2],
    [65, 30],
  ] as const;
  const largest = ([flen, scale]: readonly [number, number]): string => {
    const point = scale === 0 ? '' : `.${'9'.repeat(scale)}`;
    return `${'9'.repeat(flen - scale) || '0'}${point}`;
  };
  const smallest = ([, scale]: readonly [number, number]): string =>
    scale === 0 ? '1' : `0.${'0'.repeat(scale - 1)}1`;
  const { columns } = await inDuckDb({
    columns: lots.map(([flen, decimal]) => [`d${flen}_${decimal}`, fieldType(246, { flen, decimal })]),
    rows: [
      lots.map(largest),
      lots.map((lot) => `-${largest(lot)}`),
      lots.map(smallest),
      lots.map(() => null),
    ],
  });
  for (const [i, lot] of lots.entries()) {
    const type = lot[0] > 38 ? 'VARCHAR' : `DECIMAL(${lot[0]},${lot[1]})`;
    // DuckDB itself leaves the zero before the point away where the scale is the precision.
    const found = columns[i][1].map((cell) => (cell as string | null)?.replace(/^(-?)\./, '$10.') ?? null);
    const expected = [largest(lot), `-${largest(lot)}`, smallest(lot), null];
    assert.deepEqual([columns[i][0], found], [type, expected]);
  }
});

test('integers keep all 64 bits, signed and unsigned, with and without NULL among them', async () => {
  const unsigned = [0n, 2n ** 63n, 2n ** 64n - 1n];
  const signed = [-(2n ** 63n), -1n, 2n ** 63n - 1n];
  const small = [0n, 255n, 128n];
  for (const nulls of [[], [[null, null, null]]]) {
    const { columns } = await inDuckDb({
      columns: [
        ['u', fieldType(8, { flen: 20, flag: 32 })],
        ['s', fieldType(8, { flen: 20 })],
        ['b', fieldType(1, { flen: 3, flag: 32 })],
      ],
      rows: [...unsigned.map((value, i) => [value, signed[i], small[i]]), ...nulls],
    });
    const tail = nulls.map(() => null);
    assert.deepEqual(columns, [
      ['UBIGINT', [...unsigned.map(String), ...tail]],
      ['BIGINT', [...signed.map(String), ...tail]],
      ['UTINYINT', [...small.map(String), ...tail]],
    ]);
  }
});

const text = fieldType(15, { charset: 'utf8mb4', collate: 'utf8mb4_bin', flen: 300 });

test('CSV quotes what must be quoted, tells NULL from an empty text, and ends lines with CR LF', async () => {
  const rows = [
    'plain',
    '',
    null,
    'a,b',
    'say "hi"',
    'two\nlines',
    'cr\rhere',
    ' spaces ',
    "it's",
    '\t',
    '漢字',
  ];
  const csv = await inText('csv', {
    columns: [
      ['a,"b"', text],
      ['c', text],
    ],
    rows: rows.map((one) => [one, 'x']),
  });
  const fields = [
    'plain',
    '""',
    '',
    '"a,b"',
    '"say ""hi"""',
    '"two\nlines"',
    '"cr\rhere"',
    ' spaces ',
    "it's",
    '\t',
    '漢字',
  ];
  const lines = fields.map((field, i) => `${i + 1},${field},x\r\n`);
  assert.equal(csv, `id,"a,""b""",c\r\n${lines.join('')}`);
});

test('JSON Lines gives numbers beyond 2^53 as texts, bytes as hex, and control characters escaped', async () => {
  const jsonl = await inText('jsonl', {
    columns: [
      ['n', fieldType(8, { flen: 20 })],
      ['bytes', fieldType(252, { flen: 65535 })],
      ['bits', fieldType(16, { flen: 12, flag: 32 })],
      ['t', text],
      ['j', fieldType(245)],
    ],
    rows: [
      [2n ** 53n - 1n, Uint8Array.of(0, 255), 5n, 'a"\\\u0001', '{"b":[1,2.5,null],"a":"x"}'],
      [2n ** 53n, new Uint8Array(0), 4095n, '', '[]'],
      [-(2n ** 53n), null, null, null, null],
    ],
  });
  const lines = jsonl.split('\n').slice(0, -1);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [
      {
        id: 1,
        n: 9007199254740991,
        bytes: '00ff',
        bits: '0005',
        t: 'a"\\\u0001',
        j: { a: 'x', b: [1, 2.5, null] },
      },
      { id: 2, n: '9007199254740992', bytes: '', bits: '0fff', t: '', j: [] },
      { id: 3, n: '-9007199254740992', bytes: null, bits: null, t: null, j: null },
    ],
  );
});
