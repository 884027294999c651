import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import {
  mayContain,
  mayContainDdl,
  metaFileName,
  parseMetaName,
  shiftFromName,
} from '../../../lib/br/log/meta-name.ts';

const recorded = '06880603CA4C00010000000000000001-d06880603C0F00002l06880603C0F00004u06880603CA4C0002.meta';
const uuid = '201c0b0b-e1c4-4b67-8355-a6ee0aa6adda';
const bounds = { minBeginTs: 90n, minTs: 100n, maxTs: 200n };

test('a recorded name tells flush, store and bounds', () => {
  assert.deepEqual(parseMetaName(`v1/backupmeta/${recorded}`), {
    format: 'tagged',
    flushTs: 0x06880603ca4c0001n,
    storeId: 1n,
    minBeginTs: 0x06880603c0f00002n,
    minTs: 0x06880603c0f00004n,
    maxTs: 0x06880603ca4c0002n,
  });
});

test('every recorded meta has a tagged name', () => {
  const folder = new URL('../../fixtures/shop/bucket/backup-data/log-backup/v1/backupmeta/', import.meta.url);
  const names = readdirSync(folder);
  assert.ok(names.length >= 6);
  for (const name of names) assert.equal(parseMetaName(name).format, 'tagged');
});

test('each of the formats is read', () => {
  const hex = ['0', '1', '2', '3'].map((digit) => digit.padStart(16, '0')).join('-');
  assert.equal(parseMetaName(`000000000012-${uuid}.meta`).resolvedTs, 12n);
  assert.equal(parseMetaName(`470632756047773698-${uuid}.meta`).format, 'decimal');
  assert.deepEqual(parseMetaName(`${hex}.meta`), {
    format: 'hex',
    flushTs: 0n,
    minBeginTs: 1n,
    minTs: 2n,
    maxTs: 3n,
  });
  assert.equal(parseMetaName(`${hex}-SYNTHETIC0f3a.meta`).format, 'synthetic');
  assert.equal(parseMetaName(recorded.replace('.meta', `p${'0'.repeat(15)}1.meta`)).flags, 1n);
});

test('tags come in any order and unknown tags are ignored', () => {
  const [head, tail] = ['0'.repeat(31), '0'.repeat(15)];
  const name = parseMetaName(`${head}1-u${tail}3Z${tail}9d${tail}1l${tail}2.meta`);
  assert.deepEqual([name.minBeginTs, name.minTs, name.maxTs], [1n, 2n, 3n]);
});

test('a name with a repeated tag, a missing tag or an odd length is no name', () => {
  const tail = '0'.repeat(16);
  const head = `${'0'.repeat(32)}-`;
  for (const tags of [
    `d${tail}l${tail}u${tail}u${tail}`,
    `d${tail}l${tail}`,
    `d${tail}l${tail}u${tail.slice(1)}`,
  ]) {
    assert.deepEqual(parseMetaName(`${head}${tags}.meta`), { format: 'unknown' });
  }
  assert.deepEqual(parseMetaName(`99999999999999999999-${uuid}.meta`), { format: 'unknown' });
  assert.deepEqual(parseMetaName(recorded.replace('.meta', '.mets')), { format: 'unknown' });
});

test('a meta is skipped only when it ends before the start or begins after the end', () => {
  const name = parseMetaName(metaFileName({ format: 'tagged', flushTs: 1n, storeId: 1n, ...bounds }));
  assert.equal(mayContain(name, 200n, 300n), true);
  assert.equal(mayContain(name, 201n, 300n), false);
  assert.equal(mayContain(name, 1n, 90n), true);
  assert.equal(mayContain(name, 1n, 89n), false);
});

test('a meta whose name cannot be trusted is always read', () => {
  const lying = [
    metaFileName({ format: 'tagged', flushTs: 1n, storeId: 1n, ...bounds, minBeginTs: 0n }),
    metaFileName({ format: 'tagged', flushTs: 1n, storeId: 1n, ...bounds, minBeginTs: 101n }),
    metaFileName({ format: 'synthetic', flushTs: 1n, syntheticId: 7n, ...bounds }),
    metaFileName({ format: 'decimal', resolvedTs: 470632756047773698n, uuid }),
    'something-else.meta',
  ];
  for (const text of lying) {
    assert.equal(mayContain(parseMetaName(text), 900n, 1000n), true, text);
    assert.equal(shiftFromName(parseMetaName(text), 900n, 1000n), 'open', text);
  }
});

test('a tagged name gives its shift unopened, a hex name has to be opened, one outside gives nothing', () => {
  const tagged = parseMetaName(metaFileName({ format: 'tagged', flushTs: 1n, storeId: 1n, ...bounds }));
  const hex = parseMetaName(metaFileName({ format: 'hex', flushTs: 1n, ...bounds }));
  assert.equal(shiftFromName(tagged, 200n, 300n), 90n);
  assert.equal(shiftFromName(tagged, 1n, 100n), 90n);
  assert.equal(shiftFromName(hex, 150n, 160n), 'open');
  for (const name of [tagged, hex]) {
    assert.equal(shiftFromName(name, 201n, 300n), undefined);
    assert.equal(shiftFromName(name, 1n, 99n), undefined);
  }
});

test('an empty meta of an idle store is never opened, and flags tell of DDL', () => {
  const flags = (value: bigint) =>
    parseMetaName(
      metaFileName({
        format: 'flagged',
        flushTs: 5n,
        storeId: 1n,
        minBeginTs: 0n,
        minTs: 0n,
        maxTs: 0n,
        flags: value,
      }),
    );
  assert.equal(mayContain(flags(3n), 0n, 1000n), false);
  assert.equal(shiftFromName(flags(2n), 0n, 1000n), undefined);
  assert.equal(mayContain(flags(1n), 0n, 1000n), true);
  assert.equal(mayContainDdl(flags(1n)), false);
  assert.equal(mayContainDdl(flags(0n)), true);
  assert.equal(mayContainDdl(parseMetaName(recorded)), true);
});
