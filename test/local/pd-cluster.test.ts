import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import type { ErrorCode, PitrError } from '../../lib/domain/errors.ts';
import { openPdCluster, type PdCluster, type PdClusterOptions } from '../../lib/local/pd-cluster.ts';
import { testAuthority } from '../support/certificates.ts';
import { FakePd } from '../support/fake-pd.ts';
import { recordedPd } from '../support/recorded-pd.ts';

const authority = testAuthority('authority of the cluster');
const stranger = testAuthority('somebody else');
const serverTls = {
  ...authority.issue('pd'),
  ca: authority.cert,
  requestCert: true,
  rejectUnauthorized: true,
};
const clientTls = { ...authority.issue('client'), ca: authority.cert };

type Options = Partial<PdClusterOptions> & { readonly addresses: readonly string[] };

function open(t: TestContext, options: Options): PdCluster {
  const cluster = openPdCluster({ clock: { nowMs: Date.now }, timeoutMs: 2000, ...options });
  t.after(() => cluster.close());
  return cluster;
}

async function startPd(
  t: TestContext,
  situation = 'shop/pd/5-before-end',
  options: ConstructorParameters<typeof FakePd>[1] = {},
): Promise<{ readonly pd: FakePd; readonly address: string }> {
  const pd = new FakePd(recordedPd(situation), options);
  const address = await pd.listen();
  t.after(() => pd.close());
  return { pd, address };
}

