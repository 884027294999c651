// A synthetic backup of a given size, written with the project's own encoders: a snapshot of one table with the shape of
// shop.orders (integers, decimals, times, enum, set, text, JSON, bit, double), and a log that changes a part of it.
// Deterministic: the same size gives the same bytes.

import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { logHeadObjects, logMetaObject, snapshotObjects } from '../lib/br/backup-writer.ts';
import { Crc64Xor } from '../lib/br/checksum/crc64.ts';
import { encodeVersionedKey, rowRange } from '../lib/br/codec/keys.ts';
import { encodeIntRowKey, encodeRowV2 } from '../lib/br/codec/row-encoder.ts';
import { type ColumnInfo, parseTableInfo } from '../lib/br/codec/table-info.ts';
import { encodeWriteRecord } from '../lib/br/codec/write-record.ts';
import { encodeEvents } from '../lib/br/log/event-stream.ts';
import { SstWriter } from '../lib/br/sst/sst-writer.ts';
import { compressZstd } from '../lib/br/zstd.ts';

const BACKUP_TS = 470632754787647489n;
const LOG_START = BACKUP_TS - (60_000n << 18n);
const CHECKPOINT = BACKUP_TS + (3_600_000n << 18n);
const REGION_BYTES = 96 * 1024 * 1024;
/** A power of two. */
const TEMPLATES = 4096;
const TEMPLATE_SHIFT = 32 - Math.log2(TEMPLATES);
const LONGEST_SHORT_VALUE = 255;

export interface SyntheticBackup {
  /** Bytes of SST objects. */
  readonly sstBytes: number;
  /** Bytes of keys and values in them. */
  readonly kvBytes: number;
  readonly logBytes: number;
  readonly logKvBytes: number;
  readonly rows: number;
  readonly changes: number;
}

/** Writes a backup of about `sstBytes` of SSTs into `folder`; changedShare of its rows are changed in the log. */
export function writeSyntheticBackup(
  folder: string,
  sstBytes: number,
  changedShare: number,
): SyntheticBackup {
  const table = parseTableInfo(readFileSync(new URL('./orders.json', import.meta.url)), 'orders.json');
  const random = seeded(20261122);
  const values = Array.from({ length: TEMPLATES }, () => rowValue(table.columns, random));
  const snapshot = writeSnapshot(folder, table.id, values, sstBytes);
  const log = writeLog(
    folder,
    table.id,
    values,
    Math.floor(snapshot.rows * changedShare),
    snapshot.rows,
    random,
  );
  return { ...snapshot, ...log };
}

function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const words =
  'ocean lantern delta harbour violet quartz meadow 東京 naïve Ærø copper signal winter orchard'.split(' ');

function text(random: () => number, length: number): string {
  let out = '';
  while (out.length < length)
    out += `${words[Math.floor(random() * words.length)]}${Math.floor(random() * 1e6).toString(36)} `;
  return out.slice(0, length);
}

function rowValue(columns: readonly ColumnInfo[], random: () => number): Uint8Array {
  const int = (below: number) => BigInt(Math.floor(random() * below));
  const pad = (n: bigint, width = 2) => String(n).padStart(width, '0');
  const values: Record<string, bigint | number | string> = {
    customer_id: int(1e6),
    total: `${int(1e7)}.${pad(int(1e4), 4)}`,
    placed_at: `2026-${pad(1n + int(12))}-${pad(1n + int(28))} ${pad(int(24))}:${pad(int(60))}:${pad(int(60))}.${pad(int(1e6), 6)}`,
    state: 1n + int(3),
    tags: int(8),
    note: text(random, random() < 0.15 ? 300 : 60),
    doc: JSON.stringify({ k: Number(int(1e6)), w: text(random, 12), deep: { a: [1, 2.5, null, true] } }),
    flags: int(256),
    ratio: random() * 1e6,
    y: 1990n + int(60),
    channel: ['web', 'shop', 'phone'][Number(int(3))],
  };
  const cells = columns.flatMap(({ id, name, type }) =>
    name in values ? [{ id, type, value: values[name] }] : [],
  );
  return encodeRowV2(cells);
}

