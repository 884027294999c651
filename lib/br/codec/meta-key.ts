// What a raw `m…` key stands for, both directions (CODEC §8.1, §8.2). It must not read values, nor undo the outer
// encoding and the timestamp of a recorded key (FACTS §4.3): it takes what is left after that.
import { PitrError } from '../../domain/errors.ts';
import { decodeBytes, encodeBytes } from './memcomparable.ts';

export type MetaKey =
  | { readonly kind: 'database'; readonly dbId: bigint }
  | { readonly kind: 'table'; readonly dbId: bigint; readonly tableId: bigint }
  | {
      /** Counters: `TID`, `IID`, `TARID`; values are decimal, the end of the allocated range (CODEC §8.2). */
      readonly kind: 'autoId' | 'autoIncId' | 'autoRandomId';
      readonly dbId: bigint;
      readonly tableId: bigint;
    }
  | { readonly kind: 'sequence' | 'sequenceCycle'; readonly dbId: bigint; readonly tableId: bigint }
  | { readonly kind: 'ddlHistory'; readonly jobId: bigint }
  | { readonly kind: 'diff'; readonly version: bigint }
  | { readonly kind: 'nextGlobalId' }
  | { readonly kind: 'other'; readonly text: string };

const metaByte = 0x6d;
const stringData = 0x73;
const hashData = 0x68;
/** `S` string meta, `H` hash meta, `l` list item, `L` list meta: real structures that no schema needs. */
const otherStructures: ReadonlySet<number> = new Set([0x53, 0x48, 0x6c, 0x4c]);

const ofTable = {
  Table: 'table',
  TID: 'autoId',
  IID: 'autoIncId',
  TARID: 'autoRandomId',
  SID: 'sequence',
  SequenceCycle: 'sequenceCycle',
} as const;

const codeLength = 8;
const maxId = 2n ** 63n;

function damaged(rawKey: Uint8Array, expected: string, cause?: unknown): PitrError {
  const found = Array.from(rawKey.subarray(0, 48), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return new PitrError(
    'ROW_DAMAGED',
    `a meta key is damaged: expected ${expected}, found ${found || 'no bytes'}`,
    {
      hint: 'restore the log object that holds this key from a copy of the bucket',
      details: { expected, found },
      cause,
    },
  );
}

/** Printable text of a name or field: its bytes as Latin-1 with the others escaped, for messages and inspection. */
function printable(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('');
}

/** A plain decimal id as TiDB writes it: no sign, no leading zero, within 63 bits. */
function idOf(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^(0|[1-9][0-9]{0,18})$/.test(text)) return undefined;
  const id = BigInt(text);
  return id < maxId ? id : undefined;
}

function hashField(name: string, field: Uint8Array): MetaKey | undefined {
  if (name === 'DDLJobHistory' && field.length === 8) {
    return { kind: 'ddlHistory', jobId: new DataView(field.buffer, field.byteOffset).getBigUint64(0) };
  }
  const [prefix, id, ...rest] = printable(field).split(':');
  const fieldId = rest.length === 0 ? idOf(id) : undefined;
  if (fieldId === undefined || prefix === undefined) return undefined;
  if (name === 'DBs') return prefix === 'DB' ? { kind: 'database', dbId: fieldId } : undefined;
  const dbId = name.startsWith('DB:') ? idOf(name.slice(3)) : undefined;
  if (dbId === undefined || !Object.hasOwn(ofTable, prefix)) return undefined;
  return { kind: ofTable[prefix as keyof typeof ofTable], dbId, tableId: fieldId };
}

function stringKey(name: string): MetaKey | undefined {
  if (name === 'NextGlobalID') return { kind: 'nextGlobalId' };
  const version = name.startsWith('Diff:') ? idOf(name.slice(5)) : undefined;
  return version === undefined ? undefined : { kind: 'diff', version };
}

function groups(rawKey: Uint8Array, offset: number): { readonly bytes: Uint8Array; readonly next: number } {
  try {
    return decodeBytes(rawKey, offset);
  } catch (cause) {
    throw damaged(rawKey, `groups of bytes at offset ${offset}`, cause);
  }
}

