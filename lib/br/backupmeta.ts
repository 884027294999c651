// The head of a snapshot backup: opens `backupmeta` (plain or encrypted), says what it is, and refuses by name what it
// is not (FACTS §3.1, §3.2, §3.8). Files and schemas are streamed by snapshot-contents.ts, never held here as trees.
import { damagedObject, missingObject, PitrError } from '../domain/errors.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { type CipherKey, decryptAt, missingKey, wrongKey } from './encryption.ts';
import {
  ApiVersion,
  type BackupMeta,
  BackupMetaSchema,
  BackupMode,
  type MetaFile,
} from './proto/gen/snapshot_pb.js';
import { decodeWithout } from './wire.ts';

/** What `backupmeta` says about the snapshot as a whole. */
export interface BackupMetaHeader {
  /** Key of the object in the store. */
  readonly object: string;
  /** The snapshot's folder with `/`, or empty. */
  readonly prefix: string;
  /** 1: everything is inline; 2: sub-files. */
  readonly version: 1 | 2;
  readonly clusterId: bigint;
  readonly clusterVersion: string;
  readonly brVersion: string;
  /** `--lastbackupts`, 0n for a full snapshot: the snapshot holds (startTs, backupTs]. */
  readonly startTs: bigint;
  readonly backupTs: bigint;
  /** `"True"`, `"False"`, or empty when br did not say. */
  readonly newCollations: string;
  /** Data and metadata together; 0n from versions of br that do not tell. */
  readonly backupSize: bigint;
  readonly encrypted: boolean;
  /** Trees of sub-files (V2). */
  readonly fileIndex: MetaFile | undefined;
  readonly schemaIndex: MetaFile | undefined;
  /** DDL jobs between startTs and backupTs: a JSON array here (V1), or sub-files (V2). */
  readonly ddls: Uint8Array;
  readonly ddlIndex: MetaFile | undefined;
  /** The plaintext, when files and schemas stand inside it (V1). */
  readonly inline: Uint8Array | undefined;
  readonly key: CipherKey | undefined;
}

const newestSchemaVersion = 1;
const ivBytes = 16;
/** The iv and the texts of the versions alone are longer; br's own smallest heads have 350 bytes and more. */
const shortestEncrypted = 128;
const bulkyFields = ['files', 'schemas'];

/**
 * Reads `backupmeta` below `prefix`. Errors: OBJECT_MISSING (the backup is not complete), KEY_MISSING, KEY_WRONG,
 * OBJECT_DAMAGED; OBJECT_UNRECOGNIZED for a log's; UNSUPPORTED for raw, txn, volume and API V2 backups and for
 * schema versions that are newer than this program.
 */
export async function readBackupMeta(
  store: ObjectStore,
  prefix: string,
  key?: CipherKey,
): Promise<BackupMetaHeader> {
  const object = `${prefix}backupmeta`;
  const bytes = await store.get(object);
  if (bytes === undefined) throw missingObject(object, 'a finished backup');
  return decodeBackupMeta(object, bytes, key);
}

/** The same from bytes in hand; `object` ends with `backupmeta`. */
export function decodeBackupMeta(object: string, bytes: Uint8Array, key?: CipherKey): BackupMetaHeader {
  const opened = openBackupMeta(object, bytes, key);
  const { message, counts } = opened;
  refuseOtherKinds(object, message);
  refuseCutShort(object, message);
  refuseLostIndex(object, message, bytes.length);
  const inlineCount = (counts['files'] ?? 0) + (counts['schemas'] ?? 0);
  return {
    object,
    prefix: object.slice(0, -'backupmeta'.length),
    version: checkVersion(object, message, inlineCount),
    clusterId: message.clusterId,
    clusterVersion: message.clusterVersion,
    brVersion: message.brVersion,
    startTs: message.startVersion,
    backupTs: message.endVersion,
    newCollations: checkCollations(object, message.newCollationsEnabled),
    backupSize: message.backupSize,
    encrypted: opened.encrypted,
    fileIndex: message.fileIndex,
    schemaIndex: message.schemaIndex,
    ddls: message.ddls,
    ddlIndex: message.ddlIndexes,
    inline: inlineCount > 0 ? opened.plaintext : undefined,
    key: opened.encrypted ? key : undefined,
  };
}

