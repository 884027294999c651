// Writes a log backup of a history into a store: flushes of several stores, in every form of data object and of name
// that TiKV has had, with duplicates and in any order (FACTS §3.5–3.7, §3.10, §4.5, §4.6).

import { type LogMetaNaming, logHeadObjects, logMetaObject } from '../br/backup-writer.ts';
import { parseRawKey } from '../br/codec/keys.ts';
import { type LogFileToWrite, logObject } from '../br/data-writer.ts';
import type { CipherKey } from '../br/encryption.ts';
import { keyOf, truncateSafepointKey } from '../br/layout.ts';
import type { MetaNameFormat } from '../br/log/meta-name.ts';
import { formatTs } from '../domain/ts.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { VersionedKey } from './key-versions.ts';
import { logEvents, type SeenEvent } from './log-events.ts';
import type { History } from './model-database.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface LogOptions {
  /** The log's folder with its trailing `/`, or empty. */
  readonly prefix: string;
  readonly clusterId: bigint;
  readonly clusterVersion: string;
  /** When the task began: commits up to it are not in the log. */
  readonly startTs: bigint;
  /** The checkpoint: everything up to it is in the log. */
  readonly endTs: bigint;
  readonly flushes: number;
  readonly stores: number;
  /** Regions of a table, at most. */
  readonly regions: number;
  /** Forms of the names of metas, by lot for each flush of a store. */
  readonly names: readonly Exclude<MetaNameFormat, 'unknown'>[];
  /** Metas of 6.1 and 6.2 among those with decimal names. */
  readonly oldMetas: boolean;
  readonly filesPerObject: number;
  /** Of a hundred events, how many are in the log once more. */
  readonly duplicatePercent: number;
  readonly noisePercent: number;
  /** By default the log is not encrypted. */
  readonly key?: CipherKey | undefined;
  /** What `br log truncate` wrote last. */
  readonly safepointTs?: bigint | undefined;
  /** Also the checkpoint of newer versions. */
  readonly centralCheckpoint: boolean;
}

/** One flush of one store. */
export interface Flush {
  readonly storeId: bigint;
  readonly flushTs: bigint;
  readonly events: readonly SeenEvent[];
}

export async function writeLog(
  store: ObjectStore,
  random: SeededRandom,
  history: History,
  keys: readonly VersionedKey[],
  options: LogOptions,
): Promise<void> {
  const put = (key: string, bytes: Uint8Array) => store.put(options.prefix + key, bytes);
  for (const { key, bytes } of logHeadObjects(options)) await put(key, bytes);
  const events = logEvents(random, history, keys, options.startTs, options);
  for (const flush of flushesOf(random, events, options))
    for (const { key, bytes } of flushObjects(random, flush, options)) await put(key, bytes);
  for (let id = 1; id <= options.stores; id++)
    await put(keyOf({ kind: 'store-checkpoint', storeId: BigInt(id) }), u64(options.endTs - BigInt(id - 1)));
  if (options.centralCheckpoint) await put(keyOf({ kind: 'central-checkpoint' }), u64(options.endTs));
  if (options.safepointTs !== undefined)
    await put(truncateSafepointKey, new TextEncoder().encode(String(options.safepointTs)));
}

function u64(value: bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, value, true);
  return out;
}

/** Each event goes into the flush that follows it, some again into a later one of any store. */
function flushesOf(random: SeededRandom, events: readonly SeenEvent[], options: LogOptions): Flush[] {
  const { startTs, endTs, flushes, stores, duplicatePercent } = options;
  const length = endTs - startTs;
  const times = Array.from(
    { length: flushes },
    (_, i) => startTs + (length * BigInt(i + 1)) / BigInt(flushes),
  );
  const buckets: SeenEvent[][] = Array.from({ length: flushes * stores }, () => []);
  const place = (event: SeenEvent, flush: number) => {
    buckets[flush * stores + random.below(stores)].push(event);
  };
  for (const event of events) {
    const flush = times.findIndex((ts) => event.seenTs <= ts);
    // What came after the checkpoint may have been flushed already, or not.
    if (flush < 0 && random.chance(50)) continue;
    place(event, flush < 0 ? flushes - 1 : flush);
    if (random.chance(duplicatePercent)) place(event, random.between(Math.max(flush, 0), flushes - 1));
  }
  return buckets.map((found, i) => ({
    storeId: BigInt((i % stores) + 1),
    flushTs: times[Math.floor(i / stores)] + BigInt(i % stores),
    events: random.shuffled(found),
  }));
}

/** How a flush is written: the part of {@link LogOptions} that concerns one. */
export interface FlushOptions
  extends Pick<LogOptions, 'regions' | 'names' | 'oldMetas' | 'filesPerObject' | 'key'> {
  /** Of a hundred flushes, how many are not compressed; by default a quarter. */
  readonly plainPercent?: number;
}

