import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hasHistory, ttlLeftMs } from '../../lib/domain/cluster-facts.ts';
import {
  ownerOf,
  parseHexSafePoint,
  parseSafePoints,
  parseSavedSafePoint,
  parseServiceSafePoint,
  safePointsOfKeys,
} from '../../lib/pd/safe-points.ts';
import { recordedPd, recordedSituations } from '../support/recorded-pd.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('safe points', () => {
  test('of every recorded situation have an owner, and gc_worker never ends', () => {
    for (const situation of recordedSituations) {
      const answer = recordedPd(situation).http.get('/pd/api/v1/gc/safepoint')!;
      const { services } = parseSafePoints('the answer', answer);
      assert.ok(services.every(({ owner }) => owner.kind !== 'other'));
      const worker = services.find(({ owner }) => owner.kind === 'gc-worker');
      assert.equal(worker?.expiresMs, undefined);
      assert.ok((worker?.ts ?? 0n) > 470000000000000000n);
    }
  });

  test('of the task in error are those of FACTS §2.7, exact to the last digit', () => {
    const answer = recordedPd('error-state/pd/9-after-fix').http.get('/pd/api/v1/gc/safepoint')!;
    const { services, gcSafePoint } = parseSafePoints('the answer', answer);
    assert.equal(gcSafePoint, 0n);
    assert.deepEqual(
      services.map(({ owner }) => owner.kind),
      ['store', 'br', 'br', 'br', 'advancer', 'pause-guard', 'pause', 'gc-worker'],
    );
    assert.deepEqual(services[5], {
      id: 'pitr-1-pause-guard',
      owner: { kind: 'pause-guard', task: 'pitr', storeId: 1n },
      ts: 470632843890393088n,
      expiresMs: 1795408435000,
    });
  });

  test('are the same from etcd keys as over HTTP, but for gc_worker, which PD 9.0 does not keep there', () => {
    for (const situation of recordedSituations.filter((name) => !name.startsWith('faults'))) {
      const { http, keyValues } = recordedPd(situation);
      const overHttp = parseSafePoints('the answer', http.get('/pd/api/v1/gc/safepoint')!);
      const clusterId = situation.startsWith('variants') ? 7710864711191708709n : 7710846925929674311n;
      const fromKeys = safePointsOfKeys(clusterId, keyValues);
      assert.equal(fromKeys.gcSafePoint, overHttp.gcSafePoint);
      assert.deepEqual(
        fromKeys.services,
        overHttp.services.filter(({ owner }) => owner.kind !== 'gc-worker'),
      );
    }
  });

  test('of another cluster in the same etcd are not ours', () => {
    const { keyValues } = recordedPd('shop/pd/3-paused');
    assert.deepEqual(safePointsOfKeys(1n, keyValues), { services: [], gcSafePoint: 0n });
  });

  test('have their owner told by the form of the id, dashes in task names and all', () => {
    assert.deepEqual(ownerOf('backup-stream-a-b-12'), { kind: 'store', task: 'a-b', storeId: 12n });
    assert.deepEqual(ownerOf('a-7-5-pause-guard'), { kind: 'pause-guard', task: 'a-7', storeId: 5n });
    assert.deepEqual(ownerOf('a_b_pause_safepoint'), { kind: 'pause', task: 'a_b' });
    for (const id of ['ticdc-default-1', 'br-1', 'backup-stream-a', 'lightning-x', ''])
      assert.deepEqual(ownerOf(id), { kind: 'other' });
  });

  test('that never end have no end, those that are over nothing left', () => {
    const service = (expiredAt: string) =>
      parseServiceSafePoint('key', bytes(`{"service_id":"x","expired_at":${expiredAt},"safe_point":1}`));
    assert.equal(ttlLeftMs(service('9223372036854775807'), 5), Number.POSITIVE_INFINITY);
    assert.equal(ttlLeftMs(service('1795408435'), 1795408434000), 1000);
    assert.equal(ttlLeftMs(service('1795408435'), 1795408436000), 0);
    assert.throws(() => service('"soon"'), { name: 'OBJECT_DAMAGED' });
  });

  test('history at a safe point is gone, one after it is there', () => {
    const facts = { services: [], gcSafePoint: 7n, savedSafePoint: undefined };
    assert.deepEqual(
      [6n, 7n, 8n].map((ts) => hasHistory(facts, ts)),
      [false, false, true],
    );
  });
});

describe('safe points as text', () => {
  test('are hexadecimal in PD and decimal in TiDB', () => {
    assert.equal(parseHexSafePoint('key', bytes('688060158840001')), 0x688060158840001n);
    assert.equal(parseSavedSafePoint('key', bytes('470632594748473344')), 470632594748473344n);
  });

  test('of another form are damage and name their key', () => {
    for (const text of ['', 'xyz', '0x1', '11112222333344445', '-1'])
      assert.throws(() => parseHexSafePoint('the-key', bytes(text)), {
        name: 'OBJECT_DAMAGED',
        message: /the-key/,
      });
    for (const text of ['', 'a', '-1', '18446744073709551616', '111112222233333444445'])
      assert.throws(() => parseSavedSafePoint('the-key', bytes(text)), { name: 'OBJECT_DAMAGED' });
  });
});