const rawKeyOf = (tableId: bigint, handle: number) => encodeIntRowKey(tableId, BigInt(handle));

function sstKey(tableId: bigint, handle: number, ts: bigint): Uint8Array {
  const versioned = encodeVersionedKey(rawKeyOf(tableId, handle), ts);
  const key = new Uint8Array(versioned.length + 1);
  key[0] = 0x7a;
  key.set(versioned, 1);
  return key;
}

function writeSnapshot(folder: string, tableId: bigint, values: readonly Uint8Array[], sstBytes: number) {
  const prefix = join(folder, 'snapshot-20261122042442');
  const commitTs = BACKUP_TS - 1000n;
  const startTs = BACKUP_TS - 2000n;
  const short = values.map((value) =>
    encodeWriteRecord({
      type: 'P',
      startTs,
      ...(value.length <= LONGEST_SHORT_VALUE ? { shortValue: value } : {}),
    }),
  );
  const range = rowRange(tableId);
  const files = [];
  let handle = 1;
  let written = 0;
  let kvBytes = 0;
  for (let region = 1; written < sstBytes; region++) {
    const startKey = region === 1 ? range.start : rawKeyOf(tableId, handle);
    const writers = (['write', 'default'] as const).map((cf) => openSst(prefix, region, cf));
    const limit = Math.min(REGION_BYTES, sstBytes - written);
    while (writers[0].bytes + writers[1].bytes < limit) {
      // Fibonacci hashing in 32 bits: every template as often as the others, however many rows there are.
      const template = Math.imul(handle, 0x9e3779b1) >>> TEMPLATE_SHIFT;
      const key = sstKey(tableId, handle, commitTs);
      writers[0].writer.add(key, short[template]);
      kvBytes += key.length + short[template].length;
      if (values[template].length > LONGEST_SHORT_VALUE) {
        writers[1].writer.add(sstKey(tableId, handle, startTs), values[template]);
        kvBytes += key.length + values[template].length;
      }
      handle++;
    }
    const endKey =
      written + writers[0].bytes + writers[1].bytes >= sstBytes ? range.end : rawKeyOf(tableId, handle);
    for (const { name, cf, writer, fd } of writers) {
      const { size, sha256, crc64xor, totalKvs, totalBytes } = writer.finish();
      closeSync(fd);
      files.push({ name, sha256, startKey, endKey, crc64xor, totalKvs, totalBytes, cf, size: BigInt(size) });
      written += size;
    }
  }
  const db = Buffer.from(
    '{"id":116,"db_name":{"O":"shop","L":"shop"},"charset":"utf8mb4","collate":"utf8mb4_bin","state":5}',
  );
  const objects = snapshotObjects({
    version: 2,
    clusterId: 7n,
    clusterVersion: '9.0.0',
    startTs: 0n,
    backupTs: BACKUP_TS,
    newCollations: 'True',
    files,
    schemas: [{ db, table: readFileSync(new URL('./orders.json', import.meta.url)) }],
  });
  for (const { key, bytes } of objects) put(join(prefix, key), bytes);
  return { rows: handle - 1, sstBytes: written, kvBytes };
}

function openSst(prefix: string, region: number, cf: 'write' | 'default') {
  const sha = createHash('sha256').update(`${region}`).digest('hex');
  const name = `1/${region}_1_${sha}_1795321486000_${cf}.sst`;
  const path = join(prefix, name);
  mkdirSync(dirname(path), { recursive: true });
  const state = { name, cf, fd: openSync(path, 'w'), bytes: 0 };
  const writer = new SstWriter({ cf }, (bytes) => {
    writeSync(state.fd, bytes);
    state.bytes += bytes.length;
  });
  return Object.assign(state, { writer });
}

const EVENTS_PER_FILE = 20_000;

