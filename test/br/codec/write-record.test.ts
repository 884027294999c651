import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { encodeWriteRecord, parseWriteRecord, WriteRecord } from '../../../lib/br/codec/write-record.ts';
import { PitrError } from '../../../lib/domain/errors.ts';

const parse = (bytes: Uint8Array, off = 0, end = bytes.length): WriteRecord => {
  const record = new WriteRecord();
  parseWriteRecord(bytes, off, end, record);
  return record;
};
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

test('every write record reads back as it was written', () => {
  fc.assert(
    fc.property(
      fc.record(
        {
          type: fc.constantFrom('P' as const, 'D' as const, 'L' as const, 'R' as const),
          startTs: u64,
          shortValue: fc.uint8Array({ maxLength: 255 }),
          hasOverlappedRollback: fc.boolean(),
          gcFence: u64,
          lastChange: fc.tuple(u64, u64),
          txnSource: u64,
        },
        { requiredKeys: ['type', 'startTs'] },
      ),
      fc.nat(5),
      (fields, shift) => {
        const bytes = encodeWriteRecord(fields);
        const buffer = new Uint8Array(bytes.length + shift + 3).fill(0x76);
        buffer.set(bytes, shift);
        const record = parse(buffer, shift, shift + bytes.length);
        assert.equal(record.type, fields.type.charCodeAt(0));
        assert.equal(record.startTs, fields.startTs);
        assert.equal(record.gcFence, fields.gcFence);
        assert.equal(record.hasOverlappedRollback, fields.hasOverlappedRollback ?? false);
        if (fields.shortValue === undefined) assert.equal(record.shortValueOffset, -1);
        else {
          assert.deepEqual(buffer.slice(record.shortValueOffset, record.shortValueEnd), fields.shortValue);
        }
      },
    ),
    { seed: 441, numRuns: 500 },
  );
});

test('an unknown tag ends the record and keeps what came before', () => {
  const bytes = Uint8Array.from([0x50, 0x05, 0x76, 1, 9, 0x7a, 0x76, 200]);
  const record = parse(bytes);
  assert.equal(record.shortValueOffset, 4);
  assert.equal(record.shortValueEnd, 5);
});

test('a write record that is cut inside a field is refused', () => {
  const bytes = encodeWriteRecord({ type: 'P', startTs: 400n, shortValue: new Uint8Array(20) });
  for (const end of [0, 1, 2, 4, 10, bytes.length - 1]) {
    assert.throws(() => parse(bytes, 0, end), { code: 'ROW_DAMAGED' }, `cut at ${end}`);
  }
});

test('random bytes are a write record or a named error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      bytes[0] = [0x50, 0x44, 0x4c, 0x52][(bytes[0] ?? 0) % 5] ?? 0;
      try {
        const record = parse(bytes);
        assert.ok(record.shortValueEnd <= bytes.length);
      } catch (caught) {
        assert.ok(caught instanceof PitrError && caught.code === 'ROW_DAMAGED', String(caught));
      }
    }),
    { seed: 442, numRuns: 2000 },
  );
});
