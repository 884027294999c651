// Data objects of the log that no meta names. Most are harmless: a flush that failed was made again under other names, or
// a truncation lost them. But a meta that is gone leaves the same, and with it its changes. So each is looked into: what
// it holds for the range must also be in objects that are named.

import { parseRawKey, readTs, tsBytes } from '../br/codec/keys.ts';
import { decodeBytes } from '../br/codec/memcomparable.ts';
import { WriteRecord, writeTypes } from '../br/codec/write-record.ts';
import { meaningOf } from '../br/layout.ts';
import { EventCursor } from '../br/log/event-stream.ts';
import { type LogMetaEntry, readLogMetas, selectLogMetas } from '../br/log/log-selection.ts';
import { isWriteEvent } from '../br/log/write-event.ts';
import { decompressFrames, isZstd } from '../br/zstd.ts';
import { PitrError } from '../domain/errors.ts';
import { msOfTs, tsFromMs } from '../domain/ts.ts';
import type { LogSource } from './engine-job.ts';
import { type LogReading, readLogFiles } from './log-files.ts';

const HOUR_MS = 3_600_000;
/** A folder is named after the newest event in its objects; one that began before the moment ends within this. */
const LONGEST_FLUSH_MS = 24 * HOUR_MS;
/** Plain bytes of one stream inside an object. */
const MOST_PLAIN_BYTES = 1024 * 1024 * 1024;
/** Changes that are held while they are looked for; more in objects without a name is no accident. */
const MOST_CHANGES = 2_000_000;

/**
 * Throws OBJECT_DAMAGED for an object that no meta names and that has changes of (after, until] which are nowhere else:
 * changes of the schema, or of the wanted tables. metas: all that are listed. Costs one listing of the range's days and
 * a look into every meta of the range; the log itself is read only when there is such an object.
 */
export async function checkUnnamedObjects(
  reading: LogReading,
  log: LogSource,
  metas: readonly LogMetaEntry[],
  wantedIds: ReadonlySet<bigint>,
): Promise<void> {
  // Whole hours, as the folders have them: what a folder can hold must be compared with all that can name it.
  const fromMs = Math.floor(msOfTs(log.after) / HOUR_MS) * HOUR_MS;
  const near = selectLogMetas(metas, { shift: tsFromMs(fromMs), until: log.until });
  const unnamed = new Set(await objectsOfRange(reading, log, fromMs));
  if (unnamed.size === 0) return;
  for await (const { groups } of readLogMetas(reading.store, near))
    for (const { path } of groups) unnamed.delete(path);
  if (unnamed.size === 0) return;
  const missing = await changesOf(reading, log, unnamed, wantedIds);
  if (missing.size === 0) return;
  await forgetNamed(reading, near, missing);
  const [path] = missing.values();
  if (path !== undefined)
    throw lostMeta(reading.prefix + path, `${missing.size} changes are in no other object`);
}

/** Paths of data objects whose folder and name allow changes of the range. */
async function objectsOfRange(reading: LogReading, log: LogSource, fromMs: number): Promise<string[]> {
  const { store, prefix } = reading;
  const firstDay = dayOf(fromMs);
  const lastDay = dayOf(msOfTs(log.until) + LONGEST_FLUSH_MS);
  const found: string[] = [];
  for (const folder of await store.listFolders(`${prefix}v1/`)) {
    const day = folder.slice(prefix.length + 'v1/'.length, -1);
    if (!/^\d{8}$/.test(day) || day < firstDay || day > lastDay) continue;
    for await (const { key } of store.list(folder)) {
      const path = key.slice(prefix.length);
      const meaning = meaningOf(path);
      if (meaning.kind !== 'log-data' || meaning.layout === '6.1' || meaning.minTs > log.until) continue;
      if (`${meaning.day}${meaning.hour}` >= `${firstDay}${hourOf(fromMs)}`) found.push(path);
    }
  }
  return found;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10).replaceAll('-', '');
}

function hourOf(ms: number): string {
  return new Date(ms).toISOString().slice(11, 13);
}

/** Puts and deletes of the range in the objects, by key with its timestamp, each with the object's path. */
async function changesOf(
  reading: LogReading,
  log: LogSource,
  paths: ReadonlySet<string>,
  wantedIds: ReadonlySet<bigint>,
): Promise<Map<string, string>> {
  const changes = new Map<string, string>();
  for (const path of paths) {
    const object = reading.prefix + path;
    const bytes = await reading.store.get(object);
    // Gone since it was listed: a truncation is at work, and what it takes is before the range.
    if (bytes === undefined) continue;
    try {
      const streams = isZstd(bytes) ? decompressFrames(bytes, MOST_PLAIN_BYTES, object) : [bytes];
      for (const stream of streams)
        for (const key of changesIn(stream, object, log, wantedIds)) changes.set(key, path);
    } catch {
      // Encrypted (the iv is in the meta), or an upload that was cut: nobody can say what it held.
      throw lostMeta(object, 'what it holds cannot be read without one');
    }
    if (changes.size > MOST_CHANGES) throw lostMeta(object, `it has more than ${MOST_CHANGES} changes`);
  }
  return changes;
}

function* changesIn(
  stream: Uint8Array,
  object: string,
  log: LogSource,
  wantedIds: ReadonlySet<bigint>,
): Generator<string> {
  const cursor = new EventCursor(stream, object);
  const record = new WriteRecord();
  while (cursor.next()) {
    if (!isWriteEvent(cursor, record)) continue;
    if (record.type !== writeTypes.put && record.type !== writeTypes.delete) continue;
    const ts = readTs(stream, cursor.keyEnd - tsBytes);
    if (ts <= log.after || ts > log.until) continue;
    const raw = parseRawKey(decodeBytes(stream, cursor.keyStart, cursor.keyEnd).bytes);
    if (raw.kind === 'meta' || (raw.kind === 'row' && wantedIds.has(raw.tableId))) yield keyOf(cursor);
  }
}

function keyOf({ buf, keyStart, keyEnd }: EventCursor): string {
  return Buffer.from(buf.buffer, buf.byteOffset + keyStart, keyEnd - keyStart).toString('latin1');
}

/** Takes out what named objects hold as well. */
async function forgetNamed(
  reading: LogReading,
  metas: readonly LogMetaEntry[],
  changes: Map<string, string>,
): Promise<void> {
  const keys = metas.map(({ key }) => key);
  const writes = readLogFiles(reading, keys, (meta) =>
    meta.groups.flatMap((group) =>
      group.files.filter(({ cf, type }) => cf === 'write' && type === 'put').map((file) => ({ group, file })),
    ),
  );
  for await (const { plaintext, object } of writes) {
    const cursor = new EventCursor(plaintext, object);
    while (cursor.next()) changes.delete(keyOf(cursor));
    if (changes.size === 0) return;
  }
}

function lostMeta(object: string, why: string): PitrError {
  return new PitrError(
    'OBJECT_DAMAGED',
    `${object} is named by no meta, and ${why}: expected the .meta that names it in v1/backupmeta/, found none`,
    {
      hint: 'a .meta was deleted: bring it back from an older version or a copy of the bucket, or choose a moment before it or a snapshot after it',
      details: { object, expected: 'a meta that names it', found: 'none' },
    },
  );
}
