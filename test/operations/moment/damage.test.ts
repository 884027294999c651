// Damage to every kind of object that a restore reads: the result is exactly the undamaged one, or an error of exit 4 that
// names the object. What nothing in a backup repeats, and so nobody can notice, stands in `beyondNotice` with its reason.
import assert from 'node:assert/strict';
import test, { before, describe } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { blocklistObject } from '../../../lib/br/blocklist.ts';
import { type MetaName, metaFileName, parseMetaName } from '../../../lib/br/log/meta-name.ts';
import {
  CompressionType,
  type DataFileInfo,
  FileType,
  MetadataSchema,
  MigrationSchema,
} from '../../../lib/br/proto/gen/log_pb.js';
import { type ErrorCode, PitrError } from '../../../lib/domain/errors.ts';
import type { ObjectStore } from '../../../lib/ports/object-store.ts';
import { type MemoryRestore, restoreInMemory } from '../../support/memory-restore.ts';
import { OverlayObjectStore } from '../../support/overlay-object-store.ts';
import { collect, recordedCopy, shopBucket } from '../../support/recorded-store.ts';
import { readTruth } from '../../support/truth.ts';
import { firstBase, sourceOf } from './recorded-moments.ts';

const log = 'log-backup/';
const at = readTruth('shop', 't7').tso;

/** A kind of object, and how many places of each object are flipped. */
interface Kind {
  readonly name: string;
  readonly pattern: RegExp;
  /** Objects of the kind that are damaged, from the first on; each costs restores. */
  readonly objects: number;
  readonly flips: number;
  /** Refusals (never data) that damage of the object's own facts can look like. */
  readonly looksLike: readonly ErrorCode[];
}

const kinds: readonly Kind[] = [
  {
    name: 'the head of a snapshot',
    pattern: new RegExp(`^${firstBase}/backupmeta$`),
    objects: 1,
    flips: 60,
    looksLike: ['CLUSTER_MISMATCH', 'MOMENT_NOT_IN_WINDOW', 'LOG_TRUNCATED', 'BASE_MISSING', 'UNSUPPORTED'],
  },
  {
    name: 'the list of files of a snapshot',
    pattern: /backupmeta\.datafile/,
    objects: 1,
    flips: 16,
    looksLike: [],
  },
  { name: 'the schemas of a snapshot', pattern: /backupmeta\.schema/, objects: 1, flips: 8, looksLike: [] },
  {
    name: 'a table of the write column family',
    pattern: /_write\.sst$/,
    objects: 12,
    flips: 4,
    looksLike: [],
  },
  {
    name: 'a table of the default column family',
    pattern: /_default\.sst$/,
    objects: 2,
    flips: 12,
    looksLike: [],
  },
  {
    name: 'the head of a log',
    pattern: /^log-backup\/backupmeta$/,
    objects: 1,
    flips: 40,
    looksLike: ['CLUSTER_MISMATCH', 'MOMENT_NOT_IN_WINDOW'],
  },
  { name: 'a meta of the log', pattern: /v1\/backupmeta\/.*\.meta$/, objects: 20, flips: 16, looksLike: [] },
  { name: 'rows of the log', pattern: /v1\/\d+\/\d+\/1\/\d+-.*\.log$/, objects: 20, flips: 8, looksLike: [] },
  {
    name: 'schema changes of the log',
    pattern: /schema-meta\/.*\.log$/,
    objects: 2,
    flips: 12,
    looksLike: [],
  },
  { name: 'a checkpoint', pattern: /\.ts$/, objects: 2, flips: 8, looksLike: ['MOMENT_NOT_IN_WINDOW'] },
  {
    name: 'the safepoint of a truncation',
    pattern: /safepoint\.txt$/,
    objects: 1,
    flips: 12,
    looksLike: ['LOG_TRUNCATED'],
  },
  {
    name: 'the base of the migrations',
    pattern: /migrations\/BASE$/,
    objects: 1,
    flips: 12,
    looksLike: ['LOG_TRUNCATED', 'UNSUPPORTED'],
  },
  { name: 'a blocklist', pattern: /blocklists\/.*\.meta$/, objects: 1, flips: 16, looksLike: [] },
  { name: 'a lock', pattern: /backup\.lock$/, objects: 1, flips: 2, looksLike: [] },
];

