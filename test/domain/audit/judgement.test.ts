// The judgements of an audit by themselves: ages by two clocks, owners of locks, uploads, keys in PD.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { auditKinds, sortFindings } from '../../../lib/domain/audit/audit-finding.ts';
import { auditMargins, isSettled } from '../../../lib/domain/audit/audit-margins.ts';
import { logFindings, uploadFinding } from '../../../lib/domain/audit/bucket-judgement.ts';
import { clusterFindings } from '../../../lib/domain/audit/cluster-judgement.ts';
import { groupFinding } from '../../../lib/domain/audit/group-judgement.ts';
import { type FoundLock, type KnownRun, lockFinding } from '../../../lib/domain/audit/lock-judgement.ts';
import { ObjectGroups } from '../../../lib/domain/audit/object-groups.ts';
import { snapshotFinding } from '../../../lib/domain/audit/snapshot-judgement.ts';
import { log, snapshot } from '../builders.ts';

const nowMs = Date.UTC(2026, 10, 22, 12);
const minute = 60_000;
const day = 1440 * minute;

describe('the age of an object', () => {
  test('is the distance to the newest write by the storage, so that a clock of ours that runs ahead makes nothing old', () => {
    const ahead = { newestWriteMs: nowMs, nowMs: nowMs + 23 * 60 * minute };
    assert.equal(isSettled(nowMs - 29 * minute, ahead), false);
    assert.equal(isSettled(nowMs - 30 * minute, ahead), true);
  });

  test('is told by our clock where nothing is written any more, once no clock can be so wrong', () => {
    assert.equal(isSettled(nowMs - day + 1, { newestWriteMs: nowMs - day + 1, nowMs }), false);
    assert.equal(isSettled(nowMs - day, { newestWriteMs: nowMs - day, nowMs }), true);
  });
});

describe('a lock', () => {
  const holder = { ownerId: '', host: 'vm', pid: '42', description: 'held by vm, pid 42' };
  const lock = (parts: Partial<FoundLock> = {}): FoundLock => ({
    ...{ key: 'log/truncating.lock', bytes: 9n, writtenMs: 0, holder, blocks: 'truncations' },
    ...parts,
  });
  const over: KnownRun = { id: 'r', ownerId: 'o', host: 'vm', pid: '42', end: 'exit 1' };

  test('of an old br is known by host and pid together, and by neither alone', () => {
    assert.equal(lockFinding(lock(), [over]).proof.proven, true);
    assert.equal(lockFinding(lock(), [{ ...over, pid: '43' }]).proof.proven, false);
    assert.equal(lockFinding(lock(), [{ ...over, host: 'other' }]).proof.proven, false);
    assert.equal(
      lockFinding(lock({ holder: { ...holder, host: '', pid: '' } }), [{ ...over, host: '', pid: '' }]).proof
        .proven,
      false,
    );
  });

  test('that names nobody is nobody’s, whatever runs are over', () => {
    const found = lockFinding(lock({ holder: undefined }), [over]);
    assert.equal(found.proof.proven, false);
    assert.match(found.proof.text, /names nobody/);
  });

  test('does not become dead with age', () => {
    assert.equal(lockFinding(lock({ writtenMs: -1e15 }), []).proof.proven, false);
    assert.match(lockFinding(lock(), []).proof.text, /no run of ours that is over/);
    assert.match(lockFinding(lock(), undefined).proof.text, /no state of runs was read/);
  });
});

describe('an unfinished snapshot', () => {
  const sum = { count: 3, bytes: 5n, newestWriteMs: nowMs - 1, keys: ['s/backup.lock'] };
  const clock = { newestWriteMs: nowMs, nowMs };
  const left = (rest: { resumable: boolean; lockExpiresMs: number | undefined }) =>
    snapshotFinding(
      snapshot('s', 0, {
        state: { kind: 'unfinished', backupTs: rest.resumable ? 5n << 18n : undefined, ...rest },
      }),
      sum,
      undefined,
      clock,
    );

  test('runs as long as its lock holds, is proven dead after it, and not proven without one', () => {
    assert.equal(left({ resumable: true, lockExpiresMs: nowMs + 1 })?.level, 'info');
    assert.equal(left({ resumable: true, lockExpiresMs: nowMs })?.proof.proven, true);
    assert.equal(left({ resumable: false, lockExpiresMs: undefined })?.proof.proven, false);
  });

  test('that is complete or only encrypted is no finding', () => {
    assert.equal(snapshotFinding(snapshot('s', 1), sum, undefined, clock), undefined);
    const state = { kind: 'unreadable', reason: 'no key', code: 'KEY_MISSING' } as const;
    assert.equal(snapshotFinding(snapshot('s', 0, { state }), sum, undefined, clock), undefined);
  });
});