/** A decoded `backupmeta` of any kind, without its inline files and schemas. */
export interface OpenedBackupMeta {
  readonly message: BackupMeta;
  readonly counts: Readonly<Record<string, number>>;
  readonly plaintext: Uint8Array;
  readonly encrypted: boolean;
}

/**
 * Opens the bytes as they are or, when they are no document, with the key. Nothing in the object says that it is
 * encrypted: it starts with a random iv. What decides is whether a document comes out that br could have written.
 */
export function openBackupMeta(object: string, bytes: Uint8Array, key?: CipherKey): OpenedBackupMeta {
  const plain = tryDecode(object, bytes);
  if (!(plain instanceof PitrError)) return { ...plain, plaintext: bytes, encrypted: false };
  if (bytes.length < shortestEncrypted || looksLikePlaintext(bytes)) throw plain;
  if (key === undefined) throw missingKey(object, 'snapshot');
  const plaintext = decryptAt(key, bytes.subarray(0, ivBytes), 0, bytes.subarray(ivBytes));
  const opened = tryDecode(object, plaintext);
  if (!(opened instanceof PitrError)) return { ...opened, plaintext, encrypted: true };
  if (looksLikePlaintext(plaintext)) throw opened;
  throw wrongKey(object, 'snapshot', 'what comes out is no backupmeta');
}

type Decoded = Pick<OpenedBackupMeta, 'message' | 'counts'>;

function tryDecode(object: string, bytes: Uint8Array): Decoded | PitrError {
  try {
    const decoded = decodeWithout(BackupMetaSchema, bulkyFields, bytes, object);
    if (decoded.message.clusterId !== 0n || decoded.message.endVersion !== 0n) return decoded;
    return damagedObject(object, 'a cluster id and a BackupTS', 'neither');
  } catch (error) {
    if (error instanceof PitrError) return error;
    throw error;
  }
}

/**
 * Whether bytes that do not decode are a damaged document, or another object of a backup, rather than an encrypted
 * document. All of these have long runs of text or begin or end in a known way; in ciphertext any of these signs appears
 * once in 10^6 objects or less.
 */
function looksLikePlaintext(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1 << 20)).toString(
    'latin1',
  );
  const tail = Buffer.from(bytes.subarray(Math.max(0, bytes.length - 8))).toString('hex');
  return tail === tableMagic || beginsAsHead(bytes) || plaintextSigns.some((sign) => sign.test(text));
}

/** The last bytes of a RocksDB table (FACTS §9). */
const tableMagic = 'f7cff485b741e288';

/** A meta of a log names its objects; a range of a log is a zstd frame; a lock is text. */
const plaintextSigns: readonly RegExp[] = [
  /Release Version|backupmeta\.|_write\.sst|_default\.sst|"db_name"|v1\/\d{8}\/\d\d\//,
  /^\x28\xb5\x2f\xfd/,
  /^[\s\x20-\x7e]+$/,
];

/** The first fields of every head: the cluster's id as a varint, then its version, as text with or without quotes. */
function beginsAsHead(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x08) return false;
  let at = 1;
  while ((bytes[at] ?? 0) >= 0x80 && at < 10) at++;
  const version = Buffer.from(bytes.subarray(at + 3, at + 9)).toString('latin1');
  return bytes[at + 1] === 0x12 && /^[\s"]*v?\d/.test(version);
}

