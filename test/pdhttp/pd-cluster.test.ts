import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { FakePd } from '../support/fake-pd.ts';
import { openPd, silentAddress, startPd } from '../support/opened-pd.ts';
import { recordedPd } from '../support/recorded-pd.ts';

describe('a cluster by its PD', () => {
  test('one look takes five requests and tells task, safe points, stores, members and clock', async (t) => {
    const { pd, address } = await startPd(t);
    const seen = await openPd(t, { addresses: [address] }).observe();
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
    const paged = await openPd(t, { addresses: [address] }).readLogTask();
    assert.deepEqual(paged, await openPd(t, { addresses: [whole.address] }).readLogTask());
    assert.equal(pd.requests.length, 4);
  });

  test('a task and an import lease are seen in one request', async (t) => {
    const { pd, address } = await startPd(t, 'faults/pd/restore-1-left-pd');
    const { imports, task } = await openPd(t, { addresses: [address] }).readLogTask();
    assert.deepEqual(imports, [
      { kind: 'restore', name: 'restore/restore-78b5b04c-d163-46d8-a270-52c228c20929', hasLease: true },
    ]);
    assert.equal(task.kind, 'none');
    assert.equal(pd.requests.length, 1);
  });

  test('safe points come from the keys when PD does not serve them over HTTP', async (t) => {
    const { pd, address } = await startPd(t);
    const cluster = openPd(t, { addresses: [address] });
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
    const points = await openPd(t, { addresses: [address] }).readSafePoints();
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
    const clock = await openPd(t, { addresses: [address], clock: { nowMs } }).readClock();
    assert.deepEqual(clock, {
      serverMs: Date.UTC(2026, 10, 22, 4, 26, 12, 500),
      localMs: Date.UTC(2026, 10, 22, 4, 26, 42, 150),
      uncertaintyMs: 550,
    });
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
    return openPd(t, { addresses: ['127.0.0.1:1'] }).readStoreSetting({ ...store, statusAddress }, name);
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
    const cluster = openPd(t, { addresses: ['127.0.0.1:1'] });
    const down = { ...store, statusAddress: await silentAddress() };
    assert.equal((await cluster.readStoreSetting(down, 'log-backup.enable')).kind, 'unknown');
    for (const statusAddress of ['', 'user@host:1', 'host:1/x', 'host', 'a b:1']) {
      const answer = await cluster.readStoreSetting({ ...store, statusAddress }, 'log-backup.enable');
      assert.equal(answer.kind, 'unknown');
    }
  });
});
