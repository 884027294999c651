// Which version of one key is the row at the moment? All records of that key are added, from snapshots and from the
// log, in any order and any number of times; then the newest put or delete wins (FACTS §4.4, §4.6, §4.7).

import { compareRanges } from '../br/bytes.ts';
import { PitrError } from '../domain/errors.ts';
import { ChangeKind, type ChangeView } from './change.ts';
import { TsMap } from './ts-map.ts';

/** A place in some block: valid as long as the block is not reused. */
export interface ValueRef {
  buffer: Uint8Array;
  start: number;
  end: number;
}

interface Version {
  kind: number;
  tsHigh: number;
  tsLow: number;
  startHigh: number;
  startLow: number;
  fenceHigh: number;
  fenceLow: number;
  value: ValueRef;
}

const emptyVersion = (): Version => ({
  kind: 0,
  tsHigh: 0,
  tsLow: 0,
  startHigh: 0,
  startLow: 0,
  fenceHigh: 0,
  fenceLow: 0,
  value: { buffer: new Uint8Array(0), start: 0, end: 0 },
});

/** Up to so many versions comparing each with each other is the fastest. */
const fewVersions = 32;

/** Reused from key to key: `reset`, `add` each record, `pick`. */
export class VersionPicker {
  readonly #untilHigh: number;
  readonly #untilLow: number;
  #versions: Version[] = [];
  #count = 0;
  #fenced = false;

  /** until: the moment; a gc fence is judged against it. */
  constructor(until: bigint) {
    this.#untilHigh = Number(until >> 32n);
    this.#untilLow = Number(until & 0xffffffffn);
  }

  reset(): void {
    this.#count = 0;
    this.#fenced = false;
  }

  get count(): number {
    return this.#count;
  }

  /** Adds one record. The value range is kept by reference. */
  add(
    kind: number,
    tsHigh: number,
    tsLow: number,
    startHigh: number,
    startLow: number,
    fenceHigh: number,
    fenceLow: number,
    buffer: Uint8Array,
    start: number,
    end: number,
  ): void {
    let version = this.#versions[this.#count];
    if (version === undefined) this.#versions.push((version = emptyVersion()));
    this.#count++;
    version.kind = kind;
    version.tsHigh = tsHigh;
    version.tsLow = tsLow;
    version.startHigh = startHigh;
    version.startLow = startLow;
    version.fenceHigh = fenceHigh;
    version.fenceLow = fenceLow;
    version.value.buffer = buffer;
    version.value.start = start;
    version.value.end = end;
    if (fenceHigh !== 0 || fenceLow !== 0) this.#fenced = true;
  }

  /** Adds the record of a view; its value stays where it is. */
  addView(v: ChangeView): void {
    const { kind, tsHigh, tsLow, startHigh, startLow, fenceHigh, fenceLow, buffer, keyEnd, valueEnd } = v;
    this.add(kind, tsHigh, tsLow, startHigh, startLow, fenceHigh, fenceLow, buffer, keyEnd, valueEnd);
  }

  /**
   * The value of the newest version, or undefined when the key is absent (deleted, or never put).
   * Throws OBJECT_MISSING when the newest version's long value is nowhere; key[0, keyEnd) is for that message only.
   */
  pick(key: Uint8Array, keyEnd: number): ValueRef | undefined {
    const newest = this.newest();
    if (newest < 0) return undefined;
    const version = this.#versions[newest];
    if (version.kind === ChangeKind.delete) return undefined;
    if (version.kind === ChangeKind.put) return version.value;
    const found = this.#defaultOf(version, key, keyEnd);
    if (found !== undefined) return found;
    const startTs = startTsOf(version);
    const hex = Buffer.from(key.subarray(0, keyEnd)).toString('hex');
    throw new PitrError(
      'OBJECT_MISSING',
      `the long value of key ${hex} written at start_ts ${startTs} is in no object of the backup: expected it in the default column family`,
      {
        hint: 'the object with this value was deleted or belongs to a part of the log that was cut; choose a newer base snapshot',
        details: { key: hex, startTs: String(startTs) },
      },
    );
  }

