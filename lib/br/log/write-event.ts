// Whether an event whose column family is not told, or not believed, is a write record. Its bytes alone prove little (an
// index value can begin with any byte), so it must also name a start_ts of our times that lies before the key's own.

import { PLAUSIBLE_TS } from '../../domain/ts.ts';
import { readTs, tsBytes } from '../codec/keys.ts';
import { parseWriteRecord, type WriteRecord } from '../codec/write-record.ts';
import type { EventCursor } from './event-stream.ts';

/** A write record: a short value of at most 255 bytes, and less than 64 around it (FACTS §4.4). */
const longestWriteRecord = 320;

/** Judges the cursor's event; `record` holds the record afterwards when it is one. */
export function isWriteEvent(cursor: EventCursor, record: WriteRecord): boolean {
  const { buf, keyStart, keyEnd, valueStart, valueEnd } = cursor;
  const size = valueEnd - valueStart;
  if (size === 0 || size > longestWriteRecord || keyEnd - keyStart < tsBytes) return false;
  try {
    parseWriteRecord(buf, valueStart, valueEnd, record);
  } catch {
    return false;
  }
  return record.startTs >= PLAUSIBLE_TS.from && record.startTs <= readTs(buf, keyEnd - tsBytes);
}
