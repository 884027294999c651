// The whole way from a bucket: the command line over the S3 store, with a server that says 503 now and then.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { openStore } from '../../lib/local/open-store.ts';
import { FakeS3 } from '../support/fake-s3.ts';
import { collect, recordedStore, shopBucket } from '../support/recorded-store.ts';
import { useTestCredentials } from '../support/s3-environment.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

useTestCredentials();
const pitr = fileURLToPath(new URL('../../bin/pitr.mjs', import.meta.url));

function run(args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [pitr, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

async function files(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  );
}

test('a restore from S3 gives the same files as one from a folder, although the server is busy now and then', async (t) => {
  const fake = new FakeS3({ buckets: ['backups'], pageSize: 5 });
  const endpoint = await fake.listen();
  t.after(() => fake.close());
  const folder = await temporaryFolder();
  t.after(folder.remove);
  const url = `s3://backups/cluster/backup-data?region=us-east-1&endpoint=${endpoint}`;
  const bucket = await openStore(url);
  const recorded = await recordedStore(shopBucket);
  for (const { key } of await collect(recorded.list('')))
    await bucket.put(key, (await recorded.get(key)) ?? new Uint8Array());
  for (const match of ['backupmeta', '_write.sst', '.log', '.meta', 'list-type=2'])
    fake.fail({ match, times: 2, answer: { status: 503, code: 'SlowDown' } });

  const moment = ['--at', '470632761065996290'];
  const fromS3 = await run([
    'restore',
    '--storage',
    url,
    ...moment,
    '--into',
    `jsonl:${join(folder.path, 's3')}`,
  ]);
  assert.equal(fromS3.code, 0, fromS3.err);
  const source = fileURLToPath(new URL('../fixtures/shop/bucket/backup-data', import.meta.url));
  const fromFolder = await run([
    ...['restore', '--storage', source, ...moment],
    ...['--into', `jsonl:${join(folder.path, 'folder')}`],
  ]);
  assert.equal(fromFolder.code, 0, fromFolder.err);
  const expected = await files(join(folder.path, 'folder'));
  assert.equal(Object.keys(expected).length, 5);
  assert.deepEqual(await files(join(folder.path, 's3')), expected);

  const inspected = await run([
    'inspect',
    url.replace('?', '/log-backup/v1/global_checkpoint/1.ts?'),
    '--json',
  ]);
  assert.equal(inspected.code, 0, inspected.err);
  assert.match(inspected.out, /470632777030303745/);
});
