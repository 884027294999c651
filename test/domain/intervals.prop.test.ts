import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  clipFrom,
  contains,
  neighbours,
  subtract,
  type TsInterval,
  union,
} from '../../lib/domain/intervals.ts';

const point = fc.integer({ min: 0, max: 12 });
const some: fc.Arbitrary<TsInterval[]> = fc.array(
  fc.tuple(point, point).map(([from, to]) => ({ from: BigInt(from), to: BigInt(to) })),
  { maxLength: 5 },
);
const TIMELINE = Array.from({ length: 14 }, (_, i) => BigInt(i));
const has = (set: readonly TsInterval[], ts: bigint) => set.some((one) => one.from <= ts && ts <= one.to);
const RUNS = { seed: 11, numRuns: 2000 };

test('union and difference hold the moments that their words say, sorted and never touching', () => {
  fc.assert(
    fc.property(some, some, (left, right) => {
      for (const ts of TIMELINE) {
        assert.equal(has(union([...left, ...right]), ts), has(left, ts) || has(right, ts));
        assert.equal(has(subtract(left, right), ts), has(left, ts) && !has(right, ts));
        assert.equal(contains(left, ts), has(left, ts));
      }
      for (const set of [union(left), subtract(left, right)]) {
        for (const [i, one] of set.entries()) {
          assert.ok(one.from <= one.to);
          if (i > 0) assert.ok(set[i - 1]!.to + 1n < one.from);
        }
      }
    }),
    RUNS,
  );
});

test('clipping keeps what is not before the cut, and neighbours are the nearest on both sides', () => {
  fc.assert(
    fc.property(some, point, (raw, at) => {
      const set = union(raw);
      const cut = BigInt(at);
      for (const ts of TIMELINE) assert.equal(has(clipFrom(set, cut), ts), has(set, ts) && ts >= cut);
      const inside = TIMELINE.filter((ts) => has(set, ts));
      assert.equal(neighbours(set, cut).before, inside.filter((ts) => ts < cut).at(-1));
      assert.equal(
        neighbours(set, cut).after,
        inside.find((ts) => ts > cut),
      );
    }),
    RUNS,
  );
});
