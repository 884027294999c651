// Which metas a truncation has to open, and how far back it must keep values: from the names where they tell, from the
// metas where they do not (FACTS §3.7, §5.1, §5.2, §5.7). Decides on nothing but metas; deletes nothing.
import { mapBounded } from '../../ports/bounded-parallel.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { decodeLogMeta, type LogMeta } from './log-metas.ts';
import { type LogMetaEntry, shiftOfMeta } from './log-selection.ts';
import { isEmptyMeta, mayBeginBefore, shiftFromName } from './meta-name.ts';

/** Larger than every TSO: the range of a shift is open at its end. */
const endOfTime = 0xffff_ffff_ffff_ffffn;
/** The fields of a meta without groups: four numbers. The shortest group is longer by its path alone. */
const mostEmptyBytes = 64;

export interface TruncationShift {
  /** Everything from here on may be needed by a restore to a moment from `until` on. At most `until`. */
  readonly shiftTs: bigint;
  /** The meta that holds it back; undefined when nothing does. */
  readonly heldBy: string | undefined;
  /** The metas that had to be opened, each with the time of its first record; undefined when it has none. */
  readonly opened: ReadonlyMap<string, bigint | undefined>;
}

export interface ReadOptions {
  /** GETs in flight. */
  readonly parallel: number;
  /** Told after each GET. */
  readonly onRead?: (done: number, total: number) => void;
}

/**
 * The shift of [until, ∞). Opens only metas whose names do not tell. Errors: OBJECT_DAMAGED, OBJECT_UNRECOGNIZED and
 * UNSUPPORTED for a meta that cannot be read, because then nobody knows what it needs; those of the storage.
 */
export async function truncationShift(
  store: ObjectStore,
  entries: readonly LogMetaEntry[],
  untilTs: bigint,
  options: ReadOptions,
): Promise<TruncationShift> {
  const range = { start: untilTs, until: endOfTime };
  let shiftTs = untilTs;
  let heldBy: string | undefined;
  const consider = (key: string, told: bigint | undefined): void => {
    if (told === undefined || told >= shiftTs) return;
    shiftTs = told;
    heldBy = key;
  };
  const toOpen: LogMetaEntry[] = [];
  for (const entry of entries) {
    const told = deniesItsName(entry) ? 'open' : shiftFromName(entry.name, range.start, range.until);
    if (told === 'open') toOpen.push(entry);
    else consider(entry.key, told);
  }
  const opened = new Map<string, bigint | undefined>();
  for await (const [key, meta] of mapBounded(toOpen, options.parallel, async ({ key }) => {
    return [key, (await openMeta(store, key))?.meta] as const;
  })) {
    if (meta !== undefined) {
      opened.set(key, meta.groups.length === 0 ? undefined : firstTs(meta));
      consider(key, shiftOfMeta(meta, range));
    }
    options.onRead?.(opened.size, toOpen.length);
  }
  return { shiftTs, heldBy, opened };
}

function firstTs({ groups }: LogMeta): bigint {
  return groups.map(({ minTs }) => minTs).reduce((a, b) => (b < a ? b : a));
}

/** An "empty" meta that has bytes enough for a group. */
function deniesItsName({ name, size }: LogMetaEntry): boolean {
  return isEmptyMeta(name) && size > mostEmptyBytes;
}

/**
 * What becomes of a meta: `open` it, because something inside may end before the shift; it is `empty` and goes without being
 * opened, which br never does (FACTS §5.1); or it `stays`.
 */
export function fateOfMeta(
  entry: LogMetaEntry,
  untilTs: bigint,
  { shiftTs, opened }: TruncationShift,
): 'open' | 'empty' | 'stays' {
  if (isEmptyMeta(entry.name) && !deniesItsName(entry)) {
    const { flushTs } = entry.name;
    return flushTs !== undefined && flushTs < untilTs ? 'empty' : 'stays';
  }
  if (opened.has(entry.key)) {
    const first = opened.get(entry.key);
    return first !== undefined && first < shiftTs ? 'open' : 'stays';
  }
  return mayBeginBefore(entry.name, shiftTs) ? 'open' : 'stays';
}

/** A meta with its bytes; undefined when it is gone: then somebody has cut the log before. */
export async function openMeta(
  store: ObjectStore,
  key: string,
): Promise<{ readonly meta: LogMeta; readonly bytes: Uint8Array } | undefined> {
  const bytes = await store.get(key);
  if (bytes === undefined) return undefined;
  return { meta: decodeLogMeta(key, bytes, { unknownFields: 'keep' }), bytes };
}
