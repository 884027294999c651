// The key ranges on a real etcd, whose gateway is the one inside PD. Needs the program etcd: apt-get install etcd-server

import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { PitrError } from '../../lib/domain/errors.ts';
import type { LogBackupFacts } from '../../lib/domain/log-task/log-task-facts.ts';
import { logBackupFacts } from '../../lib/pd/log-backup.ts';
import { openPdCluster, type PdClusterOptions } from '../../lib/pdhttp/pd-cluster.ts';
import { testAuthority } from '../support/certificates.ts';
import { type EtcdTls, findEtcd, type RunningEtcd, startEtcd } from '../support/etcd.ts';
import { keyValue, u64Bytes } from '../support/etcd-key-values.ts';
import { recordedPd } from '../support/recorded-pd.ts';

const program = findEtcd();

function read(
  t: TestContext,
  address: string,
  options: Partial<PdClusterOptions> = {},
): Promise<LogBackupFacts> {
  const cluster = openPdCluster({ addresses: [address], clock: { nowMs: Date.now }, ...options });
  t.after(() => cluster.close());
  return cluster.readLogTask();
}

/** What a plain put cannot bring back: revisions and leases. */
function comparable({ task, leftovers, unexplained, advancers }: LogBackupFacts): unknown {
  return { task: { ...task, revision: 0n }, leftovers, unexplained, advancers };
}

if (program === undefined) {
  test(
    'key ranges on a real etcd',
    { skip: 'etcd is not on this machine (see the head of this file)' },
    () => undefined,
  );
} else {
  describe('a real etcd', () => {
    let etcd: RunningEtcd;
    const paused = recordedPd('error-state/pd/7-error').keyValues;
    before(async () => {
      etcd = await startEtcd(program);
      for (const one of paused) await etcd.put(one);
    });
    after(() => etcd.close());

    test('gives the recorded keys, empty values and raw bytes as they were', async (t) => {
      const raw = keyValue('/tidb/br-stream/ranges/pitr/t/\x00\xff', 'u\x00');
      await etcd.put(raw);
      const expected = logBackupFacts([...paused, raw], 1n);
      const found = await read(t, etcd.address);
      assert.deepEqual(comparable(found), comparable(expected));
      assert.ok(found.revision > BigInt(paused.length));
      assert.ok(found.task.kind === 'task' && found.task.revision > 0n);
    });

    test('gives pages of any size, all at one revision, while others write', async (t) => {
      const whole = await read(t, etcd.address);
      const writing = (async () => {
        for (let ts = 1n; ts < 30n; ts++)
          await etcd.put(keyValue('/tidb/br-stream/storage-checkpoint/pitr/9', u64Bytes(ts)));
      })();
      for (const pageSize of [1, 2, 3]) {
        const paged = await read(t, etcd.address, { pageSize });
        assert.deepEqual(
          paged.task.kind === 'task' && paged.task.checkpoints.advanced,
          whole.task.kind === 'task' && whole.task.checkpoints.advanced,
        );
        assert.ok(paged.revision >= whole.revision);
      }
      await writing;
    });

    test('that is no PD refuses what only PD serves', async (t) => {
      const cluster = openPdCluster({ addresses: [etcd.address], clock: { nowMs: Date.now } });
      t.after(() => cluster.close());
      await assert.rejects(cluster.readStores(), { code: 'PD_REFUSED', message: /status 404/ });
    });
  });

  test('a real etcd with its gateway switched off is PD_REFUSED, and the hint names the switch', async (t) => {
    const etcd = await startEtcd(program, { arguments: ['--enable-grpc-gateway=false'] });
    t.after(() => etcd.close());
    await assert.rejects(read(t, etcd.address), (error: PitrError) => {
      assert.equal(error.code, 'PD_REFUSED');
      assert.match(error.hint ?? '', /enable-grpc-gateway/);
      return true;
    });
  });

  describe('a real etcd with mutual TLS', () => {
    const authority = testAuthority('authority of the cluster');
    const stranger = testAuthority('somebody else');
    const tls: EtcdTls = { authority, client: authority.issue('client') };
    let etcd: RunningEtcd;
    before(async () => {
      etcd = await startEtcd(program, { tls });
      for (const one of recordedPd('shop/pd/3-paused').keyValues) await etcd.put(one);
    });
    after(() => etcd.close());

    test('answers the right client', async (t) => {
      const found = await read(t, etcd.address, { tls: { ...tls.client, ca: authority.cert } });
      assert.equal(found.task.kind === 'task' && found.task.state.kind, 'paused');
    });

    for (const [who, options] of [
      ['a client of another authority', { tls: { ...stranger.issue('client'), ca: authority.cert } }],
      ['a client without a certificate', { tls: { ca: authority.cert } }],
      ['a client that does not know its authority', { tls: { ...tls.client, ca: stranger.cert } }],
    ] as const) {
      test(`refuses ${who}: PD_REFUSED`, async (t) => {
        await assert.rejects(read(t, etcd.address, options), { code: 'PD_REFUSED' });
      });
    }

    test('closes a plain connection without a word, and the hint thinks of https', async (t) => {
      await assert.rejects(read(t, etcd.address.replace('https:', 'http:')), (error: PitrError) => {
        assert.equal(error.code, 'PD_UNREACHABLE');
        assert.match(error.hint ?? '', /https:\/\//);
        return true;
      });
    });
  });
}
