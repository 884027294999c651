import assert from 'node:assert/strict';
import test from 'node:test';
import { ColumnVector, RowBatch } from '../../../lib/br/codec/row-batch.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('a batch gives back what was pushed and is empty after clear', () => {
  const batch = new RowBatch(['fixed64', 'bytes'], 3);
  const [numbers, texts] = batch.columns as [ColumnVector, ColumnVector];
  numbers.pushWords(-1, -1);
  texts.pushBytes(bytes('xhello'), 1, 6);
  batch.endRow();
  numbers.pushNull();
  texts.pushNull();
  batch.endRow();
  numbers.pushDouble(1.5);
  texts.pushBytes(bytes(''), 0, 0);
  batch.endRow();
  assert.equal(batch.rows, 3);
  assert.ok(batch.isFull);
  assert.equal(numbers.i64s[0], -1n);
  assert.equal(numbers.f64s[2], 1.5);
  assert.deepEqual([...numbers.nulls], [0, 1, 0]);
  assert.equal(new TextDecoder().decode(texts.data.subarray(texts.start(0), texts.end(0))), 'hello');
  assert.equal(texts.end(2) - texts.start(2), 0);
  assert.equal(batch.byteLength, 3 * 9 + 3 * 5 + 5);
  assert.equal(texts.nullCount, 1);
  batch.clear();
  assert.equal(batch.rows, 0);
  assert.equal(batch.byteLength, 0);
  assert.equal(texts.nullCount, 0);
});

test('a row is used again after clear without the nulls of before', () => {
  const vector = new ColumnVector('fixed64', 1);
  vector.pushNull();
  vector.truncate(0);
  vector.pushWords(1, 0);
  assert.equal(vector.isNull(0), false);
});

test('data grows up to its limit and is refused beyond', () => {
  const vector = new ColumnVector('bytes', 10, 3000);
  vector.pushBytes(new Uint8Array(2500).fill(7), 0, 2500);
  assert.equal(vector.data[2499], 7);
  assert.throws(() => vector.pushBytes(new Uint8Array(501), 0, 501), { code: 'INTERNAL' });
  assert.equal(vector.length, 1);
  vector.pushBytes(new Uint8Array(500), 0, 500);
  assert.equal(vector.data.length, 3000);
});

test('a row that lacks a cell cannot be closed', () => {
  const batch = new RowBatch(['fixed64', 'fixed64'], 2);
  batch.columns[0]!.pushNull();
  assert.throws(() => batch.endRow(), { code: 'INTERNAL' });
  batch.dropOpenRow();
  assert.equal(batch.columns[0]!.length, 0);
});
