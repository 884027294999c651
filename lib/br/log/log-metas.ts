// One `.meta` object as one normalized form, whichever TiKV wrote it (FACTS §3.10): V1 and V2 become groups of files.
// A `.meta` has no checksum of its own, so everything in it that says the same thing twice is compared here.
import { damagedObject, PitrError } from '../../domain/errors.ts';
import {
  CompressionType,
  type DataFileGroup,
  type DataFileInfo,
  FileType,
  type Metadata,
  MetadataSchema,
  MetaVersion,
} from '../proto/gen/log_pb.js';
import { decodeMessage, decodeWithUnknown, safeNumber } from '../wire.ts';
import { fileEncryption, type LogFileEncryption } from './file-encryption.ts';
import { checkGroup, checkMetaAgainstName, checkTableOfKeys } from './meta-checks.ts';
import { parseMetaName } from './meta-name.ts';

/** One (table, region, cf, type) stream inside an object: FACTS §4.5. Offsets and lengths in bytes. */
export interface LogFile {
  readonly cf: 'default' | 'write';
  readonly type: 'put' | 'delete';
  /** True: keys of the schema (`m…`), tableId 0. */
  readonly isMeta: boolean;
  /** Physical id: a partition's own. */
  readonly tableId: bigint;
  readonly regionId: bigint;
  readonly numberOfEntries: number;
  /** Over the timestamps in the keys of all events. */
  readonly minTs: bigint;
  readonly maxTs: bigint;
  readonly resolvedTs: bigint;
  /** 0n: not told. */
  readonly minBeginTsInDefaultCf: bigint;
  /** First and last event key, with the 8 bytes of the timestamp; may be empty. */
  readonly startKey: Uint8Array;
  readonly endKey: Uint8Array;
  readonly rangeOffset: number;
  /** As stored. */
  readonly rangeLength: number;
  /** Of the plaintext. */
  readonly length: number;
  /** Of the plaintext, 32 bytes. */
  readonly sha256: Uint8Array;
  /** Undefined below TiKV 8.4, which does not write it. */
  readonly crc64xor: bigint | undefined;
  readonly compression: 'none' | 'zstd';
  readonly encryption: LogFileEncryption | undefined;
}

/** One stored object with the files inside. */
export interface LogGroup {
  /** Key of the `.log` object, relative to the log's folder. */
  readonly path: string;
  /** Bytes of the object. */
  readonly length: number;
  /** Over all its files, also those that a migration has taken out. */
  readonly minTs: bigint;
  readonly maxTs: bigint;
  readonly files: readonly LogFile[];
}

export interface LogMeta {
  /** Key of the `.meta` object as it was given to the reader. */
  readonly name: string;
  readonly version: 1 | 2;
  readonly storeId: bigint;
  readonly minTs: bigint;
  readonly maxTs: bigint;
  readonly resolvedTs: bigint;
  readonly groups: readonly LogGroup[];
}

export interface DecodeMetaOptions {
  /** Fields that no known version writes: refused as by br's restore, or let be by who rewrites the meta with them. */
  readonly unknownFields?: 'refuse' | 'keep';
}

/**
 * Decodes the bytes of a `.meta`. Errors: OBJECT_DAMAGED, OBJECT_UNRECOGNIZED and UNSUPPORTED, naming the object
 * and what does not fit.
 */
export function decodeLogMeta(name: string, bytes: Uint8Array, options: DecodeMetaOptions = {}): LogMeta {
  const decode = options.unknownFields === 'keep' ? decodeWithUnknown : decodeMessage;
  const message = decode(MetadataSchema, bytes, name);
  const meta = normalize(name, message);
  checkMetaAgainstName(meta, parseMetaName(name));
  return meta;
}

function normalize(name: string, message: Metadata): LogMeta {
  const { storeId, minTs, maxTs, resolvedTs } = message;
  const facts = { name, storeId, minTs, maxTs, resolvedTs };
  switch (message.metaVersion) {
    case MetaVersion.V1:
      // A truncation by today's br leaves a V1 meta with its files a second time, as groups of one file each.
      if (!namesTheSame(message)) throw damagedObject(name, 'files of a V1 meta', 'groups of a V2 meta');
      // TiKV writes no empty V1 metas, and the version stands last: this is a V2 that was cut short.
      if (message.files.length === 0) throw damagedObject(name, 'files of a V1 meta', 'none');
      return { ...facts, version: 1, groups: message.files.map((file) => wholeObject(name, file)) };
    case MetaVersion.V2:
      if (message.files.length > 0) throw damagedObject(name, 'groups of a V2 meta', 'files of a V1 meta');
      return { ...facts, version: 2, groups: message.fileGroups.map((group) => normalizeGroup(name, group)) };
    default:
      throw new PitrError(
        'OBJECT_UNRECOGNIZED',
        `${name} has meta version ${message.metaVersion satisfies never}`,
      );
  }
}

