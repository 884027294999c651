// Which metas and which files of a log a range of time needs: names first, then the shift, then the filter of files
// (FACTS §3.7, §4.7). Metas are read with bounded parallelism and come in the order of their names; none is kept.
import { missingObject } from '../../domain/errors.ts';
import { mapBounded } from '../../ports/bounded-parallel.ts';
import { listInRanges } from '../../ports/listing-in-ranges.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { logMetaPrefix } from '../layout.ts';
import { decodeLogMeta, type LogFile, type LogGroup, type LogMeta } from './log-metas.ts';
import { type MetaName, mayContain, parseMetaName, shiftFromName } from './meta-name.ts';
import { guessMetaBorders } from './meta-ranges.ts';

/** One listed `.meta`, not opened. */
export interface LogMetaEntry {
  /** Key in the store, with the log's folder in front. */
  readonly key: string;
  readonly size: number;
  readonly name: MetaName;
}

/** Timestamps of the wanted records, both ends included. */
export interface TsRange {
  readonly start: bigint;
  readonly until: bigint;
}

export interface ReadMetasOptions {
  /** GETs in flight; br uses 128, the default here is 32. */
  readonly parallel?: number;
}

export interface SelectOptions extends TsRange {
  /** From computeShift; ≤ start. */
  readonly shift: bigint;
  /** Physical table ids (a partition's own); undefined = all. Files of the schema do not ask for it. */
  readonly tableIds?: ReadonlySet<bigint>;
  /** true: only files of the schema; false: only files of tables; undefined: both. */
  readonly meta?: boolean;
}

/** A file with the object that holds it. */
export interface SelectedLogFile {
  readonly group: LogGroup;
  readonly file: LogFile;
}

const defaultParallel = 32;

/**
 * All `.meta` objects of the log whose folder is `logPrefix` (ends with `/`, or empty), in byte order of their keys. Only LIST requests,
 * many at once where that is quicker; `endTs`, the end of the log as far as it is known, spares some. Errors: those of the store.
 */
export async function listLogMetas(
  store: ObjectStore,
  logPrefix: string,
  endTs: Promise<bigint | undefined> = Promise.resolve(undefined),
): Promise<readonly LogMetaEntry[]> {
  const entries: LogMetaEntry[] = [];
  const prefix = `${logPrefix}${logMetaPrefix}`;
  const guess = guessMetaBorders(prefix, store.pageKeys ?? 0, endTs);
  for await (const { key, size } of listInRanges(store, prefix, guess)) {
    if (key.endsWith('.meta')) entries.push({ key, size, name: parseMetaName(key) });
  }
  return entries;
}

/**
 * Reads metas in the given order, at most `parallel` at a time. Errors: OBJECT_MISSING for one that is gone since it
 * was listed, and those of decodeLogMeta.
 */
export async function* readLogMetas(
  store: ObjectStore,
  entries: Iterable<Pick<LogMetaEntry, 'key'>>,
  options: ReadMetasOptions = {},
): AsyncGenerator<LogMeta> {
  yield* mapBounded(entries, options.parallel ?? defaultParallel, ({ key }) => readLogMeta(store, key));
}

/** One meta. Errors: OBJECT_MISSING, and those of decodeLogMeta. */
export async function readLogMeta(store: ObjectStore, key: string): Promise<LogMeta> {
  const bytes = await store.get(key);
  if (bytes === undefined) throw missingObject(key, 'the listing of v1/backupmeta/');
  return decodeLogMeta(key, bytes);
}

/**
 * The shift of [start, until]: no record of the range needs a value of the default CF that is older (FACTS §4.7
 * step 2). At most `start`. Opens only metas whose names do not tell.
 */
export async function computeShift(
  store: ObjectStore,
  entries: readonly LogMetaEntry[],
  options: TsRange & ReadMetasOptions,
): Promise<bigint> {
  const { start, until } = options;
  let shift = start;
  const toOpen: LogMetaEntry[] = [];
  for (const entry of entries) {
    const told = shiftFromName(entry.name, start, until);
    if (told === 'open') toOpen.push(entry);
    else if (told !== undefined && told < shift) shift = told;
  }
  for await (const meta of readLogMetas(store, toOpen, options)) {
    const told = shiftOfMeta(meta, options);
    if (told !== undefined && told < shift) shift = told;
  }
  return shift;
}

/**
 * What the files of an opened meta add to the shift; undefined = nothing. In a V1 meta 0 means "not told": TiKV 6.1 wrote
 * no begin, and br took one hour (FACTS §5.4), which a longer transaction breaks. Then all of the default CF counts.
 */
export function shiftOfMeta(meta: LogMeta, { start, until }: TsRange): bigint | undefined {
  let shift: bigint | undefined;
  for (const group of meta.groups) {
    for (const file of group.files) {
      const begin = file.minBeginTsInDefaultCf;
      if (file.cf === 'default' || file.minTs > until || file.maxTs < start) continue;
      if (begin === 0n && (meta.version === 2 || file.type === 'delete')) continue;
      if (shift === undefined || begin < shift) shift = begin;
    }
  }
  return shift;
}

/** The metas that the range needs, once the shift is known: what the names do not exclude (FACTS §4.7 step 3). */
export function selectLogMetas(
  entries: readonly LogMetaEntry[],
  { shift, until }: { readonly shift: bigint; readonly until: bigint },
): readonly LogMetaEntry[] {
  return entries.filter((entry) => mayContain(entry.name, shift, until));
}

/** The files of one meta that the range needs (FACTS §4.7 step 3), in the order of the meta. */
export function selectLogFiles(meta: LogMeta, options: SelectOptions): readonly SelectedLogFile[] {
  const selected: SelectedLogFile[] = [];
  for (const group of meta.groups) {
    for (const file of group.files) if (isWanted(file, options)) selected.push({ group, file });
  }
  return selected;
}

function isWanted(file: LogFile, options: SelectOptions): boolean {
  if (options.meta !== undefined && file.isMeta !== options.meta) return false;
  if (!file.isMeta && options.tableIds !== undefined && !options.tableIds.has(file.tableId)) return false;
  if (file.minTs > options.until) return false;
  return file.maxTs >= (file.cf === 'write' ? options.start : options.shift);
}
