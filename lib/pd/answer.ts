// Answers of PD and of its etcd gateway as JSON with exact integers. What is not of the promised form is no answer of a PD:
// PD_REFUSED, naming the request. Makes no request itself.

import { type JsonObject, type JsonValue, parseJsonObject } from '../br/json-u64.ts';
import { PitrError } from '../domain/errors.ts';
import { MAX_TS } from '../domain/ts.ts';

/** A JSON object. `what`: the request, for messages. Errors: PD_REFUSED. */
export function parseAnswer(what: string, bytes: Uint8Array): JsonObject {
  try {
    return parseJsonObject(what, bytes);
  } catch (cause) {
    throw notAnAnswer(what, 'a JSON object', `${bytes.length} bytes that are none`, cause);
  }
}

/** The error of an answer that has another form than PD's. */
export function notAnAnswer(what: string, expected: string, found: string, cause?: unknown): PitrError {
  return new PitrError(
    'PD_REFUSED',
    `the answer to ${what} is not PD's: expected ${expected}, found ${found}`,
    {
      hint: 'check that the address is the client URL of a PD (port 2379 unless told otherwise), not a proxy or a TiDB',
      details: { request: what, expected, found },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

function fieldOf(document: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(document, name) ? document[name] : undefined;
}

/** Go leaves out empty fields: a missing text is empty. Errors: PD_REFUSED. */
export function textOf(what: string, document: JsonObject, name: string): string {
  const value = fieldOf(document, name) ?? '';
  if (typeof value === 'string') return value;
  throw notAnAnswer(what, `a text at ${name}`, typeof value);
}

/** A u64; 0n when missing. The gateway writes 64-bit integers as text, PD as numbers. Errors: PD_REFUSED. */
export function u64Of(what: string, document: JsonObject, name: string): bigint {
  const value = fieldOf(document, name) ?? 0n;
  const number = typeof value === 'string' && /^[0-9]{1,20}$/.test(value) ? BigInt(value) : value;
  if (typeof number === 'bigint' && number >= 0n && number <= MAX_TS) return number;
  throw notAnAnswer(what, `an unsigned integer at ${name}`, JSON.stringify(String(value)));
}

/** An object, empty when missing. Errors: PD_REFUSED. */
export function objectOf(what: string, document: JsonObject, name: string): JsonObject {
  return asObject(what, name, fieldOf(document, name) ?? {});
}

/** Objects of a list; Go writes an empty list as null or not at all. Errors: PD_REFUSED. */
export function objectsOf(what: string, document: JsonObject, name: string): readonly JsonObject[] {
  return listOf(what, document, name).map((value) => asObject(what, name, value));
}

/** Texts of a list. Errors: PD_REFUSED. */
export function textsOf(what: string, document: JsonObject, name: string): readonly string[] {
  return listOf(what, document, name).map((value) => {
    if (typeof value === 'string') return value;
    throw notAnAnswer(what, `texts in ${name}`, typeof value);
  });
}

function listOf(what: string, document: JsonObject, name: string): readonly JsonValue[] {
  const value = fieldOf(document, name) ?? [];
  if (Array.isArray(value)) return value;
  throw notAnAnswer(what, `a list at ${name}`, typeof value);
}

function asObject(what: string, name: string, value: JsonValue): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw notAnAnswer(what, `an object at ${name}`, Array.isArray(value) ? 'a list' : typeof value);
}
