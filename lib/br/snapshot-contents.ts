// The files and schemas of a snapshot as streams, from V1 (inline) and V2 (trees of sub-files) alike (FACTS §3.1, §3.8).
// Every sub-file is decrypted, its size and sha256 are compared before a byte of it is believed; one at a time in memory.
import { createHash } from 'node:crypto';
import { damagedObject, missingObject, PitrError } from '../domain/errors.ts';
import { checkNamedKey, getNamed } from '../ports/named-object.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { BackupMetaHeader } from './backupmeta.ts';
import { decryptAt } from './encryption.ts';
import {
  BackupMetaSchema,
  type File,
  FileSchema,
  type MetaFile,
  MetaFileSchema,
  SchemaSchema,
} from './proto/gen/snapshot_pb.js';
import { decodeEntries, decodeWithout, safeNumber } from './wire.ts';

/** One SST of the snapshot. Keys are raw (no `z`, not memcomparable) and bound what is inside. */
export interface SnapshotFile {
  /** Relative to the snapshot's folder. */
  readonly name: string;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
  readonly startKey: Uint8Array;
  readonly endKey: Uint8Array;
  readonly startVersion: bigint;
  readonly endVersion: bigint;
  readonly crc64xor: bigint;
  readonly totalKvs: bigint;
  readonly totalBytes: bigint;
  readonly cf: 'default' | 'write';
  /** Bytes of the object. */
  readonly size: number;
  /** 16 bytes or none. TiKV writes one for plaintext files too: only BackupMetaHeader.encrypted says whether it counts. */
  readonly cipherIv: Uint8Array;
}

/** One table (or one database without tables: `tableBytes` is empty) as TiDB's JSON. */
export interface SnapshotSchema {
  readonly dbBytes: Uint8Array;
  readonly tableBytes: Uint8Array;
  readonly crc64xor: bigint;
  readonly totalKvs: bigint;
  readonly totalBytes: bigint;
}

/** A tree deeper than this is a loop or damage; br writes one or two levels. */
const deepestTree = 8;
/** br flushes sub-files at 128 MiB; a claim above this is damage, not size. */
const largestSubFile = 1 << 30;

/** The SSTs of the snapshot, in the order of the index. Errors: OBJECT_MISSING, OBJECT_DAMAGED, KEY_WRONG. */
export async function* snapshotFiles(
  store: ObjectStore,
  header: BackupMetaHeader,
): AsyncGenerator<SnapshotFile> {
  if (header.inline !== undefined) {
    const files = decodeEntries(BackupMetaSchema, 'files', FileSchema, header.inline, header.object);
    for (const file of files) yield snapshotFile(header, header.object, file);
  }
  for await (const { object, bytes } of subFiles(store, header, header.fileIndex)) {
    const files = decodeEntries(MetaFileSchema, 'data_files', FileSchema, bytes, object);
    for (const file of files) yield snapshotFile(header, object, file);
  }
}

/** The schemas of the snapshot, in the order of the index. Statistics are not read. Errors: as snapshotFiles. */
export async function* snapshotSchemas(
  store: ObjectStore,
  header: BackupMetaHeader,
): AsyncGenerator<SnapshotSchema> {
  if (header.inline !== undefined) {
    const schemas = decodeEntries(BackupMetaSchema, 'schemas', SchemaSchema, header.inline, header.object);
    for (const schema of schemas) yield snapshotSchema(schema);
  }
  for await (const { object, bytes } of subFiles(store, header, header.schemaIndex)) {
    const schemas = decodeEntries(MetaFileSchema, 'schemas', SchemaSchema, bytes, object);
    for (const schema of schemas) yield snapshotSchema(schema);
  }
}

function snapshotSchema(schema: {
  readonly db: Uint8Array;
  readonly table: Uint8Array;
  readonly crc64xor: bigint;
  readonly totalKvs: bigint;
  readonly totalBytes: bigint;
}): SnapshotSchema {
  const { db, table, crc64xor, totalKvs, totalBytes } = schema;
  return { dbBytes: db, tableBytes: table, crc64xor, totalKvs, totalBytes };
}

