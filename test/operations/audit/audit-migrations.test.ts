// Audits of logs that compactions, cleanups and restores have changed: what a migration says is gone is not missed, what it names is not
// unnamed, and what none names is told and never called dead.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { listLogMetas, readLogMetas } from '../../../lib/br/log/log-selection.ts';
import { MigrationSchema } from '../../../lib/br/proto/gen/log_pb.js';
import { auditOf, keysByKind } from '../../support/audit-stage.ts';
import type { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { recordedCopy, shopBucket } from '../../support/recorded-store.ts';

const log = 'log-backup/';

interface Named {
  readonly store: MemoryObjectStore;
  /** Relative to the log, as migrations name them. */
  readonly meta: string;
  readonly path: string;
}

/** The bucket of the shop, and the first object that its metas name. */
async function shop(): Promise<Named> {
  const store = await recordedCopy(shopBucket);
  for await (const { name, groups } of readLogMetas(store, await listLogMetas(store, log))) {
    const path = groups[0]?.path;
    if (path !== undefined) return { store, meta: name.slice(log.length), path };
  }
  throw new Error('the shop has log data');
}

async function migrate(
  store: MemoryObjectStore,
  migration: MessageInitShape<typeof MigrationSchema>,
  name = 'BASE',
) {
  await store.put(
    `${log}v1/migrations/${name}`,
    toBinary(MigrationSchema, create(MigrationSchema, migration)),
  );
}

const found = async (store: MemoryObjectStore) => keysByKind((await auditOf(store)).findings);

describe('an audit of a log with migrations', () => {
  test('does not miss an object that a migration deleted, and misses it without', async () => {
    const { store, meta, path } = await shop();
    await store.delete(log + path);
    assert.deepEqual(await found(store), [`missing-log-data ${log}${path}`]);
    await migrate(store, { editMeta: [{ path: meta, deletePhysicalFiles: [path] }] });
    assert.deepEqual(await found(store), []);
  });

  test('does not call an object unnamed that a cleanup could not delete and keeps in mind', async () => {
    const { store, path } = await shop();
    const left = path.replace(/[^/]*$/, '470632754787647489-00000000-0000-4000-8000-000000000001.log');
    await store.put(log + left, Buffer.from('left'));
    assert.deepEqual(await found(store), [`unnamed-log-data ${log}${left}`]);
    await migrate(store, { editMeta: [{ path: 'v1/backupmeta/gone.meta', deletePhysicalFiles: [left] }] });
    assert.deepEqual(await found(store), []);
  });

  test('knows the output of compactions and ext backups that migrations name, and tells those of none', async () => {
    const { store } = await shop();
    const outputs = ['v1/compactions/a_01/outputs/x.sst', 'v1/compactions/a_01/metas/x.cmeta'];
    const ext = `v1/ext_backups/backup-${'0'.repeat(14)}FF/sst_files/1/x.sst`;
    for (const key of [...outputs, ext]) await store.put(log + key, Buffer.from('x'));
    assert.deepEqual(await found(store), [
      ...outputs.toReversed().map((key) => `unnamed-compaction ${log}${key}`),
      `unnamed-ext-backup ${log}${ext}`,
    ]);
    for (const { proof } of (await auditOf(store)).findings) assert.equal(proof.proven, false);
    const compaction = {
      name: 'a',
      artifacts: 'v1/compactions/a_01/metas',
      generatedFiles: 'v1/compactions/a_01/outputs',
    };
    await store.put(`${log}v1/ext_backups/backup-${'0'.repeat(14)}FF/extbackupmeta`, new Uint8Array());
    const paths = [`v1/ext_backups/backup-${'0'.repeat(14)}FF`];
    await migrate(
      store,
      { compactions: [compaction], ingestedSstPaths: paths },
      '00000001_00000000000000AA.mgrt',
    );
    assert.deepEqual(await found(store), []);
  });

  test('judges no log data where a migration cannot be read, and says which', async () => {
    const { store, path } = await shop();
    await store.put(
      log + path.replace(/[^/]*$/, '470632754787647489-00000000-0000-4000-8000-000000000001.log'),
      Buffer.from('left'),
    );
    await store.put(`${log}v1/migrations/BASE`, Buffer.from('no migration'));
    const { findings } = await auditOf(store);
    const kinds = findings.map(({ kind }) => kind);
    assert.ok(kinds.includes('damaged-log'), kinds.join());
    assert.ok(!kinds.includes('unnamed-log-data') && !kinds.includes('expired-log-data'), kinds.join());
    assert.ok(kinds.includes('not-judged'));
  });
});
