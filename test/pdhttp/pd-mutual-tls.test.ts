import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { openPdCluster } from '../../lib/pdhttp/pd-cluster.ts';
import { testAuthority } from '../support/certificates.ts';
import { fails, openPd, startPd } from '../support/opened-pd.ts';

const authority = testAuthority('authority of the cluster');
const stranger = testAuthority('somebody else');
const serverTls = {
  ...authority.issue('pd'),
  ca: authority.cert,
  requestCert: true,
  rejectUnauthorized: true,
};
const clientTls = { ...authority.issue('client'), ca: authority.cert };

describe('mutual TLS', () => {
  const tlsPd = (t: TestContext) => startPd(t, 'shop/pd/3-paused', { tls: serverTls });

  test('with the right certificates everything is as without', async (t) => {
    const { address } = await tlsPd(t);
    const plain = await startPd(t, 'shop/pd/3-paused');
    const secure = await openPd(t, { addresses: [address], tls: clientTls }).observe();
    const open2 = await openPd(t, { addresses: [plain.address] }).observe();
    assert.deepEqual({ ...secure, clock: 0 }, { ...open2, clock: 0 });
  });

  test('an address without scheme means https when certificates are given', async (t) => {
    const { address } = await tlsPd(t);
    const cluster = openPd(t, { addresses: [address.replace('https://', '')], tls: clientTls });
    assert.equal((await cluster.readLogTask()).task.kind, 'task');
  });

  test('a server of another authority is PD_REFUSED', async (t) => {
    const { address } = await tlsPd(t);
    const tls = { ...clientTls, ca: stranger.cert };
    await assert.rejects(
      openPd(t, { addresses: [address], tls }).readLogTask(),
      fails('PD_REFUSED', /certificate/),
    );
  });

  test('a client without certificate is PD_REFUSED', async (t) => {
    const { address } = await tlsPd(t);
    const tls = { ca: authority.cert };
    await assert.rejects(
      openPd(t, { addresses: [address], tls }).readLogTask(),
      fails('PD_REFUSED', /certificate/i),
    );
  });

  test('certificates that cannot be used are told before anybody is asked', () => {
    const broken = { ...clientTls, cert: clientTls.cert.replace(/M/g, 'N') };
    for (const tls of [broken, { ...clientTls, key: stranger.issue('x').key }]) {
      assert.throws(
        () => openPdCluster({ addresses: ['h:1'], tls, clock: { nowMs: Date.now } }),
        fails('INVALID_INPUT', /the TLS certificates for PD cannot be used/),
      );
    }
  });

  test('https against a plain port is PD_REFUSED', async (t) => {
    const { address } = await startPd(t);
    const addresses = [address.replace('http:', 'https:')];
    await assert.rejects(
      openPd(t, { addresses, tls: clientTls }).readLogTask(),
      fails('PD_REFUSED', /ssl|tls/i),
    );
  });
});
