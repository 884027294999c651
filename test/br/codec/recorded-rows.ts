// The rows of a recorded snapshot, decoded: tables joined from write and default column family, cells as text.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cellJson } from '../../../lib/br/codec/cell-json.ts';
import { cellText } from '../../../lib/br/codec/cell-text.ts';
import { isRowKey, readI64 } from '../../../lib/br/codec/keys.ts';
import { decodeBytes } from '../../../lib/br/codec/memcomparable.ts';
import { compileRowDecoder } from '../../../lib/br/codec/row-decoder.ts';
import { parseDbInfo, parseTableInfo, physicalIds } from '../../../lib/br/codec/table-info.ts';
import { parseWriteRecord, WriteRecord } from '../../../lib/br/codec/write-record.ts';
import { SstReader } from '../../../lib/br/sst/sst-reader.ts';
import { bytesSource } from '../../../lib/br/sst/sst-source.ts';
import { fixtures, recordedSnapshot } from '../../support/recorded-schemas.ts';

interface StoredRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

async function* entries(path: string): AsyncGenerator<StoredRow> {
  const reader = await SstReader.open(bytesSource(path, readFileSync(path)));
  for await (const block of reader.blocks()) {
    while (block.next()) {
      const value = block.data.slice(block.valueStart, block.valueEnd);
      yield { key: block.key.slice(1, block.keyLength), value };
    }
  }
}

/** Raw row keys and row values of the folder, deletes left out: a snapshot has one version of each key. */
async function storedRows(folder: string): Promise<readonly StoredRow[]> {
  const paths = readdirSync(join(fixtures, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith('.sst'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const long = new Map<string, Uint8Array>();
  for (const path of paths.filter((one) => one.endsWith('_default.sst'))) {
    for await (const { key, value } of entries(path)) {
      const { bytes, next } = decodeBytes(key);
      const startTs = BigInt.asUintN(64, ~Buffer.from(key).readBigUInt64BE(next));
      long.set(`${Buffer.from(bytes).toString('hex')}@${startTs}`, value);
    }
  }
  const rows: StoredRow[] = [];
  const record = new WriteRecord();
  for (const path of paths.filter((one) => one.endsWith('_write.sst'))) {
    for await (const { key, value } of entries(path)) {
      const raw = decodeBytes(key).bytes;
      parseWriteRecord(value, 0, value.length, record);
      if (record.type !== 0x50 || !isRowKey(raw)) continue;
      const place = `${Buffer.from(raw).toString('hex')}@${record.startTs}`;
      const row =
        record.shortValueOffset < 0
          ? long.get(place)
          : value.slice(record.shortValueOffset, record.shortValueEnd);
      if (row === undefined) throw new Error(`no long value for ${place}`);
      rows.push({ key: raw, value: row });
    }
  }
  return rows;
}

export interface RecordedTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** The same cells as JSON values. */
  readonly json: readonly (readonly string[])[];
}

/** `db.table` → its decoded rows in key order. */
export async function recordedTables(folder: string): Promise<ReadonlyMap<string, RecordedTable>> {
  const stored = await storedRows(folder);
  const tables = new Map<string, RecordedTable>();
  for (const { db, table: document } of recordedSnapshot(folder).schemas) {
    if (document.length === 0) continue;
    const table = parseTableInfo(document, folder);
    if (table.kind !== 'table') continue;
    const ids = physicalIds(table);
    const own = stored.filter(({ key }) => ids.includes(readI64(key, 1)));
    const decoder = compileRowDecoder(table);
    const batch = decoder.newBatch(own.length);
    for (const { key, value } of own) decoder.decode(key, 0, key.length, value, 0, value.length, batch);
    const cells = <T>(one: typeof cellText | typeof cellJson): T[][] =>
      own.map((_, row) => decoder.columns.map(({ type }, i) => one(type, batch.columns[i]!, row) as T));
    tables.set(`${parseDbInfo(db, folder).name}.${table.name}`, {
      columns: decoder.columns.map((column) => column.name),
      rows: cells<string | null>(cellText),
      json: cells<string>(cellJson),
    });
  }
  return tables;
}
