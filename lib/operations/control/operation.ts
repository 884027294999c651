// What an operation of the control plane is: one verb with checked input, called alike by a Lambda, the command line and the
// runtime of one machine. Knows no host.

import { PitrError } from '../../domain/errors.ts';
import type { Facts } from '../../domain/state/run-identity.ts';

export interface Operation<Deps, Input, Output extends Facts> {
  /** As the function and the file are called: `take-snapshot`. */
  readonly name: string;
  /** Parse once at the edge. Errors: INVALID_INPUT with the field, what was found and what was expected. */
  readonly parseInput: (value: unknown) => Input;
  /** Answers plain JSON: a flow goes on by it. Errors: those that the operation names in its comment. */
  readonly run: (deps: Deps, input: Input) => Promise<Output>;
}

/** Reads the fields of one JSON object, each strictly; `done` refuses what nobody read. */
export class InputReader {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #operation: string;
  readonly #read = new Set<string>();

  /** Errors: INVALID_INPUT when it is no object. */
  constructor(operation: string, value: unknown) {
    this.#operation = operation;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw this.#wrong('the input', value, 'a JSON object');
    }
    this.#value = { ...value };
  }

  has(name: string): boolean {
    return this.#value[name] !== undefined && this.#value[name] !== null;
  }

  value(name: string): unknown {
    this.#read.add(name);
    return this.#value[name];
  }

  text(name: string, expected = 'a text'): string {
    const value = this.value(name);
    if (typeof value === 'string' && value !== '') return value;
    throw this.#wrong(name, value, expected);
  }

  optionalText(name: string): string | undefined {
    this.#read.add(name);
    return this.has(name) ? this.text(name) : undefined;
  }

  /** A time as text, in Unix ms. */
  optionalTime(name: string): number | undefined {
    const text = this.optionalText(name);
    const ms = text === undefined ? undefined : Date.parse(text);
    if (Number.isNaN(ms)) throw this.wrong(name, 'a time such as 2026-11-22T00:00:00Z');
    return ms;
  }

  bool(name: string): boolean {
    const value = this.value(name);
    if (value === undefined || value === null) return false;
    if (typeof value === 'boolean') return value;
    throw this.#wrong(name, value, 'true or false');
  }

  oneOf<const V extends string>(name: string, words: readonly V[]): V {
    const value = this.value(name);
    const word = words.find((one) => one === value);
    if (word !== undefined) return word;
    throw this.#wrong(name, value, `one of ${words.join(', ')}`);
  }

  /** A list of texts that are not empty. */
  texts(name: string, expected: string): readonly string[] {
    const value = this.value(name);
    const list: readonly unknown[] = Array.isArray(value) ? value : [];
    const texts = list.filter((one) => typeof one === 'string' && one !== '').map(String);
    if (Array.isArray(value) && texts.length === list.length) return texts;
    throw this.#wrong(name, value, expected);
  }

  /** Refuses fields that nobody asked for: a misspelt wish must not be dropped in silence. */
  done(): void {
    const extra = Object.keys(this.#value).find((name) => !this.#read.has(name));
    if (extra === undefined) return;
    throw new PitrError('INVALID_INPUT', `${this.#operation} knows no field ${JSON.stringify(extra)}`, {
      hint: `it knows ${[...this.#read].join(', ')}`,
      details: { field: extra },
    });
  }

  wrong(name: string, expected: string, hint?: string): PitrError {
    return this.#wrong(name, this.#value[name], expected, hint);
  }

  #wrong(name: string, value: unknown, expected: string, hint?: string): PitrError {
    const found = value === undefined ? 'missing' : shorten(JSON.stringify(value) ?? String(value));
    return new PitrError(
      'INVALID_INPUT',
      `${name} of ${this.#operation} is ${found}, expected ${expected}`,
      hint === undefined ? { details: { field: name } } : { hint, details: { field: name } },
    );
  }
}

const shorten = (text: string) => (text.length > 120 ? `${text.slice(0, 117)}…` : text);
