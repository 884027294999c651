// The data changes of the log in (base, moment], read from its files and handed to the sorter (FACTS §4.7 steps 3–5).

import { tsBytes, tsHi, tsLo } from '../br/codec/keys.ts';
import { parseWriteRecord, WriteRecord, writeTypes } from '../br/codec/write-record.ts';
import { EventCursor } from '../br/log/event-stream.ts';
import { damagedObject } from '../domain/errors.ts';
import { type ChangeHeader, ChangeKind } from './change.ts';
import type { ChangeSorter } from './change-sorter.ts';
import type { OpenedLogFile } from './log-ranges.ts';

/** The changes that count: writes with after < commit_ts ≤ until, long values with shift ≤ start_ts ≤ until. */
export interface ChangeBounds {
  /** BackupTS of the last snapshot of the chain. */
  readonly after: bigint;
  readonly until: bigint;
  readonly shift: bigint;
}

const noValue = new Uint8Array(0);

/** Reads opened log files into a sorter; one object for many files. */
export class LogChangeReader {
  readonly #sorter: ChangeSorter;
  readonly #after: Halves;
  readonly #until: Halves;
  readonly #shift: Halves;
  readonly #record = new WriteRecord();
  readonly #header: ChangeHeader = {
    kind: 0,
    tsHigh: 0,
    tsLow: 0,
    startHigh: 0,
    startLow: 0,
    fenceHigh: 0,
    fenceLow: 0,
  };

  constructor(sorter: ChangeSorter, bounds: ChangeBounds) {
    this.#sorter = sorter;
    this.#after = halves(bounds.after);
    this.#until = halves(bounds.until);
    this.#shift = halves(bounds.shift);
  }

  /**
   * Adds the changes of one file; returns how many it took.
   * Files of type `delete` say that a version was removed from the engine (rolled back or collected): the versions
   * that a restore to a moment in the window picks are never among them (FACTS §4.2, §4.5).
   */
  add({ file, object, plaintext }: OpenedLogFile): number {
    if (file.type === 'delete') return 0;
    return file.cf === 'write' ? this.#addWrites(plaintext, object) : this.#addLongValues(plaintext, object);
  }

  #addWrites(bytes: Uint8Array, object: string): number {
    const cursor = new EventCursor(bytes, object);
    const record = this.#record;
    const header = this.#header;
    let taken = 0;
    while (cursor.next()) {
      const keyEnd = splitKey(cursor, object);
      header.tsHigh = tsHi(bytes, keyEnd);
      header.tsLow = tsLo(bytes, keyEnd);
      // An empty write value says nothing (FACTS §4.4).
      if (cursor.valueStart === cursor.valueEnd) continue;
      if (!isAfter(header, this.#after) || isAfter(header, this.#until)) continue;
      parseWriteRecord(bytes, cursor.valueStart, cursor.valueEnd, record);
      const short = record.shortValueOffset >= 0;
      if (record.type === writeTypes.put) header.kind = short ? ChangeKind.put : ChangeKind.putLong;
      else if (record.type === writeTypes.delete) header.kind = ChangeKind.delete;
      else continue;
      header.startHigh = record.startTsHi;
      header.startLow = record.startTsLo;
      header.fenceHigh = record.gcFenceHi;
      header.fenceLow = record.gcFenceLo;
      const inline = header.kind === ChangeKind.put;
      const valueStart = inline ? record.shortValueOffset : 0;
      const valueEnd = inline ? record.shortValueEnd : 0;
      this.#sorter.add(
        header,
        bytes,
        cursor.keyStart,
        keyEnd,
        inline ? bytes : noValue,
        valueStart,
        valueEnd,
      );
      taken++;
    }
    return taken;
  }

  #addLongValues(bytes: Uint8Array, object: string): number {
    const cursor = new EventCursor(bytes, object);
    const header = this.#header;
    header.kind = ChangeKind.default;
    header.startHigh = header.startLow = header.fenceHigh = header.fenceLow = 0;
    let taken = 0;
    while (cursor.next()) {
      const keyEnd = splitKey(cursor, object);
      header.tsHigh = tsHi(bytes, keyEnd);
      header.tsLow = tsLo(bytes, keyEnd);
      if (isAfter(this.#shift, header) || isAfter(header, this.#until)) continue;
      this.#sorter.add(header, bytes, cursor.keyStart, keyEnd, bytes, cursor.valueStart, cursor.valueEnd);
      taken++;
    }
    return taken;
  }
}

interface Halves {
  readonly tsHigh: number;
  readonly tsLow: number;
}

function halves(ts: bigint): Halves {
  return { tsHigh: Number(ts >> 32n), tsLow: Number(ts & 0xffffffffn) };
}

function isAfter(a: Halves, b: Halves): boolean {
  return a.tsHigh !== b.tsHigh ? a.tsHigh > b.tsHigh : a.tsLow > b.tsLow;
}

/** Where the timestamp of the event's key begins. */
function splitKey(cursor: EventCursor, object: string): number {
  const keyEnd = cursor.keyEnd - tsBytes;
  if (keyEnd <= cursor.keyStart)
    throw damagedObject(object, 'keys with a timestamp', `a key of ${cursor.keyEnd - cursor.keyStart} bytes`);
  return keyEnd;
}
