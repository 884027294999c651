// Fetches the wanted ranges of the log with as few requests as are sensible: neighbours in one object come together,
// because TiKV packs thousands of small streams into one object and a request costs more than a gap.

import type { CipherKey } from '../br/encryption.ts';
import type { LogFile, LogGroup } from '../br/log/log-metas.ts';
import { openLogRange } from '../br/log/log-range.ts';
import { damagedObject, missingObject } from '../domain/errors.ts';
import type { ObjectStore } from '../ports/object-store.ts';

/** Bytes between two wanted ranges that are cheaper read than skipped. */
const GAP_BYTES = 256 * 1024;
/** Bytes of one request, unless one range alone is larger. */
const REQUEST_BYTES = 8 * 1024 * 1024;

export interface OpenedLogFile {
  readonly file: LogFile;
  /** For messages: path and range. */
  readonly object: string;
  readonly plaintext: Uint8Array;
  /** Stored bytes, for the progress. */
  readonly storedBytes: number;
}

/** Where the ranges come from; see LogReading. */
export interface LogRangeReader {
  readonly store: ObjectStore;
  readonly prefix: string;
  readonly key: CipherKey | undefined;
}

/** One request: files of one object, by offset. */
export interface LogRequest {
  readonly group: LogGroup;
  readonly metaName: string;
  readonly files: readonly LogFile[];
  readonly offset: number;
  readonly length: number;
}

/** Puts the wanted files of one object into requests. */
export function planRequests(group: LogGroup, metaName: string, wanted: readonly LogFile[]): LogRequest[] {
  const requests: { files: LogFile[]; offset: number; end: number }[] = [];
  for (const file of [...wanted].sort((a, b) => a.rangeOffset - b.rangeOffset)) {
    const end = file.rangeOffset + file.rangeLength;
    const last = requests.at(-1);
    const joins =
      last !== undefined && file.rangeOffset - last.end <= GAP_BYTES && end - last.offset <= REQUEST_BYTES;
    if (joins) {
      last.files.push(file);
      last.end = Math.max(last.end, end);
    } else requests.push({ files: [file], offset: file.rangeOffset, end });
  }
  return requests.map(({ files, offset, end }) => ({ group, metaName, files, offset, length: end - offset }));
}

/** The stored bytes of a request. Errors: OBJECT_MISSING, OBJECT_DAMAGED when the object is shorter. */
export async function fetchRequest(reader: LogRangeReader, request: LogRequest): Promise<Uint8Array> {
  const key = reader.prefix + request.group.path;
  const { offset, length } = request;
  if (length === 0) return new Uint8Array(0);
  const bytes = await reader.store.get(key, { offset, length });
  if (bytes === undefined) throw missingObject(key, request.metaName);
  if (bytes.length !== length)
    throw damagedObject(
      key,
      `at least ${offset + length} bytes`,
      `an object that ends at ${offset + bytes.length}`,
    );
  return bytes;
}

/** The verified plaintexts of a request, one after another. Errors: those of openLogRange. */
export function* openRequest(
  reader: LogRangeReader,
  request: LogRequest,
  stored: Uint8Array,
): Generator<OpenedLogFile> {
  for (const file of request.files) {
    const object = `${reader.prefix}${request.group.path} range ${file.rangeOffset}+${file.rangeLength}`;
    const start = file.rangeOffset - request.offset;
    const bytes = stored.subarray(start, start + file.rangeLength);
    const plaintext = openLogRange(bytes, file, object, reader.key);
    yield { file, object, plaintext, storedBytes: file.rangeLength };
  }
}
