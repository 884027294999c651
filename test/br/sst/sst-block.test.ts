import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { BlockBuilder } from '../../../lib/br/sst/block-builder.ts';
import { SstBlock } from '../../../lib/br/sst/sst-block.ts';
import { PitrError } from '../../../lib/domain/errors.ts';

const trailer = [1, 0, 0, 0, 0, 0, 0, 0];
const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

/** A block with one restart point from the raw bytes of its entries. */
const raw = (...entries: readonly number[][]): Uint8Array =>
  Uint8Array.from([...entries.flat(), 0, 0, 0, 0, 1, 0, 0, 0]);

function keysOf(block: SstBlock): string[] {
  const keys: string[] = [];
  while (block.next()) keys.push(Buffer.from(block.key.subarray(0, block.keyLength)).toString('latin1'));
  return keys;
}

function loaded(data: Uint8Array, form: 'internal' | 'plain' = 'plain'): SstBlock {
  const block = new SstBlock('x.sst', form);
  block.load(data, 77);
  return block;
}

const damaged = { code: 'OBJECT_DAMAGED', message: /^x\.sst block at 77 is damaged/ };
const entry = (shared: number, fresh: string, value = ''): number[] => [
  shared,
  fresh.length,
  value.length,
  ...ascii(fresh),
  ...ascii(value),
];

test('keys are joined from what they share with the one before, and values are bounds in the block', () => {
  const block = loaded(raw(entry(0, 'apple', 'red'), entry(3, 'ricot', ''), entry(0, 'b', 'yellow')));
  assert.deepEqual(keysOf(block), ['apple', 'appricot', 'b']);
  assert.equal(Buffer.from(block.data.subarray(block.valueStart, block.valueEnd)).toString(), 'yellow');
  assert.equal(block.entries, 3);
});

test('the trailer of a key is no part of it', () => {
  const block = loaded(raw([0, 9, 0, 0x61, ...trailer], [1, 9, 0, 0x62, ...trailer]), 'internal');
  assert.deepEqual(keysOf(block), ['a', 'ab']);
});

test('a key that ends inside the trailer of the one before is compared by its own bytes', () => {
  const block = loaded(raw([0, 9, 0, 0x61, ...trailer], [3, 8, 0, ...trailer]), 'internal');
  assert.deepEqual(keysOf(block), ['a', 'a\u0001\u0000']);
});

test('an entry that is no plain value is not recognized', () => {
  const block = loaded(raw([0, 9, 0, 0x61, 0, ...trailer.slice(1)]), 'internal');
  assert.throws(() => block.next(), { code: 'OBJECT_UNRECOGNIZED', message: /type 0, expected type 1/ });
});

test('keys that do not ascend strictly are damage, within a block and from block to block', () => {
  for (const second of [entry(0, 'a'), entry(0, 'b'), entry(1, ''), entry(0, 'az')]) {
    const block = loaded(raw(entry(0, 'b'), second));
    assert.throws(() => keysOf(block), damaged);
  }
  const block = loaded(raw(entry(0, 'b')));
  keysOf(block);
  block.load(raw(entry(0, 'b')), 77);
  assert.throws(() => block.next(), damaged);
});

test('a key that shares more than there is before it is damage', () => {
  assert.throws(() => keysOf(loaded(raw(entry(0, 'a'), entry(2, 'x')))), damaged);
  const block = loaded(raw(entry(0, 'a')));
  keysOf(block);
  block.load(raw(entry(1, 'x')), 77);
  assert.throws(() => block.next(), damaged, 'the first entry of a block builds on nothing');
});

test('an entry that reaches past the block is damage', () => {
  for (const bad of [
    [0, 5, 0, 97],
    [0, 1, 9, 97],
    [0],
    [0, 0x80],
    [0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 97],
  ]) {
    assert.throws(() => keysOf(loaded(raw(bad))), damaged);
  }
  assert.throws(
    () => keysOf(loaded(raw([0, 3, 0, 97, 98, 99]), 'internal')),
    damaged,
    'no room for a trailer',
  );
});

test('restart points that do not fit are damage, and an index inside the block is refused', () => {
  for (const restarts of [0, 3, 0x7fffffff]) {
    const data = new Uint8Array(12);
    new DataView(data.buffer).setUint32(8, restarts, true);
    assert.throws(() => loaded(data), damaged);
  }
  assert.throws(() => loaded(new Uint8Array(3)), damaged);
  assert.throws(() => loaded(Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0x80)), { code: 'UNSUPPORTED' });
});

test('random bytes give ascending keys inside the block, or a named error, and end', () => {
  const small = fc.array(fc.constantFrom(0, 1, 2, 3, 9, 97, 98, 0x80, 0xff), { maxLength: 60 });
  fc.assert(
    fc.property(small, fc.constantFrom('internal' as const, 'plain' as const), (array, form) => {
      const data = raw(array);
      try {
        const block = loaded(data, form);
        let last: string | undefined;
        while (block.next()) {
          assert.ok(block.valueStart <= block.valueEnd && block.valueEnd <= array.length);
          const key = Buffer.from(block.key.subarray(0, block.keyLength)).toString('latin1');
          assert.ok(last === undefined || last < key);
          last = key;
        }
      } catch (error) {
        assert.ok(error instanceof PitrError, String(error));
      }
    }),
    { seed: 20261122, numRuns: 3000 },
  );
});

test('a built block is read back, whatever its restart interval', () => {
  const arbitrary = fc.uniqueArray(fc.tuple(fc.string({ maxLength: 12 }), fc.nat(300)), {
    selector: ([key]) => key,
    maxLength: 50,
  });
  fc.assert(
    fc.property(arbitrary, fc.integer({ min: 1, max: 20 }), (entries, interval) => {
      const rows = entries
        .map(([key, size]) => ({ key: ascii(key), size }))
        .sort((a, b) => Buffer.compare(a.key, b.key));
      const builder = new BlockBuilder(interval);
      for (const { key, size } of rows) builder.add(key, key.length, new Uint8Array(size));
      const block = loaded(builder.finish().slice());
      for (const { key, size } of rows) {
        assert.ok(block.next());
        assert.equal(block.compareKey(key), 0);
        assert.equal(block.valueEnd - block.valueStart, size);
      }
      assert.ok(!block.next());
    }),
    { seed: 20261122, numRuns: 200 },
  );
});
