// How a table's rows are cut into parts that workers make side by side: at the borders of the snapshot's files, because
// those are the regions' borders; small neighbours of one table share a part. Pure.

import { compareBytes } from '../br/bytes.ts';
import { rowRange } from '../br/codec/keys.ts';
import { encodeBytes } from '../br/codec/memcomparable.ts';

/** One SST of a snapshot; plain data, goes to other threads. Keys are raw, end exclusive (empty = open). */
export interface SnapshotFile {
  /** Index of the snapshot in the chain, 0 = the full one. */
  readonly layer: number;
  readonly name: string;
  readonly cf: 'write' | 'default';
  readonly startKey: Uint8Array;
  readonly endKey: Uint8Array;
  readonly size: number;
  readonly totalKvs: number;
  readonly sha256: Uint8Array;
  readonly cipherIv: Uint8Array;
}

/** A range of encoded keys of one physical table, with the files that can hold some of it. */
export interface Segment {
  readonly physicalId: bigint;
  /** memcomparable-encoded, inclusive. */
  readonly from: Uint8Array;
  /** memcomparable-encoded, exclusive. */
  readonly to: Uint8Array;
  readonly files: readonly SnapshotFile[];
}

/** One part of one table: what a worker does in one go, and one file of a Parquet table. */
export interface Shard {
  /** Index in the list of tables. */
  readonly table: number;
  /** Number of the part in its table, from 0, in key order. */
  readonly part: number;
  readonly segments: readonly Segment[];
  /** Bytes of its files. */
  readonly bytes: number;
}

/** Finds the files that overlap a key range without looking at all of them. */
export class FileIndex {
  readonly #files: readonly SnapshotFile[];
  /** Index of the file with the largest end among files[0..i]; unset end = infinite. */
  readonly #furthest: readonly Uint8Array[];

  constructor(files: readonly SnapshotFile[]) {
    this.#files = [...files].sort((a, b) => compareBytes(a.startKey, b.startKey));
    const furthest: Uint8Array[] = [];
    for (const { endKey } of this.#files) {
      const before = furthest.at(-1);
      furthest.push(before !== undefined && compareEnds(before, endKey) >= 0 ? before : endKey);
    }
    this.#furthest = furthest;
  }

  /** Files that overlap [from, to), by start key. */
  overlapping(from: Uint8Array, to: Uint8Array): SnapshotFile[] {
    const found: SnapshotFile[] = [];
    for (let i = this.#firstAtOrAfter(to) - 1; i >= 0; i--) {
      if (endsBefore(this.#furthest[i], from)) break;
      if (!endsBefore(this.#files[i].endKey, from)) found.push(this.#files[i]);
    }
    return found.reverse();
  }

  #firstAtOrAfter(key: Uint8Array): number {
    let low = 0;
    let high = this.#files.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(this.#files[middle].startKey, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Whether a range that ends at `end` (exclusive, empty = infinite) holds nothing at or after `key`. */
function endsBefore(end: Uint8Array, key: Uint8Array): boolean {
  return end.length > 0 && compareBytes(end, key) <= 0;
}

function compareEnds(a: Uint8Array, b: Uint8Array): number {
  if (a.length === 0 || b.length === 0) return b.length === 0 ? (a.length === 0 ? 0 : -1) : 1;
  return compareBytes(a, b);
}

/**
 * The shards of one table, at least one (an empty table has an empty part), in key order.
 * targetBytes: a part is closed when its files reach this; a single region can be larger.
 */
export function shardTable(
  table: number,
  physicalIds: readonly bigint[],
  index: FileIndex,
  targetBytes: number,
): Shard[] {
  const shards: Shard[] = [];
  let segments: Segment[] = [];
  let bytes = 0;
  const close = () => {
    shards.push({ table, part: shards.length, segments, bytes });
    segments = [];
    bytes = 0;
  };
  for (const physicalId of [...physicalIds].sort((a, b) => (a < b ? -1 : 1))) {
    for (const segment of segmentsOf(physicalId, index)) {
      const size = segment.files.reduce((sum, file) => sum + file.size, 0);
      if (segments.length > 0 && bytes + size > targetBytes) close();
      segments.push(segment);
      bytes += size;
    }
  }
  if (segments.length > 0 || shards.length === 0) close();
  return shards;
}

/** Cuts the row range of a physical table between groups of files that do not overlap. */
function segmentsOf(physicalId: bigint, index: FileIndex): Segment[] {
  const range = rowRange(physicalId);
  const groups: { start: Uint8Array; end: Uint8Array; files: SnapshotFile[] }[] = [];
  for (const file of index.overlapping(range.start, range.end)) {
    const group = groups.at(-1);
    if (group !== undefined && !endsBefore(group.end, file.startKey)) {
      group.files.push(file);
      if (compareEnds(file.endKey, group.end) > 0) group.end = file.endKey;
    } else groups.push({ start: file.startKey, end: file.endKey, files: [file] });
  }
  if (groups.length === 0) groups.push({ start: range.start, end: range.end, files: [] });
  return groups.map(({ start, files }, i) => ({
    physicalId,
    from: encodeBytes(i === 0 ? range.start : start),
    to: encodeBytes(i + 1 < groups.length ? groups[i + 1].start : range.end),
    files,
  }));
}

/** Orders overlapping files into as few chains as possible, each chain's files one after another without overlap. */
export function chains(files: readonly SnapshotFile[]): SnapshotFile[][] {
  const result: SnapshotFile[][] = [];
  for (const file of [...files].sort((a, b) => compareBytes(a.startKey, b.startKey))) {
    const home = result.find((chain) => {
      const last = chain[chain.length - 1];
      return last.layer === file.layer && last.cf === file.cf && endsBefore(last.endKey, file.startKey);
    });
    if (home === undefined) result.push([file]);
    else home.push(file);
  }
  return result;
}
