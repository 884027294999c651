import assert from 'node:assert/strict';
import test from 'node:test';
import { compareBytes } from '../../lib/br/bytes.ts';
import { ChangeKind } from '../../lib/engine/change.ts';
import { ChangeSorter, MERGE_FAN_IN, reduceRuns } from '../../lib/engine/change-sorter.ts';
import { mergeRows } from '../../lib/engine/row-merge.ts';
import { OpenRun, type Run, RunCursor } from '../../lib/engine/run-file.ts';
import { VersionPicker } from '../../lib/engine/version-picker.ts';
import { SeededRandom } from '../../lib/sim/seeded-random.ts';
import { MemorySpillSpace } from '../support/memory-spill.ts';

const until = 1n << 60n;
const smallest = 64 * 1024;

interface Change {
  readonly kind: number;
  readonly key: string;
  readonly ts: number;
  readonly start: number;
  readonly value: string;
}

function sorted(space: MemorySpillSpace, changes: readonly Change[], budget = smallest): readonly Run[] {
  const sorter = new ChangeSorter(space, budget, until);
  for (const { kind, key, ts, start, value } of changes) {
    const header = { kind, tsHigh: 7, tsLow: ts, startHigh: 7, startLow: start, fenceHigh: 0, fenceLow: 0 };
    const [keyBytes, valueBytes] = [Buffer.from(`..${key}`), Buffer.from(`.${value}`)];
    sorter.add(header, keyBytes, 2, keyBytes.length, valueBytes, 1, valueBytes.length);
  }
  return sorter.finish();
}

async function rowsOf(space: MemorySpillSpace, runs: readonly Run[], from = '', to?: string) {
  const open = runs.map((run) => new OpenRun(space, run));
  const rows: [string, string][] = [];
  await mergeRows(
    open.map((run) => new RunCursor(run, Buffer.from(from))),
    new VersionPicker(until),
    to === undefined ? undefined : Buffer.from(to),
    (key, start, end, value) => {
      const text = Buffer.from(value.buffer.subarray(value.start, value.end)).toString();
      rows.push([Buffer.from(key.subarray(start, end)).toString(), text]);
    },
  );
  return rows;
}

/** Changes of many keys, and what their newest version is. */
function workload(seed: number, count: number, valueBytes: number): [Change[], Map<string, string>] {
  const random = new SeededRandom(seed);
  const newest = new Map<string, Change>();
  const changes: Change[] = [];
  for (let i = 0; i < count; i++) {
    const key = `key${String(random.below(count / 3)).padStart(6, '0')}`;
    const ts = 1000 + i * 2;
    const kind = random.pick([ChangeKind.put, ChangeKind.put, ChangeKind.delete, ChangeKind.putLong]);
    const value = `${i}:${'x'.repeat(random.below(valueBytes))}`;
    const write = { kind, key, ts, start: ts - 1, value: kind === ChangeKind.put ? value : '' };
    changes.push(write);
    if (kind === ChangeKind.putLong)
      changes.push({ kind: ChangeKind.default, key, ts: ts - 1, start: 0, value });
    newest.set(key, { ...write, value });
  }
  const live = [...newest].filter(([, { kind }]) => kind !== ChangeKind.delete);
  return [random.shuffled(changes), new Map(live.map(([key, { value }]) => [key, value]))];
}

test('changes in any order come back by key, newest first found, from one run', async () => {
  const space = new MemorySpillSpace();
  const [changes, expected] = workload(1, 300, 20);
  const runs = sorted(space, changes, 8 * 1024 * 1024);
  assert.equal(runs.length, 1);
  assert.deepEqual(await rowsOf(space, runs), [...expected].sort());
});

test('what does not fit in memory goes out in several runs and comes back the same', async () => {
  const space = new MemorySpillSpace();
  const [changes, expected] = workload(2, 3000, 200);
  const runs = sorted(space, changes);
  assert.ok(runs.length > 4 && runs.length <= MERGE_FAN_IN, `${runs.length} runs`);
  assert.deepEqual(await rowsOf(space, runs), [...expected].sort());
});

test('many runs are merged until few are left, and the merged ones are removed', async () => {
  const space = new MemorySpillSpace();
  const [changes, expected] = workload(3, 9000, 500);
  const runs = sorted(space, changes);
  assert.ok(runs.length > MERGE_FAN_IN, `${runs.length} runs`);
  const left = await reduceRuns(space, runs, until);
  assert.ok(left.length <= MERGE_FAN_IN);
  assert.deepEqual([...space.files.keys()].sort(), left.map(({ name }) => name).sort());
  assert.deepEqual(await rowsOf(space, left), [...expected].sort());
});

test('a run that is read from a key on gives exactly the rows of the range', async () => {
  const space = new MemorySpillSpace();
  const [changes, expected] = workload(4, 3000, 900);
  const runs = sorted(space, changes, 16 * 1024 * 1024);
  assert.ok(new OpenRun(space, runs[0]).blocks > 2);
  const all = [...expected].sort();
  for (const [from, to] of [
    ['', 'key000000'],
    ['key000100', 'key000100\u0000'],
    ['key000123x', 'key000800'],
    ['key000999', 'z'],
    ['zzz', undefined],
  ] as const) {
    const wanted = all.filter(([key]) => key >= from && (to === undefined || key < to));
    assert.deepEqual(await rowsOf(space, runs, from, to), wanted, `${from} to ${to}`);
  }
});

test('every first key of a block is found by its own block, and keys between by the block before', () => {
  const space = new MemorySpillSpace();
  const [changes] = workload(5, 2000, 500);
  const run = new OpenRun(space, sorted(space, changes, 16 * 1024 * 1024)[0]);
  let last = -1;
  for (let i = 0; i < 700; i++) {
    const block = run.blockFor(Buffer.from(`key${String(i).padStart(6, '0')}`));
    assert.ok(block >= last && block < run.blocks);
    last = block;
  }
  assert.equal(last, run.blocks - 1);
});

test('a change larger than the arena and than a block is kept whole', async () => {
  const space = new MemorySpillSpace();
  const value = 'y'.repeat(300 * 1024);
  const small = { kind: ChangeKind.put, ts: 5, start: 4, value: 's' };
  const runs = sorted(space, [
    { ...small, key: 'a' },
    { ...small, key: 'b', value },
    { ...small, key: 'c' },
  ]);
  const rows = [
    ['a', 's'],
    ['b', value],
    ['c', 's'],
  ];
  assert.deepEqual(await rowsOf(space, runs), rows);
});

test('nothing sorted is no run', async () => {
  const space = new MemorySpillSpace();
  assert.deepEqual(sorted(space, []), []);
  assert.deepEqual(await rowsOf(space, []), []);
});

test('ranges compare bytewise, and a prefix comes first', () => {
  assert.ok(compareBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0)) < 0);
  assert.ok(compareBytes(Uint8Array.of(0xff), Uint8Array.of(0x7f, 1)) > 0);
  assert.equal(compareBytes(Uint8Array.of(), Uint8Array.of()), 0);
});