function namesTheSame({ files, fileGroups }: Metadata): boolean {
  const isSame = fileGroups.every((group, at) => group.path === files[at]?.path);
  return fileGroups.length === 0 || (isSame && fileGroups.length === files.length);
}

/** A V1 entry is an object of its own, read whole (FACTS §3.10). */
function wholeObject(name: string, info: DataFileInfo): LogGroup {
  if (info.path === '') throw damagedObject(name, 'the path of a V1 file', 'an empty path');
  const length = safeNumber(info.length, name, 'a file length');
  const file = normalizeFile(name, info, { offset: 0, length });
  checkTableOfKeys(name, file);
  return { path: info.path, length, minTs: info.minTs, maxTs: info.maxTs, files: [file] };
}

function normalizeGroup(name: string, group: DataFileGroup): LogGroup {
  if (group.path === '') throw damagedObject(name, 'the path of a group', 'an empty path');
  const length = safeNumber(group.length, name, 'a group length');
  const files = group.dataFilesInfo.map((info) => {
    const whole = info.rangeLength === 0n;
    const offset = safeNumber(info.rangeOffset, name, 'a range offset');
    const size = whole ? length - offset : safeNumber(info.rangeLength, name, 'a range length');
    return normalizeFile(name, info, { offset, length: size });
  });
  const { path, minTs, maxTs } = group;
  const normalized = { path, length, minTs, maxTs, files };
  checkGroup(name, normalized);
  return normalized;
}

function normalizeFile(name: string, info: DataFileInfo, range: { offset: number; length: number }): LogFile {
  if (info.cf !== 'default' && info.cf !== 'write') {
    throw damagedObject(name, 'the column family default or write', JSON.stringify(info.cf));
  }
  if (info.sha256.length !== 32)
    throw damagedObject(name, 'a sha256 of 32 bytes', `${info.sha256.length} bytes`);
  if (info.minTs > info.maxTs)
    throw damagedObject(name, 'min_ts ≤ max_ts', `${info.minTs} and ${info.maxTs}`);
  return {
    cf: info.cf,
    type: fileType(name, info.type),
    isMeta: info.isMeta,
    tableId: info.tableId,
    regionId: info.regionId,
    numberOfEntries: safeNumber(info.numberOfEntries, name, 'a number of entries'),
    minTs: info.minTs,
    maxTs: info.maxTs,
    resolvedTs: info.resolvedTs,
    minBeginTsInDefaultCf: info.minBeginTsInDefaultCf,
    startKey: info.startKey,
    endKey: info.endKey,
    rangeOffset: range.offset,
    rangeLength: range.length,
    length: safeNumber(info.length, name, 'a plaintext length'),
    sha256: info.sha256,
    crc64xor: info.crc64xor === 0n ? undefined : info.crc64xor,
    compression: compression(name, info.compressionType),
    encryption: info.fileEncryptionInfo && fileEncryption(name, info.fileEncryptionInfo),
  };
}

function fileType(name: string, type: FileType): 'put' | 'delete' {
  switch (type) {
    case FileType.PUT:
      return 'put';
    case FileType.DELETE:
      return 'delete';
    default:
      throw damagedObject(name, 'the file type put or delete', String(type satisfies never));
  }
}

/** Log backup itself writes zstd or nothing (FACTS §4.1). */
function compression(name: string, type: CompressionType): 'none' | 'zstd' {
  switch (type) {
    case CompressionType.UNKNOWN:
      return 'none';
    case CompressionType.ZSTD:
      return 'zstd';
    case CompressionType.LZ4:
    case CompressionType.SNAPPY:
      throw damagedObject(name, 'compression none or zstd, as TiKV writes logs', `type ${type}`);
    default:
      throw damagedObject(name, 'compression none or zstd', `type ${type satisfies never}`);
  }
}