/** Versions stand in every file as well as in the head, which has no checksum: they must be the same. */
function snapshotFile(header: BackupMetaHeader, object: string, file: File): SnapshotFile {
  if (file.name === '') throw damagedObject(object, 'the name of a file', 'an empty name');
  checkNamedKey(`${header.prefix}${file.name}`, object);
  if (file.sha256.length !== 32) {
    throw damagedObject(object, `a sha256 of 32 bytes for ${file.name}`, `${file.sha256.length} bytes`);
  }
  if (file.cf !== 'default' && file.cf !== 'write') {
    throw damagedObject(
      object,
      `the column family default or write for ${file.name}`,
      JSON.stringify(file.cf),
    );
  }
  if (file.endVersion !== header.backupTs || file.startVersion !== header.startTs) {
    const expected = `versions ${header.startTs} to ${header.backupTs} as in ${header.object}`;
    throw damagedObject(object, expected, `${file.startVersion} to ${file.endVersion} for ${file.name}`);
  }
  if (header.encrypted && file.cipherIv.length !== 16) {
    throw damagedObject(object, `an iv of 16 bytes for ${file.name}`, `${file.cipherIv.length} bytes`);
  }
  return {
    name: file.name,
    sha256: file.sha256,
    startKey: file.startKey,
    endKey: file.endKey,
    startVersion: file.startVersion,
    endVersion: file.endVersion,
    crc64xor: file.crc64xor,
    totalKvs: file.totalKvs,
    totalBytes: file.totalBytes,
    cf: file.cf,
    size: safeNumber(file.size, object, `the size of ${file.name}`),
    cipherIv: file.cipherIv,
  };
}

/** The checked plaintext of a sub-file. */
export interface SubFile {
  readonly object: string;
  readonly bytes: Uint8Array;
}

/** The leaves of a tree, depth first, one in memory at a time; the index itself can hold entries, and comes first. */
export async function* subFiles(
  store: ObjectStore,
  header: BackupMetaHeader,
  index: MetaFile | undefined,
): AsyncGenerator<SubFile> {
  if (index === undefined) return;
  const { metaFiles, dataFiles, schemas, rawRanges, ddls, backupRanges } = index;
  const inside = [dataFiles, schemas, rawRanges, ddls, backupRanges].some((entries) => entries.length > 0);
  if (inside || metaFiles.length === 0) {
    const found = inside ? 'entries in the index itself' : 'none';
    throw damagedObject(header.object, 'an index that names sub-files', found);
  }
  yield* walk(store, header, index.metaFiles, 1);
}

async function* walk(
  store: ObjectStore,
  header: BackupMetaHeader,
  entries: readonly File[],
  depth: number,
): AsyncGenerator<SubFile> {
  if (depth > deepestTree)
    throw damagedObject(header.object, `at most ${deepestTree} levels of sub-files`, 'more');
  for (const entry of entries) {
    const object = `${header.prefix}${entry.name}`;
    const bytes = await readSubFile(store, header, entry);
    yield { object, bytes };
    const { message, counts } = decodeWithout(MetaFileSchema, leafFields, bytes, object);
    if ((counts['backup_ranges'] ?? 0) > 0) {
      throw new PitrError(
        'UNSUPPORTED',
        `${object} is of a kind that is not read: it lists its files by ranges`,
        {
          hint: 'restore the snapshot with the br that made it',
          details: { object },
        },
      );
    }
    yield* walk(store, header, message.metaFiles, depth + 1);
  }
}

const leafFields = ['data_files', 'schemas', 'ddls', 'backup_ranges', 'raw_ranges'];

/** Reads, decrypts and checks one sub-file. Errors: OBJECT_MISSING, OBJECT_DAMAGED, KEY_WRONG. */
export async function readSubFile(
  store: ObjectStore,
  header: BackupMetaHeader,
  entry: File,
): Promise<Uint8Array> {
  const object = `${header.prefix}${entry.name}`;
  const size = safeNumber(entry.size, header.object, `the size of ${entry.name}`);
  if (size > largestSubFile)
    throw damagedObject(header.object, `sub-files up to ${largestSubFile} bytes`, `${size}`);
  if (entry.name === '') throw damagedObject(header.object, 'the name of a sub-file', 'an empty name');
  const stored = await getNamed(store, object, header.object);
  if (stored === undefined) throw missingObject(object, header.object);
  if (stored.length !== size) throw damagedObject(object, `${size} bytes`, `${stored.length}`);
  const bytes = decrypted(header, entry, object, stored);
  const found = createHash('sha256').update(bytes).digest();
  if (found.equals(entry.sha256)) return bytes;
  const expected = Buffer.from(entry.sha256).toString('hex');
  throw damagedObject(object, `sha256 ${expected}`, found.toString('hex'));
}

function decrypted(header: BackupMetaHeader, entry: File, object: string, stored: Uint8Array): Uint8Array {
  if (!header.encrypted) return stored;
  if (header.key === undefined) throw new PitrError('INTERNAL', `no key at ${object}`);
  if (entry.cipherIv.length !== 16) {
    throw damagedObject(
      header.object,
      `an iv of 16 bytes for ${entry.name}`,
      `${entry.cipherIv.length} bytes`,
    );
  }
  return decryptAt(header.key, entry.cipherIv, 0, stored);
}
