// Recorded schemas and meta changes of test/fixtures, read with a few lines of wire decoding of our own, so that the
// tests of the schema codec stand on the bytes alone and not on the readers of lib/br.
import { createDecipheriv } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';

type WireValue = bigint | Uint8Array;
type Message = ReadonlyMap<number, readonly WireValue[]>;

function varint(bytes: Uint8Array, at: number): { value: bigint; next: number } {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = bytes[at++]!;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value, next: at };
  }
}

/** The fields of one protobuf message by number: varints as bigint, everything else as bytes. */
function wire(bytes: Uint8Array): Message {
  const fields = new Map<number, WireValue[]>();
  let at = 0;
  while (at < bytes.length) {
    const tag = varint(bytes, at);
    const kind = Number(tag.value & 7n);
    const head = varint(bytes, tag.next);
    let value: WireValue = head.value;
    at = head.next;
    if (kind === 2) {
      value = bytes.subarray(at, at + Number(head.value));
      at += value.length;
    } else if (kind !== 0) throw new Error(`wire kind ${kind} is not expected in the recorded data`);
    const number = Number(tag.value >> 3n);
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

const bytesOf = (message: Message, field: number): Uint8Array =>
  (message.get(field)?.[0] as Uint8Array | undefined) ?? new Uint8Array();
const manyOf = (message: Message, field: number): readonly Uint8Array[] =>
  (message.get(field) ?? []) as Uint8Array[];
const numberOf = (message: Message, field: number): bigint =>
  (message.get(field)?.[0] as bigint | undefined) ?? 0n;
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

export const fixtures = join(import.meta.dirname, '..', 'fixtures');

export interface RecordedSnapshot {
  readonly backupTs: bigint;
  readonly startTs: bigint;
  readonly schemas: readonly { readonly db: Uint8Array; readonly table: Uint8Array }[];
}

/** The schema entries of one plain snapshot folder below test/fixtures. */
export function recordedSnapshot(folder: string): RecordedSnapshot {
  const root = join(fixtures, folder);
  const meta = wire(readFileSync(join(root, 'backupmeta')));
  const schemas = [...manyOf(meta, 7)];
  const index = manyOf(meta, 14);
  for (const tree of index) {
    const node = wire(tree);
    schemas.push(...manyOf(node, 3));
    for (const file of manyOf(node, 1)) {
      schemas.push(...manyOf(wire(readFileSync(join(root, textOf(bytesOf(wire(file), 1))))), 3));
    }
  }
  return {
    backupTs: numberOf(meta, 6),
    startTs: numberOf(meta, 5),
    schemas: schemas.map((one) => {
      const schema = wire(one);
      return { db: bytesOf(schema, 1), table: bytesOf(schema, 2) };
    }),
  };
}

export interface RecordedMetaChange {
  readonly rawKey: Uint8Array;
  readonly commitTs: bigint;
  readonly startTs: bigint;
  readonly type: 'put' | 'delete';
  readonly value?: Uint8Array;
}

function decodeGroups(bytes: Uint8Array): { raw: Uint8Array; next: number } {
  const out: number[] = [];
  for (let at = 0; ; at += 9) {
    const pad = 0xff - bytes[at + 8]!;
    out.push(...bytes.subarray(at, at + 8 - pad));
    if (pad !== 0) return { raw: Uint8Array.from(out), next: at + 9 };
  }
}

interface RecordedEvent {
  readonly cf: string;
  readonly rawKey: Uint8Array;
  readonly ts: bigint;
  readonly value: Uint8Array;
}

function* events(plain: Uint8Array, cf: string): Generator<RecordedEvent> {
  const view = Buffer.from(plain.buffer, plain.byteOffset, plain.length);
  let at = 0;
  while (at < view.length) {
    const keyEnd = at + 4 + view.readUInt32LE(at);
    const key = view.subarray(at + 4, keyEnd);
    const valueEnd = keyEnd + 4 + view.readUInt32LE(keyEnd);
    const { raw, next } = decodeGroups(key);
    const ts = BigInt.asUintN(64, ~key.readBigUInt64BE(next));
    yield { cf, rawKey: raw, ts, value: view.subarray(keyEnd + 4, valueEnd) };
    at = valueEnd;
  }
}

function plainRange(root: string, path: string, info: Message, keyHex: string): Uint8Array {
  const from = Number(numberOf(info, 16));
  let range: Uint8Array = readFileSync(join(root, path)).subarray(from, from + Number(numberOf(info, 17)));
  const encryption = wire(bytesOf(info, 23));
  if (bytesOf(encryption, 4).length > 0) {
    const key = Buffer.from(keyHex, 'hex');
    range = createDecipheriv(`aes-${key.length * 8}-ctr`, key, bytesOf(encryption, 4)).update(range);
  }
  return numberOf(info, 18) === 3n ? zstdDecompressSync(range) : range;
}

function* metaEvents(folder: string, keyHex: string): Generator<RecordedEvent> {
  const root = join(fixtures, folder);
  const names = readdirSync(join(root, 'v1/backupmeta'));
  for (const name of names.filter((one) => one.endsWith('.meta')).sort()) {
    for (const group of manyOf(wire(readFileSync(join(root, 'v1/backupmeta', name))), 6).map(wire)) {
      for (const info of manyOf(group, 2).map(wire)) {
        if (numberOf(info, 12) !== 1n) continue;
        yield* events(plainRange(root, textOf(bytesOf(group, 1)), info, keyHex), textOf(bytesOf(info, 10)));
      }
    }
  }
}

/** All meta changes of one recorded log, write and default column families joined, in the order of the files. */
export function recordedMetaChanges(folder: string, keyHex = ''): readonly RecordedMetaChange[] {
  const all = [...metaEvents(folder, keyHex)];
  const longValues = new Map<string, Uint8Array>();
  const place = (key: Uint8Array, ts: bigint): string => `${Buffer.from(key).toString('latin1')}@${ts}`;
  for (const one of all) if (one.cf === 'default') longValues.set(place(one.rawKey, one.ts), one.value);
  const changes: RecordedMetaChange[] = [];
  for (const { cf, rawKey, ts, value } of all) {
    if (cf !== 'write' || (value[0] !== 0x50 && value[0] !== 0x44)) continue;
    const start = varint(value, 1);
    const common = { rawKey, commitTs: ts, startTs: start.value };
    if (value[0] === 0x44) {
      changes.push({ ...common, type: 'delete' });
      continue;
    }
    const short =
      value[start.next] === 0x76
        ? value.subarray(start.next + 2, start.next + 2 + value[start.next + 1]!)
        : undefined;
    const found = short ?? longValues.get(place(rawKey, start.value));
    if (found === undefined)
      throw new Error(`no long value for ${Buffer.from(rawKey).toString('latin1')} at ${ts}`);
    changes.push({ ...common, type: 'put', value: found });
  }
  return changes;
}

export interface RecordedTruth {
  readonly name: string;
  readonly ts: bigint;
  readonly tables: ReadonlyMap<string, { readonly ddl: string; readonly columns: readonly string[] }>;
}

/** The truths of one folder (`shop`, `variants`): the moment, and per `db.table` its DDL and columns. */
export function recordedTruths(folder: string): readonly RecordedTruth[] {
  const root = join(fixtures, folder, 'truth');
  return readdirSync(root)
    .sort()
    .map((name) => {
      const document = JSON.parse(readFileSync(join(root, name), 'utf8')) as {
        tso: string;
        tables: Record<string, { ddl: string; columns: string[] }>;
      };
      return { name, ts: BigInt(document.tso), tables: new Map(Object.entries(document.tables)) };
    });
}
