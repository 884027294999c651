// The engine against a model: whatever history, bucket and moment are drawn, from whatever base, what is restored is
// what the model has, cell by cell. A failing seed is printed; it makes the same bucket again.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { columnKind } from '../../lib/br/codec/column-kind.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import { identifier, openDuckDb } from '../../lib/local/duckdb.ts';
import { openDuckDbTarget } from '../../lib/local/targets/duckdb-target.ts';
import { restoreEmbedded } from '../../lib/operations/moment/restore-embedded.ts';
import { SeededRandom } from '../../lib/sim/seeded-random.ts';
import {
  type ModelBackup,
  modelBackup,
  type RunOptions,
  restoreToJson,
  workDeps,
} from '../support/model-backup.ts';
import { expectedDuckDb } from '../support/model-cells.ts';
import { assertContents, cameBack } from '../support/model-judge.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

function momentsOf({ model, snapshots, log }: ModelBackup, random: SeededRandom): bigint[] {
  const [first] = snapshots;
  const between = Array.from({ length: 2 }, () => random.bigBetween(first.backupTs, log.endTs));
  const commits = model.transactions.map(({ commitTs }) => commitTs);
  const atCommit = random.pick(commits.filter((ts) => ts >= first.backupTs && ts <= log.endTs));
  return [...snapshots.map(({ backupTs }) => backupTs), ...between, atCommit, log.endTs];
}

/** Restores a moment from the base that the engine chooses and from every base that reaches it. */
async function checkMoment(backup: ModelBackup, ts: bigint, options: RunOptions): Promise<void> {
  const reaching = backup.snapshots.flatMap(({ name, backupTs }, i) => (backupTs > ts ? [] : [{ name, i }]));
  // Left to itself the engine begins with the newest base and tries older ones.
  for (const { name: base, i } of [{ name: undefined, i: reaching.length - 1 }, ...reaching]) {
    const where = `seed ${backup.seed}, moment ${ts}, base ${base ?? 'of its choice'}`;
    const isLost = isLostFrom(backup, i, ts);
    try {
      const restored = await restoreToJson(backup, join(folder.path, 'out'), { at: ts, base }, options);
      assertContents(backup.model, ts, restored);
    } catch (caught) {
      if (isLost && caught instanceof PitrError && lostCodes.has(caught.code)) continue;
      throw new Error(`${where}: ${caught instanceof Error ? caught.message : caught}`, { cause: caught });
    }
  }
}

const lostCodes: ReadonlySet<string> = new Set(['BASE_MISSING']);

/** Whether rows of the moment are in no layer of this base nor in the log: then only a refusal is right. */
function isLostFrom(backup: ModelBackup, base: number, ts: bigint): boolean {
  const { model, snapshots } = backup;
  const { startTs, backupTs } = snapshots[base];
  if (cameBack(model, backupTs, ts)) return true;
  return startTs > 0n && isLostFrom(backup, base - 1, backupTs);
}

/** Restores a moment into DuckDB and compares every cell as DuckDB prints it. */
async function checkInDuckDb({ model, seed, ...backup }: ModelBackup, ts: bigint): Promise<void> {
  const path = join(folder.path, 'out.duckdb');
  const limits = { memoryBytes: 256 * 1024 * 1024, threads: 1 };
  const target = await openDuckDbTarget(path, { ...limits, force: true });
  await restoreEmbedded(workDeps(backup), { at: String(ts) }, target);
  const db = await openDuckDb({ path, readOnly: true, ...limits });
  try {
    for (const { database, table, rows } of model.contentsAt(ts)) {
      const columns = table.columns.filter(({ state }) => state === 5);
      const list = columns.map(({ name, type }) =>
        columnKind(type) === 'binary' || columnKind(type) === 'bit'
          ? `lower(hex(${identifier(name)}))`
          : `${identifier(name)}::VARCHAR`,
      );
      const from = `${identifier(database)}.${identifier(table.name)}`;
      const found = await db.rows(`SELECT ${list} FROM ${from} ORDER BY rowid`);
      const expected = rows.map(({ cells }, i) =>
        cells.map((cell, c) => expectedDuckDb(columns[c].type, cell, found[i]?.[c])),
      );
      assert.deepEqual(found, expected, `seed ${seed}, moment ${ts}, ${database}.${table.name}`);
    }
  } finally {
    db.close();
  }
}

const seeds = Array.from({ length: 12 }, (_, i) => i + 1);

for (const seed of seeds) {
  test(`every moment of the history of seed ${seed} comes back from every base that reaches it`, async () => {
    const backup = await modelBackup(seed);
    const options: RunOptions =
      seed % 3 === 0 ? { memory: { sortBytes: 0, batchBytes: 4096, chunkBytes: 2048 } } : {};
    let tried = 0;
    for (const ts of momentsOf(backup, new SeededRandom(seed + 1000))) {
      tried++;
      await checkMoment(backup, ts, options);
    }
    assert.ok(tried > 4);
  });
}

for (const seed of [101, 102, 103, 104]) {
  test(`the newest moment of seed ${seed} is the same in DuckDB`, async () => {
    const backup = await modelBackup(seed, { ddlPercent: 6 });
    await checkInDuckDb(backup, backup.log.endTs);
  });
}

test('a log that is sorted in many runs, merged in two steps, gives the same rows', async () => {
  const backup = await modelBackup(201, { steps: 700, rowsPerTransaction: 40, ddlPercent: 3 });
  const { log, model } = backup;
  const restored = await restoreToJson(
    backup,
    join(folder.path, 'out'),
    { at: log.endTs },
    { memory: { sortBytes: 0, batchBytes: 8192, chunkBytes: 4096 } },
  );
  assertContents(model, log.endTs, restored);
});

test('the same seed writes the same bucket, byte by byte', async () => {
  const [one, again] = [await modelBackup(301, { steps: 30 }), await modelBackup(301, { steps: 30 })];
  for await (const { key } of one.store.list(''))
    assert.deepEqual(await one.store.get(key), await again.store.get(key));
});
