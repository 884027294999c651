import assert from 'node:assert/strict';
import test from 'node:test';
import type { CatalogFacts, SnapshotState } from '../../lib/domain/facts.ts';
import { computeWindow, describeNearest, earliest, latest } from '../../lib/domain/window.ts';
import { blocklist, catalog, extBackup, incremental, log, snapshot } from './builders.ts';

/** `from-to` of the merged window. */
function merged(facts: CatalogFacts): string {
  return computeWindow(facts)
    .merged.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`))
    .join(' ');
}

/** `from-to CODE` of every hole. */
function holes(facts: CatalogFacts): readonly string[] {
  return computeWindow(facts).holes.map(({ from, to, code }) => `${from ?? ''}-${to ?? ''} ${code}`);
}

/** `base+log from-to CODE` of every interval. */
function intervals(facts: CatalogFacts): readonly string[] {
  return computeWindow(facts).intervals.map(
    ({ chain, log, from, to }) => `${chain.join('+')}+${log ?? ''} ${from.ts}-${to.ts} ${to.code}`,
  );
}

test('a snapshot and a log that began before it give every moment from BackupTS to the checkpoint', () => {
  const facts = catalog([snapshot('s', 10)], [log('l', 5, 20)]);
  assert.equal(merged(facts), '10-20');
  assert.deepEqual(intervals(facts), ['s+l 10-20 CHECKPOINT']);
  assert.deepEqual(holes(facts), ['-9 BEFORE_FIRST_BASE', '21- AFTER_CHECKPOINT']);
  assert.equal(earliest(computeWindow(facts)), 10n);
  assert.equal(latest(computeWindow(facts)), 20n);
});

test('an empty bucket has one hole and no latest', () => {
  const window = computeWindow(catalog([]));
  assert.deepEqual(window.merged, []);
  assert.equal(latest(window), undefined);
  assert.equal(earliest(window), undefined);
  assert.deepEqual(holes(catalog([])), ['- NO_BASE']);
  assert.deepEqual(holes(catalog([], [log('l', 5, 20)])), ['- NO_BASE']);
});

test('a snapshot without any log gives its own BackupTS', () => {
  const facts = catalog([snapshot('s', 10), snapshot('t', 12)]);
  assert.equal(merged(facts), '10 12');
  assert.deepEqual(intervals(facts), ['s+ 10-10 NO_LOG', 't+ 12-12 NO_LOG']);
  assert.deepEqual(holes(facts), ['-9 BEFORE_FIRST_BASE', '11-11 NO_LOG', '13- NO_LOG']);
});

test('a log minimum equal to BackupTS is enough, one above it is not', () => {
  assert.equal(merged(catalog([snapshot('s', 10)], [log('l', 10, 20)])), '10-20');
  assert.equal(merged(catalog([snapshot('s', 10)], [log('l', 11, 20)])), '10');
});

test('a log truncated past a snapshot leaves that snapshot only its own moment', () => {
  const facts = catalog([snapshot('s', 10), snapshot('t', 16)], [log('l', 15, 20, { startTs: 5n })]);
  assert.equal(merged(facts), '10 16-20');
  assert.deepEqual(intervals(facts), ['s+ 10-10 LOG_TRUNCATED', 't+l 16-20 CHECKPOINT']);
  assert.deepEqual(holes(facts), ['-9 BEFORE_FIRST_BASE', '11-15 LOG_TRUNCATED', '21- AFTER_CHECKPOINT']);
});

test('a log that never went back to the snapshot is told from one that was truncated', () => {
  const began = (startTs: bigint) => catalog([snapshot('s', 10)], [log('l', 15, 20, { startTs })]);
  assert.deepEqual(intervals(began(10n)), ['s+ 10-10 LOG_TRUNCATED']);
  assert.deepEqual(intervals(began(11n)), ['s+ 10-10 LOG_STARTED_AFTER_BASE']);
});

test('between two epochs there is a hole until the first base of the second', () => {
  const facts = catalog([snapshot('s', 10), snapshot('t', 30)], [log('one', 5, 20), log('two', 25, 40)]);
  assert.equal(merged(facts), '10-20 30-40');
  assert.deepEqual(holes(facts), ['-9 BEFORE_FIRST_BASE', '21-29 BETWEEN_EPOCHS', '41- AFTER_CHECKPOINT']);
  assert.match(computeWindow(facts).holes[1]?.reason ?? '', /log one ends at 20 .* log two begins at 25/);
});

test('of several epochs the ones next to the hole are named', () => {
  const facts = catalog(
    [snapshot('s', 10)],
    [log('first', 1, 15), log('one', 5, 20), log('zero', 2, 12), log('late', 50, 60), log('two', 25, 40)],
  );
  assert.match(computeWindow(facts).holes[1]?.reason ?? '', /log one ends at 20 .* log two begins at 25/);
  const touching = catalog([snapshot('s', 20)], [log('one', 5, 20), log('two', 25, 40)]);
  assert.deepEqual(holes(touching)[1], '21-40 BETWEEN_EPOCHS');
  const before = catalog([snapshot('s', 21)], [log('one', 5, 20), log('two', 25, 40)]);
  assert.deepEqual(holes(before)[1], '22-40 LOG_STARTED_AFTER_BASE');
});

test('the hole before the window names the first of the bases', () => {
  const { holes } = computeWindow(catalog([snapshot('b', 20), snapshot('a', 10), snapshot('c', 15)]));
  assert.match(holes[0]?.reason ?? '', /first base a begins at its BackupTS 10/);
});

test('windows of neighbouring bases without a moment between them are one', () => {
  assert.equal(
    merged(catalog([snapshot('s', 10), snapshot('t', 21)], [log('a', 5, 20), log('b', 21, 30)])),
    '10-30',
  );
  assert.equal(
    merged(catalog([snapshot('s', 10), snapshot('t', 22)], [log('a', 5, 20), log('b', 22, 30)])),
    '10-20 22-30',
  );
});

test('a log whose checkpoint is not past the base adds nothing', () => {
  const facts = catalog([snapshot('s', 10)], [log('l', 5, 10)]);
  assert.deepEqual(intervals(facts), ['s+ 10-10 AFTER_CHECKPOINT']);
  assert.equal(merged(catalog([snapshot('s', 10)], [log('l', 5, 11)])), '10-11');
});

test('a log without a checkpoint promises nothing', () => {
  const facts = catalog([snapshot('s', 10)], [log('l', 5, undefined)]);
  assert.deepEqual(intervals(facts), ['s+ 10-10 NO_CHECKPOINT']);
});

test('the log of another cluster adds nothing, one of an unknown cluster does', () => {
  const other = catalog([snapshot('s', 10)], [log('l', 5, 20, { clusterId: 2n })]);
  assert.deepEqual(intervals(other), ['s+ 10-10 OTHER_CLUSTER']);
  assert.deepEqual(holes(other), ['-9 BEFORE_FIRST_BASE', '11- OTHER_CLUSTER']);
  assert.equal(merged(catalog([snapshot('s', 10)], [log('l', 5, 20, { clusterId: 0n })])), '10-20');
  assert.equal(merged(catalog([snapshot('s', 10, { clusterId: 0n })], [log('l', 5, 20)])), '10-20');
});

test('a damaged log adds nothing and names its object', () => {
  const problem = { object: 'l/backupmeta', problem: 'expected a message, found 3 bytes' };
  const facts = catalog([snapshot('s', 10)], [log('l', 5, 20, { problem })]);
  assert.deepEqual(intervals(facts), ['s+ 10-10 LOG_DAMAGED']);
  assert.equal(computeWindow(facts).holes[1]?.object, 'l/backupmeta');
});

test('an incremental snapshot counts iff a base of its cluster ends within [startTs, BackupTS]', () => {
  const chain = (startTs: number, backupTs: number) =>
    merged(catalog([snapshot('full', 10), incremental('inc', startTs, backupTs)]));
  assert.equal(chain(10, 20), '10 20');
  assert.equal(chain(9, 20), '10 20');
  assert.equal(chain(11, 20), '10');
  assert.equal(chain(5, 9), '10');
  assert.deepEqual(intervals(catalog([snapshot('full', 10), incremental('inc', 5, 10)])), [
    'full+inc+ 10-10 NO_LOG',
    'full+ 10-10 NO_LOG',
  ]);
});

test('incremental snapshots stand on each other, and a broken link takes all after it', () => {
  const links = [incremental('a', 10, 20), incremental('b', 20, 30), incremental('c', 31, 40)];
  const facts = catalog([snapshot('full', 10), ...links], [log('l', 25, 50)]);
  assert.deepEqual(intervals(facts), [
    'full+ 10-10 LOG_STARTED_AFTER_BASE',
    'full+a+ 20-20 LOG_STARTED_AFTER_BASE',
    'full+a+b+l 30-50 CHECKPOINT',
  ]);
  const { excluded } = computeWindow(facts);
  assert.deepEqual(
    excluded.map((one) => `${one.name} ${one.code}`),
    ['c CHAIN_BROKEN'],
  );
  assert.match(excluded[0]?.reason ?? '', /continues from 31/);
});

test('an incremental snapshot takes the fewest links, and of those the newest base', () => {
  const facts = catalog([
    snapshot('a-old', 10),
    snapshot('b-new', 15),
    incremental('a', 10, 20),
    incremental('b', 5, 30),
  ]);
  const chains = computeWindow(facts).intervals.map((one) => one.chain.join('+'));
  assert.deepEqual(chains, ['a-old', 'b-new', 'b-new+a', 'b-new+b']);
});

test('an incremental snapshot of another cluster is no link', () => {
  const facts = catalog([snapshot('full', 10), incremental('inc', 10, 20, { clusterId: 2n })]);
  assert.equal(merged(facts), '10');
});

test('an unknown cluster does not join two known ones', () => {
  const facts = catalog(
    [snapshot('full', 10), incremental('inc', 10, 20, { clusterId: 0n })],
    [log('l', 5, 30, { clusterId: 2n })],
  );
  assert.equal(merged(facts), '10 20');
});

test('a snapshot that cannot serve is named with its reason and never counted', () => {
  const states: readonly (readonly [SnapshotState, string, RegExp])[] = [
    [
      { kind: 'unfinished', resumable: true, lockExpiresMs: undefined, backupTs: 8n },
      'UNFINISHED',
      /backupmeta.*can resume/,
    ],
    [
      { kind: 'unfinished', resumable: false, lockExpiresMs: undefined, backupTs: undefined },
      'UNFINISHED',
      /no checkpoint/,
    ],
    [{ kind: 'damaged', object: 's/backupmeta', problem: 'p' }, 'DAMAGED', /s\/backupmeta: p/],
    [{ kind: 'unreadable', reason: 'it is encrypted and no key was given' }, 'UNREADABLE', /no key/],
  ];
  for (const [state, code, reason] of states) {
    const window = computeWindow(catalog([snapshot('s', 10, { state })], [log('l', 5, 20)]));
    assert.deepEqual(window.merged, []);
    assert.equal(window.excluded[0]?.name, 's');
    assert.equal(window.excluded[0]?.code, code);
    assert.match(window.excluded[0]?.reason ?? '', reason);
  }
});

test('a damaged snapshot is the cause of a hole that it could have filled, and of no other', () => {
  const state: SnapshotState = { kind: 'damaged', object: 't/backupmeta', problem: 'p' };
  const facts = (backupTs: number) =>
    catalog([snapshot('s', 10), snapshot('t', backupTs, { state }), snapshot('u', 30)], [log('l', 25, 40)]);
  assert.deepEqual(holes(facts(15)), [
    '-9 BEFORE_FIRST_BASE',
    '11-14 LOG_STARTED_AFTER_BASE',
    '15-29 SNAPSHOT_DAMAGED',
    '41- AFTER_CHECKPOINT',
  ]);
  assert.deepEqual(holes(facts(41)).slice(-3), [
    '11-29 LOG_STARTED_AFTER_BASE',
    '41-41 SNAPSHOT_DAMAGED',
    '42- AFTER_CHECKPOINT',
  ]);
  assert.deepEqual(holes(facts(0))[0], '-9 SNAPSHOT_DAMAGED');
});

test('a blocklist takes its tables out from restore_start_ts on, until a base at restore_commit_ts', () => {
  const partial = (...bases: readonly number[]) => {
    const blocklists = [blocklist(12, 16, [7n])];
    const facts = catalog(
      bases.map((ts) => snapshot(`s${ts}`, ts)),
      [log('l', 5, 20, { blocklists })],
    );
    return computeWindow(facts).partialHoles.map(({ from, to, block }) => `${from}-${to} ${block.tableIds}`);
  };
  assert.deepEqual(partial(10), ['12-20 7']);
  assert.deepEqual(partial(10, 15), ['12-20 7']);
  assert.deepEqual(partial(10, 16), ['12-15 7']);
  assert.deepEqual(partial(16), []);
  assert.deepEqual(partial(15), ['15-20 7']);
});

test('a finished ext backup takes its tables out from as_if_ts on, until a base at as_if_ts', () => {
  const partial = (base: number, finished: boolean, asIfTs: number) => {
    const extBackups = [extBackup(asIfTs, finished, [7n])];
    const facts = catalog([snapshot('s', 10), snapshot('t', base)], [log('l', 5, 20, { extBackups })]);
    return computeWindow(facts).partialHoles.map(({ from, to }) => `${from}-${to}`);
  };
  assert.deepEqual(partial(12, true, 13), ['13-20']);
  assert.deepEqual(partial(15, true, 13), ['13-14']);
  assert.deepEqual(partial(13, true, 13), []);
  assert.deepEqual(partial(15, false, 13), ['13-14', '16-20']);
  assert.deepEqual(partial(15, false, 0), ['11-14', '16-20']);
});

test('a blocklist of another cluster takes nothing out', () => {
  const foreign = log('x', 5, 20, { clusterId: 2n, blocklists: [blocklist(12, 16, [7n])] });
  assert.deepEqual(computeWindow(catalog([snapshot('s', 10)], [log('l', 5, 20), foreign])).partialHoles, []);
});

test('the nearest moments are said in both forms', () => {
  assert.match(describeNearest({ before: 5n, after: 7n }), /5 \(1970-.*\) before and 7 \(1970-.*\) after/);
  assert.match(describeNearest({ before: 5n }), /moment is 5 \(.*\), before it/);
  assert.match(describeNearest({ after: 7n }), /moment is 7 \(.*\), after it/);
  assert.equal(describeNearest({}), 'no moment is restorable');
});