/**
 * Damage that nobody can notice, because the backup says the fact once:
 * - a `.meta` that is gone together with all the data objects that it named;
 * - a blocklist, a safepoint or BASE that is gone: their absence is the common state;
 * - the 8 bytes of a checkpoint, the digits of a safepoint, truncated_to, start_version and cluster ids that become other
 *   plausible ones: they move the edges of the window, so that a moment is refused, or one is allowed whose log is not whole.
 * The times and kinds in a head have no second witness for a reader that has not begun: what they refuse then looks like
 * the real thing (`looksLike`), and is never data. A head that is gone is an unfinished snapshot like any other.
 */
const beyondNotice = {
  gone: [/blocklists\/.*\.meta$/, /safepoint\.txt$/, /migrations\/BASE$/],
} as const;

/** A small generator with a fixed seed (mulberry32); what it drew is in every message. */
function drawer(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

describe('damage', () => {
  let bucket: ObjectStore;
  let whole: MemoryRestore;
  let keys: readonly string[];

  /** The recorded bucket, with the objects that a truncation and a restore into the cluster would have left in it. */
  before(async () => {
    const recorded = await recordedCopy(shopBucket);
    const head = (await restoreInMemory(sourceOf(recorded), { at, base: firstBase })).report;
    await recorded.put(`${log}v1_stream_trancate_safepoint.txt`, Buffer.from('470632753594630146'));
    const truncatedTo = 470632753594630146n;
    const base = create(MigrationSchema, { truncatedTo, creator: 'br;commit=test;branch=test', version: 1 });
    await recorded.put(`${log}v1/migrations/BASE`, toBinary(MigrationSchema, base));
    const list = blocklistObject({
      restoreCommitTs: head.moment,
      restoreStartTs: head.moment - 1000n,
      rewriteTs: head.moment - 500n,
      tableIds: [999_999n],
      dbIds: [],
    });
    await recorded.put(log + list.key, list.bytes);
    bucket = recorded;
    whole = await restoreInMemory(sourceOf(bucket), { at, base: firstBase });
    const all = await collect(bucket.list(''));
    keys = all.map(({ key }) => key).filter((key) => key.startsWith(log) || key.startsWith(firstBase));
  });

  /** Restores with one object changed and says what came of it; undefined = as it must be. */
  async function fault(
    key: string,
    change: Uint8Array | 'gone',
    looksLike: readonly ErrorCode[],
  ): Promise<string | undefined> {
    const store = new OverlayObjectStore(bucket);
    if (change === 'gone') await store.delete(key);
    else await store.put(key, change);
    try {
      const { tables } = await restoreInMemory(sourceOf(store), { at, base: firstBase });
      return isDeepStrictEqual(tables, whole.tables) ? undefined : 'other data';
    } catch (caught) {
      if (!(caught instanceof PitrError)) return `${String(caught)}, which is no error of ours`;
      if (looksLike.includes(caught.code)) return undefined;
      const details = JSON.stringify(caught.details, (_, value) =>
        typeof value === 'bigint' ? String(value) : value,
      );
      // A meta that is gone, or goes by a name that hides it, is told by the data objects that nobody names any more.
      const isTold = key.includes('v1/backupmeta/') && /\.log is named by no meta/.test(caught.message);
      const isNamed = isTold || caught.message.includes(key) || details.includes(key);
      if (caught.exitCode === 4 && isNamed) return undefined;
      return `${caught.code} (exit ${caught.exitCode}): ${caught.message}`;
    }
  }

  for (const kind of kinds) {
    const objects = () => keys.filter((key) => kind.pattern.test(key)).slice(0, kind.objects);

    test(`flipped bits in ${kind.name} change nothing, or are an error that names it`, async () => {
      const faults: string[] = [];
      assert.ok(objects().length > 0);
      for (const key of objects()) {
        const bytes = (await bucket.get(key)) ?? new Uint8Array(0);
        const draw = drawer(bytes.length);
        for (let i = 0; i < kind.flips; i++) {
          const place = draw(bytes.length);
          const bit = draw(8);
          const changed = bytes.slice();
          changed[place] = (changed[place] ?? 0) ^ (1 << bit);
          const found = await fault(key, changed, kind.looksLike);
          if (found !== undefined) faults.push(`${key} bit ${bit} of byte ${place}: ${found}`);
        }
      }
      assert.deepEqual(faults, []);
    });

    test(`${kind.name} that was cut short changes nothing, or is an error that names it`, async () => {
      const faults: string[] = [];
      for (const key of objects()) {
        const bytes = (await bucket.get(key)) ?? new Uint8Array(0);
        const draw = drawer(bytes.length + 1);
        const lengths = [0, 1, bytes.length >> 1, draw(bytes.length), bytes.length - 1];
        for (const length of kind.objects > 2 ? lengths.slice(0, 4) : lengths) {
          const found = await fault(key, bytes.slice(0, length), kind.looksLike);
          if (found !== undefined) faults.push(`${key} cut to ${length}: ${found}`);
        }
      }
      assert.deepEqual(faults, []);
    });

    test(`${kind.name} that is gone changes nothing, or is an error that names it`, async () => {
      const faults: string[] = [];
      for (const key of objects()) {
        if (beyondNotice.gone.some((pattern) => pattern.test(key))) continue;
        const found = await fault(key, 'gone', kind.looksLike);
        if (found !== undefined) faults.push(`${key} gone: ${found}`);
      }
      assert.deepEqual(faults, []);
    });

    test(`another object in the place of ${kind.name} changes nothing, or is an error that names it`, async () => {
      const faults: string[] = [];
      const [key = ''] = objects();
      for (const other of kinds) {
        const from = keys.findLast((one) => other.pattern.test(one)) ?? '';
        if (from === key) continue;
        const found = await fault(key, (await bucket.get(from)) ?? new Uint8Array(0), kind.looksLike);
        if (found !== undefined) faults.push(`${key} replaced by ${from}: ${found}`);
      }
      assert.deepEqual(faults, []);
    });
  }

  const metaKeys = () => keys.filter((key) => /v1\/backupmeta\/.*\.meta$/.test(key));

  /** The bucket with one meta under another name. */
  async function renamed(key: string, name: string): Promise<ObjectStore> {
    const store = new OverlayObjectStore(bucket);
    await store.put(`${log}v1/backupmeta/${name}`, (await bucket.get(key)) ?? new Uint8Array(0));
    await store.delete(key);
    return store;
  }

  const uuid = '201c0b0b-e1c4-4b67-8355-a6ee0aa6adda';
  const otherNames: readonly [string, (facts: MetaName) => string][] = [
    ['decimal', ({ flushTs = 0n }) => metaFileName({ format: 'decimal', resolvedTs: flushTs, uuid })],
    ['hex', (facts) => metaFileName({ ...boundsOf(facts), format: 'hex' })],
    ['synthetic', (facts) => metaFileName({ ...boundsOf(facts), format: 'synthetic', syntheticId: 7n })],
    ['flagged', (facts) => metaFileName({ ...boundsOf(facts), format: 'flagged', storeId: 1n, flags: 0n })],
    ['no known', () => 'a-copy-of-somebody.meta'],
  ];
  for (const [format, nameOf] of otherNames)
    test(`metas with names of the ${format} format give the same`, async () => {
      for (const key of metaKeys()) {
        const store = await renamed(key, nameOf(parseMetaName(key)));
        const { tables } = await restoreInMemory(sourceOf(store), { at, base: firstBase });
        assert.deepEqual(tables, whole.tables, key);
      }
    });

  test('a meta whose name tells narrower times than it holds is named', async () => {
    for (const key of metaKeys()) {
      const facts = boundsOf(parseMetaName(key));
      if (facts.minTs === facts.maxTs) continue;
      const name = metaFileName({ ...facts, format: 'tagged', storeId: 1n, minTs: facts.minTs + 1n });
      const store = await renamed(key, name);
      await assert.rejects(restoreInMemory(sourceOf(store), { at, base: firstBase }), {
        code: 'OBJECT_DAMAGED',
        message: new RegExp(name),
      });
    }
  });

  /** Restores without each meta as it should be; how many of them are missed, in the way that is expected. */
  async function withoutEachMeta(
    hide: (key: string, store: OverlayObjectStore) => Promise<void>,
  ): Promise<number> {
    let told = 0;
    for (const key of keys.filter((one) => one.includes('v1/backupmeta/'))) {
      const store = new OverlayObjectStore(bucket);
      await hide(key, store);
      await store.delete(key);
      try {
        const { tables } = await restoreInMemory(sourceOf(store), { at, base: firstBase });
        assert.deepEqual(tables, whole.tables, `without ${key}`);
      } catch (caught) {
        assert.ok(caught instanceof PitrError && caught.exitCode === 4, String(caught));
        assert.match(caught.message, /^log-backup\/v1\/\d{8}\/.*\.log is named by no meta, and /);
        told++;
      }
    }
    return told;
  }

  test('a meta that is gone is never passed over: the objects that it named have changes that nothing else has', async () => {
    assert.ok((await withoutEachMeta(async () => {})) >= 2);
  });

  test('a meta that hides behind the name of another time is told in the same way', async () => {
    const told = await withoutEachMeta(async (key, store) => {
      const hidden = key.replace(/d[0-9A-F]{16}l[0-9A-F]{16}u[0-9A-F]{16}/, (bounds) =>
        bounds.replaceAll(/([dlu])[0-9A-F]/g, '$1F'),
      );
      assert.notEqual(hidden, key);
      await store.put(hidden, (await bucket.get(key)) ?? new Uint8Array(0));
    });
    assert.ok(told >= 2);
  });

  test('what a flush left that was made again under another name changes nothing', async () => {
    const store = new OverlayObjectStore(bucket);
    for (const key of keys.filter((one) => /v1\/\d{8}\/.*\.log$/.test(one))) {
      const again = key.replace(/[0-9a-f]{12}\.log$/, '0123456789ab.log');
      await store.put(again, (await bucket.get(key)) ?? new Uint8Array(0));
    }
    const { tables } = await restoreInMemory(sourceOf(store), { at, base: firstBase });
    assert.deepEqual(tables, whole.tables);
  });

  test('a meta that lost an entry is named, wherever the entry stood', async () => {
    const faults: string[] = [];
    let count = 0;
    for (const key of metaKeys()) {
      const bytes = (await bucket.get(key)) ?? new Uint8Array(0);
      const { fileGroups } = fromBinary(MetadataSchema, bytes);
      for (const [g, { dataFilesInfo }] of fileGroups.entries()) {
        for (const lost of new Set([0, dataFilesInfo.length >> 1, dataFilesInfo.length - 1])) {
          const changed = fromBinary(MetadataSchema, bytes);
          changed.fileGroups[g]?.dataFilesInfo.splice(lost, 1);
          const found = await fault(key, toBinary(MetadataSchema, changed), []);
          if (found !== undefined) faults.push(`${key} group ${g} entry ${lost}: ${found}`);
          count++;
        }
      }
    }
    assert.ok(count > 10);
    assert.deepEqual(faults, []);
  });

  test('a meta whose entry became one of deletes, of other times, another table or family is named', async () => {
    const changes: readonly [string, (file: DataFileInfo) => void][] = [
      ['type', (file) => (file.type = file.type === FileType.PUT ? FileType.DELETE : FileType.PUT)],
      ['cf', (file) => (file.cf = file.cf === 'write' ? 'default' : 'write')],
      ['is_meta', (file) => (file.isMeta = !file.isMeta)],
      ['table_id', (file) => (file.tableId ^= 2n)],
      ['min_ts', (file) => (file.minTs += 1n << 30n)],
      ['max_ts', (file) => (file.maxTs -= 1n << 30n)],
      ['range_offset', (file) => (file.rangeOffset ^= 4n)],
      ['range_length', (file) => (file.rangeLength ^= 4n)],
      ['length', (file) => (file.length ^= 4n)],
      ['compression', (file) => (file.compressionType = CompressionType.UNKNOWN)],
    ];
    const faults: string[] = [];
    for (const key of metaKeys()) {
      const bytes = (await bucket.get(key)) ?? new Uint8Array(0);
      for (const [what, change] of changes) {
        const meta = fromBinary(MetadataSchema, bytes);
        const files = meta.fileGroups.flatMap(({ dataFilesInfo }) => dataFilesInfo);
        const file = files[Math.floor(files.length / 3)];
        assert.ok(file);
        change(file);
        const found = await fault(key, toBinary(MetadataSchema, meta), []);
        if (found !== undefined) faults.push(`${key} ${what}: ${found}`);
      }
    }
    assert.deepEqual(faults, []);
  });
});

/** The facts of a tagged name, all of which the recorded names have. */
function boundsOf({ flushTs = 0n, minBeginTs = 0n, minTs = 0n, maxTs = 0n }: MetaName) {
  return { flushTs, minBeginTs, minTs, maxTs };
}
