// Audits of buckets that change while they are looked at, and of what truncations leave that died anywhere: nothing that goes on is ever
// called lost, and nothing that somebody is about to name is called unnamed.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuditFinding } from '../../../lib/domain/audit/audit-finding.ts';
import { runNativeTruncation } from '../../../lib/operations/truncation/native-truncation.ts';
import type { ObjectStore } from '../../../lib/ports/object-store.ts';
import { auditOf } from '../../support/audit-stage.ts';
import type { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { type ModelBackup, modelBackup } from '../../support/model-backup.ts';
import { contentsOf, MortalStore, oneOwner, truncationDeps } from '../../support/truncation-stage.ts';

const seeds = [7001, 7002, 7003, 7006];
const manyFlushes = { flushes: 60, duplicatePercent: 1, safepointTs: undefined };

/** The newest of the bases at which something goes. */
async function truncatable(
  seed: number,
): Promise<{ readonly backup: ModelBackup; readonly untilTs: bigint }> {
  const backup = await modelBackup(seed, { steps: 60 }, manyFlushes);
  const { snapshots, log } = backup;
  const untilTs = snapshots.map(({ backupTs }) => backupTs).findLast((ts) => ts <= log.endTs);
  assert.ok(untilTs);
  return { backup, untilTs };
}

const kindsOf = (findings: readonly AuditFinding[]) => [...new Set(findings.map(({ kind }) => kind))];

interface Moments {
  /** Before the bucket is listed, after its facts were read. */
  readonly list?: () => Promise<void>;
  /** Before the first meta is read. */
  readonly meta?: () => Promise<void>;
  /** Before the first name is asked for that was not listed. */
  readonly head?: () => Promise<void>;
}

/** Does something at moments of an audit, once each. */
function withActs(store: MemoryObjectStore, acts: Moments): ObjectStore {
  const left = new Map(Object.entries(acts));
  const act = async (name: keyof Moments) => {
    const now = left.get(name);
    left.delete(name);
    await now?.();
  };
  return {
    ...{ url: store.url, put: (key, bytes) => store.put(key, bytes) },
    ...{ delete: (key) => store.delete(key), deleteMany: (keys) => store.deleteMany(keys) },
    listFolders: (prefix) => store.listFolders(prefix),
    async *list(prefix, options) {
      if (prefix === '') await act('list');
      yield* store.list(prefix, options);
    },
    head: async (key) => {
      if (key.endsWith('.log')) await act('head');
      return await store.head(key);
    },
    get: async (key, range) => {
      if (key.includes('/v1/backupmeta/')) await act('meta');
      return await store.get(key, range);
    },
  };
}

async function copyOf(store: MemoryObjectStore): Promise<ReadonlyMap<string, string>> {
  return await contentsOf(store);
}

async function restoreCopy(store: MemoryObjectStore, copy: ReadonlyMap<string, string>): Promise<void> {
  for (const key of (await contentsOf(store)).keys()) if (!copy.has(key)) await store.delete(key);
  for (const [key, hex] of copy) await store.put(key, Buffer.from(hex, 'hex'));
}

describe('an audit beside a truncation', () => {
  let expired = 0;
  let seenWhileListing = 0;

  for (const seed of seeds) {
    test(`seed ${seed}: wherever the truncation died, the audit finds its locks and what it took, and no loss`, async () => {
      const { backup, untilTs } = await truncatable(seed);
      const { store, keys } = backup;
      const before = await copyOf(store);
      const whole = new MortalStore(store, Number.POSITIVE_INFINITY);
      await runNativeTruncation(truncationDeps(whole), untilTs);
      const calls = whole.calls;
      for (let dieAt = 1; dieAt <= calls; dieAt += 1 + Math.floor(calls / 50)) {
        await restoreCopy(store, before);
        const dying = new MortalStore(store, dieAt, 'half');
        await assert.rejects(runNativeTruncation(truncationDeps(dying), untilTs));
        const { findings } = await auditOf(store, { keys });
        const unexpected = kindsOf(findings).filter(
          (kind) => !['lock', 'missing-expired', 'empty-metas'].includes(kind),
        );
        assert.deepEqual(unexpected, [], `died at call ${dieAt} of ${calls}`);
        if (kindsOf(findings).includes('missing-expired')) expired += 1;
      }
    });

    test(`seed ${seed}: a truncation that runs, dies or is finished while the bucket is looked at makes no loss`, async () => {
      const { backup, untilTs } = await truncatable(seed);
      const { store, keys } = backup;
      const before = await copyOf(store);
      const whole = new MortalStore(store, Number.POSITIVE_INFINITY);
      await runNativeTruncation(truncationDeps(whole), untilTs);
      for (let dieAt = 10; dieAt <= whole.calls + 1; dieAt += 1 + Math.floor(whole.calls / 14)) {
        const begin = async () => {
          const dying = new MortalStore(store, dieAt, 'half');
          await runNativeTruncation(truncationDeps(dying), untilTs).catch(() => undefined);
        };
        const finish = async () => {
          await runNativeTruncation(truncationDeps(store, { deadOwners: [oneOwner] }), untilTs);
        };
        const looks: readonly (readonly [Moments, readonly string[]])[] = [
          [{ list: begin }, ['lock', 'missing-expired', 'empty-metas']],
          [{ meta: begin }, ['missing-expired', 'empty-metas']],
          [{ list: begin, meta: finish }, ['lock', 'empty-metas']],
          [{ list: begin, head: finish }, ['lock', 'empty-metas']],
        ];
        for (const [acts, expected] of looks) {
          await restoreCopy(store, before);
          const kinds = kindsOf((await auditOf(withActs(store, acts), { keys })).findings);
          const moments = Object.keys(acts).join();
          assert.deepEqual(
            kinds.filter((kind) => !expected.includes(kind)),
            [],
            `died at ${dieAt}, ${moments}`,
          );
          if (moments === 'list' && kinds.includes('missing-expired')) seenWhileListing += 1;
        }
      }
    });
  }

  test('some of these truncations died between an object and its meta', () => {
    assert.ok(expired > 2, `${expired}`);
    assert.ok(seenWhileListing > 0, `${seenWhileListing}`);
  });
});

test('a flush that ends after the listing is neither missing nor unnamed', async () => {
  for (const seed of seeds) {
    const backup = await modelBackup(seed, { steps: 60 }, manyFlushes);
    const { store, keys } = backup;
    const logs = [...(await contentsOf(store))].filter(([key]) => key.endsWith('.log')).slice(-2);
    for (const [key] of logs) await store.delete(key);
    const upload = async () => {
      for (const [key, hex] of logs) await store.put(key, Buffer.from(hex, 'hex'));
    };
    const { findings } = await auditOf(withActs(store, { meta: upload }), { keys });
    assert.deepEqual(
      kindsOf(findings).filter((kind) => kind !== 'empty-metas'),
      [],
      `seed ${seed}`,
    );
  }
});
