import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ChangeKind } from '../../lib/engine/change.ts';
import type { RowCursor } from '../../lib/engine/row-cursor.ts';
import { mergeKeys, mergeRows } from '../../lib/engine/row-merge.ts';
import { VersionPicker } from '../../lib/engine/version-picker.ts';

type Item = readonly [key: string, ts: number, value: string];

/** A sorted source that loads `step` records at a time and counts how often it was closed. */
class ListCursor implements RowCursor {
  key: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyEnd = 0;
  closed = 0;
  readonly #items: readonly Item[];
  readonly #step: number;
  #at = -1;
  #loaded = 0;

  constructor(items: readonly Item[], step: number) {
    this.#items = [...items].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#step = step;
  }

  next(): boolean {
    if (this.#at + 1 >= this.#loaded) return false;
    this.key = Buffer.from(`#${this.#items[++this.#at][0]}`);
    this.keyStart = 1;
    this.keyEnd = this.key.length;
    return true;
  }

  async refill(): Promise<boolean> {
    this.#loaded = Math.min(this.#loaded + this.#step, this.#items.length);
    return this.next();
  }

  addTo(picker: VersionPicker): void {
    const [, ts, value] = this.#items[this.#at];
    const bytes = Buffer.from(value);
    const kind = value === '' ? ChangeKind.delete : ChangeKind.put;
    picker.add(kind, 0, ts, 0, 0, 0, 0, bytes, 0, bytes.length);
  }

  close(): void {
    this.closed++;
  }
}

async function merged(cursors: readonly RowCursor[], end?: string): Promise<[string, string][]> {
  const rows: [string, string][] = [];
  const endKey = end === undefined ? undefined : Buffer.from(end);
  await mergeRows(cursors, new VersionPicker(1000n), endKey, (key, from, to, value) => {
    const text = Buffer.from(value.buffer.subarray(value.start, value.end)).toString();
    rows.push([Buffer.from(key.subarray(from, to)).toString(), text]);
  });
  return rows;
}

const items = fc.array(
  fc.tuple(
    fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 3 }),
    fc.nat(900),
    fc.constantFrom('', 'v', 'w'),
  ),
  { maxLength: 12 },
);

test('any sources give each live key once, in order, with its newest value', async () => {
  const property = fc.asyncProperty(
    fc.array(items, { maxLength: 6 }),
    fc.integer({ min: 1, max: 4 }),
    fc.option(fc.constantFrom('', 'ab', 'b', 'cc'), { nil: undefined }),
    async (sources, step, end) => {
      // Two versions of one key never have the same time.
      let serial = 0;
      const distinct = sources.map((list) => list.map(([key, , value]): Item => [key, ++serial, value]));
      const newest = new Map<string, string>();
      for (const [key, , value] of distinct.flat()) newest.set(key, value);
      const expected = [...newest]
        .filter(([key, value]) => value !== '' && (end === undefined || key < end))
        .sort(([a], [b]) => (a < b ? -1 : 1));
      assert.deepEqual(
        await merged(
          distinct.map((list) => new ListCursor(list, step)),
          end,
        ),
        expected,
      );
    },
  );
  await fc.assert(property, { seed: 43, numRuns: 300 });
});

test('all sources are closed once, at the end, at the bound, and after a failure', async () => {
  for (const end of [undefined, 'a'] as const) {
    const cursors = [new ListCursor([['a', 1, 'v']], 1), new ListCursor([['b', 1, 'v']], 1)];
    await merged(cursors, end);
    assert.deepEqual(
      cursors.map(({ closed }) => closed),
      [1, 1],
    );
  }
  const cursors = [new ListCursor([['a', 1, 'v']], 1), new ListCursor([], 1)];
  const failing = mergeKeys(cursors, new VersionPicker(9n), undefined, () => {
    throw new Error('the disk is full');
  });
  await assert.rejects(failing, /the disk is full/);
  assert.deepEqual(
    cursors.map(({ closed }) => closed),
    [1, 1],
  );
});

test('the next key waits until the row before was taken', async () => {
  const order: string[] = [];
  await mergeKeys(
    [
      new ListCursor(
        [
          ['a', 1, 'v'],
          ['b', 2, 'v'],
        ],
        2,
      ),
    ],
    new VersionPicker(9n),
    undefined,
    async (key, end) => {
      const name = Buffer.from(key.subarray(0, end)).toString();
      order.push(`begin ${name}`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`end ${name}`);
    },
  );
  assert.deepEqual(order, ['begin a', 'end a', 'begin b', 'end b']);
});