function writeLog(
  folder: string,
  tableId: bigint,
  values: readonly Uint8Array[],
  changes: number,
  rows: number,
  random: () => number,
) {
  const prefix = join(folder, 'log-backup');
  let logBytes = 0;
  let logKvBytes = 0;
  for (let done = 0, file = 0; done < changes; file++) {
    const count = Math.min(EVENTS_PER_FILE, changes - done);
    const ts = BACKUP_TS + (BigInt(file + 1) << 24n);
    const write: [Uint8Array, Uint8Array][] = [];
    const long: [Uint8Array, Uint8Array][] = [];
    for (let i = 0; i < count; i++) {
      const raw = rawKeyOf(tableId, 1 + Math.floor(random() * rows));
      const value = values[Math.floor(random() * TEMPLATES)];
      const startTs = ts + BigInt(i);
      const isShort = value.length <= LONGEST_SHORT_VALUE;
      const record = encodeWriteRecord({ type: 'P', startTs, ...(isShort ? { shortValue: value } : {}) });
      write.push([encodeVersionedKey(raw, startTs + 1n), record]);
      if (!isShort) long.push([encodeVersionedKey(raw, startTs), value]);
    }
    done += count;
    for (const events of [write, long])
      for (const [key, value] of events) logKvBytes += key.length + value.length;
    const path = `v1/20261122/04/1/${ts}-00000000-0000-4000-8000-${String(file).padStart(12, '0')}.log`;
    const parts = [logFile('write', tableId, ts, write), logFile('default', tableId, ts, long)];
    parts[1].info.rangeOffset = BigInt(parts[0].stored.length);
    const stored = Buffer.concat(parts.map((part) => part.stored));
    put(join(prefix, path), stored);
    logBytes += stored.length;
    putMeta(
      prefix,
      path,
      stored.length,
      parts.map((part) => part.info),
      ts,
    );
  }
  for (const { key, bytes } of logHeadObjects({ clusterId: 7n, clusterVersion: '9.0.0', startTs: LOG_START }))
    put(join(prefix, key), bytes);
  const checkpoint = Buffer.alloc(8);
  checkpoint.writeBigUInt64LE(CHECKPOINT);
  put(join(prefix, 'v1/global_checkpoint/1.ts'), checkpoint);
  return { changes, logBytes, logKvBytes };
}

function logFile(cf: 'write' | 'default', tableId: bigint, ts: bigint, events: [Uint8Array, Uint8Array][]) {
  const plain = encodeEvents(events);
  const stored = compressZstd(plain);
  const sum = new Crc64Xor();
  for (const [key, value] of events) sum.add(key, 0, key.length, value, 0, value.length);
  const times = events.map(
    ([key]) => ~Buffer.from(key).readBigUInt64BE(key.length - 8) & 0xffffffffffffffffn,
  );
  const info = {
    sha256: createHash('sha256').update(plain).digest(),
    numberOfEntries: BigInt(events.length),
    minTs: times.reduce((a, b) => (a < b ? a : b), ts),
    maxTs: times.reduce((a, b) => (a > b ? a : b), ts),
    resolvedTs: ts,
    regionId: 2n,
    cf,
    type: 1,
    isMeta: false,
    tableId,
    length: BigInt(plain.length),
    minBeginTsInDefaultCf: ts,
    rangeOffset: 0n,
    rangeLength: BigInt(stored.length),
    compressionType: 3,
    crc64xor: sum.value,
  };
  return { stored, info };
}

function putMeta(
  prefix: string,
  path: string,
  length: number,
  infos: ReturnType<typeof logFile>['info'][],
  ts: bigint,
) {
  const group = { path, dataFilesInfo: infos, length: BigInt(length) };
  const meta = logMetaObject(
    { storeId: 1n, resolvedTs: ts, groups: [group] },
    { format: 'flagged', flushTs: ts + BigInt(EVENTS_PER_FILE) },
  );
  put(join(prefix, meta.key), meta.bytes);
}

function put(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}