  /** Index of the newest visible put or delete, −1 when there is none. */
  newest(): number {
    let best = -1;
    for (let i = 0; i < this.#count; i++) {
      const version = this.#versions[i];
      if (version.kind === ChangeKind.default) continue;
      if (this.#fenced && this.#collected(version)) continue;
      if (best < 0 || isNewer(version, this.#versions[best])) best = i;
    }
    return best;
  }

  /**
   * Which records a later merge can still need, as indexes: everything when a fence is among them, otherwise the
   * newest write and the long values that belong to no older write seen here.
   */
  survivors(into: number[]): void {
    into.length = 0;
    const newest = this.#fenced ? -1 : this.newest();
    if (newest >= 0 && this.#count > fewVersions) {
      this.#survivorsOfMany(newest, into);
      return;
    }
    for (let i = 0; i < this.#count; i++) {
      const version = this.#versions[i];
      if (newest < 0 || i === newest) into.push(i);
      else if (version.kind === ChangeKind.default && !this.#belongsToOlder(version, newest)) into.push(i);
    }
    if (newest >= 0) this.#dropDuplicates(into);
  }

  version(index: number): Readonly<Version> {
    return this.#versions[index];
  }

  #belongsToOlder(value: Version, newest: number): boolean {
    const kept = this.#versions[newest];
    if (sameTs(value, kept)) return false;
    for (let i = 0; i < this.#count; i++) {
      const write = this.#versions[i];
      if (i !== newest && write.kind === ChangeKind.putLong && sameTs(value, write)) return true;
    }
    return false;
  }

  /** The same in linear time: a hot row has a hundred thousand versions. */
  #survivorsOfMany(newest: number, into: number[]): void {
    const older = new TsMap();
    for (let i = 0; i < this.#count; i++) {
      const { kind, startHigh, startLow } = this.#versions[i];
      if (i !== newest && kind === ChangeKind.putLong) older.set(startHigh, startLow, i);
    }
    const kept = new TsMap();
    for (let i = 0; i < this.#count; i++) {
      const version = this.#versions[i];
      if (i === newest) into.push(i);
      if (i === newest || version.kind !== ChangeKind.default) continue;
      const { tsHigh, tsLow } = version;
      if (!sameTs(version, this.#versions[newest]) && older.get(tsHigh, tsLow) !== undefined) continue;
      const same = kept.get(tsHigh, tsLow);
      if (same !== undefined && sameValue(version, this.#versions[same])) continue;
      kept.set(tsHigh, tsLow, i);
      into.push(i);
    }
  }

  /** The same long value can be in the log several times (FACTS §4.6): one is enough. */
  #dropDuplicates(indexes: number[]): void {
    let kept = 0;
    for (const index of indexes) {
      const version = this.#versions[index];
      let duplicate = false;
      for (let k = 0; k < kept && !duplicate; k++) {
        const other = this.#versions[indexes[k]];
        duplicate =
          version.kind === ChangeKind.default &&
          other.kind === ChangeKind.default &&
          version.tsHigh === other.tsHigh &&
          version.tsLow === other.tsLow &&
          sameValue(version, other);
      }
      if (!duplicate) indexes[kept++] = index;
    }
    indexes.length = kept;
  }

  /** Throws UNSUPPORTED for two values that differ: nothing in a log tells which of them was the last. */
  #defaultOf(write: Version, key: Uint8Array, keyEnd: number): ValueRef | undefined {
    let found: Version | undefined;
    for (let i = 0; i < this.#count; i++) {
      const candidate = this.#versions[i];
      if (candidate.kind !== ChangeKind.default || !sameTs(candidate, write)) continue;
      if (found !== undefined && !sameValue(candidate, found)) throw twoValues(write, key, keyEnd);
      found ??= candidate;
    }
    return found?.value;
  }

  /**
   * A record with a fence F was rewritten after its time: when the version at F should be here (F ≤ moment) and is
   * not, garbage collection has already removed what this record belonged to, and it must be ignored (FACTS §4.4).
   */
  #collected(version: Version): boolean {
    const { fenceHigh, fenceLow } = version;
    if (fenceHigh === 0 && fenceLow === 0) return false;
    const afterMoment =
      fenceHigh > this.#untilHigh || (fenceHigh === this.#untilHigh && fenceLow > this.#untilLow);
    if (afterMoment) return false;
    for (let i = 0; i < this.#count; i++) {
      const other = this.#versions[i];
      if (other.kind !== ChangeKind.default && other.tsHigh === fenceHigh && other.tsLow === fenceLow)
        return false;
    }
    return true;
  }
}

function isNewer(a: Version, b: Version): boolean {
  if (a.tsHigh !== b.tsHigh) return a.tsHigh > b.tsHigh;
  if (a.tsLow !== b.tsLow) return a.tsLow > b.tsLow;
  // The same commit twice: the copy with its value in it is as good and needs no join.
  return a.kind === ChangeKind.put && b.kind === ChangeKind.putLong;
}

function sameValue({ value: a }: Version, { value: b }: Version): boolean {
  return compareRanges(a.buffer, a.start, a.end, b.buffer, b.start, b.end) === 0;
}

function startTsOf({ startHigh, startLow }: Version): bigint {
  return (BigInt(startHigh) << 32n) | BigInt(startLow);
}

function twoValues(write: Version, key: Uint8Array, keyEnd: number): PitrError {
  const startTs = startTsOf(write);
  const hex = Buffer.from(key.subarray(0, keyEnd)).toString('hex');
  return new PitrError(
    'UNSUPPORTED',
    `the log has two different long values of key ${hex} written at start_ts ${startTs}, expected one`,
    {
      hint: 'choose a snapshot taken afterwards as the base, or leave the table out with --tables',
      details: { key: hex, startTs: String(startTs) },
    },
  );
}

/** Whether the DEFAULT record holds the value of the write: its ts is the write's start_ts. */
function sameTs(value: Version, write: Version): boolean {
  return value.tsHigh === write.startHigh && value.tsLow === write.startLow;
}
