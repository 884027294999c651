// Reads and prints the JSON documents that TiDB stores, with every integer kept whole as a bigint.
// It must not round, repair or skip anything: what is not strict JSON within the limits is ROW_DAMAGED.
import { PitrError } from '../../domain/errors.ts';

/** A JSON document: every literal without point and exponent is a bigint, every other number a number. */
export type JsonValue = null | boolean | bigint | number | string | readonly JsonValue[] | JsonObject;

/** An object without prototype, so that a column named `__proto__` is a member like any other. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

export interface JsonLimits {
  /** Bytes of the document; TiDB refuses entries of more than 120 MiB. */
  readonly maxBytes: number;
  /** Arrays and objects inside each other. */
  readonly maxDepth: number;
}

const defaultLimits: JsonLimits = { maxBytes: 128 * 1024 * 1024, maxDepth: 200 };

/** Digits of one number literal: far more than any u64 or double needs, few enough that BigInt stays cheap. */
const maxNumberLength = 400;

/** A stored document that no version of TiDB writes: names it, what was expected and what was found. */
export function damagedDocument(where: string, expected: string, found: string): PitrError {
  return new PitrError('ROW_DAMAGED', `${where} is damaged: expected ${expected}, found ${found}`, {
    hint: 'restore the object that holds this document from a copy of the bucket, or choose another base snapshot',
    details: { where, expected, found },
  });
}

/**
 * The whole of `bytes` as one JSON document in UTF-8.
 * Errors: ROW_DAMAGED with `where` and the offset (in characters) of the first thing that is not JSON.
 */
export function parseJson(bytes: Uint8Array, where: string, limits: JsonLimits = defaultLimits): JsonValue {
  if (bytes.length > limits.maxBytes) {
    throw damagedDocument(where, `a document of at most ${limits.maxBytes} bytes`, `${bytes.length} bytes`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new PitrError('ROW_DAMAGED', `${where} is damaged: expected text in UTF-8, found other bytes`, {
      cause,
    });
  }
  return new Parser(text, where, limits.maxDepth).document();
}

const quote = 0x22;
const backslash = 0x5c;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class Parser {
  private at = 0;
  private readonly text: string;
  private readonly where: string;
  private readonly maxDepth: number;
  private readonly number = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;

  constructor(text: string, where: string, maxDepth: number) {
    this.text = text;
    this.where = where;
    this.maxDepth = maxDepth;
  }

  document(): JsonValue {
    const value = this.value(0);
    this.space();
    if (this.at < this.text.length) throw this.wrong('the end of the document');
    return value;
  }

  private wrong(expected: string): PitrError {
    const found =
      this.at < this.text.length ? JSON.stringify(this.text.slice(this.at, this.at + 12)) : 'the end';
    return damagedDocument(this.where, `${expected} at character ${this.at}`, found);
  }

  private space(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at += 1;
    }
  }

  private value(depth: number): JsonValue {
    this.space();
    switch (this.text.charCodeAt(this.at)) {
      case 0x7b:
        return this.object(depth + 1);
      case 0x5b:
        return this.array(depth + 1);
      case quote:
        return this.string();
      case 0x74:
        return this.word('true', true);
      case 0x66:
        return this.word('false', false);
      case 0x6e:
        return this.word('null', null);
      default:
        return this.numeral();
    }
  }

  private word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw this.wrong('a value');
    this.at += word.length;
    return value;
  }

  private numeral(): bigint | number {
    this.number.lastIndex = this.at;
    const match = this.number.exec(this.text);
    if (match === null) throw this.wrong('a value');
    const literal = match[0];
    if (literal.length > maxNumberLength)
      throw this.wrong(`a number of at most ${maxNumberLength} characters`);
    if (match[1] === undefined && match[2] === undefined) {
      this.at += literal.length;
      return literal.length < 16 ? BigInt(Number(literal)) : BigInt(literal);
    }
    const value = Number(literal);
    if (!Number.isFinite(value)) throw this.wrong('a number that a double can hold');
    this.at += literal.length;
    return value;
  }

  private string(): string {
    const { text } = this;
    let from = this.at + 1;
    let out = '';
    for (let at = from; ; at += 1) {
      const code = text.charCodeAt(at);
      if (code === quote) {
        this.at = at + 1;
        return out + text.slice(from, at);
      }
      if (code === backslash) {
        out += text.slice(from, at);
        this.at = at;
        out += this.escape();
        from = this.at;
        at = from - 1;
      } else if (!(code >= 0x20)) {
        this.at = at;
        throw this.wrong('a character of a string');
      }
    }
  }

  private escape(): string {
    const letter = this.text[this.at + 1] ?? '';
    if (letter === 'u') {
      const digits = this.text.slice(this.at + 2, this.at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.wrong('four hexadecimal digits after \\u');
      this.at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const meant = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
    if (meant === undefined) throw this.wrong('an escape of JSON');
    this.at += 2;
    return meant;
  }

  /** Steps over `,`, or over `close` and says true. */
  private endOf(close: string): boolean {
    this.space();
    const found = this.text[this.at];
    if (found !== ',' && found !== close) throw this.wrong(`"," or "${close}"`);
    this.at += 1;
    return found === close;
  }

  private enter(depth: number, close: string): boolean {
    if (depth > this.maxDepth) throw this.wrong(`at most ${this.maxDepth} levels`);
    this.at += 1;
    this.space();
    if (this.text[this.at] !== close) return true;
    this.at += 1;
    return false;
  }

  private array(depth: number): readonly JsonValue[] {
    const items: JsonValue[] = [];
    if (!this.enter(depth, ']')) return items;
    do items.push(this.value(depth));
    while (!this.endOf(']'));
    return items;
  }

  private object(depth: number): JsonObject {
    const members: Record<string, JsonValue> = Object.create(null);
    if (!this.enter(depth, '}')) return members;
    do {
      this.space();
      if (this.text.charCodeAt(this.at) !== quote) throw this.wrong('a member name');
      const start = this.at;
      const name = this.string();
      if (name in members) {
        this.at = start;
        throw this.wrong('a member name that did not occur before');
      }
      this.space();
      if (this.text[this.at] !== ':') throw this.wrong('":"');
      this.at += 1;
      members[name] = this.value(depth);
    } while (!this.endOf('}'));
    return members;
  }
}

function printNumber(value: number): string {
  if (!Number.isFinite(value)) throw new PitrError('INTERNAL', `a JSON number must be finite, got ${value}`);
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Prints a document so that `parseJson` reads the same value back: numbers keep their point, bigints have none. */
export function printJson(value: JsonValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return printNumber(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((one: JsonValue) => printJson(one)).join(',')}]`;
  const members = Object.entries(value as JsonObject).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${printJson(member as JsonValue)}`).join(',')}}`;
}
