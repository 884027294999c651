import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  type MetaNameParts,
  mayContain,
  metaFileName,
  parseMetaName,
  shiftFromName,
} from '../../../lib/br/log/meta-name.ts';

const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const bounds = { minBeginTs: u64, minTs: u64, maxTs: u64 };
const parts: fc.Arbitrary<MetaNameParts> = fc.oneof(
  fc.record({ format: fc.constant('decimal' as const), resolvedTs: u64, uuid: fc.uuid({ version: 4 }) }),
  fc.record({ format: fc.constant('hex' as const), flushTs: u64, ...bounds }),
  fc.record({
    format: fc.constant('synthetic' as const),
    flushTs: u64,
    syntheticId: fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
    ...bounds,
  }),
  fc.record({ format: fc.constant('tagged' as const), flushTs: u64, storeId: u64, ...bounds }),
  fc.record({ format: fc.constant('flagged' as const), flushTs: u64, storeId: u64, flags: u64, ...bounds }),
);

test('every name that we write is read back as it was', () => {
  fc.assert(
    fc.property(parts, (given) => {
      const read = parseMetaName(`v1/backupmeta/${metaFileName(given)}`);
      for (const [field, value] of Object.entries(read)) {
        assert.equal(value, (given as unknown as Record<string, unknown>)[field], field);
      }
      assert.equal(read.format, given.format);
    }),
    { seed: 20261122, numRuns: 500 },
  );
});

test('any text is a name or unknown, and never an error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const read = parseMetaName(`${text}.meta`);
      mayContain(read, 1n, 2n);
      shiftFromName(read, 1n, 2n);
    }),
    { seed: 20261122, numRuns: 500 },
  );
});

test('a range that touches the content of a truthful meta always opens it', () => {
  const small = fc.bigInt({ min: 1n, max: 40n });
  fc.assert(
    fc.property(small, small, small, small, small, (a, b, c, start, length) => {
      const [minBeginTs, minTs, maxTs] = [a, b, c].sort((x, y) => (x < y ? -1 : 1)) as [
        bigint,
        bigint,
        bigint,
      ];
      const name = parseMetaName(
        metaFileName({ format: 'tagged', flushTs: 1n, storeId: 1n, minBeginTs, minTs, maxTs }),
      );
      const until = start + length;
      if (minTs <= until && maxTs >= start) {
        assert.equal(mayContain(name, start, until), true);
        assert.equal(shiftFromName(name, start, until), minBeginTs);
      }
    }),
    { seed: 20261122, numRuns: 500 },
  );
});
