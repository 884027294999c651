import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decodeBytes, encodeBytes, encodedLength } from '../../../lib/br/codec/memcomparable.ts';
import { PitrError } from '../../../lib/domain/errors.ts';

const raw = fc.uint8Array({ maxLength: 40 });

test('groups read back as the bytes they were made from', () => {
  fc.assert(
    fc.property(raw, raw, raw, (before, bytes, after) => {
      const groups = encodeBytes(bytes);
      assert.equal(groups.length, encodedLength(bytes.length));
      const got = decodeBytes(Buffer.concat([before, groups, after]), before.length);
      assert.deepEqual(Buffer.from(got.bytes), Buffer.from(bytes));
      assert.equal(got.next, before.length + groups.length);
    }),
    { seed: 411, numRuns: 500 },
  );
});

test('groups compare as the bytes they were made from', () => {
  fc.assert(
    fc.property(raw, raw, (a, b) => {
      assert.equal(Buffer.compare(encodeBytes(a), encodeBytes(b)), Buffer.compare(a, b));
    }),
    { seed: 412, numRuns: 500 },
  );
});

test('random bytes decode to something that encodes back to them, or to a named error', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 1, 0xf6, 0xf7, 0xfa, 0xff), { maxLength: 40 }), (list) => {
      const bytes = Uint8Array.from(list);
      try {
        const got = decodeBytes(bytes);
        assert.deepEqual(Buffer.from(encodeBytes(got.bytes)), Buffer.from(bytes.subarray(0, got.next)));
      } catch (caught) {
        assert.ok(caught instanceof PitrError && caught.code === 'ROW_DAMAGED', String(caught));
      }
    }),
    { seed: 413, numRuns: 2000 },
  );
});
