// The contract on SQLite, and what only a file has: other processes, a kill in the middle, foreign and damaged files.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { checkpointsOf } from '../../lib/domain/state/checkpoint.ts';
import { openSqliteTaskStore } from '../../lib/local/sqlite-task-store.ts';
import { taskStoreContract } from '../contracts/task-store.contract.ts';
import { noon, plannedSnapshot } from '../support/state-builders.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

taskStoreContract('SQLite', async () => {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'state.sqlite');
  const store = await openSqliteTaskStore(path);
  const other = await openSqliteTaskStore(path);
  assert.equal(store.url, path);
  return {
    store,
    other,
    close: async () => {
      await store.close();
      await other.close();
      await folder.remove();
    },
  };
});

/** Starts a writer, kills it without warning after so many answers, and gives the number of the last. */
async function writeUntilKilled(
  path: string,
  worker: string,
  first: number,
  answers: number,
): Promise<number> {
  const child = spawn(process.execPath, ['test/support/state-writer.ts', path, worker, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = new Promise((resolve) => child.once('close', resolve));
  let text = '';
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.split('\n').length > answers) child.kill('SIGKILL');
  }
  await gone;
  assert.equal(child.signalCode, 'SIGKILL');
  const lines = text.split('\n').slice(0, -1);
  return Number(lines.at(-1));
}

test('writers that are killed in the middle of many writes leave whole changes, and all that were answered', async () => {
  const folder = await temporaryFolder();
  try {
    const path = join(folder.path, 'state.sqlite');
    for (const [round, answers] of [30, 45].entries()) {
      const first = round * 100_000;
      const last = await Promise.all(
        ['a', 'b'].map((worker) => writeUntilKilled(path, worker, first, answers)),
      );
      const store = await openSqliteTaskStore(path);
      for (const [index, worker] of ['a', 'b'].entries()) {
        const cluster = `shop-${worker}`;
        const query = { nowMs: noon, fromMs: noon + first * 1000, limit: 1000 };
        const records = (await store.list('snapshot', cluster, query)).entries.map(
          ({ record }) => record.dueMs,
        );
        const audit = (await store.audit(cluster, query)).entries.map(({ atMs }) => atMs);
        const signals = (await store.waitingSignals(cluster, query)).entries.map(({ atMs }) => atMs);
        const answered = (last[index] ?? 0) - first + 1;
        assert.ok(answered >= answers, `${answered} answers`);
        // One more may have been written whose answer was not printed any more.
        assert.ok(
          [0, 1].includes(records.length - answered),
          `${records.length} records, ${answered} answers`,
        );
        assert.deepEqual(
          records,
          records.map((_, number) => noon + (first + number) * 1000),
        );
        assert.deepEqual(audit, records);
        const ofRound = signals.filter((atMs) => atMs >= query.fromMs).sort((x, y) => x - y);
        assert.deepEqual(ofRound, records);
      }
      await store.close();
    }
    const database = new DatabaseSync(path);
    assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
    assert.equal(database.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal');
    database.close();
  } finally {
    await folder.remove();
  }
});

test('what a closed store wrote is there when the file is opened again', async () => {
  await withFile(async (path) => {
    const store = await openSqliteTaskStore(path);
    await store.acquireLease({ cluster: 'shop', work: 'restore', holder: 'a', ttlMs: 5, nowMs: noon });
    await store.close();
    await store.close();
    const again = await openSqliteTaskStore(path);
    assert.equal((await again.lease('shop', 'restore'))?.fence, 1n);
    await again.close();
  });
});

test('expired items are removed from the file when that is asked for', async () => {
  await withFile(async (path) => {
    const store = await openSqliteTaskStore(path);
    const entries = checkpointsOf(
      { cluster: 'shop', atMs: noon, checkpointTs: 1n },
      { minutesForMs: 10, hoursForMs: 20 },
    );
    await store.addCheckpoints(entries, noon);
    assert.equal(await store.removeExpired(noon + 9), 0);
    assert.equal(await store.removeExpired(noon + 10), 1);
    assert.equal(await store.removeExpired(noon + 20), 1);
    await store.close();
  });
});

test('a file that is no state file, or of a newer version, is refused and stays as it is', async () => {
  await withFile(async (path) => {
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE mine (x)');
    database.close();
    await assert.rejects(openSqliteTaskStore(path), {
      name: 'INVALID_INPUT',
      message: /a database of another program/,
    });
    const again = new DatabaseSync(path);
    assert.equal(again.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'], 1);
    again.close();
  });
  await withFile(async (path) => {
    await (await openSqliteTaskStore(path)).close();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 2');
    database.close();
    await assert.rejects(openSqliteTaskStore(path), {
      name: 'STATE_SHAPE_UNKNOWN',
      message: /has the format 2, expected at most 1$/,
    });
  });
  await withFile(async (path) => {
    writeFileSync(path, 'plain text, long enough to be looked at as a header of a database file'.repeat(20));
    await assert.rejects(openSqliteTaskStore(path), { name: 'INVALID_INPUT', message: /not a database/ });
  });
  await assert.rejects(openSqliteTaskStore('/nowhere/at/all/state.sqlite'), { name: 'LOCAL_IO' });
});

test('a damaged record is refused by name, and the others are read', async () => {
  await withFile(async (path) => {
    const store = await openSqliteTaskStore(path);
    const records = [plannedSnapshot(), plannedSnapshot(noon + 1000)].map((record) => ({
      record,
      expect: 'absent' as const,
    }));
    await store.commit({ cluster: 'shop', nowMs: noon, records });
    const database = new DatabaseSync(path);
    database.exec(
      `UPDATE item SET body = replace(body, '"dueMs":', '"dueMS":') WHERE sk = 'snapshot/20261122120000'`,
    );
    database.close();
    const key = { cluster: 'shop', kind: 'snapshot' } as const;
    await assert.rejects(store.get({ ...key, id: '20261122120000' }, noon), {
      name: 'STATE_SHAPE_UNKNOWN',
      message:
        'cluster/shop snapshot/20261122120000 is no snapshot/v1: dueMS is 1795348800000, expected no such field',
    });
    assert.equal((await store.get({ ...key, id: '20261122120001' }, noon))?.revision, 1);
    await store.close();
  });
});

test('a writer waits for another that holds the file, and does its work then', async () => {
  await withFile(async (path) => {
    const store = await openSqliteTaskStore(path);
    // Another thread holds the write lock, because waiting for it stops this one.
    const holder = new Worker(
      `const { DatabaseSync } = require('node:sqlite');
       const { parentPort, workerData } = require('node:worker_threads');
       const database = new DatabaseSync(workerData);
       database.exec('BEGIN IMMEDIATE');
       parentPort.postMessage('held');
       setTimeout(() => { database.exec('COMMIT'); database.close(); }, 200);`,
      { eval: true, workerData: path },
    );
    await once(holder, 'message');
    const outcome = await store.acquireLease({
      cluster: 'shop',
      work: 'restore',
      holder: 'a',
      ttlMs: 5,
      nowMs: noon,
    });
    assert.equal(outcome.kind, 'granted');
    await once(holder, 'exit');
    await store.close();
  });
});

async function withFile(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await temporaryFolder();
  try {
    await run(join(folder.path, 'state.sqlite'));
  } finally {
    await folder.remove();
  }
}
