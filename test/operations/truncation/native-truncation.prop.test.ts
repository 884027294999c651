// Whatever history, snapshots and log a seed draws, and wherever it is cut: from each base at or after the cut every moment
// reads the same rows as before, or is refused with the same words.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readLogFacts } from '../../../lib/br/catalog-log.ts';
import { listLogMetas, readLogMetas } from '../../../lib/br/log/log-selection.ts';
import { PitrError } from '../../../lib/domain/errors.ts';
import { runNativeTruncation } from '../../../lib/operations/truncation/native-truncation.ts';
import { SeededRandom } from '../../../lib/sim/seeded-random.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { type MemoryRestore, restoreInMemory } from '../../support/memory-restore.ts';
import { type ModelBackup, modelBackup } from '../../support/model-backup.ts';
import {
  contentsOf,
  differenceOf,
  logFolder,
  MortalStore,
  oneOwner,
  truncationDeps,
} from '../../support/truncation-stage.ts';

const seeds = Array.from({ length: 40 }, (_, i) => 7000 + i);

/** Few duplicates of old events: those hold the shift back, and nothing is cut. A quarter of the seeds has what it draws. */
const manyFlushes = { flushes: 60, duplicatePercent: 1 };

/** Rows of every table, or the refusal. */
async function reads({ store, keys }: ModelBackup, base: string, at: bigint): Promise<string> {
  try {
    const source = { snapshots: store, log: store, keys };
    const restored: MemoryRestore = await restoreInMemory(source, { at: String(at), base });
    return JSON.stringify([...restored.tables]);
  } catch (caught) {
    if (caught instanceof PitrError) return `${caught.code} ${caught.message}`;
    throw caught;
  }
}

interface Look {
  readonly base: string;
  readonly at: bigint;
  readonly read: string;
}

async function lookAround(
  random: SeededRandom,
  backup: ModelBackup,
  untilTs: bigint,
): Promise<readonly Look[]> {
  const looks: Look[] = [];
  const { endTs } = backup.log;
  for (const { name, backupTs } of backup.snapshots) {
    if (backupTs < untilTs) continue;
    const moments = [backupTs, endTs];
    if (endTs > backupTs) moments.push(backupTs + (random.bits(62) % (endTs - backupTs)));
    for (const at of moments) looks.push({ base: name, at, read: await reads(backup, name, at) });
  }
  return looks;
}

/** A cut before each base, at it, or between two. */
function untilOf(random: SeededRandom, { snapshots, log }: ModelBackup): bigint {
  // Mostly at the newest: the earlier the cut, the less there is to go.
  const { backupTs } = random.chance(60) ? snapshots[2] : random.pick(snapshots);
  const after =
    log.startTs < backupTs ? log.startTs + (random.bits(62) % (backupTs - log.startTs)) : backupTs;
  const until = random.chance(75) ? backupTs : after;
  return until > log.endTs ? log.endTs : until;
}

describe('a native truncation of any log', () => {
  let cuts = 0;
  let rewritten = 0;
  let rows = 0;

  for (const seed of seeds) {
    test(`seed ${seed}: every moment from the cut on stays what it was`, async () => {
      const random = new SeededRandom(seed);
      const backup = await modelBackup(seed, { steps: 60 }, seed % 4 === 0 ? {} : manyFlushes);
      const { store } = backup;
      const untilTs = untilOf(random, backup);
      const before = await contentsOf(store);
      const looks = await lookAround(random, backup, untilTs);
      const parts = { pageMetas: random.pick([1, 3, 256]) };
      const report = await runNativeTruncation(truncationDeps(store, parts), untilTs);
      const after = await contentsOf(store);
      for (const { base, at, read } of looks) {
        assert.equal(await reads(backup, base, at), read, `${base} at ${at}, cut at ${untilTs}`);
      }
      const difference = differenceOf(before, after);
      cuts += report.objects > 0 ? 1 : 0;
      rewritten += report.rewritten;
      rows += looks.filter(({ read }) => read.startsWith('[[')).length;
      await holdsTogether(backup, untilTs, report.plan.shiftTs);
      assert.equal(difference.deleted.filter((key) => key.endsWith('.log')).length, report.objects);
      await runNativeTruncation(truncationDeps(store), untilTs);
      assert.deepEqual(await contentsOf(store), after, 'a second run changes nothing');
      assert.deepEqual(await throughDeaths(random, before, untilTs), after, 'deaths change nothing');
    });
  }

  test('the seeds cut, rewrite and read', () => {
    assert.ok(cuts > seeds.length / 3, `${cuts} cuts`);
    assert.ok(rewritten > 10, `${rewritten} rewritten`);
    assert.ok(rows > seeds.length, `${rows} reads of rows`);
  });
});

/** The same cut of the same bucket by three runs that die somewhere, and one that lives. */
async function throughDeaths(
  random: SeededRandom,
  before: ReadonlyMap<string, string>,
  untilTs: bigint,
): Promise<ReadonlyMap<string, string>> {
  const store = new MemoryObjectStore();
  for (const [key, hex] of before) await store.put(key, Buffer.from(hex, 'hex'));
  const parts = { pageMetas: random.pick([1, 5]), deadOwners: [oneOwner] };
  for (let death = 0; death < 3; death++) {
    const when = random.pick(['before', 'half', 'after'] as const);
    const mortal = new MortalStore(store, random.between(1, 150), when);
    await runNativeTruncation(truncationDeps(mortal, parts), untilTs).catch((error: unknown) => {
      if (!mortal.isDead) throw error;
    });
  }
  await runNativeTruncation(truncationDeps(store, parts), untilTs);
  return await contentsOf(store);
}

/** Every object that a meta names is there, every object is named, and nothing that ends before the shift is left. */
async function holdsTogether({ store }: ModelBackup, untilTs: bigint, shiftTs: bigint): Promise<void> {
  const named = new Set<string>();
  for await (const { groups } of readLogMetas(store, await listLogMetas(store, logFolder))) {
    for (const { path, maxTs } of groups) {
      assert.ok(maxTs >= shiftTs, `${path} ends at ${maxTs}, before ${shiftTs}`);
      named.add(`${logFolder}${path}`);
    }
  }
  const there = [...(await contentsOf(store)).keys()].filter((key) => key.endsWith('.log'));
  assert.deepEqual(there, [...named].sort());
  const facts = await readLogFacts(store, logFolder);
  assert.equal(facts.problem, undefined);
  assert.ok(facts.minTs >= untilTs);
  assert.deepEqual(facts.locks, []);
}
