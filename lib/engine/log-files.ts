// Metas → the verified plaintexts of the files that somebody wants from them, with few requests under way at a time.

import type { CipherKey } from '../br/encryption.ts';
import type { LogFile, LogGroup, LogMeta } from '../br/log/log-metas.ts';
import { readLogMetas, type SelectedLogFile } from '../br/log/log-selection.ts';
import { compactedAway, type MigrationState, migrationVerdict } from '../br/migrations.ts';
import { damagedObject, PitrError } from '../domain/errors.ts';
import { mapBounded } from '../ports/bounded-parallel.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import {
  fetchRequest,
  type LogRequest,
  type OpenedLogFile,
  openRequest,
  planRequests,
} from './log-ranges.ts';

/** A log to read from. */
export interface LogReading {
  readonly store: ObjectStore;
  /** The log's folder in the store, with its trailing `/`, or empty. */
  readonly prefix: string;
  readonly key: CipherKey | undefined;
  /** What compactions and cleanups did to the log; tells why an object is gone. */
  readonly migrations: MigrationState | undefined;
}

/** Requests under way at once, of up to 8 MiB each: they hide the storage's latency, and memory is theirs. */
const PARALLEL_REQUESTS = 4;

/** In the order of the metas; objects are fetched whole or in ranges, as is cheaper (log-ranges.ts). */
export async function* readLogFiles(
  reading: LogReading,
  metaKeys: readonly string[],
  select: (meta: LogMeta) => readonly SelectedLogFile[],
): AsyncGenerator<OpenedLogFile> {
  const fetched = mapBounded(requests(reading, metaKeys, select), PARALLEL_REQUESTS, async (request) => ({
    request,
    stored: await fetchUnlessCompacted(reading, request),
  }));
  for await (const { request, stored } of fetched) yield* openRequest(reading, request, stored);
}

async function* requests(
  reading: LogReading,
  metaKeys: readonly string[],
  select: (meta: LogMeta) => readonly SelectedLogFile[],
): AsyncGenerator<LogRequest> {
  const entries = metaKeys.map((key) => ({ key }));
  for await (const meta of readLogMetas(reading.store, entries)) {
    if (reading.migrations === undefined || !hasEdits(reading.migrations)) checkFilled(meta);
    const files = new Map<LogGroup, LogFile[]>();
    for (const { group, file } of select(meta)) {
      const known = files.get(group);
      if (known === undefined) files.set(group, [file]);
      else known.push(file);
    }
    for (const [group, wanted] of files) yield* planRequests(group, meta.name, wanted);
  }
}

/** Only migrations take ranges out of objects (FACTS §5.5); truncations take whole objects. */
function hasEdits({ editsByMeta, compactions }: MigrationState): boolean {
  return editsByMeta.size > 0 || compactions.length > 0;
}

/** An entry that got lost leaves a hole in its object: TiKV writes them without gaps. */
function checkFilled(meta: LogMeta): void {
  for (const { path, length, files } of meta.groups) {
    const filled = files.reduce((sum, { rangeLength }) => sum + rangeLength, 0);
    if (filled !== length)
      throw damagedObject(meta.name, `ranges that fill the ${length} bytes of ${path}`, `${filled} bytes`);
  }
}

/** An object that a cleanup removed after a compaction is not damage: the data is elsewhere, in a form we refuse. */
async function fetchUnlessCompacted(reading: LogReading, request: LogRequest): Promise<Uint8Array> {
  try {
    return await fetchRequest(reading, request);
  } catch (caught) {
    const { migrations, prefix } = reading;
    const gone = caught instanceof PitrError && caught.code === 'OBJECT_MISSING';
    if (!gone || migrations === undefined) throw caught;
    const metaPath = request.metaName.slice(prefix.length);
    const compacted = request.files.some(
      (file) => migrationVerdict(migrations, metaPath, request.group, file) !== undefined,
    );
    if (!compacted) throw caught;
    const { path, minTs, maxTs } = request.group;
    throw compactedAway(migrations, prefix + path, minTs, maxTs);
  }
}
