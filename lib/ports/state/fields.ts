// The forms that a field of a stored record can have, each read strictly and written one way only. JSON values in and out.
// Must not know which record has which field: that is in shapes.ts.

import { PitrError } from '../../domain/errors.ts';
import type { Facts, FactValue } from '../../domain/state/run-identity.ts';
import { isChangeId, isClusterName, runIdMs } from '../../domain/state/run-identity.ts';
import { isTs } from '../../domain/ts.ts';

/** One form: its name for the list of stored shapes, and both directions. */
export interface Field<V> {
  readonly form: string;
  /** Errors: FieldFault with the path of what is wrong. */
  readonly read: (value: unknown, path: string) => V;
  readonly write: (value: V, path: string) => unknown;
}

/** Digits of a u64, so that text order is the order of numbers. */
const u64Digits = 20;
/** Facts deeper than this are nobody's facts; the limit keeps reading from running out of stack. */
const deepestFacts = 16;

/** A value that is not of its form; the codec turns it into an error that names the record. */
export class FieldFault extends Error {
  readonly path: string;
  readonly expected: string;
  readonly found: string;

  constructor(path: string, expected: string, value: unknown) {
    const found = shorten(value);
    super(`${path} is ${found}, expected ${expected}`);
    this.path = path;
    this.expected = expected;
    this.found = found;
  }
}

function shorten(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'bigint') return String(value);
  const text = typeof value === 'object' && value !== null ? typeName(value) : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function typeName(value: object): string {
  return Array.isArray(value) ? 'a list' : 'an object';
}

/** A form that is the same in memory and in JSON. */
function plain<V>(form: string, is: (value: unknown) => value is V): Field<V> {
  const check = (value: unknown, path: string): V => {
    if (is(value)) return value;
    throw new FieldFault(path, form, value);
  };
  return { form, read: check, write: check };
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

export const text = plain('text', isText);
export const bool = plain('bool', (value): value is boolean => typeof value === 'boolean');
/** Unix milliseconds. */
export const ms = plain('ms', isWhole);
export const count = plain('count', isWhole);
/** 0 to 1. */
export const fraction = plain(
  'fraction',
  (value): value is number => typeof value === 'number' && value >= 0 && value <= 1,
);
export const clusterName = plain(
  'cluster',
  (value): value is string => isText(value) && isClusterName(value),
);
export const runIdText = plain(
  'run id',
  (value): value is string => isText(value) && runIdMs(value) !== undefined,
);
export const changeId = plain('change id', (value): value is string => isText(value) && isChangeId(value));

/** One of a closed list of words. */
export function oneOf<const V extends string>(...words: readonly V[]): Field<V> {
  return plain(words.join('|'), (value): value is V => words.some((word) => word === value));
}

/** A u64 as 20 digits with zeros in front. */
export const u64: Field<bigint> = {
  form: 'u64',
  read: (value, path) => {
    const number = isText(value) && /^\d{20}$/.test(value) ? BigInt(value) : undefined;
    if (number !== undefined && isTs(number)) return number;
    throw new FieldFault(path, `a u64 of ${u64Digits} digits`, value);
  },
  write: (value, path) => {
    if (typeof value === 'bigint' && isTs(value)) return formatU64(value);
    throw new FieldFault(path, 'a u64', value);
  },
};

export function formatU64(value: bigint): string {
  return String(value).padStart(u64Digits, '0');
}

/** The form, or null when it is not known. */
export function nullable<V>(field: Field<V>): Field<V | null> {
  return {
    form: `${field.form}?`,
    read: (value, path) => (value === null ? null : field.read(value, path)),
    write: (value, path) => (value === null ? null : field.write(value, path)),
  };
}

export function listOf<V>(field: Field<V>): Field<readonly V[]> {
  return {
    form: `[${field.form}]`,
    read: (value, path) => {
      if (!Array.isArray(value)) throw new FieldFault(path, 'a list', value);
      return value.map((one: unknown, index) => field.read(one, `${path}[${index}]`));
    },
    write: (value, path) => value.map((one, index) => field.write(one, `${path}[${index}]`)),
  };
}

/** The fields of an object type; the compiler refuses one that is left out, added, or of another type. */
export type FieldsOf<T> = { readonly [K in keyof T]-?: Field<T[K]> };

/** An object with exactly these fields, written in this order. */
export function objectOf<T extends object>(fields: FieldsOf<T>): Field<T> {
  const entries = Object.entries(fields) as [keyof T & string, Field<T[keyof T]>][];
  return {
    form: `{${entries.map(([name, field]) => `${name}: ${field.form}`).join(', ')}}`,
    read: (value, path) => {
      const document = objectAt(value, path);
      const extra = Object.keys(document).find((name) => !Object.hasOwn(fields, name));
      if (extra !== undefined) throw new FieldFault(joinPath(path, extra), 'no such field', document[extra]);
      const found: Partial<Record<keyof T, unknown>> = {};
      for (const [name, field] of entries) {
        found[name] = field.read(ownValue(document, name), joinPath(path, name));
      }
      return found as T;
    },
    write: (value, path) =>
      Object.fromEntries(
        entries.map(([name, field]) => [name, field.write(value[name], joinPath(path, name))]),
      ),
  };
}

export function objectAt(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new FieldFault(path === '' ? 'the record' : path, 'an object', value);
}

export function ownValue(document: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(document, name) ? document[name] : undefined;
}

function joinPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** Any JSON object with finite numbers, at most 16 levels deep. */
export const facts: Field<Facts> = {
  form: 'facts',
  read: (value, path) => factObject(value, path, 0),
  write: (value, path) => factObject(value, path, 0),
};

function factObject(value: unknown, path: string, depth: number): Facts {
  const entries = Object.entries(objectAt(value, path));
  return Object.fromEntries(
    entries.map(([name, one]) => [name, factValue(one, joinPath(path, name), depth + 1)]),
  );
}

function factValue(value: unknown, path: string, depth: number): FactValue {
  if (depth > deepestFacts) throw new FieldFault(path, `at most ${deepestFacts} levels of facts`, value);
  if (value === null || typeof value === 'boolean' || isText(value)) return value;
  // −0 has no form of its own in JSON.
  if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value;
  if (Array.isArray(value)) {
    return value.map((one: unknown, index) => factValue(one, `${path}[${index}]`, depth + 1));
  }
  if (typeof value === 'object') return factObject(value, path, depth);
  throw new FieldFault(path, 'a JSON value', value);
}

/** A record that cannot be stored: our own fault, as its type forbids it. */
export function unwritable(shape: string, cause: unknown): PitrError {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return new PitrError('INTERNAL', `a ${shape} cannot be stored: ${problem}`, { cause });
}