test('an upload is left alone for a day, and nobody’s after it', () => {
  const upload = { key: 'a', id: 'u', begunMs: nowMs - day + 1, bytes: 5n };
  assert.deepEqual(
    [uploadFinding(upload, nowMs).level, uploadFinding(upload, nowMs).proof.proven],
    ['info', false],
  );
  const old = uploadFinding({ ...upload, begunMs: nowMs - day }, nowMs);
  assert.deepEqual(
    [old.level, old.proof.proven, old.bytes, old.id],
    ['warn', true, 5n, 'incomplete-upload:a#u'],
  );
});

test('keys of a task that is gone and imports without a lease are found in PD; an import with one goes by itself', () => {
  const facts = {
    nowMs,
    safePoints: { services: [], gcSafePoint: 0n, savedSafePoint: undefined },
    logBackup: {
      ...{ task: { kind: 'none' as const }, otherTasks: [], advancers: [], unexplained: [], revision: 1n },
      leftovers: [{ name: 'old', keys: ['/a', '/b'], centralGlobal: 5n }],
      imports: [
        { kind: 'restore' as const, name: 'restore/restore-1', hasLease: true },
        { kind: 'lightning' as const, name: 'lightning/x', hasLease: false },
      ],
    },
  };
  assert.deepEqual(
    clusterFindings(facts).map(({ id, count, keys }) => [id, count, keys[0]]),
    [
      ['task-keys:old', 2, '/a'],
      ['import-key:lightning/x', 1, '/tidb/brie/import/lightning/x'],
    ],
  );
});

test('several logs are told with their ends, one is not', () => {
  assert.deepEqual(logFindings([log('a', 1, 2)]), []);
  assert.match(
    logFindings([log('a', 1, 2), log('b', 3, undefined)])[0]!.what,
    /2 logs: a from 1 .* to 2 .*; b from 3 .* without a checkpoint/,
  );
});

test('a group of any size keeps as many keys as it was given, and counts all', () => {
  const groups = new ObjectGroups(3);
  for (let at = 0; at < 10; at++)
    groups.add('unknown-object', 'p', { key: `k${at}`, bytes: 1n << 60n, writtenMs: at });
  const [group] = groups.all();
  assert.deepEqual(group!.keys, ['k0', 'k1', 'k2']);
  assert.deepEqual([group!.count, group!.bytes, group!.newestWriteMs], [10, 10n << 60n, 9]);
});

test('every kind has words of its own that say what it is, and ids tell findings apart', () => {
  const groups = new ObjectGroups(1);
  for (const kind of auditKinds) groups.add(kind, 'p', { key: 'k', bytes: 0n, writtenMs: 0 });
  const own = new Set([
    'damaged-log',
    'damaged-snapshot',
    'unfinished-snapshot',
    'lock',
    'incomplete-upload',
    'epochs',
    'safe-point',
    'task-keys',
    'import-key',
  ]);
  const findings = groups
    .all()
    .filter(({ kind }) => !own.has(kind))
    .map((group) => groupFinding(group, log('p', 1, 2)));
  assert.equal(new Set(findings.map(({ what }) => what)).size, findings.length);
  assert.equal(new Set(findings.map(({ id }) => id)).size, findings.length);
  assert.deepEqual(
    sortFindings(findings.toReversed()).map(({ kind }) => kind),
    auditKinds.filter((kind) => !own.has(kind)),
  );
  assert.equal(auditMargins.flushMs >= 10 * 3 * minute, true, 'ten flushes');
});
