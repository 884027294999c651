import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openCluster } from '../../lib/local/open-cluster.ts';
import { testAuthority } from '../support/certificates.ts';
import { FakePd } from '../support/fake-pd.ts';
import { recordedPd } from '../support/recorded-pd.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a cluster opens with a client certificate from files, and not without it', async (t) => {
  const authority = testAuthority('authority of the cluster');
  const tls = { ...authority.issue('pd'), ca: authority.cert, requestCert: true, rejectUnauthorized: true };
  const pd = new FakePd(recordedPd('shop/pd/5-before-end'), { tls });
  const address = await pd.listen();
  t.after(() => pd.close());
  const folder = await temporaryFolder();
  t.after(folder.remove);
  const client = authority.issue('client');
  const file = async (name: string, text: string) => {
    await writeFile(join(folder.path, name), text);
    return join(folder.path, name);
  };
  const files = {
    ca: await file('ca.pem', authority.cert),
    cert: await file('cert.pem', client.cert),
    key: await file('key.pem', client.key),
  };
  const known = await openCluster({ pd: [address], tls: files });
  t.after(known.close);
  assert.equal((await known.cluster.readStores()).clusterId, 7710846925929674311n);
  const stranger = await openCluster({ pd: [address], tls: { ...files, cert: undefined, key: undefined } });
  t.after(stranger.close);
  await assert.rejects(stranger.cluster.readStores(), { code: 'PD_REFUSED' });
  await assert.rejects(openCluster({ pd: [address], tls: { ...files, key: undefined } }), {
    code: 'INVALID_INPUT',
  });
});
