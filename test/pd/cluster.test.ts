import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMembers, parseStoreSetting, parseStores } from '../../lib/pd/cluster.ts';
import { recordedPd, recordedSituations } from '../support/recorded-pd.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('stores and members of every recorded situation are read, u64 ids exact', () => {
  for (const situation of recordedSituations.filter((name) => !name.startsWith('faults'))) {
    const { http } = recordedPd(situation);
    assert.deepEqual(parseStores('stores', http.get('/pd/api/v1/stores')!), [
      {
        id: 1n,
        address: '127.0.0.1:20160',
        statusAddress: '127.0.0.1:20180',
        version: '9.0.0-beta.2',
        engine: 'tikv',
        state: 'Up',
      },
    ]);
    const { clusterId, members } = parseMembers('members', http.get('/pd/api/v1/members')!);
    assert.equal(clusterId, situation.startsWith('variants') ? 7710864711191708709n : 7710846925929674311n);
    assert.deepEqual(members, [
      { name: 'pd', clientUrls: ['http://127.0.0.1:2379'], version: '9.0.0-beta.2', isLeader: true },
    ]);
  }
});

test('TiFlash is told from TiKV by its label', () => {
  const answer = `{"count":3,"stores":[
    {"store":{"id":1,"version":"8.5.0","labels":[{"key":"zone","value":"a"}],"state_name":"Up"}},
    {"store":{"id":2,"version":"v8.5.0","labels":[{"key":"zone","value":"a"},{"key":"engine","value":"tiflash"}]}},
    {"store":{"id":18446744073709551615,"labels":[{"key":"engine","value":"tiflash_compute"}]}}]}`;
  const stores = parseStores('stores', bytes(answer));
  assert.deepEqual(
    stores.map(({ id, engine, version }) => [id, engine, version]),
    [
      [1n, 'tikv', '8.5.0'],
      [2n, 'tiflash', '8.5.0'],
      [18446744073709551615n, 'tiflash', ''],
    ],
  );
});

test('an empty list may be null or missing, a cluster without id is no answer', () => {
  assert.deepEqual(parseStores('stores', bytes('{"count":0,"stores":null}')), []);
  assert.deepEqual(parseStores('stores', bytes('{"count":0}')), []);
  assert.throws(() => parseMembers('members', bytes('{"members":[]}')), { name: 'PD_REFUSED' });
  assert.throws(() => parseStores('stores', bytes('{"stores":[{"store":{}}]}')), { name: 'PD_REFUSED' });
  assert.throws(() => parseStores('stores', bytes('{"stores":{}}')), { name: 'PD_REFUSED' });
});

test('a setting is found by its path and by nothing else', () => {
  const config = bytes('{"log-backup":{"enable":false},"__proto__":{"x":1}}');
  assert.equal(parseStoreSetting('config', config, 'log-backup.enable'), false);
  for (const name of ['log-backup.x', 'enable', 'log-backup.enable.x', 'constructor.name', 'toString'])
    assert.equal(parseStoreSetting('config', config, name), undefined);
});
