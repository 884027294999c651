// From one entry of a log meta to its verified plaintext: fetch the range, decrypt, decompress, check (FACTS §4.1).
// Every check is of the bytes against the metadata; what the events mean is not looked at.

import { createHash } from 'node:crypto';
import { damagedObject, missingObject, PitrError } from '../../domain/errors.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { Crc64Xor } from '../checksum/crc64.ts';
import { WriteRecord } from '../codec/write-record.ts';
import { type CipherKey, decryptAt, missingKey, wrongKey } from '../encryption.ts';
import { decompressZstd } from '../zstd.ts';
import { EventCursor } from './event-stream.ts';
import type { LogFileEncryption } from './file-encryption.ts';
import { isWriteEvent } from './write-event.ts';

/** What the reading of a range needs of lib/br/log/log-metas.ts LogFile. */
export interface LogFileLike {
  readonly rangeOffset: number;
  /** Bytes as stored. */
  readonly rangeLength: number;
  /** Bytes of the plaintext. */
  readonly length: number;
  readonly numberOfEntries: number;
  /** Of the plaintext. */
  readonly sha256: Uint8Array;
  /** Undefined below TiKV 8.4. */
  readonly crc64xor: bigint | undefined;
  readonly compression: 'none' | 'zstd';
  readonly encryption: LogFileEncryption | undefined;
  /** When told, the values are compared with it: one flipped bit of the metadata makes puts deletes, which say nothing. */
  readonly type?: 'put' | 'delete';
  readonly cf?: 'default' | 'write';
}

export interface LogRangeOptions {
  /** The log's key, for encrypted ranges. */
  readonly key?: CipherKey | undefined;
  /** The meta that names the object, for messages. */
  readonly namedBy?: string;
}

/** Most plaintext bytes of one range; TiKV flushes ranges of a few MiB. */
const mostPlainBytes = 1024 * 1024 * 1024;

/**
 * The event stream of one entry, verified: sha256, length, number of events and crc64xor where the metadata has it.
 * Memory: the stored range and the plaintext.
 * Errors: OBJECT_MISSING; OBJECT_DAMAGED naming path and range; KEY_MISSING, KEY_WRONG; UNSUPPORTED for data keys that
 * are wrapped by a master key and for ranges above 1 GiB; those of the store.
 */
export async function readLogRange(
  store: ObjectStore,
  path: string,
  file: LogFileLike,
  options: LogRangeOptions = {},
): Promise<Uint8Array> {
  const object = `${path} range ${file.rangeOffset}+${file.rangeLength}`;
  checkSize(file, object);
  const stored =
    file.rangeLength === 0
      ? new Uint8Array(0)
      : await store.get(path, { offset: file.rangeOffset, length: file.rangeLength });
  if (stored === undefined) throw missingObject(path, options.namedBy ?? 'the log metadata');
  if (stored.length !== file.rangeLength) {
    throw damagedObject(object, `${file.rangeLength} bytes`, `${stored.length}, the object is shorter`);
  }
  return openLogRange(stored, file, object, options.key);
}

/** The same for bytes that are already there: `stored` is exactly the range. */
export function openLogRange(
  stored: Uint8Array,
  file: LogFileLike,
  object: string,
  key: CipherKey | undefined,
): Uint8Array {
  checkSize(file, object);
  const { encryption } = file;
  if (encryption === undefined) return openPlainRange(stored, file, object);
  if (encryption.checksum !== undefined) checkSha256(stored, encryption.checksum, object);
  const opened = decryptAt(keyFor(encryption, object, key), encryption.iv, 0, stored);
  try {
    return openPlainRange(opened, file, object);
  } catch (caught) {
    // The ciphertext is the one that was written, and yet it does not open: that is the key.
    if (caught instanceof PitrError && caught.code === 'OBJECT_DAMAGED') {
      throw wrongKey(object, 'log', caught.message);
    }
    throw caught;
  }
}

function checkSize(file: LogFileLike, object: string): void {
  if (file.length <= mostPlainBytes && file.rangeLength <= mostPlainBytes) return;
  throw new PitrError(
    'UNSUPPORTED',
    `${object} has ${Math.max(file.length, file.rangeLength)} bytes, expected at most ${mostPlainBytes}`,
    { hint: 'check the log metadata that names it', details: { object } },
  );
}

function keyFor(encryption: LogFileEncryption, object: string, key: CipherKey | undefined): CipherKey {
  if (encryption.mode === 'master-key') {
    throw new PitrError(
      'UNSUPPORTED',
      `${object} has a data key wrapped by a master key, expected a plain data key`,
      {
        hint: 'this version reads logs made with --log.crypter.key or --log.crypter.key-file',
        details: { object },
      },
    );
  }
  if (key === undefined) throw missingKey(object, 'log');
  if (key.method !== encryption.method) {
    throw wrongKey(
      object,
      'log',
      `it is for ${key.method}, the object is encrypted with ${encryption.method}`,
    );
  }
  return key;
}

function openPlainRange(bytes: Uint8Array, file: LogFileLike, object: string): Uint8Array {
  const plain =
    file.compression === 'zstd' ? decompressZstd(bytes, 0, bytes.length, file.length, object) : bytes;
  if (plain.length !== file.length)
    throw damagedObject(object, `${file.length} plain bytes`, `${plain.length}`);
  checkSha256(plain, file.sha256, object);
  checkEvents(plain, file, object);
  return plain;
}

function checkSha256(bytes: Uint8Array, expected: Uint8Array, object: string): void {
  const found = createHash('sha256').update(bytes).digest('hex');
  const wanted = Buffer.from(expected).toString('hex');
  if (found !== wanted) throw damagedObject(object, `sha256 ${wanted}`, found);
}

/** A value of the default column family that is empty or a write record: then the entry has lost its column family. */
function isStrayValue(cursor: EventCursor, record: WriteRecord): boolean {
  return cursor.valueStart === cursor.valueEnd || isWriteEvent(cursor, record);
}

function checkEvents(plain: Uint8Array, file: LogFileLike, object: string): void {
  const cursor = new EventCursor(plain, object);
  const sum = file.crc64xor === undefined ? undefined : new Crc64Xor();
  const record = new WriteRecord();
  const mustBeEmpty = file.type === 'delete';
  const mustBeValues = file.type === 'put' && file.cf === 'default';
  let count = 0;
  for (; cursor.next(); count++) {
    const size = cursor.valueEnd - cursor.valueStart;
    if (mustBeEmpty && size > 0)
      throw damagedObject(object, 'deletes, which have no values', `${size} bytes`);
    if (mustBeValues && isStrayValue(cursor, record))
      throw damagedObject(object, 'values, as the default column family has them', `others of ${size} bytes`);
    sum?.add(plain, cursor.keyStart, cursor.keyEnd, plain, cursor.valueStart, cursor.valueEnd);
  }
  if (count !== file.numberOfEntries) {
    throw damagedObject(object, `${file.numberOfEntries} events`, `${count}`);
  }
  if (sum !== undefined && sum.value !== file.crc64xor) {
    throw damagedObject(object, `crc64xor ${file.crc64xor}`, `${sum.value}`);
  }
}
