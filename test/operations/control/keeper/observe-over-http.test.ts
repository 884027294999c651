// The whole look at every recorded situation over the wire: a PD that serves the recorded keys and answers over HTTP, and over HTTPS
// to clients with a certificate.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observe } from '../../../../lib/operations/control/keeper/observe.ts';
import { openPdCluster } from '../../../../lib/pdhttp/pd-cluster.ts';
import type { PdTls } from '../../../../lib/pdhttp/pd-tls.ts';
import { testAuthority } from '../../../support/certificates.ts';
import { refusalOf } from '../../../support/control-stage.ts';
import { FakePd } from '../../../support/fake-pd.ts';
import { observeStage, settingsFor } from '../../../support/observe-stage.ts';
import { recordedLogTasks, recordingInFolder } from '../../../support/recorded-log-tasks.ts';
import { recordedSituations } from '../../../support/recorded-pd.ts';

const authority = testAuthority('an authority');
const server = { ...authority.issue('pd'), ca: authority.cert, requestCert: true, rejectUnauthorized: true };
const client: PdTls = { ...authority.issue('pitr'), ca: authority.cert };
const folder = '/backups/shop';

async function lookAt(situation: string, secure: boolean, tls?: PdTls) {
  const pd = new FakePd(recordingInFolder(situation, `${folder}/log-backup`), secure ? { tls: server } : {});
  const taskName = recordedLogTasks[situation]?.[0].taskName ?? 'pitr';
  const stage = observeStage(situation, { settings: settingsFor(folder, taskName) });
  const address = await pd.listen();
  try {
    const openCluster = async () => {
      const cluster = openPdCluster({
        addresses: [address],
        clock: stage.clock,
        ...(tls === undefined ? {} : { tls }),
      });
      return { cluster, close: () => cluster.close() };
    };
    const answer = await observe.run({ ...stage, openCluster }, { purpose: 'watch' });
    assert.equal(pd.requests.length, 5, situation);
    return answer['state'];
  } finally {
    await pd.close();
  }
}

test('every recorded situation is stated right over HTTP', async () => {
  for (const situation of recordedSituations) {
    assert.equal(await lookAt(situation, false), recordedLogTasks[situation]?.[1], situation);
  }
});

test('every recorded situation is stated right over HTTPS with a client certificate', async () => {
  for (const situation of recordedSituations) {
    assert.equal(await lookAt(situation, true, client), recordedLogTasks[situation]?.[1], situation);
  }
});

test('a client without a certificate sees nothing, and says so', async () => {
  const refusal = await refusalOf(lookAt('shop/pd/5-before-end', true, { ca: authority.cert }));
  assert.match(refusal.code, /^PD_/);
});
