import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PitrError } from '../../lib/domain/errors.ts';
import { openPdCluster } from '../../lib/pdhttp/pd-cluster.ts';
import { fails, openPd, silentAddress, startPd } from '../support/opened-pd.ts';
import { recordedPd } from '../support/recorded-pd.ts';

describe('several PDs', () => {
  test('one of three down costs nothing but a try, and is not asked first again', async (t) => {
    const down = await silentAddress();
    const [one, two] = [await startPd(t), await startPd(t)];
    const cluster = openPd(t, { addresses: [down, one.address, two.address] });
    await cluster.observe();
    assert.equal(one.pd.requests.length, 5);
    assert.equal(two.pd.requests.length, 0);
  });

  test('one that is slow is left for the next after the time limit', async (t) => {
    const [slow, quick] = [await startPd(t), await startPd(t)];
    slow.pd.fail({ answer: 'silence' });
    const cluster = openPd(t, { addresses: [slow.address, quick.address], timeoutMs: 200 });
    await cluster.observe();
    assert.equal(slow.pd.requests.length, 1);
  });

  test('one that answers bytes by the drop is late as well', async (t) => {
    const { pd, address } = await startPd(t);
    pd.fail({ answer: { slowMs: 1500 } });
    const cluster = openPd(t, { addresses: [address], timeoutMs: 150 });
    await assert.rejects(cluster.readLogTask(), fails('PD_UNREACHABLE', /no answer within 150 ms/));
  });

  for (const answer of ['hang-up', 'cut-body', { status: 503, body: 'no leader' }] as const) {
    const name = typeof answer === 'string' ? answer : answer.status;
    test(`an address that fails (${name}) hands over to the next`, async (t) => {
      const [bad, good] = [await startPd(t), await startPd(t)];
      bad.pd.fail({ answer });
      const { task } = await openPd(t, { addresses: [bad.address, good.address] }).readLogTask();
      assert.equal(task.kind, 'task');
    });
  }

  test('the leader is asked first once the members are known', async (t) => {
    const [one, two] = [await startPd(t), await startPd(t)];
    const members = new TextDecoder()
      .decode(recordedPd('shop/pd/5-before-end').http.get('/pd/api/v1/members'))
      .replaceAll('http://127.0.0.1:2379', two.address);
    one.pd.serve('/pd/api/v1/members', members);
    await openPd(t, { addresses: [one.address, two.address] }).observe();
    assert.deepEqual([one.pd.requests.length, two.pd.requests.length], [1, 4]);
  });

  test('an advertised address that nobody gave is never asked', async (t) => {
    const [one, hidden] = [await startPd(t), await startPd(t)];
    const members = new TextDecoder()
      .decode(recordedPd('shop/pd/5-before-end').http.get('/pd/api/v1/members'))
      .replaceAll('http://127.0.0.1:2379', hidden.address);
    one.pd.serve('/pd/api/v1/members', members);
    await openPd(t, { addresses: [one.address] }).observe();
    assert.equal(hidden.pd.requests.length, 0);
  });
});

describe('no PD that serves us', () => {
  test('all down is PD_UNREACHABLE and names every address', async (t) => {
    const addresses = [await silentAddress(), await silentAddress()];
    const expected = new RegExp(`http://${addresses[0]}: .*ECONNREFUSED.*http://${addresses[1]}: `);
    await assert.rejects(openPd(t, { addresses }).readLogTask(), fails('PD_UNREACHABLE', expected));
  });

  test('a name that does not resolve is PD_UNREACHABLE', async (t) => {
    const cluster = openPd(t, { addresses: ['pd.invalid:2379'] });
    await assert.rejects(cluster.readLogTask(), fails('PD_UNREACHABLE', /pd\.invalid/));
  });

  test('503 from all is PD_UNREACHABLE', async (t) => {
    const { pd, address } = await startPd(t);
    pd.fail({ answer: { status: 503, body: '[PD:server:ErrLeaderNil]leader is nil\n' } });
    await assert.rejects(
      openPd(t, { addresses: [address] }).readStores(),
      fails('PD_UNREACHABLE', /status 503: \[PD:server:ErrLeaderNil\]leader is nil/),
    );
  });

  test('a gateway that is switched off is PD_REFUSED and tells the switch', async (t) => {
    const { pd, address } = await startPd(t);
    pd.fail({ match: '/v3/', answer: { status: 404, body: '404 page not found\n' } });
    await assert.rejects(openPd(t, { addresses: [address] }).readLogTask(), (error: PitrError) => {
      assert.match(error.hint ?? '', /enable-grpc-gateway/);
      return fails('PD_REFUSED', /status 404/)(error);
    });
  });

  test('a redirect is not followed', async (t) => {
    const [one, other] = [await startPd(t), await startPd(t)];
    const headers = { location: `${other.address}/pd/api/v1/stores` };
    one.pd.fail({ match: '/stores', answer: { status: 307, body: '', headers } });
    await assert.rejects(
      openPd(t, { addresses: [one.address] }).readStores(),
      fails('PD_REFUSED', /redirect/),
    );
    assert.deepEqual(other.pd.requests, []);
  });

  test('an answer beyond the size limit is not read to its end', async (t) => {
    const { pd, address } = await startPd(t);
    pd.fail({ answer: { status: 200, body: 'x'.repeat(300_000) } });
    const cluster = openPd(t, { addresses: [address], maxBytes: 100_000 });
    await assert.rejects(cluster.readLogTask(), fails('PD_REFUSED', /more than 100000 bytes/));
  });

  for (const body of ['<html>login</html>', '[]', '{"kvs":[{}]}', '{"header":{"revision":"x"}}', '']) {
    test(`an answer that is not PD's is PD_REFUSED: ${JSON.stringify(body)}`, async (t) => {
      const { pd, address } = await startPd(t);
      pd.fail({ answer: { status: 200, body } });
      await assert.rejects(
        openPd(t, { addresses: [address] }).readLogTask(),
        fails('PD_REFUSED', /is not PD's/),
      );
    });
  }

  for (const address of ['', 'http://u:secret@h:2379', 'ftp://h:1', 'http://h:2379/pd', 'h:99999']) {
    test(`${JSON.stringify(address.replace('secret', '…'))} is refused as an address`, () => {
      assert.throws(
        () => openPdCluster({ addresses: [address], clock: { nowMs: Date.now } }),
        (error: PitrError) => {
          assert.equal(error.code, 'INVALID_INPUT');
          assert.doesNotMatch(error.message, /secret/);
          return true;
        },
      );
    });
  }
});
