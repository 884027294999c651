import assert from 'node:assert/strict';
import test from 'node:test';
import { type Choice, chooseBase } from '../../lib/domain/base.ts';
import { isBlockedTable } from '../../lib/domain/blocks.ts';
import type { PitrError } from '../../lib/domain/errors.ts';
import type { CatalogFacts, SnapshotState } from '../../lib/domain/facts.ts';
import { blocklist, catalog, incremental, log, snapshot } from './builders.ts';

function choice(...args: Parameters<typeof chooseBase>): Choice {
  const result = chooseBase(...args);
  if (result.kind === 'refusal') assert.fail(result.error.message);
  return result;
}

function refusal(...args: Parameters<typeof chooseBase>): PitrError {
  const result = chooseBase(...args);
  if (result.kind === 'choice') assert.fail(`chose ${result.chain.name}`);
  return result.error;
}

const two: CatalogFacts = catalog([snapshot('old', 10), snapshot('new', 20)], [log('l', 5, 30)]);

test('the newest base at or before the moment is taken, with the log only where it is needed', () => {
  const taken = (ts: bigint) => {
    const { chain, log } = choice(two, ts);
    return `${chain.name}+${log?.path ?? ''}`;
  };
  assert.deepEqual([10n, 11n, 19n, 20n, 21n, 30n].map(taken), [
    'old+',
    'old+l',
    'old+l',
    'new+',
    'new+l',
    'new+l',
  ]);
});

test('one database is had from the snapshot alone, from an older base and from a newer base', () => {
  assert.equal(choice(two, 20n).log, undefined);
  const older = choice(two, 20n, { snapshot: 'old' });
  assert.equal(older.chain.name, 'old');
  assert.equal(older.log?.path, 'l');
  assert.equal(choice(two, 25n, { snapshot: 'old/' }).chain.name, 'old');
  assert.equal(choice(two, 25n, { preferOlderThan: 20n }).chain.name, 'old');
  assert.equal(choice(two, 25n, { preferOlderThan: 21n }).chain.name, 'new');
  assert.equal(choice(two, 25n, { preferOlderThan: 10n }).chain.name, 'new');
});

test('of equal bases the one with fewer snapshots is taken, then the log that reaches furthest', () => {
  const facts = catalog(
    [snapshot('a', 10), incremental('0', 5, 20), snapshot('z', 20)],
    [log('short', 5, 30), log('long', 6, 40)],
  );
  assert.equal(choice(facts, 20n).chain.name, 'z');
  assert.equal(choice(facts, 25n).log?.path, 'long');
  assert.equal(choice(facts, 25n, { log: 'short/' }).log?.path, 'short');
});

test('a moment outside the window is refused in both forms, with the reason and the nearest moments', () => {
  const late = refusal(two, 31n);
  assert.equal(late.code, 'MOMENT_NOT_IN_WINDOW');
  assert.equal(late.exitCode, 3);
  assert.match(
    late.message,
    /31 \(1970-01-01T00:00:00\.000Z\) cannot be restored: the checkpoint of the log l is 30/,
  );
  assert.deepEqual(late.details.nearest, { before: 30n });
  const early = refusal(two, 9n);
  assert.equal(early.code, 'MOMENT_NOT_IN_WINDOW');
  assert.deepEqual(early.details.nearest, { after: 10n });
  assert.match(early.hint ?? '', /nearest restorable moment is 10/);
});

test('a base that is missing is a refusal of its own', () => {
  assert.equal(refusal(catalog([], [log('l', 5, 30)]), 20n).code, 'BASE_MISSING');
  const named = refusal(two, 20n, { snapshot: 'other' });
  assert.equal(named.code, 'BASE_MISSING');
  assert.match(named.message, /no snapshot other, expected one of: old, new/);
  assert.match(refusal(catalog([]), 20n, { snapshot: 'other' }).message, /none/);
});

test('a truncated log is a refusal of its own, and names the moments on both sides', () => {
  const facts = catalog([snapshot('old', 10), snapshot('new', 20)], [log('l', 15, 30, { startTs: 5n })]);
  const error = refusal(facts, 17n);
  assert.equal(error.code, 'LOG_TRUNCATED');
  assert.equal(error.exitCode, 3);
  assert.deepEqual(error.details.nearest, { before: 10n, after: 20n });
  assert.equal(refusal(facts, 20n, { snapshot: 'old' }).code, 'LOG_TRUNCATED');
});

test('the log of another cluster is a refusal of its own', () => {
  const facts = catalog([snapshot('s', 10)], [log('l', 5, 30, { clusterId: 2n })]);
  const error = refusal(facts, 20n);
  assert.equal(error.code, 'CLUSTER_MISMATCH');
  assert.match(error.message, /log l is of cluster 2, the base s of cluster 1/);
  assert.equal(choice(facts, 10n).log, undefined);
});