/**
 * The meaning of one raw meta key. Names and fields that this module does not know are `other` with their text.
 * Errors: ROW_DAMAGED when the bytes are no meta key at all, or not whole.
 */
export function parseMetaKey(rawKey: Uint8Array): MetaKey {
  if (rawKey[0] !== metaByte) throw damaged(rawKey, 'a key that begins with 6d');
  const name = groups(rawKey, 1);
  const rest = name.next + codeLength;
  if (rawKey.length < rest) throw damaged(rawKey, `8 bytes of type at offset ${name.next}`);
  const code = rawKey[rest - 1] ?? 0;
  for (let at = name.next; at < rest - 1; at += 1)
    if (rawKey[at] !== 0) throw damaged(rawKey, 'a type code of one letter');
  const text = printable(name.bytes);
  if (code === stringData) {
    if (rawKey.length !== rest) throw damaged(rawKey, `the end of the key at offset ${rest}`);
    return stringKey(text) ?? { kind: 'other', text };
  }
  if (code === hashData) {
    const field = groups(rawKey, rest);
    if (rawKey.length !== field.next) throw damaged(rawKey, `the end of the key at offset ${field.next}`);
    return hashField(text, field.bytes) ?? { kind: 'other', text: `${text}/${printable(field.bytes)}` };
  }
  if (!otherStructures.has(code)) throw damaged(rawKey, 'one of the type codes s, S, h, H, l, L');
  return { kind: 'other', text: `${text}/${String.fromCharCode(code)}` };
}

const utf8 = new TextEncoder();

function assemble(name: string, code: number, field: Uint8Array | undefined): Uint8Array {
  const encodedName = encodeBytes(utf8.encode(name));
  const encodedField = field === undefined ? new Uint8Array() : encodeBytes(field);
  const out = new Uint8Array(1 + encodedName.length + codeLength + encodedField.length);
  out[0] = metaByte;
  out.set(encodedName, 1);
  out[encodedName.length + codeLength] = code;
  out.set(encodedField, 1 + encodedName.length + codeLength);
  return out;
}

const hashKey = (name: string, field: string): Uint8Array => assemble(name, hashData, utf8.encode(field));

function jobKey(jobId: bigint): Uint8Array {
  const field = new Uint8Array(8);
  new DataView(field.buffer).setBigUint64(0, jobId);
  return assemble('DDLJobHistory', hashData, field);
}

/** Raw keys by what they stand for: the inverse of `parseMetaKey`. */
export const metaKey = {
  database: (dbId: bigint): Uint8Array => hashKey('DBs', `DB:${dbId}`),
  table: (dbId: bigint, tableId: bigint): Uint8Array => hashKey(`DB:${dbId}`, `Table:${tableId}`),
  autoId: (dbId: bigint, tableId: bigint): Uint8Array => hashKey(`DB:${dbId}`, `TID:${tableId}`),
  autoIncId: (dbId: bigint, tableId: bigint): Uint8Array => hashKey(`DB:${dbId}`, `IID:${tableId}`),
  autoRandomId: (dbId: bigint, tableId: bigint): Uint8Array => hashKey(`DB:${dbId}`, `TARID:${tableId}`),
  sequence: (dbId: bigint, tableId: bigint): Uint8Array => hashKey(`DB:${dbId}`, `SID:${tableId}`),
  sequenceCycle: (dbId: bigint, tableId: bigint): Uint8Array =>
    hashKey(`DB:${dbId}`, `SequenceCycle:${tableId}`),
  ddlHistory: jobKey,
  diff: (version: bigint): Uint8Array => assemble(`Diff:${version}`, stringData, undefined),
  nextGlobalId: (): Uint8Array => assemble('NextGlobalID', stringData, undefined),
  /** Any other string key, e.g. `SchemaVersionKey`. */
  text: (name: string): Uint8Array => assemble(name, stringData, undefined),
} as const;
