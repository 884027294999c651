// A protobuf message as a plain document for reading: names as in the .proto files, u64 as text, bytes as hex, enums by
// name, JSON inside bytes unfolded. Nothing is left out and nothing is interpreted.
import type { DescEnum, DescField, DescMessage, Message } from '@bufbuild/protobuf';
import { PitrError } from '../domain/errors.ts';
import { type JsonValue, parseJson } from './json-u64.ts';

/** What JSON can hold without loss. */
export type PlainValue = null | boolean | number | string | readonly PlainValue[] | PlainDocument;
export interface PlainDocument {
  readonly [name: string]: PlainValue;
}

/** Bytes that hold a JSON document: `message.field`. */
const jsonFields: ReadonlySet<string> = new Set([
  'Schema.db',
  'Schema.table',
  'Schema.stats',
  'StatsBlock.json_table',
  'BackupMeta.ddls',
  'MetaFile.ddls',
  'PlacementPolicy.info',
]);

/** Fields that are not set are left out, as in the bytes. */
export function messageDocument(schema: DescMessage, message: Message): PlainDocument {
  const values = message as unknown as Readonly<Record<string, unknown>>;
  const document: Record<string, PlainValue> = {};
  for (const field of schema.fields) {
    const value = field.oneof === undefined ? values[field.localName] : chosen(values, field);
    if (isUnset(value)) continue;
    document[field.name] = plainField(schema, field, value);
  }
  return document;
}

function chosen(values: Readonly<Record<string, unknown>>, field: DescField): unknown {
  const group = values[field.oneof?.localName ?? ''] as { case?: string; value?: unknown } | undefined;
  return group?.case === field.localName ? group.value : undefined;
}

function isUnset(value: unknown): boolean {
  if (value === undefined || value === '' || value === 0 || value === 0n || value === false) return true;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  return false;
}

function plainField(schema: DescMessage, field: DescField, value: unknown): PlainValue {
  const one = (item: unknown) => plainItem(`${schema.name}.${field.name}`, field, item);
  if (field.fieldKind === 'list') return (value as readonly unknown[]).map(one);
  if (field.fieldKind !== 'map') return one(value);
  return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, one(item)]));
}

function plainItem(path: string, field: DescField, item: unknown): PlainValue {
  if (field.message !== undefined) return messageDocument(field.message, item as Message);
  if (field.enum !== undefined) return enumName(field.enum, item as number);
  if (item instanceof Uint8Array) return jsonFields.has(path) ? jsonOrHex(path, item) : toHex(item);
  if (typeof item === 'bigint') return String(item);
  return item as string | number | boolean;
}

function enumName(desc: DescEnum, value: number): string {
  return desc.values.find(({ number }) => number === value)?.name ?? `${desc.name} ${value}`;
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

function jsonOrHex(path: string, bytes: Uint8Array): PlainValue {
  try {
    return plainJson(parseJson(path, bytes));
  } catch (error) {
    if (error instanceof PitrError) return toHex(bytes);
    throw error;
  }
}

/** A parsed document with integers beyond 2^53 as text. */
export function plainJson(value: JsonValue): PlainValue {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(plainJson);
  if (typeof value !== 'object' || value === null) return value as string | number | boolean | null;
  return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, plainJson(item)]));
}
