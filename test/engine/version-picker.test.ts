import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { PitrError } from '../../lib/domain/errors.ts';
import { ChangeKind } from '../../lib/engine/change.ts';
import { VersionPicker } from '../../lib/engine/version-picker.ts';

interface Version {
  readonly kind: number;
  readonly ts: bigint;
  readonly start?: bigint;
  readonly fence?: bigint;
  readonly value?: string;
}

const high = (ts: bigint): number => Number(ts >> 32n);
const low = (ts: bigint): number => Number(ts & 0xffffffffn);

function addTo(picker: VersionPicker, versions: readonly Version[]): void {
  for (const { kind, ts, start = 0n, fence = 0n, value = '' } of versions) {
    const bytes = Buffer.from(value);
    picker.add(
      kind,
      high(ts),
      low(ts),
      high(start),
      low(start),
      high(fence),
      low(fence),
      bytes,
      0,
      bytes.length,
    );
  }
}

function picked(versions: readonly Version[], until = 1n << 60n): string | undefined {
  const picker = new VersionPicker(until);
  addTo(picker, versions);
  const value = picker.pick(Buffer.from('k'), 1);
  return value && Buffer.from(value.buffer.subarray(value.start, value.end)).toString();
}

const put = (ts: bigint, value: string, fence?: bigint): Version =>
  fence === undefined
    ? { kind: ChangeKind.put, ts, start: ts - 1n, value }
    : { kind: ChangeKind.put, ts, start: ts - 1n, value, fence };
const putLong = (ts: bigint, start: bigint): Version => ({ kind: ChangeKind.putLong, ts, start });
const longValue = (start: bigint, value: string): Version => ({ kind: ChangeKind.default, ts: start, value });
const deleted = (ts: bigint): Version => ({ kind: ChangeKind.delete, ts, start: ts - 1n });
const big = 466_688_592_927_816_463n;

test('the newest put is the row, whatever the order in which versions come', () => {
  const versions = [put(big, 'old'), put(big + 5n, 'new'), put(big + 2n, 'between')];
  for (const order of [versions, [...versions].reverse()]) assert.equal(picked(order), 'new');
});

test('times that differ in their upper half only are compared by it', () => {
  assert.equal(picked([put(1n << 33n, 'new'), put((1n << 32n) + 0xffffffffn, 'old')]), 'new');
});

test('a key whose newest version is a delete is absent, and one of which nothing is known as well', () => {
  assert.equal(picked([put(big, 'a'), deleted(big + 1n)]), undefined);
  assert.equal(picked([longValue(big, 'taken back')]), undefined);
  assert.equal(picked([]), undefined);
});

test('a put after a delete is there again', () => {
  assert.equal(picked([deleted(big), put(big + 1n, 'again')]), 'again');
});

test('a long value is joined by start_ts, not by commit_ts, and among others of its key', () => {
  const versions = [longValue(big, 'wrong'), putLong(big + 9n, big + 3n), longValue(big + 3n, 'right')];
  assert.equal(picked([...versions, longValue(big + 9n, 'of another')]), 'right');
});

test('two different long values of one start_ts are refused where the row needs them, and only there', () => {
  const versions = [putLong(big + 9n, big), longValue(big, 'a'), longValue(big, 'b')];
  const refused = { code: 'UNSUPPORTED', message: /two different long values of key 6b/ };
  assert.throws(() => picked(versions), refused);
  assert.equal(picked([...versions, put(big + 10n, 'newer')]), 'newer');
  for (const many of [0, 100]) {
    const picker = new VersionPicker(1n << 60n);
    const older = Array.from({ length: many }, (_, i) => putLong(big - BigInt(i), big - 1000n));
    const left: number[] = [];
    addTo(picker, [...older, ...versions, longValue(big, 'b')]);
    picker.survivors(left);
    const values = left.map((i) => picker.version(i).value);
    assert.deepEqual(
      values.map(({ buffer, start, end }) => Buffer.from(buffer.subarray(start, end)).toString()),
      ['', 'a', 'b'],
    );
  }
});