test('when backups of two clusters reach the moment nothing is guessed', () => {
  const facts = catalog(
    [snapshot('a', 10), snapshot('b', 12, { clusterId: 2n }), snapshot('u', 14, { clusterId: 0n })],
    [log('la', 5, 30), log('lb', 5, 30, { clusterId: 2n })],
  );
  const error = refusal(facts, 20n);
  assert.equal(error.code, 'CLUSTER_MISMATCH');
  assert.equal(choice(facts, 11n).chain.name, 'a');
  assert.equal(choice(facts, 20n, { snapshot: 'b' }).log?.path, 'lb');
  assert.equal(refusal(facts, 20n, { snapshot: 'u' }).code, 'CLUSTER_MISMATCH');
  assert.equal(choice(facts, 20n, { snapshot: 'u', log: 'la' }).clusterId, 1n);
});

test('a damaged object that is the cause makes the refusal a damaged backup and is named', () => {
  const state: SnapshotState = { kind: 'damaged', object: 's/backupmeta', problem: 'p' };
  const only = refusal(catalog([snapshot('s', 0, { state })], [log('l', 5, 30)]), 20n);
  assert.equal(only.code, 'OBJECT_DAMAGED');
  assert.equal(only.exitCode, 4);
  assert.equal(only.details.object, 's/backupmeta');
  const problem = { object: 'l/backupmeta', problem: 'p' };
  const dead = refusal(catalog([snapshot('s', 10)], [log('l', 5, 30, { problem })]), 20n);
  assert.equal(dead.code, 'OBJECT_DAMAGED');
  assert.equal(dead.details.object, 'l/backupmeta');
});

test('a damaged snapshot is passed over where an older base reaches the moment, and said', () => {
  const state: SnapshotState = { kind: 'damaged', object: 'new/backupmeta', problem: 'p' };
  const facts = catalog([snapshot('old', 10), snapshot('new', 20, { state })], [log('l', 5, 30)]);
  assert.equal(choice(facts, 25n).chain.name, 'old');
  assert.match(choice(facts, 25n).notes[0] ?? '', /new cannot serve: new\/backupmeta: p/);
  assert.match(choice(facts, 20n).notes[0] ?? '', /new cannot serve: new\/backupmeta: p/);
  assert.deepEqual(choice(facts, 19n).notes, []);
  assert.equal(refusal(facts, 25n, { snapshot: 'new' }).code, 'OBJECT_DAMAGED');
  assert.equal(refusal(facts, 40n).code, 'MOMENT_NOT_IN_WINDOW');
});

test('damage is said even where its BackupTS can no longer be read, but not below the base that is used', () => {
  const damaged = (backupTs: number, problem = 'p') => {
    const state: SnapshotState = { kind: 'damaged', object: 'new/backupmeta', problem };
    return catalog([snapshot('old', 10), snapshot('new', backupTs, { state })], [log('l', 5, 30)]);
  };
  assert.equal(choice(damaged(0), 25n).notes.length, 1);
  assert.equal(choice(damaged(11), 25n).notes.length, 1);
  assert.equal(choice(damaged(10), 25n).notes.length, 0);
  assert.deepEqual(choice(damaged(0, 'new/backupmeta is cut'), 25n).notes, [
    'new cannot serve: new/backupmeta is cut',
  ]);
});

test('a snapshot without its key that is the cause is refused as a missing key', () => {
  const unreadable = (code?: 'KEY_MISSING' | 'KEY_WRONG'): SnapshotState => {
    return { kind: 'unreadable', reason: 'it is encrypted', ...(code === undefined ? {} : { code }) };
  };
  const only = (code?: 'KEY_MISSING' | 'KEY_WRONG') =>
    catalog([snapshot('s', 0, { state: unreadable(code) })], [log('l', 5, 30)]);
  assert.equal(refusal(only('KEY_MISSING'), 20n).code, 'KEY_MISSING');
  assert.equal(refusal(only('KEY_MISSING'), 20n, { snapshot: 's' }).code, 'KEY_MISSING');
  assert.equal(refusal(only('KEY_WRONG'), 20n).code, 'KEY_WRONG');
  assert.equal(refusal(only(), 20n).code, 'UNSUPPORTED');
  assert.equal(refusal(only(), 20n, { snapshot: 's' }).code, 'UNSUPPORTED');
  assert.match(refusal(only('KEY_MISSING'), 20n).message, /s cannot serve: it is encrypted/);
  const state: SnapshotState = { kind: 'damaged', object: 't/backupmeta', problem: 'p' };
  const both = catalog([...only('KEY_MISSING').snapshots, snapshot('t', 0, { state })]);
  assert.equal(refusal(both, 20n).code, 'OBJECT_DAMAGED');
});

