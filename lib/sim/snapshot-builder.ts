// Writes a snapshot of a history into a store, full or incremental, as BR does it: SSTs by store and region, both column
// families, schemas of what is public at BackupTS (FACTS §3.1, §3.8, §9).

import { type SnapshotToWrite, snapshotObjects } from '../br/backup-writer.ts';
import type { BlockCompression } from '../br/block-codec.ts';
import { encodeVersionedKey, rowKeyPrefix } from '../br/codec/keys.ts';
import { sstObject } from '../br/data-writer.ts';
import type { CipherKey } from '../br/encryption.ts';
import { keyOf } from '../br/layout.ts';
import { msOfTs } from '../domain/ts.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { isLong, type KeyVersion, type VersionedKey, writeRecordOf } from './key-versions.ts';
import type { History } from './model-database.ts';
import { databaseDocument, documentBytes, publicState, rowIdsOf, tableDocument } from './model-schema.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface SnapshotOptions {
  /** The folder, without `/`. */
  readonly name: string;
  readonly clusterId: bigint;
  readonly clusterVersion: string;
  /** 0n = full; else the BackupTS of the one before. */
  readonly startTs: bigint;
  readonly backupTs: bigint;
  readonly metaVersion: 1 | 2;
  readonly entriesPerSubFile: number;
  readonly compression: BlockCompression;
  readonly blockBytes: number;
  readonly stores: number;
  /** Regions of a table, at most. */
  readonly regions: number;
  /** Of a hundred tables, how many share their file with the next one. */
  readonly sharedPercent: number;
  readonly key?: CipherKey | undefined;
}

export async function writeSnapshot(
  store: ObjectStore,
  random: SeededRandom,
  history: History,
  keys: readonly VersionedKey[],
  options: SnapshotOptions,
): Promise<void> {
  const files: SnapshotToWrite['files'][number][] = [];
  for (const range of ranges(random, history, keys, options)) {
    for (const cf of ['write', 'default'] as const) {
      const entries = entriesOf(random, range, cf);
      if (entries.length === 0) continue;
      const { name, bytes, file } = rangeObject(random, range, cf, entries, options);
      await store.put(`${options.name}/${name}`, bytes);
      files.push(file);
    }
  }
  const { key, metaVersion, ...head } = options;
  const snapshot: SnapshotToWrite = {
    ...head,
    version: metaVersion,
    newCollations: history.newCollation ? 'True' : 'False',
    files: random.shuffled(files),
    schemas: schemasOf(history, options.backupTs),
    ddlJobs: options.startTs === 0n ? [] : jobsOf(history, options),
    ...(key === undefined ? {} : { cipher: { key, nextIv: () => random.bytes(16) } }),
  };
  for (const { key: name, bytes } of snapshotObjects(snapshot))
    await store.put(`${options.name}/${name}`, bytes);
}

/** Keys of one or several tables, and what the snapshot has of them. */
interface Range {
  readonly startKey: Uint8Array;
  readonly endKey: Uint8Array;
  readonly versions: readonly { readonly rawKey: Uint8Array; readonly version: KeyVersion }[];
}

/** Cuts what is public at BackupTS into regions; some tables share one with their neighbour. */
function ranges(
  random: SeededRandom,
  history: History,
  keys: readonly VersionedKey[],
  options: SnapshotOptions,
): Range[] {
  const { startTs, backupTs, regions, sharedPercent } = options;
  const cuts: { startKey: Uint8Array; endKey: Uint8Array }[] = [];
  for (const id of publicIds(history, backupTs)) {
    const startKey = tableStart(id);
    const endKey = tableStart(id + 1n);
    const last = cuts.at(-1);
    if (last !== undefined && random.chance(sharedPercent)) last.endKey = endKey;
    else cuts.push({ startKey, endKey });
  }
  const newest = keys.flatMap(({ rawKey, versions }) => {
    const version = versions.findLast((one) => one.commitTs <= backupTs);
    const isKept = version !== undefined && version.commitTs > startTs;
    // A full snapshot has no deletes; in an incremental one they say what is gone.
    return isKept && (version.value !== undefined || startTs > 0n) ? [{ rawKey, version }] : [];
  });
  return cuts.flatMap(({ startKey, endKey }) => {
    const inside = newest.filter(
      ({ rawKey }) => Buffer.compare(rawKey, startKey) >= 0 && Buffer.compare(rawKey, endKey) < 0,
    );
    return split(random, { startKey, endKey, versions: inside }, random.between(1, regions));
  });
}

