import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PitrError } from '../../lib/domain/errors.ts';
import { readPdTls } from '../../lib/pdhttp/pd-tls.ts';
import { testAuthority } from '../support/certificates.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const authority = testAuthority('authority');
const client = authority.issue('client');

test('each certificate may be a file or the PEM text itself', async (t) => {
  const folder = await temporaryFolder();
  t.after(folder.remove);
  const path = join(folder.path, 'client.crt');
  await writeFile(path, client.cert);
  const tls = await readPdTls({ ca: authority.cert, cert: path, key: client.key });
  assert.deepEqual(tls, { ca: authority.cert, cert: client.cert, key: client.key });
  assert.deepEqual(await readPdTls({}), {});
});

test('a file that is not there or no PEM is named, and never shown', async (t) => {
  const folder = await temporaryFolder();
  t.after(folder.remove);
  const path = join(folder.path, 'secret.txt');
  await writeFile(path, 'hunter2');
  for (const [ca, problem] of [
    [path, /secret\.txt \(ca\) is no PEM/],
    [join(folder.path, 'none'), /none \(ca\) cannot be read: ENOENT/],
  ] as const) {
    await assert.rejects(readPdTls({ ca }), (error: PitrError) => {
      assert.equal(error.code, 'INVALID_INPUT');
      assert.match(error.message, problem);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  }
});

test('a certificate without its key is refused, and a key without its certificate', async () => {
  for (const sources of [{ cert: client.cert }, { key: client.key }]) {
    await assert.rejects(readPdTls(sources), { code: 'INVALID_INPUT' });
  }
});