test('of a hundred thousand versions of one key the newest and its value survive, in linear time', () => {
  const picker = new VersionPicker(1n << 60n);
  const count = 100_000;
  for (let i = 0; i < count; i++) {
    const start = big + BigInt(i * 4);
    addTo(picker, [longValue(start, `v${i}`), putLong(start + 1n, start), longValue(start, `v${i}`)]);
  }
  addTo(picker, [longValue(big - 5n, 'of a write elsewhere')]);
  const left: number[] = [];
  picker.survivors(left);
  const texts = left.map((i) => {
    const { buffer, start, end } = picker.version(i).value;
    return Buffer.from(buffer.subarray(start, end)).toString();
  });
  assert.deepEqual(texts, [`v${count - 1}`, '', 'of a write elsewhere']);
});

test('the same commit and the same long value several times are one', () => {
  const versions = [putLong(big + 9n, big), putLong(big + 9n, big), longValue(big, 'v'), longValue(big, 'v')];
  assert.equal(picked(versions), 'v');
});

test('a long value that is nowhere is a missing object that names key and start_ts', () => {
  assert.throws(
    () => picked([putLong(big + 9n, big), longValue(big + 1n, 'of another')]),
    (caught: unknown) => {
      assert.ok(caught instanceof PitrError);
      assert.equal(caught.code, 'OBJECT_MISSING');
      assert.deepEqual(caught.details, { key: '6b', startTs: String(big) });
      return true;
    },
  );
});

test('the long value of an older version may be missing', () => {
  assert.equal(picked([putLong(big, big - 1n), put(big + 1n, 'short')]), 'short');
});

test('a fence whose version is there, is 0, or lies after the moment changes nothing', () => {
  assert.equal(picked([put(big, 'a', big + 5n), put(big + 5n, 'b')]), 'b');
  assert.equal(picked([put(big, 'a', 0n)]), 'a');
  assert.equal(picked([put(big, 'a', big + 5n)], big + 4n), 'a');
  assert.equal(picked([put(big, 'a', big + 5n), deleted(big + 5n)]), undefined);
});

test('a record whose fence names a version that is gone was collected already and is ignored', () => {
  assert.equal(picked([put(big, 'collected', big + 5n)], big + 9n), undefined);
  assert.equal(picked([put(big, 'collected', big + 5n), put(big - 3n, 'older')], big + 9n), 'older');
});

test('a long value at the time of a fence does not stand for the version that the fence names', () => {
  assert.equal(picked([put(big, 'collected', big + 5n), longValue(big + 5n, 'x')], big + 9n), undefined);
});

test('a picker that was reset knows nothing of the key before', () => {
  const picker = new VersionPicker(1n << 60n);
  addTo(picker, [put(big, 'collected', big + 5n), put(big + 1n, 'a')]);
  picker.reset();
  assert.equal(picker.count, 0);
  assert.equal(picker.pick(Buffer.from('k'), 1), undefined);
});

/** Versions of one key as a log can hold them: puts, deletes, long values with their writes. */
const anyVersions = fc
  .uniqueArray(
    fc.record({ at: fc.integer({ min: 1, max: 60 }), form: fc.constantFrom('put', 'long', 'delete') }),
    {
      selector: ({ at }) => at,
      maxLength: 8,
    },
  )
  .map((list) =>
    list.flatMap(({ at, form }): Version[] => {
      const ts = big + BigInt(at * 10);
      if (form === 'delete') return [deleted(ts)];
      if (form === 'put') return [put(ts, `v${at}`)];
      return [putLong(ts, ts - 4n), longValue(ts - 4n, `l${at}`)];
    }),
  );

test('thinning any parts of a key before the merge changes nothing of what is picked', () => {
  const property = fc.property(
    anyVersions,
    fc.array(fc.nat(3), { minLength: 24, maxLength: 24 }),
    (all, parts) => {
      const doubled = [...all, ...all.filter((_, i) => parts[i] === 3)];
      const kept = [0, 1, 2, 3].flatMap((part) => {
        const picker = new VersionPicker(1n << 60n);
        const mine = doubled.filter((_, i) => parts[i % parts.length] === part);
        addTo(picker, mine);
        const survivors: number[] = [];
        picker.survivors(survivors);
        return survivors.map((i) => mine[i]);
      });
      assert.equal(picked(kept), picked(doubled));
    },
  );
  fc.assert(property, { seed: 41, numRuns: 500 });
});
