// Fetches the wanted ranges of the log with as few requests as are sensible: neighbours in one object come together,
// because TiKV packs thousands of small streams into one object and a request costs more than a gap.

import type { CipherKey } from '../br/encryption.ts';
import type { LogFile, LogGroup } from '../br/log/log-metas.ts';
import { openLogRange } from '../br/log/log-range.ts';
import { damagedObject, missingObject, PitrError } from '../domain/errors.ts';
import { getNamed } from '../ports/named-object.ts';
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
  const bytes = await getNamed(reader.store, key, request.metaName, { offset, length });
  if (bytes === undefined) throw missingObject(key, request.metaName);
  if (bytes.length === length) return bytes;
  const found = `an object that ends at ${offset + bytes.length}`;
  throw withMeta(damagedObject(key, `at least ${offset + length} bytes`, found), request.metaName);
}

/**
 * The verified plaintexts of a request, one after another. Errors: those of openLogRange; damage names the meta, too,
 * because a `.meta` has no checksum: either of the two may be the one that changed.
 */
export function* openRequest(
  reader: LogRangeReader,
  request: LogRequest,
  stored: Uint8Array,
): Generator<OpenedLogFile> {
  for (const file of request.files) {
    const object = `${reader.prefix}${request.group.path} range ${file.rangeOffset}+${file.rangeLength}`;
    const start = file.rangeOffset - request.offset;
    const bytes = stored.subarray(start, start + file.rangeLength);
    yield {
      file,
      object,
      plaintext: open(reader, request, file, object, bytes),
      storedBytes: file.rangeLength,
    };
  }
}

function open(
  reader: LogRangeReader,
  { metaName }: LogRequest,
  file: LogFile,
  object: string,
  stored: Uint8Array,
): Uint8Array {
  try {
    return openLogRange(stored, file, object, reader.key);
  } catch (caught) {
    throw withMeta(caught, metaName);
  }
}

/** The same error, with the meta that says what was expected. */
function withMeta(caught: unknown, metaName: string): unknown {
  if (!(caught instanceof PitrError) || !caught.code.startsWith('OBJECT_')) return caught;
  const { code, message, hint, details } = caught;
  return new PitrError(code, `${message} (as ${metaName} says)`, {
    hint: hint ?? 'restore the object and its meta from a copy of the bucket',
    details: { ...details, namedBy: metaName },
    cause: caught,
  });
}