test('a snapshot without its key does not hide another cause, but is mentioned', () => {
  const state: SnapshotState = { kind: 'unreadable', reason: 'it is encrypted', code: 'KEY_MISSING' };
  const facts = (backupTs: number) =>
    catalog([snapshot('s', 10), snapshot('t', backupTs, { state })], [log('l', 15, 30, { startTs: 5n })]);
  assert.equal(refusal(facts(0), 20n).code, 'LOG_TRUNCATED');
  assert.match(refusal(facts(0), 20n).message, /t cannot serve: it is encrypted/);
  assert.equal(refusal(facts(0), 9n).code, 'MOMENT_NOT_IN_WINDOW');
  assert.equal(refusal(facts(16), 20n).code, 'KEY_MISSING');
  assert.equal(refusal(facts(16), 14n).code, 'LOG_TRUNCATED');
  assert.doesNotMatch(refusal(facts(0), 31n).message, /encrypted/);
});

test('a damaged log is blamed for the moments that it could hold, and for no others', () => {
  const problem = { object: 'bad/backupmeta', problem: 'p' };
  const facts = (clusterId = 1n) =>
    catalog(
      [snapshot('s', 10)],
      [log('good', 5, 20), log('bad', 25, 30, { problem, clusterId }), log('later', 40, 50)],
    );
  const codes = (one: CatalogFacts) => [24n, 25n, 30n, 31n].map((ts) => refusal(one, ts).details.gap);
  assert.deepEqual(codes(facts()), ['BETWEEN_EPOCHS', 'LOG_DAMAGED', 'LOG_DAMAGED', 'BETWEEN_EPOCHS']);
  assert.deepEqual(codes(facts(2n)), Array(4).fill('BETWEEN_EPOCHS'));
  const gone = catalog([snapshot('s', 10)], [log('bad', 0, undefined, { problem })]);
  assert.equal(refusal(gone, 20n).code, 'OBJECT_DAMAGED');
  const keyed = { ...problem, code: 'KEY_MISSING' as const };
  assert.equal(
    refusal(catalog([snapshot('s', 10)], [log('bad', 5, 30, { problem: keyed })]), 20n).code,
    'KEY_MISSING',
  );
});

test('a snapshot or log that is the storage root itself has no name to print', () => {
  const facts = catalog([snapshot('', 10)], [log('', 5, 30)]);
  assert.match(refusal(facts, 31n).message, /the checkpoint of the log is 30/);
  assert.match(refusal(facts, 9n).message, /the first base the snapshot begins/);
});

test('a named snapshot that cannot serve is refused with its state', () => {
  const state: SnapshotState = { kind: 'unfinished', resumable: true, lockExpiresMs: 1, backupTs: 15n };
  const facts = catalog([snapshot('old', 10), snapshot('new', 0, { state })], [log('l', 5, 30)]);
  const error = refusal(facts, 20n, { snapshot: 'new' });
  assert.equal(error.code, 'BASE_MISSING');
  assert.match(error.message, /new is unfinished/);
  assert.match(choice(facts, 15n).notes[0] ?? '', /new is unfinished/);
  assert.deepEqual(choice(facts, 14n).notes, []);
});

test('a named log that is not there is wrong usage', () => {
  const error = refusal(two, 20n, { log: 'other' });
  assert.equal(error.code, 'INVALID_INPUT');
  assert.equal(error.exitCode, 2);
});

test('a table is blocked by its own id, by a partition of it, or by its database', () => {
  const list = { ...blocklist(12, 16, [7n]), dbIds: [3n] };
  const facts = catalog([snapshot('s', 10)], [log('l', 5, 30, { blocklists: [list] })]);
  const { blocked } = choice(facts, 12n);
  assert.equal(isBlockedTable(blocked, { dbId: 1n, ids: [7n] })?.object, list.object);
  assert.equal(isBlockedTable(blocked, { dbId: 1n, ids: [6n, 7n] })?.object, list.object);
  assert.equal(isBlockedTable(blocked, { dbId: 3n, ids: [1n] })?.object, list.object);
  assert.equal(isBlockedTable(blocked, { dbId: 7n, ids: [3n] }), undefined);
  assert.deepEqual(choice(facts, 11n).blocked, []);
});

test('a snapshot taken in the middle of a restore does not serve the restored tables even alone', () => {
  const facts = catalog([snapshot('s', 14)], [log('l', 5, 30, { blocklists: [blocklist(12, 16, [7n])] })]);
  assert.equal(choice(facts, 14n).blocked.length, 1);
});