/** An address at which nobody listens. */
async function silentAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as { readonly port: number };
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${address.port}`;
}

function fails(code: ErrorCode, message: RegExp) {
  return (error: PitrError) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.ok((error.hint ?? '').length > 10);
    return true;
  };
}

describe('a cluster by its PD', () => {
  test('one look takes five requests and tells task, safe points, stores, members and clock', async (t) => {
    const { pd, address } = await startPd(t);
    const seen = await open(t, { addresses: [address] }).observe();
    assert.deepEqual(pd.requests, [
      'GET /pd/api/v1/members',
      'GET /pd/api/v1/stores',
      'POST /v3/kv/range',
      'GET /pd/api/v1/gc/safepoint',
      'POST /v3/kv/range',
    ]);
    assert.equal(seen.logBackup.task.kind, 'task');
    assert.equal(seen.logBackup.revision, 900n);
    assert.equal(seen.cluster.clusterId, 7710846925929674311n);
    assert.deepEqual(
      seen.cluster.stores.map(({ id, version, engine, state }) => ({ id, version, engine, state })),
      [{ id: 1n, version: '9.0.0-beta.2', engine: 'tikv', state: 'Up' }],
    );
    assert.equal(seen.cluster.members[0]?.isLeader, true);
    assert.equal(seen.safePoints.services.length, 5);
    assert.equal(seen.safePoints.savedSafePoint, undefined);
    assert.ok(Math.abs(seen.clock.serverMs - seen.clock.localMs) <= seen.clock.uncertaintyMs);
  });

  test('keys come page by page at one revision, however small the pages', async (t) => {
    const { pd, address } = await startPd(t, 'shop/pd/3-paused', { mostKeys: 2 });
    const whole = await startPd(t, 'shop/pd/3-paused');
    const paged = await open(t, { addresses: [address] }).readLogTask();
    assert.deepEqual(paged, await open(t, { addresses: [whole.address] }).readLogTask());
    assert.equal(pd.requests.length, 4);
  });

  test('a task and an import lease are seen in one request', async (t) => {
    const { pd, address } = await startPd(t, 'faults/pd/restore-1-left-pd');
    const { imports, task } = await open(t, { addresses: [address] }).readLogTask();
    assert.deepEqual(imports, [
      { kind: 'restore', name: 'restore/restore-78b5b04c-d163-46d8-a270-52c228c20929', hasLease: true },
    ]);
    assert.equal(task.kind, 'none');
    assert.equal(pd.requests.length, 1);
  });

  test('safe points come from the keys when PD does not serve them over HTTP', async (t) => {
    const { pd, address } = await startPd(t);
    const cluster = open(t, { addresses: [address] });
    const overHttp = await cluster.readSafePoints();
    pd.fail({ match: '/gc/safepoint', answer: { status: 404, body: '404 page not found' } });
    const fromKeys = await cluster.readSafePoints();
    assert.deepEqual(
      fromKeys.services,
      overHttp.services.filter(({ owner }) => owner.kind !== 'gc-worker'),
    );
  });

  test("TiDB's saved safe point is read from its own key", async (t) => {
    const recorded = recordedPd('shop/pd/0-no-task');
    const keyValue = {
      key: new TextEncoder().encode('/tidb/store/gcworker/saved_safe_point'),
      value: new TextEncoder().encode('470632594748473344'),
      createRevision: 5n,
      modRevision: 5n,
      lease: 0n,
    };
    const pd = new FakePd({ ...recorded, keyValues: [...recorded.keyValues, keyValue] });
    const address = await pd.listen();
    t.after(() => pd.close());
    const points = await open(t, { addresses: [address] }).readSafePoints();
    assert.equal(points.savedSafePoint, 470632594748473344n);
  });

  test("PD's clock is told with how uncertain it is", async (t) => {
    const { pd, address } = await startPd(t);
    const body = new TextDecoder().decode(recordedPd('shop/pd/5-before-end').http.get('/pd/api/v1/members'));
    pd.fail({
      match: '/members',
      answer: { status: 200, body, headers: { date: 'Sun, 22 Nov 2026 04:26:12 GMT' } },
    });
    let now = Date.UTC(2026, 10, 22, 4, 26, 42);
    const nowMs = () => (now += 100);
    const clock = await open(t, { addresses: [address], clock: { nowMs } }).readClock();
    assert.deepEqual(clock, {
      serverMs: Date.UTC(2026, 10, 22, 4, 26, 12, 500),
      localMs: Date.UTC(2026, 10, 22, 4, 26, 42, 150),
      uncertaintyMs: 550,
    });
  });
});

describe('several PDs', () => {
  test('one of three down costs nothing but a try, and is not asked first again', async (t) => {
    const down = await silentAddress();
    const [one, two] = [await startPd(t), await startPd(t)];
    const cluster = open(t, { addresses: [down, one.address, two.address] });
    await cluster.observe();
    assert.equal(one.pd.requests.length, 5);
    assert.equal(two.pd.requests.length, 0);
  });

  test('one that is slow is left for the next after the time limit', async (t) => {
    const [slow, quick] = [await startPd(t), await startPd(t)];
    slow.pd.fail({ answer: 'silence' });
    const cluster = open(t, { addresses: [slow.address, quick.address], timeoutMs: 200 });
    await cluster.observe();
    assert.equal(slow.pd.requests.length, 1);
  });

  test('one that answers bytes by the drop is late as well', async (t) => {
    const { pd, address } = await startPd(t);
    pd.fail({ answer: { slowMs: 1500 } });
    const cluster = open(t, { addresses: [address], timeoutMs: 150 });
    await assert.rejects(cluster.readLogTask(), fails('PD_UNREACHABLE', /no answer within 150 ms/));
  });

  for (const answer of ['hang-up', 'cut-body', { status: 503, body: 'no leader' }] as const) {
    const name = typeof answer === 'string' ? answer : answer.status;
    test(`an address that fails (${name}) hands over to the next`, async (t) => {
      const [bad, good] = [await startPd(t), await startPd(t)];
      bad.pd.fail({ answer });
      const { task } = await open(t, { addresses: [bad.address, good.address] }).readLogTask();
      assert.equal(task.kind, 'task');
    });
  }

  test('the leader is asked first once the members are known', async (t) => {
    const [one, two] = [await startPd(t), await startPd(t)];
    const members = new TextDecoder()
      .decode(recordedPd('shop/pd/5-before-end').http.get('/pd/api/v1/members'))
      .replaceAll('http://127.0.0.1:2379', two.address);
    one.pd.serve('/pd/api/v1/members', members);
    await open(t, { addresses: [one.address, two.address] }).observe();
    assert.deepEqual([one.pd.requests.length, two.pd.requests.length], [1, 4]);
  });

  test('an advertised address that nobody gave is never asked', async (t) => {
    const [one, hidden] = [await startPd(t), await startPd(t)];
    const members = new TextDecoder()
      .decode(recordedPd('shop/pd/5-before-end').http.get('/pd/api/v1/members'))
      .replaceAll('http://127.0.0.1:2379', hidden.address);
    one.pd.serve('/pd/api/v1/members', members);
    await open(t, { addresses: [one.address] }).observe();
    assert.equal(hidden.pd.requests.length, 0);
  });
});

describe('no PD that serves us', () => {
  test('all down is PD_UNREACHABLE and names every address', async (t) => {
    const addresses = [await silentAddress(), await silentAddress()];
    const expected = new RegExp(`http://${addresses[0]}: .*ECONNREFUSED.*http://${addresses[1]}: `);
    await assert.rejects(open(t, { addresses }).readLogTask(), fails('PD_UNREACHABLE', expected));
  });

  test('a name that does not resolve is PD_UNREACHABLE', async (t) => {
    const cluster = open(t, { addresses: ['pd.invalid:2379'] });
    await assert.rejects(cluster.readLogTask(), fails('PD_UNREACHABLE', /pd\.invalid/));
  });

  test('503 from all is PD_UNREACHABLE', async (t) => {
    const { pd, address } = await startPd(t);
    pd.fail({ answer: { status: 503, body: '[PD:server:ErrLeaderNil]leader is nil\n' } });
    await assert.rejects(
      open(t, { addresses: [address] }).readStores(),
      fails('PD_UNREACHABLE', /status 503: \[PD:server:ErrLeaderNil\]leader is nil/),
    );
  });

  test('a gateway that is switched off is PD_REFUSED and tells the switch', async (t) => {
    const { pd, address } = await startPd(t);
    pd.fail({ match: '/v3/', answer: { status: 404, body: '404 page not found\n' } });
    await assert.rejects(open(t, { addresses: [address] }).readLogTask(), (error: PitrError) => {
      assert.match(error.hint ?? '', /enable-grpc-gateway/);
      return fails('PD_REFUSED', /status 404/)(error);
    });
  });

  test('a redirect is not followed', async (t) => {
    const [one, other] = [await startPd(t), await startPd(t)];
    const headers = { location: `${other.address}/pd/api/v1/stores` };
    one.pd.fail({ match: '/stores', answer: { status: 307, body: '', headers } });
    await assert.rejects(open(t, { addresses: [one.address] }).readStores(), fails('PD_REFUSED', /redirect/));
    assert.deepEqual(other.pd.requests, []);
  });

  test('an answer beyond the size limit is not read to its end', async (t) => {
    const { pd, address } = await startPd(t);
    pd.fail({ answer: { status: 200, body: 'x'.repeat(300_000) } });
    const cluster = open(t, { addresses: [address], maxBytes: 100_000 });
    await assert.rejects(cluster.readLogTask(), fails('PD_REFUSED', /more than 100000 bytes/));
  });

  for (const body of ['<html>login</html>', '[]', '{"kvs":[{}]}', '{"header":{"revision":"x"}}', '']) {
    test(`an answer that is not PD's is PD_REFUSED: ${JSON.stringify(body)}`, async (t) => {
      const { pd, address } = await startPd(t);
      pd.fail({ answer: { status: 200, body } });
      await assert.rejects(
        open(t, { addresses: [address] }).readLogTask(),
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

describe('mutual TLS', () => {
  const tlsPd = (t: TestContext) => startPd(t, 'shop/pd/3-paused', { tls: serverTls });

  test('with the right certificates everything is as without', async (t) => {
    const { address } = await tlsPd(t);
    const plain = await startPd(t, 'shop/pd/3-paused');
    const secure = await open(t, { addresses: [address], tls: clientTls }).observe();
    const open2 = await open(t, { addresses: [plain.address] }).observe();
    assert.deepEqual({ ...secure, clock: 0 }, { ...open2, clock: 0 });
  });

  test('an address without scheme means https when certificates are given', async (t) => {
    const { address } = await tlsPd(t);
    const cluster = open(t, { addresses: [address.replace('https://', '')], tls: clientTls });
    assert.equal((await cluster.readLogTask()).task.kind, 'task');
  });

  test('a server of another authority is PD_REFUSED', async (t) => {
    const { address } = await tlsPd(t);
    const tls = { ...clientTls, ca: stranger.cert };
    await assert.rejects(
      open(t, { addresses: [address], tls }).readLogTask(),
      fails('PD_REFUSED', /certificate/),
    );
  });

  test('a client without certificate is PD_REFUSED', async (t) => {
    const { address } = await tlsPd(t);
    const tls = { ca: authority.cert };
    await assert.rejects(
      open(t, { addresses: [address], tls }).readLogTask(),
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
      open(t, { addresses, tls: clientTls }).readLogTask(),
      fails('PD_REFUSED', /ssl|tls/i),
    );
  });
});

describe('a setting of a store', () => {
  const store = {
    id: 1n,
    address: '127.0.0.1:20160',
    version: '8.5.0',
    engine: 'tikv',
    state: 'Up',
  } as const;

  async function ask(t: TestContext, config: string, name = 'log-backup.enable') {
    const { pd, address } = await startPd(t);
    pd.serve('/config', config);
    const statusAddress = address.replace('http://', '');
    return open(t, { addresses: ['127.0.0.1:1'] }).readStoreSetting({ ...store, statusAddress }, name);
  }

  test('is found by its dotted name', async (t) => {
    assert.deepEqual(await ask(t, '{"log-level":"info","log-backup":{"enable":true,"num-threads":4}}'), {
      kind: 'value',
      value: 'true',
    });
  });

  test('that the store does not have is unknown, as is every failure', async (t) => {
    for (const config of ['{"log-level":"info"}', 'no json', '{"log-backup":[]}']) {
      assert.equal((await ask(t, config)).kind, 'unknown');
    }
    const cluster = open(t, { addresses: ['127.0.0.1:1'] });
    const down = { ...store, statusAddress: await silentAddress() };
    assert.equal((await cluster.readStoreSetting(down, 'log-backup.enable')).kind, 'unknown');
    for (const statusAddress of ['', 'user@host:1', 'host:1/x', 'host', 'a b:1']) {
      const answer = await cluster.readStoreSetting({ ...store, statusAddress }, 'log-backup.enable');
      assert.equal(answer.kind, 'unknown');
    }
  });
});
