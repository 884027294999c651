// What a cleanup may remove, as a pure decision: every kind of finding, every doubt, and the plan as text.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type AuditFinding, type AuditKind, auditKinds } from '../../../lib/domain/audit/audit-finding.ts';
import { auditMargins } from '../../../lib/domain/audit/audit-margins.ts';
import {
  type CleanupLook,
  type FoundToRemove,
  planCleanup,
  type RemovableKind,
  removableKinds,
} from '../../../lib/domain/audit/cleanup-plan.ts';
import {
  type CleanupRecord,
  checkCleanupUsable,
  cleanupLastsMs,
  formatCleanup,
  parseCleanup,
} from '../../../lib/domain/audit/cleanup-record.ts';

const nowMs = Date.UTC(2026, 10, 22, 12);
const store = 's3://bucket';
const clocks = new Map([[store, { newestWriteMs: nowMs, nowMs }]]);

function finding(kind: AuditKind, parts: Partial<AuditFinding> = {}): AuditFinding {
  const place = 'place';
  return {
    ...{ id: `${kind}:${place}`, kind, level: 'warn', place, what: 'what it is', advice: 'what to do' },
    ...{ proof: { proven: true, text: 'why it is certain' }, count: 1, bytes: 5n, keys: ['k'], namedBy: [] },
    ...parts,
  };
}

function found(kind: RemovableKind, parts: Partial<FoundToRemove> = {}): FoundToRemove {
  return { kind, place: 'place', store, key: 'k', bytes: 5n, writtenMs: 0, isExpired: true, ...parts };
}

const look = (parts: Partial<CleanupLook>): CleanupLook => ({
  ...{ findings: [], found: [], clocks, pd: [] },
  ...parts,
});

describe('what a cleanup may remove', () => {
  test('is of a kind that is named here; of all others nothing, even if somebody found it', () => {
    for (const kind of auditKinds) {
      const id = kind === 'incomplete-upload' ? 'incomplete-upload:k#' : `${kind}:place`;
      const { steps, kept } = planCleanup(
        look({ findings: [finding(kind, { id })], found: [found(kind as RemovableKind)] }),
      );
      const may = removableKinds.some((one) => one === kind);
      if (kind === 'lock' || may) assert.deepEqual([steps.length, kept.length], [1, 0], kind);
      else assert.deepEqual([steps.length, kept.length, kept[0]?.count], [0, 1, 1], kind);
    }
  });

  test('is proven, old by the clock of its own store, and found; whatever else is said of it', () => {
    const shape = fc.record({
      kind: fc.constantFrom(...removableKinds.filter((kind) => kind !== 'incomplete-upload')),
      proven: fc.boolean(),
      ageMs: fc.integer({ min: 0, max: 3 * auditMargins.removalMs }),
      isExpired: fc.boolean(),
      hasClock: fc.boolean(),
      isFound: fc.boolean(),
    });
    fc.assert(
      fc.property(shape, ({ kind, proven, ageMs, isExpired, hasClock, isFound }) => {
        const { steps, kept } = planCleanup(
          look({
            findings: [finding(kind, { proof: { proven, text: 'why' } })],
            found: isFound ? [found(kind, { writtenMs: nowMs - ageMs, isExpired })] : [],
            clocks: hasClock ? clocks : new Map(),
          }),
        );
        const margin = kind === 'lock' ? auditMargins.flushMs : auditMargins.removalMs;
        const isOld = hasClock && ageMs >= margin;
        const may = proven && isFound && isOld && (isExpired || kind !== 'empty-metas');
        assert.deepEqual([steps.length, kept.length], may ? [1, 0] : [0, 1]);
        if (!may) assert.ok((kept[0]?.reason ?? '').length > 3);
      }),
      { numRuns: 300, seed: 20261122 },
    );
  });

  test('is planned in the order that frees others first, and a part that stays is counted', () => {
    const findings = removableKinds
      .toReversed()
      .filter((kind) => kind !== 'incomplete-upload')
      .map((kind) => finding(kind, { count: 3 }));
    const all = findings.flatMap(({ kind }) => [
      found(kind as RemovableKind),
      found(kind as RemovableKind, { key: 'young', writtenMs: nowMs }),
    ]);
    const { steps, kept } = planCleanup(look({ findings, found: all }));
    assert.deepEqual(
      steps.map(({ kind }) => kind),
      removableKinds.filter((kind) => kind !== 'incomplete-upload'),
    );
    for (const { count, reason } of kept) {
      assert.equal(count, 2);
      assert.match(reason, /younger than .*; more than one plan takes/);
    }
  });

  test('is nothing in PD: what is proven there is told as words of a shell, whatever the names are', () => {
    const name = "x'; rm -rf / #";
    const findings = [
      finding('safe-point', { keys: [name] }),
      finding('task-keys', { keys: ['/tidb/br-stream/checkpoint/pitr/central_global'] }),
      finding('import-key', { keys: ['/x'], proof: { proven: false, text: 'nobody knows' } }),
    ];
    const { steps, kept } = planCleanup(look({ findings, pd: ['http://10.0.0.1:2379'] }));
    assert.deepEqual(steps, []);
    assert.deepEqual(
      kept.map(({ commands }) => commands),
      [
        [`pd-ctl -u http://10.0.0.1:2379 service-gc-safepoint delete 'x'\\''; rm -rf / #'`],
        ['etcdctl --endpoints=http://10.0.0.1:2379 del /tidb/br-stream/checkpoint/pitr/central_global'],
        [],
      ],
    );
  });
});

