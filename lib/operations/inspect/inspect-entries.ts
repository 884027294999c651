// Keys and write records for reading: what one entry of a table or of the log says, as plain text fields.

import { parseRawKey, readI64, readTs } from '../../br/codec/keys.ts';
import { decodeBytes } from '../../br/codec/memcomparable.ts';
import { parseMetaKey } from '../../br/codec/meta-key.ts';
import { parseWriteRecord, WriteRecord } from '../../br/codec/write-record.ts';
import type { PlainDocument } from '../../br/message-document.ts';

/** Longest value that is shown whole, in bytes. */
const SHOWN_BYTES = 96;
const INT_HANDLE_BYTES = 8;

/** An entry: key = memcomparable(raw) and the complement of a ts. cf tells what the value is. */
export function entryDocument(key: Uint8Array, value: Uint8Array, cf: 'write' | 'default'): PlainDocument {
  const { bytes: raw, next } = decodeBytes(key);
  const ts = String(readTs(key, next));
  const at = cf === 'write' ? { commitTs: ts } : { startTs: ts };
  return {
    ...at,
    key: keyDocument(raw),
    ...(cf === 'write' ? writeDocument(value) : { value: shortHex(value) }),
  };
}

function keyDocument(raw: Uint8Array): PlainDocument {
  const parsed = parseRawKey(raw);
  const hex = Buffer.from(raw).toString('hex');
  switch (parsed.kind) {
    case 'row': {
      const handle = raw.subarray(parsed.handleOffset);
      const text =
        handle.length === INT_HANDLE_BYTES ? String(readI64(handle, 0)) : Buffer.from(handle).toString('hex');
      return { kind: 'row', tableId: String(parsed.tableId), handle: text };
    }
    case 'index':
      return { kind: 'index', tableId: String(parsed.tableId), indexId: String(parsed.indexId), hex };
    case 'meta': {
      const parts = Object.entries(parseMetaKey(raw)).map(([name, part]) => [name, String(part)]);
      return Object.fromEntries(parts);
    }
    case 'other':
      return { kind: 'other', hex };
    default:
      return parsed satisfies never;
  }
}

function writeDocument(value: Uint8Array): PlainDocument {
  if (value.length === 0) return { type: 'empty' };
  const record = new WriteRecord();
  parseWriteRecord(value, 0, value.length, record);
  const { shortValueOffset, shortValueEnd, gcFence } = record;
  return {
    type: String.fromCharCode(record.type),
    startTs: String(record.startTs),
    ...(record.hasOverlappedRollback ? { overlappedRollback: true } : {}),
    ...(gcFence === undefined ? {} : { gcFence: String(gcFence) }),
    ...(shortValueOffset < 0 ? {} : { value: shortHex(value.subarray(shortValueOffset, shortValueEnd)) }),
  };
}

function shortHex(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString('hex');
  return bytes.length > SHOWN_BYTES ? `${hex}… (${bytes.length} bytes)` : hex;
}
