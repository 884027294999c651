import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { EngineJob } from '../../lib/engine/engine-job.ts';
import { planMemory } from '../../lib/engine/memory.ts';
import { hireLocally } from '../../lib/local/engine/hire.ts';
import { openFileObjectStore } from '../../lib/local/file-object-store.ts';
import { openDuckDbTarget } from '../../lib/local/targets/duckdb-target.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const limits = { memoryBytes: 1 << 28, threads: 1, force: false };

test('threads end in the middle of a piece when a stop is asked for', { timeout: 20_000 }, async () => {
  const { path, remove } = await temporaryFolder();
  try {
    const store = await openFileObjectStore(path);
    const stop = new AbortController();
    const hire = hireLocally(
      { snapshots: store, log: store, keys: { snapshot: undefined, log: undefined } },
      { snapshots: path, log: path },
      stop.signal,
    );
    const target = await openDuckDbTarget(join(path, 'x.duckdb'), limits);
    const job: EngineJob = {
      moment: 1n,
      layers: [],
      log: undefined,
      wantedIds: [],
      form: 'parquet',
      newCollation: true,
      memory: planMemory(1 << 28, 2).perWorker,
    };
    const crew = hire(job, target, 2, 1e9);
    const working = crew.sortLog(['a.meta']);
    stop.abort();
    await assert.rejects(working, { code: 'INTERRUPTED' });
    await assert.rejects(crew.sortLog(['b.meta']), { code: 'INTERRUPTED' });
    await crew.close();
    await target.cleanUp();
  } finally {
    await remove();
  }
});

test('a DuckDB file is not published after a stop, and what broke by it is the stop', async () => {
  const { path, remove } = await temporaryFolder();
  try {
    const stop = new AbortController();
    const target = await openDuckDbTarget(join(path, 'x.duckdb'), { ...limits, signal: stop.signal });
    stop.abort();
    const table = { database: 'd', name: 't', ddl: '', rows: 1, parts: ['missing'], columns: [] };
    await assert.rejects(
      target.publish({ tables: [table], otherDdl: [], manifest: {} }, () => {}),
      {
        code: 'INTERRUPTED',
      },
    );
    await target.cleanUp();
    assert.deepEqual(readdirSync(path), []);
  } finally {
    await remove();
  }
});
