// Whatever bytes stand in etcd or in an answer: a value of ours or an error of ours, never another error, never a hang.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PitrError } from '../../lib/domain/errors.ts';
import { parseMembers, parseStoreSetting, parseStores } from '../../lib/pd/cluster.ts';
import { importPrefix, meaningOfKey, printableKey, streamPrefix } from '../../lib/pd/etcd-key.ts';
import { logBackupFacts } from '../../lib/pd/log-backup.ts';
import { parsePause } from '../../lib/pd/pause.ts';
import { type EtcdKeyValue, parseRange, startAfter } from '../../lib/pd/range.ts';
import { redactText } from '../../lib/pd/redaction.ts';
import { parseSafePoints, safePointsOfKeys } from '../../lib/pd/safe-points.ts';
import { keyValue, u64Bytes, u64Text } from '../support/etcd-key-values.ts';
import { recordedPd, recordedSituations } from '../support/recorded-pd.ts';

const settings = { seed: 20261122, numRuns: 400 };

function ourErrorsOnly(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof PitrError, `not ours: ${error}`);
    assert.ok(error.code === 'OBJECT_DAMAGED' || error.code === 'PD_REFUSED', error.code);
  }
}

const situations = recordedSituations.map((name) => recordedPd(name));
const latin1 = fc.uint8Array({ maxLength: 24 }).map((bytes) => String.fromCharCode(...bytes));
const kinds = [
  'info/',
  'ranges/',
  'checkpoint/',
  'storage-checkpoint/',
  'pause/',
  'last-error/',
  'owner/',
  '',
];
const anyKey = fc
  .tuple(
    fc.constantFrom(streamPrefix, importPrefix),
    fc.constantFrom(...kinds),
    fc.constantFrom('pitr/', 'a', ''),
    latin1,
  )
  .map((parts) => parts.join(''));

test('any keys with any values give facts or damage of a named key', () => {
  const entry = fc
    .tuple(anyKey, fc.uint8Array({ maxLength: 40 }))
    .map(([key, value]) => keyValue(key, value));
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 12 }), (entries) => {
      ourErrorsOnly(() => logBackupFacts(entries, 1n));
    }),
    settings,
  );
});

test('recorded keys with damaged values give facts or damage, and a pause stays a pause', () => {
  const damaged = fc
    .tuple(fc.constantFrom(...situations), fc.nat(), fc.nat(), fc.nat(255))
    .map(([{ keyValues }, which, where, bits]): readonly EtcdKeyValue[] =>
      keyValues.map((one, index) => {
        if (index !== which % keyValues.length || one.value.length === 0) return one;
        const value = one.value.slice(0, bits % 3 === 0 ? where % one.value.length : one.value.length);
        if (value.length > 0) value[where % value.length] = (value[where % value.length] ?? 0) ^ bits;
        return { ...one, value };
      }),
    );
  fc.assert(
    fc.property(damaged, (keyValues) => {
      ourErrorsOnly(() => {
        const { task } = logBackupFacts(keyValues, 1n);
        const isPaused = keyValues.some(({ key }) => printableKey(key) === '/tidb/br-stream/pause/pitr');
        assert.equal(task.kind === 'task' && task.state.kind !== 'normal', isPaused);
      });
    }),
    settings,
  );
});

test('every key ends somewhere: in a task, a leftover, an import, an advancer or among the unexplained', () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyKey, { maxLength: 12 }), (keys) => {
      const entries = keys
        .filter((key) => !key.startsWith(`${streamPrefix}info/`))
        .map((key) => keyValue(key, u64Bytes(9n)));
      const facts = logBackupFacts(entries, 1n);
      const named = new Set([
        ...facts.leftovers.flatMap((leftover) => leftover.keys),
        ...facts.unexplained.map(({ key }) => key),
      ]);
      const others = facts.imports.length + facts.advancers.length;
      assert.equal(named.size + others, entries.length);
    }),
    settings,
  );
});

test('a store key of 6.1 gives back its store, whatever its bytes spell', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 56n) - 1n }), (storeId) => {
      const key = keyValue(`/tidb/br-stream/checkpoint/pitr/${u64Text(storeId)}`).key;
      assert.deepEqual(meaningOfKey(key, ['pitr']), { kind: 'store-checkpoint', task: 'pitr', storeId });
    }),
    settings,
  );
});

test('any bytes as an answer give a value or PD_REFUSED', () => {
  const recorded = situations.flatMap(({ http }) => [...http.values()]);
  const mutated = fc.tuple(fc.constantFrom(...recorded), fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
    const copy = bytes.slice();
    copy[at % copy.length] = value;
    return copy;
  });
  const json = fc.json({ maxDepth: 4 }).map((text) => new TextEncoder().encode(text));
  fc.assert(
    fc.property(fc.oneof(mutated, json, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      ourErrorsOnly(() => parseRange('range', bytes));
      ourErrorsOnly(() => parseStores('stores', bytes));
      ourErrorsOnly(() => parseMembers('members', bytes));
      ourErrorsOnly(() => parseSafePoints('safepoint', bytes));
      ourErrorsOnly(() => parseStoreSetting('config', bytes, 'log-backup.enable'));
      ourErrorsOnly(() => safePointsOfKeys(1n, [keyValue('/pd/1/gc/safe_point/service/x', bytes)]));
      ourErrorsOnly(() => safePointsOfKeys(1n, [keyValue('/pd/1/gc/safe_point', bytes)]));
    }),
    settings,
  );
});

test('a pause is read from any JSON without an error', () => {
  const name = fc.constantFrom('severity', 'operation_pid', 'operation_time', 'payload_type', 'payload');
  fc.assert(
    fc.property(fc.dictionary(name, fc.jsonValue({ maxDepth: 1 })), (document) => {
      parsePause('pause', new TextEncoder().encode(JSON.stringify(document)));
    }),
    settings,
  );
});

test('the next page starts right behind the last key', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 6 }), fc.uint8Array({ maxLength: 6 }), (key, other) => {
      const next = startAfter(key);
      assert.equal(Buffer.compare(other, next) >= 0, Buffer.compare(other, key) > 0);
    }),
    settings,
  );
});

test('taking secrets out of a long text takes time in proportion to it', () => {
  const texts = [
    '://'.repeat(50_000),
    `://${'@'.repeat(100_000)}`,
    'access-key= '.repeat(20_000),
    `://${'a'.repeat(200_000)}`,
  ];
  for (const text of texts) {
    const before = performance.now();
    redactText(text);
    assert.ok(performance.now() - before < 1000, `${text.slice(0, 20)}…`);
  }
});
