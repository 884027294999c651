import assert from 'node:assert/strict';
import test from 'node:test';
import {
  encodeI64,
  encodeRowKey,
  encodeVersionedKey,
  parseRawKey,
  readI64,
  readTs,
  rowKeyPrefix,
  rowRange,
  tableIdHi,
  tableIdLo,
  tsHi,
  tsLo,
} from '../../../lib/br/codec/keys.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

test('the row key of table 122 and handle 2 has the recorded bytes', () => {
  const key = encodeRowKey(122n, encodeI64(2n));
  assert.deepEqual(key, hex('74 80000000 0000007a 5f72 80000000 00000002'));
  assert.deepEqual(parseRawKey(key), { kind: 'row', tableId: 122n, handleOffset: 11 });
  assert.equal(tableIdHi(key), 0);
  assert.equal(tableIdLo(key), 122);
  assert.equal(readI64(key, 11), 2n);
});

test('a table id over 32 bits is read in halves without loss', () => {
  const id = 0x0000_ffff_ffff_fff0n;
  const key = encodeRowKey(id, encodeI64(-1n));
  assert.equal(tableIdHi(key), 0xffff);
  assert.equal(tableIdLo(key), 0xfffffff0);
  assert.equal(readI64(key, 11), -1n);
});

test('the row range of a table holds its rows and nothing of its indexes or its neighbours', () => {
  const { start, end } = rowRange(7n);
  const inside = (key: Uint8Array): boolean =>
    Buffer.compare(start, key) <= 0 && Buffer.compare(key, end) < 0;
  assert.ok(inside(encodeRowKey(7n, encodeI64(-(2n ** 63n)))));
  assert.ok(inside(encodeRowKey(7n, encodeI64(2n ** 63n - 1n))));
  assert.ok(!inside(encodeRowKey(8n, encodeI64(0n))));
  assert.ok(!inside(hex('74 8000000000000007 5f69 8000000000000001')));
  assert.equal(rowKeyPrefix(7n).length, 11);
});

test('index, meta and foreign keys are told apart', () => {
  assert.deepEqual(parseRawKey(hex('74 8000000000000007 5f69 8000000000000003 01')), {
    kind: 'index',
    tableId: 7n,
    indexId: 3n,
  });
  assert.deepEqual(parseRawKey(hex('6d44')), { kind: 'meta' });
  assert.deepEqual(parseRawKey(hex('78000001 74')), { kind: 'other' });
  assert.deepEqual(parseRawKey(hex('74 8000000000000007 5f72')), { kind: 'other' });
  assert.deepEqual(parseRawKey(new Uint8Array(0)), { kind: 'other' });
});

test('a versioned key carries the complement of its ts, so that newer versions come first', () => {
  const raw = encodeRowKey(1n, encodeI64(1n));
  const ts = 470633794476933137n;
  const key = encodeVersionedKey(raw, ts);
  assert.equal(readTs(key, key.length - 8), ts);
  assert.equal((BigInt(tsHi(key, key.length - 8)) << 32n) | BigInt(tsLo(key, key.length - 8)), ts);
  assert.ok(Buffer.compare(encodeVersionedKey(raw, ts + 1n), key) < 0);
});

test('an integer that runs past its bytes is refused', () => {
  assert.throws(() => readI64(new Uint8Array(7), 0), { code: 'ROW_DAMAGED' });
  assert.throws(() => readTs(new Uint8Array(9), 2), { code: 'ROW_DAMAGED' });
});
