import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readCatalog } from '../../../lib/br/catalog.ts';
import type { CatalogFacts, SnapshotFacts } from '../../../lib/domain/facts.ts';
import { refusalOfCut } from '../../../lib/domain/truncation/truncation-guard.ts';
import { recordedStore, shopBucket } from '../../support/recorded-store.ts';

const store = await recordedStore(shopBucket);
const facts = await readCatalog({ snapshots: store, log: store, keys: {} });
const log = facts.logs[0];
const [first, second, third] = facts.snapshots;

const codeAt = (untilTs: bigint, changed: Partial<CatalogFacts> = {}, of = log) =>
  refusalOfCut({ ...facts, ...changed }, of, untilTs)?.code;
const like = (base: SnapshotFacts, parts: Partial<SnapshotFacts>): SnapshotFacts => ({ ...base, ...parts });

describe('a cut that a person names', () => {
  test('is allowed up to the BackupTS of the oldest snapshot that the log continues, itself included', () => {
    assert.equal(codeAt(first.backupTs), undefined);
    assert.equal(codeAt(first.backupTs - 1n), undefined);
    assert.equal(codeAt(first.backupTs + 1n), 'LOG_NEEDED');
    const refusal = refusalOfCut(facts, log, second.backupTs);
    assert.match(refusal?.message ?? '', new RegExp(`^${first.name} needs the log from ${first.backupTs}`));
    assert.match(refusal?.hint ?? '', new RegExp(`cut at ${first.backupTs} or before`));
  });

  test('is not held by snapshots that the log does not continue any more, or that are no base', () => {
    const later = { ...log, minTs: first.backupTs + 1n };
    assert.equal(codeAt(second.backupTs, {}, later), undefined);
    assert.equal(codeAt(second.backupTs + 1n, {}, later), 'LOG_NEEDED');
    for (const state of [
      { kind: 'unfinished', resumable: false, lockExpiresMs: undefined, backupTs: undefined } as const,
      { kind: 'damaged', object: 'backupmeta', problem: 'cut short' } as const,
    ]) {
      const snapshots = [like(first, { state }), second, third];
      assert.equal(codeAt(second.backupTs, { snapshots }), undefined, state.kind);
    }
    const foreign = [like(first, { clusterId: 1n }), second, third];
    assert.equal(codeAt(second.backupTs, { snapshots: foreign }), undefined);
  });

  test('is held by a snapshot that nobody here can open', () => {
    const state = { kind: 'unreadable', reason: 'encrypted, and no key was given' } as const;
    const snapshots = [like(first, { state }), second, third];
    assert.equal(codeAt(second.backupTs, { snapshots }), 'LOG_NEEDED');
  });

  test('is held by a snapshot newer than the end of the log, which the log will reach', () => {
    const snapshots = [like(third, { backupTs: (log.maxTs ?? 0n) + 5n })];
    assert.equal(codeAt((log.maxTs ?? 0n) + 6n, { snapshots }), 'LOG_NEEDED');
    assert.equal(codeAt(log.maxTs ?? 0n, { snapshots }), undefined);
  });

  test('is refused when no snapshot is continued by the log: nothing could be restored', () => {
    assert.equal(codeAt(first.backupTs, { snapshots: [] }), 'BASE_MISSING');
    assert.equal(codeAt(first.backupTs, {}, { ...log, minTs: third.backupTs + 1n }), 'BASE_MISSING');
  });
});