describe('the plan of a cleanup as it is kept', () => {
  const record: CleanupRecord = {
    ...{ shape: 'cleanup/v1', state: 'open', id: '20261122120000-audit', storage: [store], madeMs: nowMs },
    steps: [
      {
        ...{ id: 'a', kind: 'expired-log-data', place: 'p', store, reason: 'why' },
        objects: [
          { key: 'é\n"', bytes: 1n << 60n, writtenMs: 7 },
          { key: 'k', bytes: 0n, writtenMs: 8, uploadId: 'u' },
        ],
      },
    ],
  };

  test('reads as it was written', () => {
    assert.deepEqual(parseCleanup(record.id, formatCleanup(record)), record);
  });

  test('is refused with any part of it missing, of another kind, or of another plan', () => {
    const text = formatCleanup(record);
    const damages: readonly (readonly [string, string])[] = [
      ['"state":"open"', '"state":"half"'],
      ['"cleanup/v1"', '"cleanup/v2"'],
      ['"kind":"expired-log-data"', '"kind":"unknown-object"'],
      ['"bytes":"0"', '"bytes":0'],
      ['"bytes":"0"', '"bytes":"many"'],
      ['"writtenMs":7', '"writtenMs":"7"'],
      ['"place":"p"', '"place":1'],
      ['"storage":["s3://bucket"]', '"storage":"s3://bucket"'],
      ['}\n', ''],
    ];
    for (const [from, to] of damages) {
      assert.ok(text.includes(from), from);
      assert.throws(() => parseCleanup(record.id, text.replace(from, to)), { code: 'PLAN_UNUSABLE' }, to);
    }
    assert.throws(() => parseCleanup('20261122120001-audit', text), { code: 'PLAN_UNUSABLE' });
  });

  test('can be used for a week, once, and again by whoever goes on with it', () => {
    const use = (parts: Partial<CleanupRecord>, ms = nowMs) =>
      checkCleanupUsable({ ...record, ...parts }, record.id, [store], ms);
    assert.equal(use({}).state, 'open');
    assert.equal(use({ state: 'used' }, nowMs + cleanupLastsMs - 1).state, 'used');
    assert.throws(() => use({ state: 'done' }), { code: 'PLAN_UNUSABLE' });
    assert.throws(() => use({}, nowMs + cleanupLastsMs), { code: 'PLAN_UNUSABLE' });
    assert.throws(() => use({ storage: ['s3://other'] }), { code: 'PLAN_UNUSABLE' });
  });
});
