import assert from 'node:assert/strict';
import test from 'node:test';
import {
  checkpointTsBytes,
  describeLock,
  parseCheckpointLock,
  parseCheckpointMeta,
  parseCheckpointTs,
  parseLock,
  parseReplicationState,
  parseSafepoint,
} from '../../lib/br/locks.ts';
import { recordedStore } from '../support/recorded-store.ts';

const text = (value: string) => Buffer.from(value);

test('the lock of a killed truncation tells who held it since when', async () => {
  const store = await recordedStore('faults/truncate-1-left-objects/log');
  const lock = parseLock('truncating.lock', (await store.get('truncating.lock'))!);
  assert.deepEqual([lock.host, lock.pid, lock.lockType], ['vm', 9701n, 'log-truncate-exclusive']);
  assert.equal(lock.txn, 'e624c72f1e334ea493cd0f9bb1aaff72');
  assert.equal(
    describeLock(lock),
    'log-truncate-exclusive since 2026-11-22T05:17:32.286442204Z by vm, pid 9701 (operation_started_at=2026-11-22T05:17:32Z)',
  );
});

test('a lock of an older br says less and is described all the same', () => {
  assert.equal(
    describeLock(parseLock('truncating.lock', text('{"locked_at":"2024-01-01T00:00:00Z"}'))),
    'held since 2024-01-01T00:00:00Z',
  );
});

test('the checkpoint of a killed backup keeps its u64 exactly', async () => {
  const store = await recordedStore('faults/backup-1-left/f/snapshot-20261122060000/checkpoints/backup');
  const lock = parseCheckpointLock('checkpoint.lock', (await store.get('checkpoint.lock'))!);
  assert.deepEqual(lock, { lockId: 470633540437409793n, expiresMs: 1795324779818 });
  const meta = parseCheckpointMeta('checkpoint.meta', (await store.get('checkpoint.meta'))!);
  assert.equal(meta.backupTs, 470633540373184513n);
});

test('a .ts object is 8 bytes, little-endian, and nothing else', async () => {
  const store = await recordedStore('shop/bucket/backup-data/log-backup/v1/global_checkpoint');
  const ts = parseCheckpointTs('1.ts', (await store.get('1.ts'))!);
  assert.equal(ts, 470632777030303745n);
  assert.deepEqual(checkpointTsBytes(ts), await store.get('1.ts'));
  for (const size of [0, 7, 9])
    assert.throws(() => parseCheckpointTs('1.ts', new Uint8Array(size)), { name: 'OBJECT_DAMAGED' });
});

test('a safepoint is a whole TSO in decimal', () => {
  assert.equal(parseSafepoint('s', text('470632757998649345')), 470632757998649345n);
  assert.equal(parseSafepoint('s', text('470632757998649345\n')), 470632757998649345n);
  for (const bad of [
    '',
    '47063275799864934',
    '-470632757998649345',
    '4706327579986493x5',
    '99999999999999999999',
    `${'0'.repeat(70)}`,
  ]) {
    assert.throws(() => parseSafepoint('s', text(bad)), { name: 'OBJECT_DAMAGED' }, bad);
  }
});

test('documents of other forms are damaged and named', () => {
  for (const bad of [
    '',
    '{',
    '[]',
    'null',
    '3',
    '"x"',
    '{"lock-id":"1","expire-at":2}',
    '{"locker_host":3}',
    '{"backup-ts":-1}',
    '{"last_checkpoint":1.5}',
    '{"last_checkpoint":99999999999999999999}',
  ]) {
    const bytes = text(bad);
    const parsers = [parseCheckpointLock, parseCheckpointMeta, parseReplicationState];
    for (const parse of parsers)
      assert.throws(
        () => parse('the/object', bytes),
        { name: 'OBJECT_DAMAGED', message: /the\/object/ },
        bad,
      );
  }
  assert.throws(() => parseLock('the/object', text('{"locker_host":3}')), { name: 'OBJECT_DAMAGED' });
  assert.equal(
    parseReplicationState('s', text('{"last_checkpoint":470632757998649345}')),
    470632757998649345n,
  );
});
