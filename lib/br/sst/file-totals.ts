// The three sums that BR keeps of each table in File: total_kvs, total_bytes and crc64xor. They are sums of the rows as
// a client of TiKV sees them, and each row is counted once, in the file that holds its value.

import { Crc64Xor } from '../checksum/crc64.ts';
import { decodeBytesInto, newDecodedSpan } from '../codec/memcomparable.ts';
import { parseWriteRecord, WriteRecord, writeTypes } from '../codec/write-record.ts';

/**
 * Seen on every recorded table (FACTS §9): key = the raw key, without `z`, groups and timestamp. Default CF: every
 * entry with its value. Write CF: a put with a short value counts with that value, a delete with an empty one, and a
 * put without a short value not at all, because the default CF's file counts it.
 */
export class FileTotals {
  totalKvs = 0;
  /** Bytes of raw keys and values. */
  totalBytes = 0;
  private readonly cf: 'default' | 'write';
  private readonly sum = new Crc64Xor();
  private readonly record = new WriteRecord();
  private readonly span = newDecodedSpan();
  private raw = new Uint8Array(256);

  constructor(cf: 'default' | 'write') {
    this.cf = cf;
  }

  /** `key[0, keyLength)` as the table has it: `z`, groups, timestamp. Errors: ROW_DAMAGED. */
  add(key: Uint8Array, keyLength: number, value: Uint8Array, valueStart: number, valueEnd: number): void {
    let start = valueStart;
    let end = valueEnd;
    if (this.cf === 'write') {
      parseWriteRecord(value, valueStart, valueEnd, this.record);
      const { type, shortValueOffset, shortValueEnd } = this.record;
      if (type === writeTypes.delete) end = start;
      else if (type !== writeTypes.put || shortValueOffset < 0) return;
      else {
        start = shortValueOffset;
        end = shortValueEnd;
      }
    }
    if (this.raw.length < keyLength) this.raw = new Uint8Array(keyLength * 2);
    decodeBytesInto(key, 1, keyLength, this.raw, this.span);
    this.sum.add(this.raw, 0, this.span.length, value, start, end);
    this.totalKvs++;
    this.totalBytes += this.span.length + end - start;
  }

  get crc64xor(): bigint {
    return this.sum.value;
  }
}
