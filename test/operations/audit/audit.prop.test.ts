// Whatever bucket a seed draws, and whatever is taken out of it and put into it: an audit finds each of these, and nothing else.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readLogFacts } from '../../../lib/br/catalog-log.ts';
import { logDataKey } from '../../../lib/br/layout-log-data.ts';
import { listLogMetas, readLogMetas } from '../../../lib/br/log/log-selection.ts';
import { isEmptyMeta } from '../../../lib/br/log/meta-name.ts';
import type { AuditKind } from '../../../lib/domain/audit/audit-finding.ts';
import { msOfTs, tsFromMs } from '../../../lib/domain/ts.ts';
import { SeededRandom } from '../../../lib/sim/seeded-random.ts';
import { auditNowMs, auditOf, keysByKind, withTimes } from '../../support/audit-stage.ts';
import { type ModelBackup, modelBackup } from '../../support/model-backup.ts';

const seeds = Array.from({ length: 40 }, (_, i) => 9100 + i);
const logFolder = 'log-backup/';
const minutes = 60_000;

/** What an audit should say of each key: the kind, and nothing for what is as it should be. */
type Expected = Map<string, AuditKind>;

/** Metas without groups are no damage, and are told. */
async function emptyMetas({ store }: ModelBackup): Promise<Expected> {
  const expected: Expected = new Map();
  const metas = await listLogMetas(store, logFolder);
  for (const { key, name } of metas) if (isEmptyMeta(name)) expected.set(key, 'empty-metas');
  for await (const { name, groups } of readLogMetas(store, metas)) {
    if (groups.length === 0) expected.set(name, 'empty-metas');
  }
  return expected;
}

async function keysOf({ store }: ModelBackup, test: (key: string) => boolean): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list('')) if (test(key)) keys.push(key);
  return keys;
}

/** Takes some objects away that metadata names. */
async function takeAway(random: SeededRandom, backup: ModelBackup, expected: Expected): Promise<void> {
  const { store } = backup;
  const { minTs } = await readLogFacts(store, logFolder);
  const newest = new Map<string, bigint>();
  for await (const { groups } of readLogMetas(store, await listLogMetas(store, logFolder)))
    for (const { path, maxTs } of groups) newest.set(logFolder + path, maxTs);
  const data = random.shuffled(await keysOf(backup, (key) => key.endsWith('.log') || key.endsWith('.sst')));
  for (const key of data.slice(0, random.below(6))) {
    await store.delete(key);
    const maxTs = newest.get(key);
    expected.set(
      key,
      maxTs === undefined
        ? 'missing-snapshot-object'
        : maxTs < minTs
          ? 'missing-expired'
          : 'missing-log-data',
    );
  }
}

interface Added {
  readonly key: string;
  readonly kind: AuditKind;
  /** Written a moment ago. */
  readonly isYoung: boolean;
}

/** Something that nobody names, of any kind. */
function stranger(random: SeededRandom, backup: ModelBackup, minTs: bigint): Added {
  const { name } = random.pick(backup.snapshots);
  const snapshot = `${name}/`;
  const uuid = random.uuid();
  switch (random.below(8)) {
    case 0:
    case 1: {
      const isYoung = random.chance(30);
      const isOld = random.chance(50);
      const ms = msOfTs(minTs) + (isOld ? -120 : 120) * minutes;
      const day = new Date(ms).toISOString();
      const key = logDataKey({
        ...{ kind: 'log-data', layout: 'merged', owner: random.pick(['schema', 'tables']) },
        ...{
          day: day.slice(0, 10).replaceAll('-', ''),
          hour: day.slice(11, 13),
          storeId: 1n,
          minTs: tsFromMs(ms),
          uuid,
        },
      });
      const kind = isYoung ? 'under-way' : isOld ? 'expired-log-data' : 'unnamed-log-data';
      return { key: logFolder + key, kind, isYoung };
    }
    case 2: {
      const sha = Buffer.from(random.bytes(32)).toString('hex');
      return {
        key: `${snapshot}9/77_1_${sha}_1700000000000_write.sst`,
        kind: 'unnamed-snapshot-object',
        isYoung: false,
      };
    }
    case 3:
      return {
        key: `${snapshot}backupmeta.schema.000000999`,
        kind: 'unnamed-snapshot-object',
        isYoung: false,
      };
    case 4:
      return {
        key: `${random.pick([snapshot, logFolder, 'other/', ''])}${uuid}.txt`,
        kind: 'unknown-object',
        isYoung: false,
      };
    case 5:
      return {
        key: `${snapshot}checkpoints/backup/data/${uuid.replaceAll('-', '')}.cpt`,
        kind: 'finished-checkpoint',
        isYoung: false,
      };
    case 6:
      return {
        key: `${logFolder}v1/compactions/x_00FF/outputs/${uuid}.sst`,
        kind: 'unnamed-compaction',
        isYoung: false,
      };
    default:
      return {
        key: `${random.pick([snapshot, logFolder])}perm-check/${uuid}`,
        kind: 'permission-check',
        isYoung: false,
      };
  }
}

