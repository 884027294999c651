import assert from 'node:assert/strict';
import test from 'node:test';
import { readCatalog } from '../../lib/br/catalog.ts';
import { meaningOf } from '../../lib/br/layout.ts';
import { readLogMeta } from '../../lib/br/log/log-selection.ts';
import { parseMetaName } from '../../lib/br/log/meta-name.ts';
import { computeWindow, latest } from '../../lib/domain/window.ts';
import { SeededRandom } from '../../lib/sim/seeded-random.ts';
import { modelBackup } from '../support/model-backup.ts';

test('the catalog finds every snapshot and the log as they were written, and the window ends at the checkpoint', async () => {
  for (let seed = 401; seed < 406; seed++) {
    const { store, keys, snapshots, log } = await modelBackup(seed, { steps: 40 });
    const facts = await readCatalog({ snapshots: store, log: store, keys });
    assert.deepEqual(
      facts.snapshots.map(({ name, backupTs, startTs, state }) => [name, backupTs, startTs, state.kind]),
      snapshots.map(({ name, backupTs, startTs }) => [name, backupTs, startTs, 'complete']),
    );
    assert.equal(facts.logs.length, 1);
    assert.equal(facts.logs[0].maxTs, log.endTs);
    assert.equal(facts.logs[0].problem, undefined);
    assert.deepEqual(facts.unknown, []);
    assert.equal(latest(computeWindow(facts)), log.endTs);
  }
});

test('over some seeds a log has every form of name, old and new metas, both families, both types, empty metas', async () => {
  const seen = new Set<string>();
  for (let seed = 1; seed < 30; seed++) {
    const { store } = await modelBackup(seed, { steps: 25 });
    for await (const { key } of store.list('log-backup/')) {
      const meaning = meaningOf(key.slice('log-backup/'.length));
      assert.notEqual(meaning.kind, 'unknown', key);
      if (meaning.kind === 'log-data') seen.add(`layout ${meaning.layout}`);
      if (meaning.kind !== 'log-meta') continue;
      const meta = await readLogMeta(store, key);
      seen.add(parseMetaName(key).format).add(`v${meta.version}`);
      if (meta.groups.length === 0) seen.add('empty');
      for (const file of meta.groups.flatMap(({ files }) => files)) {
        seen.add(file.cf).add(file.type).add(file.compression);
        seen.add(file.encryption === undefined ? 'plain' : 'encrypted');
        seen.add(file.crc64xor === undefined ? 'no crc64' : 'crc64');
        seen.add(file.isMeta ? 'schema' : 'rows');
      }
    }
  }
  const forms = 'decimal hex synthetic tagged flagged v1 v2 empty default write put delete none zstd';
  const others = ['plain', 'encrypted', 'crc64', 'no crc64', 'schema', 'rows'];
  const layouts = ['layout 6.1', 'layout 6.2', 'layout merged'];
  assert.deepEqual([...seen].sort(), [...forms.split(' '), ...others, ...layouts].sort());
});

test('a seed draws the same numbers again, within their bounds, and another seed draws others', () => {
  const draw = (seed: number) => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 200 }, () => random.between(-3, 5));
  };
  assert.deepEqual(draw(9), draw(9));
  assert.notDeepEqual(draw(9), draw(10));
  assert.deepEqual(
    [...new Set(draw(9))].sort((a, b) => a - b),
    [-3, -2, -1, 0, 1, 2, 3, 4, 5],
  );
  const random = new SeededRandom(1);
  for (let i = 0; i < 100; i++) {
    const value = random.bigBetween(-(2n ** 63n), 2n ** 63n - 1n);
    assert.ok(value >= -(2n ** 63n) && value < 2n ** 63n);
  }
  assert.match(random.uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual(random.shuffled([1, 2, 3, 4]).sort(), [1, 2, 3, 4]);
});
