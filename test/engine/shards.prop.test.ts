import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { compareBytes } from '../../lib/br/bytes.ts';
import { rowKeyPrefix, rowRange } from '../../lib/br/codec/keys.ts';
import { encodeBytes } from '../../lib/br/codec/memcomparable.ts';
import { encodeIntRowKey } from '../../lib/br/codec/row-encoder.ts';
import { chains, FileIndex, type SnapshotFile, shardTable } from '../../lib/engine/shards.ts';

/** Places of the keyspace in order: table starts, row starts, row keys, ends. */
const places: readonly Uint8Array[] = [3n, 4n, 5n, 6n]
  .flatMap((id) => [
    rowKeyPrefix(id).subarray(0, 9),
    ...[-5n, 0n, 7n, 9n, 300n].map((handle) => encodeIntRowKey(id, handle)),
    rowRange(id).start,
    rowRange(id).end,
  ])
  .sort(compareBytes);

const anyFile = fc
  .record({
    from: fc.nat(places.length - 1),
    length: fc.integer({ min: 1, max: 9 }),
    layer: fc.nat(1),
    cf: fc.constantFrom('write' as const, 'default' as const),
    size: fc.integer({ min: 1, max: 50 }),
  })
  .map(({ from, length, layer, cf, size }): SnapshotFile => {
    const to = places[from + length];
    return {
      layer,
      cf,
      size,
      name: `${layer}/${from}-${from + length}-${cf}-${size}`,
      startKey: places[from],
      endKey: to ?? new Uint8Array(0),
      totalKvs: 1,
      sha256: new Uint8Array(32),
      cipherIv: new Uint8Array(16),
    };
  });

const overlaps = (file: SnapshotFile, from: Uint8Array, to: Uint8Array): boolean =>
  compareBytes(file.startKey, to) < 0 && (file.endKey.length === 0 || compareBytes(file.endKey, from) > 0);

test('the index finds exactly the files that overlap a range, however they lie', () => {
  const property = fc.property(
    fc.array(anyFile, { maxLength: 20 }),
    fc.nat(places.length - 2),
    fc.integer({ min: 1, max: 12 }),
    (files, at, length) => {
      const [from, to] = [places[at], places[Math.min(at + length, places.length - 1)]];
      const found = new FileIndex(files).overlapping(from, to);
      const expected = files.filter((file) => overlaps(file, from, to));
      assert.deepEqual(found.map(({ name }) => name).sort(), expected.map(({ name }) => name).sort());
    },
  );
  fc.assert(property, { seed: 51, numRuns: 1000 });
});

test('the parts of a table cover each key of each physical id exactly once, with every file that can hold it', () => {
  const property = fc.property(
    fc.array(anyFile, { maxLength: 20 }),
    fc.constantFrom([4n], [5n, 4n], [6n, 3n, 5n]),
    fc.constantFrom(1, 60, 100_000),
    (files, ids, targetBytes) => {
      const shards = shardTable(2, ids, new FileIndex(files), targetBytes);
      assert.deepEqual(
        shards.map(({ table, part }) => [table, part]),
        shards.map((_, part) => [2, part]),
      );
      const segments = shards.flatMap((shard) => shard.segments);
      for (const id of ids) {
        const mine = segments.filter(({ physicalId }) => physicalId === id);
        const { start, end } = rowRange(id);
        assert.deepEqual(mine[0].from, encodeBytes(start));
        assert.deepEqual(mine[mine.length - 1].to, encodeBytes(end));
        for (let i = 1; i < mine.length; i++) assert.deepEqual(mine[i].from, mine[i - 1].to);
        for (const place of places.filter(
          (one) => compareBytes(one, start) >= 0 && compareBytes(one, end) < 0,
        )) {
          const key = encodeBytes(place);
          const home = mine.filter(
            ({ from, to }) => compareBytes(from, key) <= 0 && compareBytes(key, to) < 0,
          );
          assert.equal(home.length, 1);
          const after = new Uint8Array([...place, 0]);
          const holding = files.filter((file) => overlaps(file, place, after)).map(({ name }) => name);
          const listed = home[0].files.map(({ name }) => name);
          for (const name of holding) assert.ok(listed.includes(name), `${name} is not beside its key`);
        }
      }
    },
  );
  fc.assert(property, { seed: 52, numRuns: 400 });
});

test('parts come in key order, and none but the first segment of a part passes its target', () => {
  const property = fc.property(fc.array(anyFile, { maxLength: 20 }), (files) => {
    const shards = shardTable(0, [5n, 3n, 4n], new FileIndex(files), 60);
    const froms = shards.flatMap(({ segments }) => segments.map(({ from }) => from));
    assert.deepEqual(froms, [...froms].sort(compareBytes));
    for (const { segments, bytes } of shards) {
      const sizes = segments.map((one) => one.files.reduce((sum, { size }) => sum + size, 0));
      assert.equal(
        bytes,
        sizes.reduce((sum, size) => sum + size, 0),
      );
      assert.ok(segments.length === 1 || bytes <= 60);
    }
  });
  fc.assert(property, { seed: 53, numRuns: 400 });
});

test('a table of which the snapshot has no file still has one part, whose rows can come from the log', () => {
  const shards = shardTable(0, [4n], new FileIndex([]), 1);
  assert.equal(shards.length, 1);
  assert.deepEqual(shards[0].segments[0].from, encodeBytes(rowRange(4n).start));
  assert.deepEqual(shardTable(1, [], new FileIndex([]), 1), [{ table: 1, part: 0, segments: [], bytes: 0 }]);
});

test('chains hold every file once, and in a chain one ends before the next begins, of one layer and family', () => {
  const property = fc.property(fc.array(anyFile, { maxLength: 20 }), (files) => {
    const found = chains(files);
    assert.deepEqual(
      found
        .flat()
        .map(({ name }) => name)
        .sort(),
      files.map(({ name }) => name).sort(),
    );
    for (const chain of found) {
      for (let i = 1; i < chain.length; i++) {
        const [before, next] = [chain[i - 1], chain[i]];
        assert.equal(`${before.layer}${before.cf}`, `${next.layer}${next.cf}`);
        assert.ok(before.endKey.length > 0 && compareBytes(before.endKey, next.startKey) <= 0);
      }
    }
  });
  fc.assert(property, { seed: 54, numRuns: 400 });
});
