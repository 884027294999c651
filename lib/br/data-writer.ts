// The data objects of snapshots and logs as BR and TiKV write them, each with its entry for the metadata: the inverse of
// sst-reader.ts and log-range.ts, for tests, benchmarks and a simulator. Randomness (ivs) is an argument.

import { createHash } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Crc64Xor } from './checksum/crc64.ts';
import { type CipherKey, type CipherMethod, decryptAt } from './encryption.ts';
import { EventCursor, encodeEvents } from './log/event-stream.ts';
import { EncryptionMethod } from './proto/gen/encryption_pb.js';
import {
  CompressionType,
  type DataFileGroupSchema,
  type DataFileInfoSchema,
  FileType,
} from './proto/gen/log_pb.js';
import type { FileSchema } from './proto/gen/snapshot_pb.js';
import { buildSst, type SstWriterOptions } from './sst/sst-writer.ts';
import { concatenate } from './wire.ts';
import { compressZstd } from './zstd.ts';

/** A key and its 16 fresh bytes for one file. */
export interface FileCipher {
  readonly key: CipherKey;
  readonly iv: Uint8Array;
}

export interface SstToWrite extends SstWriterOptions {
  /** Relative to the snapshot's folder. */
  readonly name: string;
  /** Raw keys around what is inside, end exclusive. */
  readonly startKey: Uint8Array;
  readonly endKey: Uint8Array;
  /** TiKV writes an iv for plaintext files too. */
  readonly iv: Uint8Array;
  readonly key?: CipherKey | undefined;
}

/** One SST and its File. Entries ascend by user key (`z`, memcomparable raw key, ~ts). Errors: as SstWriter. */
export function sstObject(
  entries: Iterable<readonly [userKey: Uint8Array, value: Uint8Array]>,
  { name, startKey, endKey, iv, key, ...options }: SstToWrite,
): { readonly bytes: Uint8Array; readonly file: MessageInitShape<typeof FileSchema> } {
  const { bytes: plain, facts } = buildSst(entries, options);
  const bytes = key === undefined ? plain : decryptAt(key, iv, 0, plain);
  const { crc64xor, totalKvs, totalBytes } = facts;
  const sums = { crc64xor, totalKvs, totalBytes, size: BigInt(bytes.length), sha256: sha256(bytes) };
  return { bytes, file: { name, startKey, endKey, cf: options.cf, cipherIv: iv, ...sums } };
}

/** One event: key with its timestamp (FACTS §4.3), value, and that timestamp. */
export interface LogEvent {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly ts: bigint;
  /** start_ts of a put in the write column family; undefined = it needs no value of before. */
  readonly beginTs?: bigint | undefined;
}

/** The events of one (table, region, cf, type): FACTS §4.5. At least one event. */
export interface LogFileToWrite {
  readonly cf: 'default' | 'write';
  readonly type: 'put' | 'delete';
  readonly isMeta: boolean;
  /** 0n for the schema. */
  readonly tableId: bigint;
  readonly regionId: bigint;
  readonly resolvedTs: bigint;
  readonly events: readonly LogEvent[];
  readonly compression: 'none' | 'zstd';
  /** false as TiKV before 8.4. */
  readonly crc64: boolean;
  readonly cipher?: FileCipher | undefined;
}

/** Files packed into one object, and its group for the meta. `path`: the object's key in the log's folder. */
export function logObject(
  path: string,
  files: readonly LogFileToWrite[],
): { readonly bytes: Uint8Array; readonly group: MessageInitShape<typeof DataFileGroupSchema> } {
  const parts: Uint8Array[] = [];
  const dataFilesInfo: MessageInitShape<typeof DataFileInfoSchema>[] = [];
  let offset = 0;
  for (const file of files) {
    const { stored, info } = logFile(file);
    dataFilesInfo.push({ ...info, rangeOffset: BigInt(offset), rangeLength: BigInt(stored.length) });
    parts.push(stored);
    offset += stored.length;
  }
  return { bytes: concatenate(parts), group: { path, dataFilesInfo, length: BigInt(offset) } };
}

function logFile(file: LogFileToWrite): {
  readonly stored: Uint8Array;
  readonly info: MessageInitShape<typeof DataFileInfoSchema>;
} {
  const { cf, isMeta, tableId, regionId, resolvedTs, events, cipher } = file;
  const plain = encodeEvents(events.map(({ key, value }) => [key, value] as const));
  const packed = file.compression === 'zstd' ? compressZstd(plain, 1) : plain;
  const stored = cipher === undefined ? packed : decryptAt(cipher.key, cipher.iv, 0, packed);
  const keys = events.map(({ key }) => key).sort(Buffer.compare);
  const info: MessageInitShape<typeof DataFileInfoSchema> = {
    ...bounds(events),
    cf,
    isMeta,
    tableId,
    regionId,
    resolvedTs,
    type: file.type === 'put' ? FileType.PUT : FileType.DELETE,
    sha256: sha256(plain),
    numberOfEntries: BigInt(events.length),
    startKey: keys[0],
    endKey: keys[keys.length - 1],
    length: BigInt(plain.length),
    compressionType: file.compression === 'zstd' ? CompressionType.ZSTD : CompressionType.UNKNOWN,
    crc64xor: file.crc64 ? crc64Of(plain) : 0n,
  };
  if (cipher === undefined) return { stored, info };
  return { stored, info: { ...info, fileEncryptionInfo: encryptionInfo(cipher, stored) } };
}

function bounds(events: readonly LogEvent[]) {
  const times = events.map(({ ts }) => ts);
  const begins = events.flatMap(({ beginTs }) => (beginTs === undefined ? [] : [beginTs]));
  const minTs = least(times);
  const minBeginTsInDefaultCf = begins.length === 0 ? minTs : least(begins);
  return { minTs, maxTs: times.reduce((max, ts) => (ts > max ? ts : max)), minBeginTsInDefaultCf };
}

function least(values: readonly bigint[]): bigint {
  return values.reduce((min, ts) => (ts < min ? ts : min));
}

function crc64Of(plain: Uint8Array): bigint {
  const sum = new Crc64Xor();
  const cursor = new EventCursor(plain, 'events to write');
  while (cursor.next())
    sum.add(plain, cursor.keyStart, cursor.keyEnd, plain, cursor.valueStart, cursor.valueEnd);
  return sum.value;
}

const methods: Readonly<Record<CipherMethod, EncryptionMethod>> = {
  'aes128-ctr': EncryptionMethod.AES128_CTR,
  'aes192-ctr': EncryptionMethod.AES192_CTR,
  'aes256-ctr': EncryptionMethod.AES256_CTR,
};

function encryptionInfo({ key, iv }: FileCipher, stored: Uint8Array) {
  return {
    mode: { case: 'plainTextDataKey', value: {} } as const,
    encryptionMethod: methods[key.method],
    fileIv: iv,
    checksum: sha256(stored),
  };
}

function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(bytes).digest());
}
