// The commits of a history by key, and the records that TiKV has of them in its two column families (FACTS §4.3, §4.4).

import { encodeWriteRecord, type WriteRecordFields } from '../br/codec/write-record.ts';
import type { History } from './model-database.ts';

/** One commit of one key. */
export interface KeyVersion {
  readonly commitTs: bigint;
  readonly startTs: bigint;
  readonly value: Uint8Array | undefined;
}

export interface VersionedKey {
  readonly rawKey: Uint8Array;
  /** By commit. */
  readonly versions: readonly KeyVersion[];
}

/** A longer value does not fit into the write record and goes to the default column family. */
const shortValueLimit = 255;

/** All keys of a history in byte order. */
export function versionedKeys({ transactions }: Pick<History, 'transactions'>): readonly VersionedKey[] {
  const keys = new Map<string, { rawKey: Uint8Array; versions: KeyVersion[] }>();
  for (const { startTs, commitTs, writes } of transactions) {
    for (const { rawKey, value } of writes) {
      const name = Buffer.from(rawKey).toString('hex');
      const key = keys.get(name) ?? { rawKey, versions: [] };
      keys.set(name, key);
      key.versions.push({ commitTs, startTs, value });
    }
  }
  return [...keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key);
}

export function isLong({ value }: KeyVersion): boolean {
  return value !== undefined && value.length > shortValueLimit;
}

/** The write record of a version; extra: flags that say nothing of the data. */
export function writeRecordOf(version: KeyVersion, extra: Partial<WriteRecordFields> = {}): Uint8Array {
  const { startTs, value } = version;
  if (value === undefined) return encodeWriteRecord({ ...extra, type: 'D', startTs });
  if (isLong(version)) return encodeWriteRecord({ ...extra, type: 'P', startTs });
  return encodeWriteRecord({ ...extra, type: 'P', startTs, shortValue: value });
}
