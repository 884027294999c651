import assert from 'node:assert/strict';
import test from 'node:test';
import { firstRows, printedRows, wholeAnswer } from '../../lib/cli/answer-readers.ts';
import { csvLines } from '../../lib/cli/render/query-rows.ts';

const columns = [{ name: 'n', type: 'BIGINT' }];

test('a page keeps its first rows and wants no more', async () => {
  const reader = firstRows(3);
  await reader.columns(columns);
  assert.equal(await reader.rows([[1], [2]]), true);
  assert.equal(await reader.rows([[3], [4]]), false);
  assert.deepEqual(reader.kept(), { columns, rows: [[1], [2], [3]], more: true });
});

test('an answer that just fits the page is whole', async () => {
  const reader = firstRows(2);
  await reader.columns(columns);
  assert.equal(await reader.rows([[1], [2]]), true);
  assert.deepEqual(reader.kept(), { columns, rows: [[1], [2]], more: false });
});

test('an answer too large for one document is refused, never cut', async () => {
  const reader = wholeAnswer(20);
  await reader.columns(columns);
  assert.equal(await reader.rows([['0123456789']]), true);
  await assert.rejects(reader.rows([['0123456789']]), {
    code: 'INVALID_QUERY',
    message: /after 1 rows/,
    hint: /--format jsonl/,
  });
});

test('printed rows follow their head, after the live line is gone, until nobody reads', async () => {
  const written: string[] = [];
  const sink = {
    write: async (text: string) => void written.push(text),
    open: true,
    isTty: false,
    columns: 80,
  };
  const reader = printedRows(sink, csvLines, async () => void written.push('finished'));
  await reader.columns(columns);
  assert.equal(await reader.rows([[1], [2]]), true);
  sink.open = false;
  assert.equal(await reader.rows([[3]]), false);
  assert.deepEqual(written, ['finished', 'n\r\n', '1\r\n2\r\n', '3\r\n']);
});

test('lists and structs of DuckDB are JSON in CSV', () => {
  assert.equal(csvLines(columns).lines([[[1, 2]], [{ a: 'x' }]]), '"[1,2]"\r\n"{""a"":""x""}"\r\n');
});
