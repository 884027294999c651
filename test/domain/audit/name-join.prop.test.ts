// The join of names against sets of texts: the same names are never named, whatever comes in which order, in one part or in many.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NameJoin } from '../../../lib/domain/audit/name-join.ts';
import { SeededRandom } from '../../../lib/sim/seeded-random.ts';

const smallest = 65_536;

/** The names that are never named, through as many parts as it takes. */
function unnamedBy(
  listed: readonly string[],
  named: readonly string[],
  maxBytes: number,
): { readonly unnamed: readonly string[]; readonly unknown: readonly string[]; readonly parts: number } {
  const unnamed: string[] = [];
  const unknown: string[] = [];
  const open = [{ part: 0, parts: 1 }];
  let parts = 0;
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const join = new NameJoin(maxBytes, next.part, next.parts);
    for (const name of listed) join.add(name);
    for (const name of named) if (join.name(name) === 'unknown') unknown.push(name);
    const found = listed.filter((name) => join.isUnnamed(name));
    assert.equal(join.unnamed, new Set(found).size);
    assert.ok(join.bytes <= maxBytes, `${join.bytes} of ${maxBytes}`);
    unnamed.push(...found);
    open.push(...join.given);
    parts += 1;
  }
  return { unnamed, unknown, parts };
}

describe('a join of names', () => {
  for (let seed = 1; seed <= 30; seed++) {
    test(`seed ${seed}: finds what sets of texts find`, () => {
      const random = new SeededRandom(seed);
      const length = random.pick([0, 1, 10, 1000, 9000]);
      const names = Array.from(
        { length },
        (_, at) => `log-backup/v1/20261122/04/1/${at}-${random.uuid()}.log`,
      );
      const listed = names.filter(() => random.chance(90));
      const named = random.shuffled(names.filter(() => random.chance(90)));
      const { unnamed, unknown, parts } = unnamedBy(listed, [...named, ...named], smallest);
      const isListed = new Set(listed);
      const isNamed = new Set(named);
      assert.deepEqual([...unnamed].sort(), listed.filter((name) => !isNamed.has(name)).sort());
      assert.deepEqual([...new Set(unknown)].sort(), named.filter((name) => !isListed.has(name)).sort());
      assert.equal(parts > 1, listed.length > 3072, `${listed.length} names in ${parts} parts`);
    });
  }

  test('names that differ in one character anywhere are different names', () => {
    const join = new NameJoin(1 << 24);
    const base = `log-backup/v1/20261122/04/1/${'0'.repeat(60)}.log`;
    const others: string[] = [];
    for (let at = 0; at < base.length; at++)
      for (const digit of 'abcdefxyz/') others.push(base.slice(0, at) + digit + base.slice(at + 1));
    const all = new Set([base, ...others]);
    for (const name of all) join.add(name);
    assert.equal(join.size, all.size);
    for (const name of all) assert.ok(join.isUnnamed(name));
  });

  test('half a million names that follow each other are half a million, in less than 32 bytes each', () => {
    const join = new NameJoin(1 << 28);
    const count = 500_000;
    for (let at = 0; at < count; at++)
      join.add(`log-backup/v1/20261122/04/${at % 20}/${470632754787647489n + BigInt(at)}.log`);
    assert.equal(join.size, count);
    assert.ok(join.bytes < 32 * count, `${join.bytes} bytes`);
    assert.deepEqual(join.given, []);
  });
});
