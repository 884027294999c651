// Restores of the recorded backups against what the cluster itself answered at the same instants: every table, every
// cell, the DDL to the letter, from every base that reaches the instant.
import assert from 'node:assert/strict';
import test, { before, describe } from 'node:test';
import { parseKey } from '../../../lib/br/encryption.ts';
import { describeWindow } from '../../../lib/operations/describe-window.ts';
import { listTables } from '../../../lib/operations/moment/list-tables.ts';
import type { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { restoreInMemory } from '../../support/memory-restore.ts';
import { logKey } from '../../support/recorded-backups.ts';
import { recordedCopy, shopBucket, variantsStorage } from '../../support/recorded-store.ts';
import { columnTypes, csvRow, parseCsv, readTruth } from '../../support/truth.ts';
import { assertIsTruth, firstBase, lastBase, middleBase, shopTruths, sourceOf } from './recorded-moments.ts';

const shortKey = parseKey('0123456789abcdef0123456789abcdef');

describe('the seven truths of the shop', () => {
  let bucket: MemoryObjectStore;
  before(async () => {
    bucket = await recordedCopy(shopBucket);
  });

  for (const name of shopTruths) {
    test(`${name} comes back cell by cell from every base that reaches it, and without a base named`, async () => {
      const truth = readTruth('shop', name);
      const moment = BigInt(truth.tso);
      const { window } = await describeWindow({ backup: sourceOf(bucket) });
      const bases = window.intervals
        .filter(({ from, to }) => from.ts <= moment && moment <= to.ts)
        .map(({ base }) => base);
      assert.ok(bases.length > 0);
      for (const base of [undefined, ...bases]) {
        const restored = await restoreInMemory(sourceOf(bucket), { at: truth.tso, base });
        assert.equal(restored.report.base, base ?? bases.at(-1));
        assertIsTruth(restored, truth);
      }
    });

    test(`${name} as CSV says the same, NULL apart from the empty text`, async () => {
      const truth = readTruth('shop', name);
      const { tables } = await restoreInMemory(sourceOf(bucket), { at: truth.tso }, { form: 'csv' });
      assert.deepEqual([...tables.keys()].sort(), [...truth.tables.keys()].sort());
      for (const [table, expected] of truth.tables) {
        const types = columnTypes(expected);
        const { header, rows } = parseCsv(tables.get(table)?.text ?? '');
        assert.deepEqual(header, expected.columns);
        const doubles = types.map(({ word }) => word === 'double');
        const found = rows.map((row) =>
          row.map((cell, i) => (doubles[i] && cell !== null ? String(Number(cell)) : cell)),
        );
        const order = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
        assert.deepEqual(found.sort(order), expected.rows.map((row) => csvRow(types, row)).sort(order));
      }
    });

    test(`pitr tables at ${name} names the tables of the truth with their DDL, without reading a row`, async () => {
      const truth = readTruth('shop', name);
      const { databases } = await listTables({ backup: sourceOf(bucket) }, { at: truth.tso });
      const listed = databases.flatMap((db) =>
        db.tables.map((table) => [`${db.name}.${table.name}`, table.ddl]),
      );
      assert.deepEqual(
        Object.fromEntries(listed),
        Object.fromEntries([...truth.tables].map(([table, { ddl }]) => [table, ddl])),
      );
    });
  }

  test('rows come in the order of their keys', async () => {
    const { tables } = await restoreInMemory(sourceOf(bucket), { at: readTruth('shop', 't7').tso });
    for (const table of ['shop.orders', 'shop.customers']) {
      const ids = [...(tables.get(table)?.text ?? '').matchAll(/^\{"id":(\d+)/gm)].map(([, id]) =>
        Number(id),
      );
      assert.ok(ids.length >= 50);
      assert.deepEqual(
        ids,
        [...ids].sort((a, b) => a - b),
      );
    }
  });

  for (const [later, older] of [
    [middleBase, [firstBase]],
    [lastBase, [firstBase, middleBase]],
  ] as const) {
    test(`at the BackupTS of ${later} older bases and the log give the same as the snapshot alone`, async () => {
      const { facts } = await describeWindow({ backup: sourceOf(bucket) });
      const at = String(facts.snapshots.find(({ name }) => name === later)?.backupTs);
      const alone = await restoreInMemory(
        { snapshots: bucket, log: undefined, keys: {} },
        { at, base: later },
      );
      assert.ok(alone.report.rows > 100n);
      for (const base of older) {
        const restored = await restoreInMemory(sourceOf(bucket), { at, base });
        assert.equal(restored.report.base, base);
        assert.deepEqual(restored.tables, alone.tables);
      }
    });
  }

  test('a restore of some tables gives just these, as they are in the whole', async () => {
    const at = readTruth('shop', 't5').tso;
    const whole = await restoreInMemory(sourceOf(bucket), { at });
    const some = await restoreInMemory(sourceOf(bucket), {
      at,
      tables: ['shop.*', '!shop.cust*', 'audit.e*'],
    });
    assert.deepEqual([...some.tables.keys()].sort(), ['audit.empty', 'audit.events', 'shop.orders']);
    for (const [name, table] of some.tables) assert.deepEqual(table, whole.tables.get(name));
  });
});

describe('the variants', () => {
  const alone = [
    ['v1', {}],
    ['lz4', {}],
    ['snappy', {}],
    ['stats', {}],
    ['aes128', { snapshot: shortKey }],
    ['aes256', { snapshot: logKey }],
  ] as const;
  for (const [form, keys] of alone) {
    test(`snapshot-${form} holds t1 cell by cell`, async () => {
      const snapshots = await recordedCopy(variantsStorage, `snapshot-${form}/`);
      const restored = await restoreInMemory({ snapshots, log: undefined, keys }, { at: 'latest' });
      assertIsTruth(restored, readTruth('variants', 't1'));
    });
  }

  test('an incremental snapshot over its full one holds t2 cell by cell', async () => {
    const storage = await recordedCopy(variantsStorage);
    for (const unused of ['lz4', 'snappy', 'stats']) await storage.delete(`snapshot-${unused}/backupmeta`);
    const { facts } = await describeWindow({ backup: sourceOf(storage) });
    const at = String(facts.snapshots.find(({ name }) => name === 'snapshot-incremental')?.backupTs);
    const restored = await restoreInMemory(sourceOf(storage), { at });
    assert.equal(restored.report.base, 'snapshot-incremental');
    assertIsTruth(restored, readTruth('variants', 't2'));
  });

  test('an incremental snapshot over a full one that is newer than its parent holds t2, too', async () => {
    const storage = await recordedCopy(variantsStorage);
    const { facts } = await describeWindow({ backup: sourceOf(storage) });
    const at = String(facts.snapshots.find(({ name }) => name === 'snapshot-incremental')?.backupTs);
    const restored = await restoreInMemory(sourceOf(storage), { at, base: 'snapshot-incremental' });
    assertIsTruth(restored, readTruth('variants', 't2'));
  });

  test('an encrypted log over a plain snapshot leads to t3 cell by cell', async () => {
    const storage = await recordedCopy(variantsStorage);
    const truth = readTruth('variants', 't3');
    const restored = await restoreInMemory(sourceOf(storage, { log: logKey }), { at: truth.tso });
    assert.equal(restored.report.base, 'snapshot-base');
    assertIsTruth(restored, truth);
  });
});
