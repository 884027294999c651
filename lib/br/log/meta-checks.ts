// What a `.meta` says twice must agree (FACTS §3.7, §3.10, §4.3, §4.5): bounds against the name, ids and times against
// the keys. A `.meta` has no checksum; these comparisons are what stands between a flipped bit and wrong data.
import { damagedObject } from '../../domain/errors.ts';
import type { LogFile, LogGroup, LogMeta } from './log-metas.ts';
import type { MetaName } from './meta-name.ts';

const timestampBytes = 8;
const metaPrefix = 0x6d;
const tablePrefix = 0x74;

/**
 * The groups lie inside the bounds of the meta and of its name. They need not reach them: a truncation takes groups away,
 * never adds one; it keeps the name (FACTS §3.7), and only newer versions of br count the meta's own bounds again (§5.1).
 */
export function checkMetaAgainstName(meta: LogMeta, name: MetaName): void {
  // Store ids begin at 1. Fields are written in the order of their numbers, and the files of V1 come first: without
  // these two a document that was cut short would pass for one with fewer files, or with none.
  if (meta.storeId === 0n) throw damagedObject(meta.name, 'the id of a store', 'none');
  const bounds = boundsOf(meta.groups);
  if (bounds === undefined) return;
  const found = `groups from ${bounds.minTs} to ${bounds.maxTs}`;
  // Without its lower bound it was cut short: the fields are written in the order of their numbers.
  if (meta.minTs === 0n || bounds.minTs < meta.minTs || bounds.maxTs > meta.maxTs) {
    throw damagedObject(meta.name, `groups from ${meta.minTs} to ${meta.maxTs}`, found);
  }
  if (name.minTs === undefined || name.maxTs === undefined) return;
  if (bounds.minTs < name.minTs || bounds.maxTs > name.maxTs) {
    throw damagedObject(meta.name, `groups between ${name.minTs} and ${name.maxTs}, as its name says`, found);
  }
  if (name.storeId !== undefined && name.storeId !== meta.storeId) {
    throw damagedObject(meta.name, `store ${name.storeId}, as its name says`, `store ${meta.storeId}`);
  }
}

/**
 * Ranges lie inside the object and do not overlap; files lie inside the group's bounds, and reach them when no range
 * was taken out; keys belong to the file's table and time.
 */
export function checkGroup(name: string, group: LogGroup): void {
  let end = 0;
  let stored = 0;
  for (const file of [...group.files].sort((a, b) => a.rangeOffset - b.rangeOffset)) {
    if (file.rangeOffset < end) {
      throw damagedObject(name, `a range of ${group.path} from ${end} on`, `one at ${file.rangeOffset}`);
    }
    end = file.rangeOffset + file.rangeLength;
    stored += file.rangeLength;
    checkTableOfKeys(name, file);
    checkTimesOfKeys(name, file);
  }
  if (end > group.length) {
    throw damagedObject(name, `ranges inside the ${group.length} bytes of ${group.path}`, `an end at ${end}`);
  }
  const bounds = boundsOf(group.files);
  if (bounds === undefined) return;
  const whole = stored === group.length && (bounds.minTs !== group.minTs || bounds.maxTs !== group.maxTs);
  if (whole || bounds.minTs < group.minTs || bounds.maxTs > group.maxTs) {
    const expected = `files of ${group.path} from ${group.minTs} to ${group.maxTs}`;
    throw damagedObject(name, expected, `files from ${bounds.minTs} to ${bounds.maxTs}`);
  }
}

interface Bounds {
  readonly minTs: bigint;
  readonly maxTs: bigint;
}

function boundsOf(parts: readonly Bounds[]): Bounds | undefined {
  let bounds: Bounds | undefined;
  for (const { minTs, maxTs } of parts) {
    bounds =
      bounds === undefined
        ? { minTs, maxTs }
        : {
            minTs: minTs < bounds.minTs ? minTs : bounds.minTs,
            maxTs: maxTs > bounds.maxTs ? maxTs : bounds.maxTs,
          };
  }
  return bounds;
}

/** First and last key belong to the table, or to the schema when the file says so. */
export function checkTableOfKeys(name: string, file: LogFile): void {
  for (const key of [file.startKey, file.endKey]) if (key.length > 0) checkOwner(name, file, key);
}

/** The times of the first and the last key lie between min_ts and max_ts. */
function checkTimesOfKeys(name: string, file: LogFile): void {
  for (const key of [file.startKey, file.endKey]) {
    if (key.length === 0) continue;
    const ts = timestampOf(key);
    if (ts === undefined || ts < file.minTs || ts > file.maxTs) {
      throw damagedObject(
        name,
        `keys with times from ${file.minTs} to ${file.maxTs}`,
        `a key at ${ts ?? 'no time'}`,
      );
    }
  }
}

function checkOwner(name: string, file: LogFile, key: Uint8Array): void {
  const found = key[0] === metaPrefix ? 'a key of the schema' : `a key of table ${tableIdOf(key) ?? 0n}`;
  if (file.isMeta !== (key[0] === metaPrefix)) {
    throw damagedObject(name, file.isMeta ? 'keys of the schema' : `keys of table ${file.tableId}`, found);
  }
  const tableId = file.isMeta ? 0n : (tableIdOf(key) ?? 0n);
  if (tableId !== file.tableId) throw damagedObject(name, `keys of table ${file.tableId}`, found);
}

/** The id in memcomparable(`t` + 8 bytes …): seven bytes, a group marker, one byte (FACTS §4.3). */
function tableIdOf(key: Uint8Array): bigint | undefined {
  if (key[0] !== tablePrefix || key.length < 10) return undefined;
  let id = 0n;
  for (const at of [1, 2, 3, 4, 5, 6, 7, 9]) id = (id << 8n) | BigInt(key[at] ?? 0);
  return BigInt.asIntN(64, id ^ (1n << 63n));
}

function timestampOf(key: Uint8Array): bigint | undefined {
  if (key.length < timestampBytes) return undefined;
  let inverted = 0n;
  for (const byte of key.subarray(key.length - timestampBytes)) inverted = (inverted << 8n) | BigInt(byte);
  return BigInt.asUintN(64, ~inverted);
}