describe('an audit of any bucket with any damage', () => {
  const seen = new Map<string, number>();
  let parts = 0;

  for (const seed of seeds) {
    test(`seed ${seed}: everything that was taken or put is found, and nothing else`, async () => {
      const random = new SeededRandom(seed);
      const backup = await modelBackup(seed, { steps: 60 });
      const { store, keys } = backup;
      const { minTs } = await readLogFacts(store, logFolder);
      const expected = await emptyMetas(backup);
      await takeAway(random, backup, expected);
      const young = new Set<string>();
      for (let left = random.below(12); left > 0; left--) {
        const { key, kind, isYoung } = stranger(random, backup, minTs);
        await store.put(key, random.bytes(5));
        expected.set(key, kind);
        if (isYoung) young.add(key);
      }
      const timed = withTimes(store, (key) => auditNowMs - (young.has(key) ? 1 : 90) * minutes);
      // The newest write is the bucket's own clock: without a young object it tells that all are young.
      const nowMs = young.size > 0 ? auditNowMs : auditNowMs + 2 * 24 * 60 * minutes;
      const report = await auditOf(timed, { keys, nowMs });
      const wanted = [...expected].map(([key, kind]) => `${kind} ${key}`).sort();
      assert.deepEqual(keysByKind(report.findings), wanted);
      assert.deepEqual(
        report.findings.map(({ count }) => count),
        report.findings.map((one) => one.keys.length),
      );
      for (const kind of expected.values()) seen.set(kind, (seen.get(kind) ?? 0) + 1);
      parts = Math.max(parts, report.parts);
    });
  }

  test('the seeds had all of these kinds', () => {
    const kinds: AuditKind[] = [
      'missing-log-data',
      'missing-snapshot-object',
      'unnamed-log-data',
      'expired-log-data',
    ];
    kinds.push(
      'under-way',
      'unnamed-snapshot-object',
      'unknown-object',
      'finished-checkpoint',
      'unnamed-compaction',
    );
    kinds.push('permission-check', 'empty-metas', 'missing-expired');
    for (const kind of kinds) assert.ok((seen.get(kind) ?? 0) > 0, `${kind}: ${[...seen]}`);
    assert.equal(parts, 1);
  });

  test('what a meta names that cannot be read is never called unnamed', async () => {
    for (const seed of seeds.slice(0, 10)) {
      const backup = await modelBackup(seed, { steps: 60 });
      const { store, keys } = backup;
      const metas = (await listLogMetas(store, logFolder)).filter(({ name }) => !isEmptyMeta(name));
      if (metas.length === 0) continue;
      const broken = new SeededRandom(seed).pick(metas).key;
      await store.put(broken, Buffer.from('this is no meta'));
      const { findings } = await auditOf(store, { keys });
      const kinds = new Set(findings.map(({ kind }) => kind));
      assert.ok(kinds.has('damaged-meta'), `seed ${seed}`);
      assert.deepEqual(findings.find(({ kind }) => kind === 'damaged-meta')!.keys, [broken]);
      for (const kind of ['unnamed-log-data', 'expired-log-data'] as const)
        assert.ok(!kinds.has(kind), `seed ${seed}`);
    }
  });
});
