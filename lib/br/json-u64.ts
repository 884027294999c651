// JSON as BR writes it: integers beyond 2^53 (TSOs, lock ids) must stay exact, so every integer comes as a bigint.
// Typed access below: a field of another type is damage of the object, never an undefined that wanders on.
import { damagedObject } from '../domain/errors.ts';

export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

const integer = /^-?(?:0|[1-9][0-9]*)$/;
/** Longest integer literal that is turned into a bigint; no counter of BR has more than 20 digits. */
const longestInteger = 40;

/** Parses a document; integers become bigint, other numbers stay numbers. Errors: OBJECT_DAMAGED naming the object. */
export function parseJson(object: string, bytes: Uint8Array): JsonValue {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return JSON.parse(text, exactInteger as (key: string, value: unknown) => unknown) as JsonValue;
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw damagedObject(object, 'a JSON document', `${bytes.length} bytes that are none (${problem})`);
  }
}

/** The same for a text, undefined when it is no JSON. Never throws: for lines of a log, where anything can stand. */
export function parseJsonText(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text, exactInteger as (key: string, value: unknown) => unknown) as JsonValue;
  } catch {
    return undefined;
  }
}

/** The third argument of a reviver (ES2025, in Node since 21) holds the literal as it stood in the text. */
function exactInteger(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined || source.length > longestInteger) return value;
  return integer.test(source) ? BigInt(source) : value;
}

/** A document that is an object. Errors: OBJECT_DAMAGED. */
export function parseJsonObject(object: string, bytes: Uint8Array): JsonObject {
  const value = parseJson(object, bytes);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw damagedObject(object, 'a JSON object', Array.isArray(value) ? 'an array' : typeof value);
}

/** A text field; a missing one is the empty text. Errors: OBJECT_DAMAGED. */
export function textField(object: string, document: JsonObject, name: string): string {
  const value = ownField(document, name);
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  throw damagedObject(object, `a text at ${name}`, typeof value);
}

/** A u64 field; undefined when missing. Errors: OBJECT_DAMAGED. */
export function u64Field(object: string, document: JsonObject, name: string): bigint | undefined {
  const value = ownField(document, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'bigint' && value >= 0n && value <= 0xffff_ffff_ffff_ffffn) return value;
  throw damagedObject(object, `an unsigned integer at ${name}`, String(value));
}

function ownField(document: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(document, name) ? document[name] : undefined;
}
