// The schemas from a base on: the documents of its snapshot and the schema changes of the log after it (CODEC §8.3).

import type { BackupMetaHeader } from '../br/backupmeta.ts';
import type { MetaChange } from '../br/codec/key-versions.ts';
import { readTs, tsBytes } from '../br/codec/keys.ts';
import { decodeBytes } from '../br/codec/memcomparable.ts';
import { parseMetaKey } from '../br/codec/meta-key.ts';
import { buildSchemaHistory, type SchemaHistory } from '../br/codec/schema-history.ts';
import type { BaselineEntry, SchemaBaseline } from '../br/codec/schema-versions.ts';
import { parseDbInfo, parseTableInfo } from '../br/codec/table-info.ts';
import { parseWriteRecord, WriteRecord, writeTypes } from '../br/codec/write-record.ts';
import { EventCursor } from '../br/log/event-stream.ts';
import { type LogMetaEntry, selectLogFiles } from '../br/log/log-selection.ts';
import { mayContainDdl } from '../br/log/meta-name.ts';
import { snapshotSchemas } from '../br/snapshot-contents.ts';
import { PitrError } from '../domain/errors.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { LogSource } from './engine-job.ts';
import { type LogReading, readLogFiles } from './log-files.ts';
import type { OpenedLogFile } from './log-ranges.ts';

/** The schemas of a snapshot as of its BackupTS. Errors: those of snapshotSchemas, ROW_DAMAGED for a document. */
export async function readBaseline(store: ObjectStore, header: BackupMetaHeader): Promise<SchemaBaseline> {
  const entries: BaselineEntry[] = [];
  for await (const { dbBytes, tableBytes } of snapshotSchemas(store, header)) {
    const where = `${header.object} schema ${entries.length}`;
    const db = parseDbInfo(dbBytes, where);
    const table = tableBytes.length === 0 ? undefined : parseTableInfo(tableBytes, where);
    entries.push({ db, dbBytes, table });
  }
  return { ts: header.backupTs, entries };
}

/**
 * The history of schemas from the baseline to the log's end. metas: those that the range needs, not opened yet; only
 * those that can hold schema changes are read.
 */
export async function readSchemaHistory(
  baseline: SchemaBaseline,
  log: LogSource | undefined,
  reading: LogReading | undefined,
  metas: readonly LogMetaEntry[],
): Promise<SchemaHistory> {
  if (log === undefined || reading === undefined) return buildSchemaHistory(baseline, []);
  const changes = new MetaChanges(log);
  const keys = metas.filter(({ name }) => mayContainDdl(name)).map(({ key }) => key);
  const options = { start: log.after + 1n, until: log.until, shift: log.shift, meta: true };
  for await (const opened of readLogFiles(reading, keys, (meta) => selectLogFiles(meta, options)))
    changes.add(opened);
  return buildSchemaHistory(baseline, changes.joined());
}

interface PendingChange {
  readonly rawKey: Uint8Array;
  readonly commitTs: bigint;
  readonly startTs: bigint;
  readonly object: string;
}

/** Schema changes with their long values joined, once all files are read. */
class MetaChanges {
  readonly #log: LogSource;
  readonly #ready: MetaChange[] = [];
  readonly #waiting: PendingChange[] = [];
  /** Long values by raw key and start_ts. */
  readonly #values = new Map<string, Uint8Array>();
  readonly #record = new WriteRecord();

  constructor(log: LogSource) {
    this.#log = log;
  }

  add({ file, object, plaintext }: OpenedLogFile): void {
    if (file.type === 'delete') return;
    const cursor = new EventCursor(plaintext, object);
    while (cursor.next()) {
      const { bytes: rawKey, next } = decodeBytes(plaintext, cursor.keyStart, cursor.keyEnd);
      if (next + tsBytes !== cursor.keyEnd)
        throw new PitrError(
          'ROW_DAMAGED',
          `${object} has a key with ${cursor.keyEnd - next} bytes behind it, expected a timestamp of 8`,
        );
      if (parseMetaKey(rawKey).kind === 'other') continue;
      const ts = readTs(plaintext, next);
      if (file.cf === 'write') this.#addWrite(rawKey, ts, cursor, object);
      else this.#values.set(valueKey(rawKey, ts), plaintext.slice(cursor.valueStart, cursor.valueEnd));
    }
  }

  *joined(): Generator<MetaChange> {
    yield* this.#ready;
    for (const { rawKey, commitTs, startTs, object } of this.#waiting) {
      const value = this.#values.get(valueKey(rawKey, startTs));
      if (value !== undefined) yield { rawKey, commitTs, type: 'put', value };
      // Before the base only ids matter (buildSchemaHistory), and the log may have been cut there.
      else if (commitTs > this.#log.after) throw missingValue(object, rawKey, startTs);
    }
  }

  #addWrite(rawKey: Uint8Array, commitTs: bigint, cursor: EventCursor, object: string): void {
    if (commitTs > this.#log.until || cursor.valueStart === cursor.valueEnd) return;
    const record = this.#record;
    parseWriteRecord(cursor.buf, cursor.valueStart, cursor.valueEnd, record);
    if (record.type === writeTypes.delete) this.#ready.push({ rawKey, commitTs, type: 'delete' });
    if (record.type !== writeTypes.put) return;
    if (record.shortValueOffset < 0)
      this.#waiting.push({ rawKey, commitTs, startTs: record.startTs, object });
    else {
      const value = cursor.buf.slice(record.shortValueOffset, record.shortValueEnd);
      this.#ready.push({ rawKey, commitTs, type: 'put', value });
    }
  }
}

function valueKey(rawKey: Uint8Array, startTs: bigint): string {
  return `${Buffer.from(rawKey).toString('latin1')}@${startTs}`;
}

function missingValue(object: string, rawKey: Uint8Array, startTs: bigint): PitrError {
  const key = Buffer.from(rawKey).toString('hex');
  return new PitrError(
    'OBJECT_MISSING',
    `the schema document of key ${key} written at start_ts ${startTs} is in no object of the log, expected it in the default column family (named by ${object})`,
    { hint: 'choose a newer base snapshot', details: { object, key, startTs: String(startTs) } },
  );
}
