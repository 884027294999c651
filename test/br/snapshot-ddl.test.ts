import assert from 'node:assert/strict';
import test from 'node:test';
import { snapshotObjects } from '../../lib/br/backup-writer.ts';
import { readBackupMeta } from '../../lib/br/backupmeta.ts';
import { snapshotDdlJobs } from '../../lib/br/snapshot-ddl.ts';
import { MemoryObjectStore } from '../support/memory-object-store.ts';
import { recordedStore, variantsStorage } from '../support/recorded-store.ts';

async function jobsOf(version: 1 | 2, jobs: readonly string[]): Promise<readonly bigint[]> {
  const store = new MemoryObjectStore();
  const objects = snapshotObjects({
    version,
    clusterId: 5n,
    clusterVersion: 'v8.5.0',
    startTs: 10n << 40n,
    backupTs: 20n << 40n,
    newCollations: 'True',
    files: [],
    schemas: [{ db: Buffer.from('{}') }],
    entriesPerSubFile: 2,
    ddlJobs: jobs.map((job) => Buffer.from(job)),
  });
  for (const { key, bytes } of objects) await store.put(key, bytes);
  return (await snapshotDdlJobs(store, await readBackupMeta(store, ''))).map(({ id }) => id);
}

const job = (id: number): string => `{"id":${id},"type":25,"state":6}`;

test('the jobs of an incremental snapshot are read from the head and from sub-files', async () => {
  assert.deepEqual(await jobsOf(1, [job(7), job(8), job(9)]), [7n, 8n, 9n]);
  assert.deepEqual(await jobsOf(2, [job(7), job(8), job(9)]), [7n, 8n, 9n]);
  assert.deepEqual(await jobsOf(2, [`[${job(7)},${job(8)}]`]), [7n, 8n]);
});

test('a snapshot without jobs has none, made or recorded', async () => {
  assert.deepEqual(await jobsOf(1, []), []);
  assert.deepEqual(await jobsOf(2, []), []);
  const store = await recordedStore(variantsStorage);
  for (const name of ['snapshot-incremental/', 'snapshot-base/', 'snapshot-v1/'])
    assert.deepEqual(await snapshotDdlJobs(store, await readBackupMeta(store, name)), []);
});

test('jobs that are no documents are damage, never no jobs', async () => {
  for (const version of [1, 2] as const)
    await assert.rejects(jobsOf(version, ['{"id":7']), { code: 'ROW_DAMAGED' });
});