interface Written {
  /** Relative to the log's folder. */
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** The data objects of a flush and, last, their meta, in the order in which TiKV uploads them; none where it writes none. */
export function flushObjects(random: SeededRandom, flush: Flush, options: FlushOptions): readonly Written[] {
  const naming = namingOf(random, flush, options);
  if (flush.events.length === 0) {
    if (naming.format !== 'flagged') return [];
    return [logMetaObject({ storeId: flush.storeId, resolvedTs: flush.flushTs, groups: [] }, naming)];
  }
  const isOld =
    naming.format === 'decimal' && options.oldMetas && options.key === undefined && random.chance(50);
  const files = filesOf(random, flush, options, isOld);
  const objects = isOld
    ? files.map((file) => ({ path: oldPath(random, flush, file), files: [file] }))
    : packed(random, flush, files, options.filesPerObject);
  const written = objects.map(({ path, files }) => ({ path, ...logObject(path, files) }));
  const meta = logMetaObject(
    {
      storeId: flush.storeId,
      resolvedTs: flush.flushTs,
      groups: written.map(({ group }) => group),
      version: isOld ? 1 : 2,
    },
    naming,
  );
  return [...written.map(({ path, bytes }) => ({ key: path, bytes })), meta];
}

function namingOf(random: SeededRandom, { flushTs }: Flush, { names }: FlushOptions): LogMetaNaming {
  const format = random.pick(names);
  switch (format) {
    case 'decimal':
      return { format, uuid: random.uuid() };
    case 'synthetic':
      return { format, flushTs, syntheticId: random.bits(128) };
    case 'hex':
    case 'tagged':
    case 'flagged':
      return { format, flushTs };
    default:
      return format satisfies never;
  }
}

/** A file for each (table, region, cf, type). */
function filesOf(
  random: SeededRandom,
  flush: Flush,
  options: FlushOptions,
  isOld: boolean,
): LogFileToWrite[] {
  const compression = isOld || random.chance(options.plainPercent ?? 25) ? 'none' : 'zstd';
  const crc64 = !isOld && random.chance(70);
  const files = new Map<string, SeenEvent[]>();
  for (const event of flush.events) {
    const { isMeta, tableId } = ownerOf(event);
    const region = isMeta ? 0 : event.rawKey[event.rawKey.length - 1] % options.regions;
    const name = `${tableId}/${region}/${event.cf}/${event.type}`;
    files.set(name, [...(files.get(name) ?? []), event]);
  }
  return [...files].map(([name, events]) => ({
    ...ownerOf(events[0]),
    cf: events[0].cf,
    type: events[0].type,
    regionId: 10n + BigInt(name.split('/')[1]),
    resolvedTs: flush.flushTs,
    events,
    compression,
    crc64,
    cipher: options.key && { key: options.key, iv: random.bytes(16) },
  }));
}

function ownerOf({ rawKey }: SeenEvent): { readonly isMeta: boolean; readonly tableId: bigint } {
  const key = parseRawKey(rawKey);
  switch (key.kind) {
    case 'row':
    case 'index':
      return { isMeta: false, tableId: key.tableId };
    default:
      return { isMeta: key.kind === 'meta', tableId: 0n };
  }
}

/** Objects of several files, schema and data apart. */
function packed(random: SeededRandom, flush: Flush, files: readonly LogFileToWrite[], most: number) {
  const objects: { path: string; files: LogFileToWrite[] }[] = [];
  for (const isMeta of [true, false]) {
    const left = random.shuffled(files.filter((file) => file.isMeta === isMeta));
    while (left.length > 0) {
      const taken = left.splice(0, random.between(1, most));
      const { day, hour, minTs } = placeOf(taken);
      const owner = isMeta ? ('schema' as const) : ('tables' as const);
      const uuid = random.uuid();
      const object = { kind: 'log-data', layout: 'merged', owner, day, hour, minTs, uuid } as const;
      objects.push({ path: keyOf({ ...object, storeId: flush.storeId }), files: taken });
    }
  }
  return objects;
}

function oldPath(random: SeededRandom, { storeId }: Flush, file: LogFileToWrite): string {
  const { day, hour, minTs } = placeOf([file]);
  const owner = file.isMeta ? ('schema' as const) : { tableId: file.tableId };
  const object = { kind: 'log-data', owner, day, minTs, uuid: random.uuid() } as const;
  return random.chance(50)
    ? keyOf({ ...object, layout: '6.1' })
    : keyOf({ ...object, layout: '6.2', hour, storeId });
}

/** Folder and number in the key: UTC of max_ts, and min_ts (FACTS §3.5). */
function placeOf(files: readonly LogFileToWrite[]) {
  const times = files.flatMap(({ events }) => events.map(({ ts }) => ts));
  const maxTs = times.reduce((max, ts) => (ts > max ? ts : max));
  const minTs = times.reduce((min, ts) => (ts < min ? ts : min));
  const [date, clock] = formatTs(maxTs).split(/[T ]/);
  return { day: date.replaceAll('-', ''), hour: clock.slice(0, 2), minTs };
}
