import { openPdCluster } from '../../lib/pdhttp/pd-cluster.ts';
import { testAuthority } from '../support/certificates.ts';
import { FakePd } from '../support/fake-pd.ts';
import { completeRecording, RecordedCluster } from '../support/recorded-cluster.ts';
import { clusterContract, type OpenRecorded } from './cluster.contract.ts';

const clock = { nowMs: Date.now };
const authority = testAuthority('authority');
const serverTls = {
  ...authority.issue('pd'),
  ca: authority.cert,
  requestCert: true,
  rejectUnauthorized: true,
};
const clientTls = { ...authority.issue('client'), ca: authority.cert };

const overHttp =
  (options: { readonly isSecure: boolean; readonly pageSize?: number }): OpenRecorded =>
  async (t, situation) => {
    const pd = new FakePd(completeRecording(situation), options.isSecure ? { tls: serverTls } : {});
    const cluster = openPdCluster({
      addresses: [await pd.listen()],
      clock,
      ...(options.isSecure ? { tls: clientTls } : {}),
      ...(options.pageSize === undefined ? {} : { pageSize: options.pageSize }),
    });
    t.after(async () => {
      cluster.close();
      await pd.close();
    });
    return cluster;
  };

clusterContract('in memory', async (_t, situation) => new RecordedCluster(situation, clock));
clusterContract('PD over HTTP', overHttp({ isSecure: false }));
clusterContract(
  'PD over HTTPS with client certificates, key by key',
  overHttp({ isSecure: true, pageSize: 1 }),
);