function refuseOtherKinds(object: string, meta: BackupMeta): void {
  if (meta.backupSchemaVersion > newestSchemaVersion) {
    throw unsupported(
      object,
      `backup schema version ${meta.backupSchemaVersion}, newest known ${newestSchemaVersion}`,
    );
  }
  // Known by their fields alone: nothing recorded says how a file of a range is to be read, and leaving it out loses rows.
  if (meta.ranges.length > 0) throw unsupported(object, 'a backup that lists its files by ranges');
  if (meta.mode !== BackupMode.SCAN) throw unsupported(object, 'a backup of volumes or files (mode FILE)');
  if (meta.isRawKv) throw unsupported(object, 'a raw key-value backup');
  if (meta.isTxnKv) throw unsupported(object, 'a transactional key-value backup');
  if (meta.apiVersion !== ApiVersion.V1) throw unsupported(object, `API version ${meta.apiVersion} of TiKV`);
  if (meta.endVersion > 0n) return;
  if (meta.startVersion > 0n && meta.fileIndex === undefined) {
    throw new PitrError(
      'OBJECT_UNRECOGNIZED',
      `${object} is the head of a log backup, expected one of a snapshot`,
      {
        hint: 'give the folder of the log with --log',
        details: { object, kind: 'log' },
      },
    );
  }
  throw damagedObject(object, 'a BackupTS (end_version) above 0', '0');
}

/** Recorded from 9.0.0-beta.2 on; what was built before need not write it. */
const tellsSchemaVersion = /^Release Version: v?9\.(?!0\.0-(?:alpha|beta\.1(?!\d)|beta-))/m;

/**
 * A head that was cut at the end of a field still decodes; these fields come last and are always written by the
 * versions of br that we read, so that a cut cannot pass for a snapshot without tables.
 */
function refuseCutShort(object: string, meta: BackupMeta): void {
  if (meta.brVersion === '') throw damagedObject(object, 'the version of br at its end', 'none');
  if (meta.version !== 0 && meta.schemaIndex === undefined)
    throw damagedObject(object, 'an index of schemas', 'none');
  if (!tellsSchemaVersion.test(meta.brVersion)) return;
  if (meta.backupSchemaVersion === 0 || meta.newCollationsEnabled === '') {
    throw damagedObject(
      object,
      'a schema version and the use of new collations, as br 9 writes them',
      'none',
    );
  }
}

/**
 * One flipped bit in the number of a field turns the index of files into one of raw key-values, and the snapshot into one
 * without rows. br makes no index when there are no files, so that what tells is the size that it counted.
 */
function refuseLostIndex(object: string, meta: BackupMeta, ownBytes: number): void {
  if (meta.rawRanges.length > 0 || meta.rawRangeIndex !== undefined)
    throw damagedObject(object, 'no ranges of raw key-values, as it is no raw backup', 'some');
  if (meta.version === 0 || meta.fileIndex !== undefined) return;
  // Without rows there can still be DDL jobs, in an incremental snapshot.
  const others = [...(meta.schemaIndex?.metaFiles ?? []), ...(meta.ddlIndexes?.metaFiles ?? [])];
  const known = others.reduce((sum, { size }) => sum + size, BigInt(ownBytes));
  if (meta.backupSize > known)
    throw damagedObject(object, `an index of files in a backup of ${meta.backupSize} bytes`, 'none');
}

function unsupported(object: string, what: string): PitrError {
  return new PitrError('UNSUPPORTED', `${object} is of a kind that is not read: ${what}`, {
    details: { object },
  });
}

function checkVersion(object: string, meta: BackupMeta, inlineCount: number): 1 | 2 {
  const indexed = meta.fileIndex !== undefined || meta.schemaIndex !== undefined;
  if (meta.version === 0 && !indexed) return 1;
  if (meta.version === 1 && inlineCount === 0) return 2;
  const found = `version ${meta.version} with ${inlineCount} inline entries and ${indexed ? 'an index' : 'no index'}`;
  throw damagedObject(object, 'version 0 with inline entries or version 1 with an index', found);
}

function checkCollations(object: string, text: string): string {
  if (text === '' || text === 'True' || text === 'False') return text;
  throw damagedObject(object, 'new collations True or False', JSON.stringify(text));
}
