import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openBucketConfig, openStore } from '../../lib/local/open-store.ts';

describe('a storage URL, opened', () => {
  test('is a folder for a path, file:// and local://, and says so in its own URL', async () => {
    const path = resolve('test/fixtures/shop/bucket');
    for (const url of ['test/fixtures/shop/bucket', path, `file://${path}`, `local://${path}/`]) {
      const store = await openStore(url);
      assert.deepEqual(await store.listFolders(''), ['backup-data/']);
      assert.equal(store.url, `file://${path}`);
    }
  });

  test('is refused before anything is opened when it is not understood', async () => {
    await assert.rejects(openStore('gs://bucket'), { code: 'INVALID_INPUT' });
    await assert.rejects(openStore('s3://bucket?access-key=x'), { code: 'INVALID_INPUT' });
    await assert.rejects(openStore('/no/such/folder'), { code: 'INVALID_INPUT' });
  });

  test('has settings of its bucket only where there is a bucket', async () => {
    assert.equal(await openBucketConfig('test/fixtures/shop/bucket'), undefined);
    const config = await openBucketConfig('s3://bucket/prefix?region=us-east-1');
    assert.equal(config?.name, 'bucket');
    config?.close();
    await assert.rejects(openBucketConfig('gs://bucket'), { code: 'INVALID_INPUT' });
  });

  test('a folder does not load the AWS SDK, which would take longer than the work', () => {
    const module = pathToFileURL(resolve('lib/local/open-store.ts')).href;
    const script = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
      const { openBucketConfig, openStore } = await import(${JSON.stringify(module)});
      await openStore('test/fixtures/shop/bucket');
      await openBucketConfig('test/fixtures/shop/bucket');
      const folder = loaded.filter((url) => url.includes('@aws-sdk')).length;
      await openStore('s3://bucket?region=us-east-1');
      const s3 = loaded.filter((url) => url.includes('@aws-sdk')).length;
      console.log(JSON.stringify({ folder, s3: s3 > 0, loaded: loaded.length > 5 }));`;
    const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    assert.deepEqual(JSON.parse(result.stdout || `"${result.stderr}"`), {
      folder: 0,
      s3: true,
      loaded: true,
    });
  });
});