function publicIds(history: History, ts: bigint): readonly bigint[] {
  const tables = [...history.schemaAt(ts).values()]
    .filter(({ state }) => state === publicState)
    .flatMap((db) => [...db.tables.values()].filter(({ state }) => state === publicState));
  return tables.flatMap(rowIdsOf).sort((a, b) => (a < b ? -1 : 1));
}

/** `t` and the id: before the indexes and the rows of a table. */
function tableStart(id: bigint): Uint8Array {
  return rowKeyPrefix(id).subarray(0, 9);
}

function split(random: SeededRandom, range: Range, pieces: number): Range[] {
  const { versions } = range;
  if (pieces === 1 || versions.length < 2) return [range];
  const at = random.between(1, versions.length - 1);
  const middle = versions[at].rawKey;
  const first = { startKey: range.startKey, endKey: middle, versions: versions.slice(0, at) };
  const rest = { startKey: middle, endKey: range.endKey, versions: versions.slice(at) };
  return [first, ...split(random, rest, pieces - 1)];
}

type Entry = readonly [userKey: Uint8Array, value: Uint8Array];

const dataPrefix = 0x7a;

function userKey(rawKey: Uint8Array, ts: bigint): Uint8Array {
  const key = encodeVersionedKey(rawKey, ts);
  const out = new Uint8Array(1 + key.length);
  out[0] = dataPrefix;
  out.set(key, 1);
  return out;
}

function entriesOf(random: SeededRandom, { versions }: Range, cf: 'write' | 'default'): Entry[] {
  return versions.flatMap(({ rawKey, version }): Entry[] => {
    if (cf === 'default') {
      const { value, startTs } = version;
      return value !== undefined && isLong(version) ? [[userKey(rawKey, startTs), value]] : [];
    }
    const flags = random.chance(10) ? { hasOverlappedRollback: true, gcFence: 0n } : {};
    return [[userKey(rawKey, version.commitTs), writeRecordOf(version, flags)]];
  });
}

function rangeObject(
  random: SeededRandom,
  { startKey, endKey }: Range,
  cf: 'write' | 'default',
  entries: readonly Entry[],
  { stores, backupTs, compression, blockBytes, key }: SnapshotOptions,
) {
  const name = keyOf({
    kind: 'sst',
    storeId: BigInt(random.between(1, stores)),
    separator: random.pick(['/', '_']),
    regionId: random.bits(16),
    epochVersion: 5n,
    startKeySha256: Buffer.from(random.bytes(32)).toString('hex'),
    writtenMs: msOfTs(backupTs),
    cf,
  });
  const iv = random.bytes(16);
  const { bytes, file } = sstObject(entries, {
    name,
    startKey,
    endKey,
    iv,
    key,
    cf,
    compression,
    blockBytes,
  });
  return { name, bytes, file };
}

function schemasOf(history: History, ts: bigint): SnapshotToWrite['schemas'] {
  const dbs = [...history.schemaAt(ts).values()].filter(({ state }) => state === publicState);
  return dbs.flatMap((one) => {
    const db = databaseDocument(one);
    const tables = [...one.tables.values()].filter(({ state }) => state === publicState);
    if (tables.length === 0) return [{ db }];
    return tables.map((table) => ({ db, table: tableDocument(table, ts) }));
  });
}

/** Job records as BR copies them into an incremental snapshot (CODEC §8.7). */
function jobsOf(history: History, { startTs, backupTs }: SnapshotOptions): Uint8Array[] {
  return history.diffs(startTs, backupTs).map(({ type, dbId, tableId, oldTableId }, i) =>
    documentBytes({
      id: 1000 + i,
      type,
      schema_id: dbId,
      table_id: oldTableId ?? tableId,
      schema_name: '',
      table_name: '',
      state: 6,
      query: '',
      binlog: oldTableId === undefined ? null : { FinishedTS: backupTs, TableInfo: { id: tableId } },
    }),
  );
}
