// Audits of the recorded buckets: what the real br and TiKV leave when all goes well, and what killed runs of them left.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseKey } from '../../../lib/br/encryption.ts';
import type { KnownRun } from '../../../lib/domain/audit/lock-judgement.ts';
import type { KnownRuns } from '../../../lib/operations/audit/audit-runs.ts';
import { auditOf, keysByKind } from '../../support/audit-stage.ts';
import type { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { logKey } from '../../support/recorded-backups.ts';
import { RecordedCluster } from '../../support/recorded-cluster.ts';
import { recordedCopy, recordedStore, shopBucket, variantsStorage } from '../../support/recorded-store.ts';

const shortKey = parseKey(
  JSON.parse(readFileSync(new URL('../../fixtures/variants/history.json', import.meta.url), 'utf8')).key,
);

/** What a killed run left, laid over the bucket of the shop. */
async function shopWith(folder: string, from: string, to: string): Promise<MemoryObjectStore> {
  const shop = await recordedCopy(shopBucket);
  const left = await recordedCopy(folder, from);
  for await (const { key } of left.list('')) await shop.put(to + key, (await left.get(key))!);
  return shop;
}

const run = (parts: Partial<KnownRun>): KnownRun => ({
  id: '20261122051700-truncation-1',
  ownerId: '',
  host: '',
  pid: '',
  end: 'signal SIGKILL',
  ...parts,
});
const known = (...runs: KnownRun[]): KnownRuns => ({ runs, folders: new Map() });

describe('an audit of what went well', () => {
  test('finds nothing in the bucket of the shop, and says how much it looked at', async () => {
    const report = await auditOf(await recordedStore(shopBucket));
    assert.deepEqual(report.findings, []);
    assert.equal(report.read, 9, 'six metas and three backupmetas');
    let objects = 0;
    let bytes = 0n;
    for await (const { size } of (await recordedStore(shopBucket)).list('')) {
      objects += 1;
      bytes += BigInt(size);
    }
    assert.deepEqual([report.objects, report.bytes], [objects, bytes]);
  });

  test('finds nothing in the variants but what the key of the other encrypted snapshot hides', async () => {
    const store = await recordedStore(variantsStorage);
    for (const snapshot of [shortKey, logKey]) {
      const { findings } = await auditOf(store, { keys: { snapshot, log: logKey } });
      const hidden = snapshot === shortKey ? 'snapshot-aes256' : 'snapshot-aes128';
      assert.deepEqual(
        findings.map(({ id, level }) => [id, level]),
        [[`not-judged:${hidden}`, 'warn']],
      );
    }
  });
});

describe('an audit of a backup whose parts are given apart', () => {
  test('takes neither part for a stranger in the other, wherever they are', async () => {
    const whole = await recordedStore(shopBucket);
    const log = await recordedStore(`${shopBucket}/log-backup`);
    const keys = { snapshot: undefined, log: undefined };
    for (const backup of [
      { snapshots: whole, log, keys },
      { snapshots: whole, log: undefined, keys },
      { snapshots: undefined, log: whole, keys },
      { snapshots: undefined, log, keys },
    ]) {
      const report = await auditOf(whole, { backup });
      assert.deepEqual(report.findings, []);
      assert.ok(report.objects > 10);
    }
  });
});

describe('an audit of what killed runs left', () => {
  const truncation = () => shopWith('faults/truncate-1-left-objects', 'log/', 'log-backup/');
  const restore = () => shopWith('faults/restore-1-left-objects', 'backup-data/', '');
  const dead = 'dc72202d-48f3-4736-8bb8-c9f5d5693a59';

  test('finds the lock of a truncation, and does not take anybody for dead without proof', async () => {
    const { findings } = await auditOf(await truncation());
    assert.deepEqual(keysByKind(findings), ['lock log-backup/truncating.lock']);
    const [lock] = findings;
    assert.equal(lock!.proof.proven, false);
    assert.match(lock!.proof.text, /^no state of runs/);
    assert.match(
      lock!.what,
      /log-truncate-exclusive since 2026-11-22T05:17:32.* by vm, pid 9701.*no truncation begins/,
    );
    assert.match(lock!.advice, /whether the process 9701 on vm still runs/);
    const stranger = await auditOf(await truncation(), {
      runs: known(run({ ownerId: 'another', host: 'vm', pid: '9701' })),
    });
    assert.equal(stranger.findings[0]!.proof.proven, false, 'the id decides, not host and pid');
  });

  test('calls the owner of a lock dead when the very run that took it is over', async () => {
    const { findings } = await auditOf(await truncation(), { runs: known(run({ ownerId: dead })) });
    assert.equal(findings[0]!.proof.proven, true);
    assert.match(
      findings[0]!.proof.text,
      /20261122051700-truncation-1 of ours, which is over \(signal SIGKILL\)/,
    );
  });

  test('tells the lock of a run that goes on, and calls for nothing', async () => {
    const { findings } = await auditOf(await truncation(), {
      runs: known(run({ ownerId: dead, end: undefined })),
    });
    assert.deepEqual(
      [findings[0]!.level, findings[0]!.proof.proven, findings[0]!.advice],
      ['info', false, ''],
    );
  });

  test('finds the lock of a restore right after its death, and the same lock for ever after the restore was done', async () => {
    for (const folder of [
      'restore-1-left-objects',
      'restore-1-left-after-lease-objects',
      'restore-3-end-objects',
    ]) {
      const { findings } = await auditOf(await shopWith(`faults/${folder}`, 'backup-data/', ''));
      assert.deepEqual(keysByKind(findings), ['lock log-backup/v1/LOCK.READ.5ebd8b83014050e7'], folder);
      assert.match(
        findings[0]!.what,
        /migration-read .*restore_id=1.*: no truncation with --clean-up-compactions/,
      );
    }
    const mine = run({ ownerId: '7b1ed5a6-96a5-44f9-a121-da9262ee57e4', id: '20261122051744-restore-1' });
    assert.equal((await auditOf(await restore(), { runs: known(mine) })).findings[0]!.proof.proven, true);
  });

  test('finds the snapshot that a killed backup left, resumable, and dead once its lock ran out', async () => {
    const shop = await shopWith('faults/backup-1-left', 'f/', '');
    const { findings } = await auditOf(shop);
    assert.deepEqual(
      findings.map(({ id, level, count, proof }) => [id, level, count, proof.proven]),
      [['unfinished-snapshot:snapshot-20261122060000', 'warn', 3, true]],
    );
    assert.match(findings[0]!.what, /of 470633540373184513 .* was not finished, and can be/);
    assert.match(findings[0]!.proof.text, /ran out at 2026-11-22T05:19:39\.818Z/);
    const soon = await auditOf(shop, { nowMs: Date.UTC(2026, 10, 22, 5, 16) });
    assert.deepEqual([soon.findings[0]!.level, soon.findings[0]!.proof.proven], ['info', false]);
  });

  test('believes the state about an unfinished snapshot, whatever its lock says', async () => {
    const shop = await shopWith('faults/backup-1-left', 'f/', '');
    const folders = (isOver: boolean) =>
      new Map([
        ['snapshot-20261122060000', { id: '20261122060000', state: isOver ? 'failed' : 'running', isOver }],
      ]);
    const running = await auditOf(shop, { runs: { runs: [], folders: folders(false) } });
    assert.match(running.findings[0]!.proof.text, /the run 20261122060000 of ours is running/);
    const failed = await auditOf(shop, { runs: { runs: [], folders: folders(true) } });
    assert.match(failed.findings[0]!.proof.text, /is over \(failed\)/);
  });

  test('finds what is there when a folder holds nothing but what was left', async () => {
    const bare = await auditOf(await recordedStore('faults/truncate-1-left-objects'));
    assert.deepEqual(
      bare.findings.map(({ id }) => id),
      ['lock:log/truncating.lock', 'unfinished-snapshot:log'],
    );
    const lock = await auditOf(await recordedStore('faults/restore-1-left-objects/backup-data'));
    assert.deepEqual(
      lock.findings.map(({ id }) => id),
      ['damaged-log:log-backup', 'lock:log-backup/v1/LOCK.READ.5ebd8b83014050e7'],
    );
  });
});

describe('an audit of PD', () => {
  const foundIn = async (situation: string, hour = 4) => {
    const clock = { nowMs: () => Date.UTC(2026, 10, 22, hour, 26) };
    const look = { kind: 'read' as const, ...(await new RecordedCluster(situation, clock).observe()) };
    return (await auditOf(await recordedStore(shopBucket), { look })).findings;
  };

  test('finds no leftovers while the task that has them runs, but for the safe point that a resume lets stand for half an hour', async () => {
    const runs = ['shop/pd/2-running-after-flush', 'shop/pd/5-before-end', 'faults/pd/frozen-1-healthy'];
    const found: string[] = [];
    for (const situation of runs) {
      for (const { place } of await foundIn(situation))
        found.push(`${situation} ${place.replace(/^br-.*/, 'br')}`);
    }
    assert.deepEqual(found, [
      'shop/pd/2-running-after-flush br',
      'shop/pd/5-before-end br',
      'shop/pd/5-before-end pitr_pause_safepoint',
      'faults/pd/frozen-1-healthy br',
      'faults/pd/frozen-1-healthy br',
    ]);
  });

  test('finds the safe points that a stopped task left, each with its end', async () => {
    const found = await foundIn('shop/pd/6-stopped');
    const ids = found.map(({ place }) => place);
    assert.ok(
      ids.some((id) => id.startsWith('backup-stream-')),
      ids.join(),
    );
    for (const { kind, what, proof, place } of found) {
      assert.equal(kind, 'safe-point');
      assert.match(what, /ends in \d+ minutes/);
      assert.equal(proof.proven, !place.startsWith('br-'), place);
    }
  });

  test('finds the safe point of a killed backup, and does not say that it is dead', async () => {
    const found = await foundIn('faults/pd/backup-1-pd', 5);
    assert.deepEqual(
      found.map(({ kind, proof }) => [kind, proof.proven]),
      [['safe-point', false]],
    );
  });

  test('leaves the mark of a restore alone that has a lease: it goes by itself', async () => {
    assert.deepEqual(await foundIn('faults/pd/restore-1-left-pd', 5), []);
  });
});
