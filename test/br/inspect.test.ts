import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { parseKey } from '../../lib/br/encryption.ts';
import { inspectObject, meaningOfPath } from '../../lib/br/inspect.ts';
import { messageDocument } from '../../lib/br/message-document.ts';
import { StreamBackupTaskInfoSchema } from '../../lib/br/proto/gen/task_pb.js';
import { decodeMessage } from '../../lib/br/wire.ts';
import { recordedStore, shopBucket, variantsStorage } from '../support/recorded-store.ts';

test('every recorded object can be inspected, and the document is plain JSON', async () => {
  const kinds = new Map<string, number>();
  for (const folder of [
    shopBucket,
    variantsStorage,
    'faults/backup-1-left/f',
    'faults/truncate-1-left-objects',
    'faults/restore-1-left-objects',
  ]) {
    const store = await recordedStore(folder);
    for await (const { key } of store.list('')) {
      if (/aes(128|256)/.test(key) && /backupmeta/.test(key)) continue;
      const document = inspectObject(`some/where/${key}`, (await store.get(key))!, {});
      assert.equal(document.problem, undefined, key);
      assert.deepEqual(JSON.parse(JSON.stringify(document)), JSON.parse(JSON.stringify(document)));
      kinds.set(document.kind, (kinds.get(document.kind) ?? 0) + 1);
    }
  }
  assert.equal(kinds.has('unknown'), false);
  assert.ok((kinds.get('sst') ?? 0) >= 106);
});

test('schemas and statistics are unfolded as JSON, u64 are text, bytes are hex', async () => {
  const store = await recordedStore(shopBucket);
  const prefix = 'snapshot-20261122042442/';
  const schema = JSON.stringify(
    inspectObject(
      `${prefix}backupmeta.schema.000000002`,
      (await store.get(`${prefix}backupmeta.schema.000000002`))!,
      {},
    ),
  );
  assert.match(schema, /"db_name":\{"O":"shop","L":"shop"\}/);
  const head = inspectObject(`${prefix}backupmeta`, (await store.get(`${prefix}backupmeta`))!, {});
  assert.equal(head.content?.['end_version'], '470632754787647489');
  assert.match(JSON.stringify(head.content), /"sha256":"[0-9a-f]{64}"/);
});

test('an encrypted head is shown with its key and refused by name without', async () => {
  const store = await recordedStore(variantsStorage);
  const history = JSON.parse(
    readFileSync(new URL('../fixtures/variants/history.json', import.meta.url), 'utf8'),
  ) as { key: string };
  const bytes = (await store.get('snapshot-aes128/backupmeta'))!;
  assert.throws(() => inspectObject('snapshot-aes128/backupmeta', bytes, {}), { name: 'KEY_MISSING' });
  const document = inspectObject('snapshot-aes128/backupmeta', bytes, { snapshot: parseKey(history.key) });
  assert.equal(document.content?.['encrypted'], true);
});

test('a meta that fails a check of the reader is shown with its problem', async () => {
  const store = await recordedStore(shopBucket);
  const name = '068805FF83E400040000000000000001-d068805FF83E40001l068805FF83E40002u068805FF83E40003.meta';
  const bytes = (await store.get(`log-backup/v1/backupmeta/${name}`))!;
  const other = name.replace('u068805FF83E40003', 'u068805FF83E40002');
  assert.match(inspectObject(other, bytes, {}).problem ?? '', /as its name says/);
  assert.equal(inspectObject(name, bytes, {}).name['maxTs'], String(0x068805ff83e40003n));
});

test('a path has the meaning of its longest tail that has one', () => {
  assert.equal(meaningOfPath('/backups/log/v1/global_checkpoint/1.ts').kind, 'store-checkpoint');
  assert.equal(meaningOfPath('s3://b/p/snapshot-x/backupmeta').kind, 'backupmeta');
  assert.equal(meaningOfPath('somewhere/else.txt').kind, 'unknown');
});

test('the task that PD holds is decoded as it was started', () => {
  const url = new URL('../fixtures/shop/pd/5-before-end.json', import.meta.url);
  const pd = JSON.parse(readFileSync(url, 'utf8')) as { '/tidb/br-stream': { key: string; value: string }[] };
  const info = pd['/tidb/br-stream'].find(({ key }) => atob(key) === '/tidb/br-stream/info/pitr');
  const task = decodeMessage(StreamBackupTaskInfoSchema, Buffer.from(info!.value, 'base64'), 'info/pitr');
  const document = messageDocument(StreamBackupTaskInfoSchema, task);
  assert.deepEqual(document, {
    storage: {
      s3: {
        endpoint: 'http://127.0.0.1:9000',
        region: 'us-east-1',
        bucket: 'tidb-pitr-bucket',
        prefix: 'backup-data/log-backup',
        force_path_style: true,
        provider: 'minio',
      },
    },
    start_ts: '470632753594630146',
    end_ts: '999999999999999999',
    name: 'pitr',
    table_filter: ['*.*'],
    compression_type: 'COMPRESSION_TYPE_ZSTD',
    security_config: {},
  });
});
