// Protobuf with the manners of this project: whatever is wrong with the bytes becomes a named error of the object,
// and large documents are walked field by field, so that a snapshot of a million files is never one object tree.
import { type DescMessage, fromBinary, type Message, type MessageShape } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { damagedObject, PitrError } from '../domain/errors.ts';

/** One field of a message as it stands in the bytes; `bytes` is a view of the payload of a length-delimited field. */
export interface RawField {
  readonly number: number;
  readonly wireType: WireType;
  /** Where the field starts, tag included. */
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array | undefined;
}

/**
 * Decodes a message. Errors: OBJECT_DAMAGED when the bytes are no such message, OBJECT_UNRECOGNIZED when it holds
 * fields that no known version writes (br refuses those as well, FACTS §3.1), both naming `object`.
 */
export function decodeMessage<D extends DescMessage>(
  schema: D,
  bytes: Uint8Array,
  object: string,
): MessageShape<D> {
  const message = decodeWithUnknown(schema, bytes, object);
  const unknown = firstUnknownField(schema, message);
  if (unknown !== undefined) throw unknownField(object, unknown);
  return message;
}

/**
 * The same, but fields that no known version writes are let be: for who changes a document without losing what it does not
 * know. Errors: OBJECT_DAMAGED.
 */
export function decodeWithUnknown<D extends DescMessage>(
  schema: D,
  bytes: Uint8Array,
  object: string,
): MessageShape<D> {
  try {
    return fromBinary(schema, bytes);
  } catch (cause) {
    throw notAMessage(object, schema.name, cause);
  }
}

function notAMessage(object: string, name: string, cause: unknown): PitrError {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return damagedObject(object, `a protobuf message ${name}`, `bytes that are none (${problem})`);
}

function unknownField(object: string, field: string): PitrError {
  return new PitrError(
    'OBJECT_UNRECOGNIZED',
    `${object} has the field ${field}, which no known version writes`,
    {
      hint: 'the object is damaged, or was written by a version newer than this program knows',
      details: { object, field },
    },
  );
}

/** The dotted path of the first unknown field, or of a field with another wire type than its own. */
function firstUnknownField(schema: DescMessage, message: Message): string | undefined {
  const first = message.$unknown?.[0];
  if (first !== undefined) return `${schema.name}.${first.no}`;
  const values = message as unknown as Readonly<Record<string, unknown>>;
  for (const field of schema.fields) {
    if (field.message === undefined) continue;
    const holder = field.oneof === undefined ? values[field.localName] : oneofValue(values, field);
    for (const child of childMessages(holder)) {
      const found = firstUnknownField(field.message, child);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function oneofValue(
  values: Readonly<Record<string, unknown>>,
  field: DescMessage['fields'][number],
): unknown {
  const chosen = values[field.oneof?.localName ?? ''] as { case?: string; value?: unknown } | undefined;
  return chosen?.case === field.localName ? chosen.value : undefined;
}

function childMessages(holder: unknown): readonly Message[] {
  if (Array.isArray(holder)) return holder as readonly Message[];
  if (typeof holder !== 'object' || holder === null) return [];
  if ('$typeName' in holder) return [holder as Message];
  return Object.values(holder).filter(
    (v): v is Message => typeof v === 'object' && v !== null && '$typeName' in v,
  );
}

/** Visits the top-level fields of a message in order. Errors: OBJECT_DAMAGED. */
export function* rawFields(bytes: Uint8Array, object: string, name: string): Generator<RawField> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    let field: RawField;
    try {
      const start = reader.pos;
      const [number, wireType] = reader.tag();
      const payload = wireType === WireType.LengthDelimited ? reader.bytes() : reader.skip(wireType, number);
      field = {
        number,
        wireType,
        start,
        end: reader.pos,
        bytes: wireType === WireType.LengthDelimited ? payload : undefined,
      };
    } catch (cause) {
      throw notAMessage(object, name, cause);
    }
    if (reader.pos > reader.len)
      throw damagedObject(object, `${reader.len} bytes`, `a field that ends at ${reader.pos}`);
    yield field;
  }
}

/**
 * The entries of one repeated message field, decoded one at a time: a sub-file of 128 MiB costs its bytes and one
 * entry. All other fields are stepped over. Errors: as decodeMessage.
 */
export function* decodeEntries<D extends DescMessage>(
  container: DescMessage,
  fieldName: string,
  entry: D,
  bytes: Uint8Array,
  object: string,
): Generator<MessageShape<D>> {
  const wanted = container.fields.find((field) => field.name === fieldName);
  if (wanted === undefined) throw new PitrError('INTERNAL', `${container.name} has no field ${fieldName}`);
  for (const field of rawFields(bytes, object, container.name)) {
    if (field.number !== wanted.number) continue;
    if (field.bytes === undefined) throw unknownField(object, `${container.name}.${field.number}`);
    yield decodeMessage(entry, field.bytes, object);
  }
}

/** The message without some of its repeated fields, and how many entries of each were left out. */
export function decodeWithout<D extends DescMessage>(
  schema: D,
  leftOut: readonly string[],
  bytes: Uint8Array,
  object: string,
): { readonly message: MessageShape<D>; readonly counts: Readonly<Record<string, number>> } {
  const names = new Map<number, string>();
  for (const field of schema.fields) if (leftOut.includes(field.name)) names.set(field.number, field.name);
  const counts: Record<string, number> = Object.fromEntries(leftOut.map((name) => [name, 0]));
  const kept: Uint8Array[] = [];
  let from = 0;
  for (const field of rawFields(bytes, object, schema.name)) {
    const name = names.get(field.number);
    if (name === undefined) continue;
    if (field.bytes === undefined) throw unknownField(object, `${schema.name}.${field.number}`);
    counts[name] = (counts[name] ?? 0) + 1;
    if (field.start > from) kept.push(bytes.subarray(from, field.start));
    from = field.end;
  }
  kept.push(bytes.subarray(from));
  return { message: decodeMessage(schema, concatenate(kept), object), counts };
}

/** Byte arrays one after the other. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const first = parts[0];
  if (parts.length === 1 && first !== undefined) return first;
  let total = 0;
  for (const part of parts) total += part.length;
  const joined = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** A length, count or offset as a JavaScript number. Errors: OBJECT_DAMAGED above 2^53 − 1 or below zero. */
export function safeNumber(value: bigint, object: string, what: string): number {
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw damagedObject(object, `${what} between 0 and 2^53`, String(value));
  }
  return Number(value);
}
