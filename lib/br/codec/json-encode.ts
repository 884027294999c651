// Answers: JSON text as TiDB's binary JSON (CODEC §5), for defaults of columns, tests, benchmark and simulator.
// It must not be used to read documents of the schema: those keep their numbers elsewhere.

import { jsonDepthLimit, jsonTypes } from './binary-json.ts';
import { rowDamaged } from './row-damage.ts';

/** A value ready to be laid out: its type byte and its bytes (CODEC §5, second table row on). */
interface Encoded {
  readonly type: number;
  readonly bytes: Uint8Array;
}

const utf8 = new TextEncoder();
const containerHeader = 8;
const keyEntry = 6;
const valueEntry = 5;
const numberForm = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const stringForm = /"(?:[^"\\]|\\.)*"/y;
const spaceForm = /[ \t\n\r]*/y;
const maxI64 = 2n ** 63n - 1n;
const minI64 = -(2n ** 63n);
const maxU64 = 2n ** 64n - 1n;

/** Type byte and binary value of JSON text, as TiDB stores it. Errors: ROW_DAMAGED for text that is not JSON. */
export function encodeBinaryJson(text: string): Uint8Array {
  const parser = new JsonParser(text);
  const value = parser.value(0);
  parser.space();
  if (parser.at !== text.length) throw parser.refuse('the end of the text');
  return Uint8Array.from([value.type, ...value.bytes]);
}

class JsonParser {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  refuse(expected: string): Error {
    const found =
      this.at < this.text.length ? JSON.stringify(this.text.slice(this.at, this.at + 20)) : 'the end';
    return rowDamaged(`JSON text at ${this.at}`, expected, found);
  }

  space(): void {
    spaceForm.lastIndex = this.at;
    spaceForm.exec(this.text);
    this.at = spaceForm.lastIndex;
  }

  /** Takes `token` after white space when it is there. */
  takes(token: string): boolean {
    this.space();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  value(depth: number): Encoded {
    if (depth > jsonDepthLimit) throw this.refuse(`at most ${jsonDepthLimit} levels`);
    if (this.takes('{')) return this.object(depth);
    if (this.takes('[')) return this.array(depth);
    if (this.takes('null')) return { type: jsonTypes.literal, bytes: Uint8Array.of(0) };
    if (this.takes('true')) return { type: jsonTypes.literal, bytes: Uint8Array.of(1) };
    if (this.takes('false')) return { type: jsonTypes.literal, bytes: Uint8Array.of(2) };
    if (this.text[this.at] === '"') {
      const bytes = utf8.encode(this.string());
      return { type: jsonTypes.string, bytes: Uint8Array.from([...uvarint(bytes.length), ...bytes]) };
    }
    return this.number();
  }

  string(): string {
    this.space();
    stringForm.lastIndex = this.at;
    const found = stringForm.exec(this.text);
    if (found === null) throw this.refuse('a string');
    this.at = stringForm.lastIndex;
    try {
      return JSON.parse(found[0]) as string;
    } catch {
      throw this.refuse('a string whose escapes are those of JSON');
    }
  }

  number(): Encoded {
    numberForm.lastIndex = this.at;
    const found = numberForm.exec(this.text);
    if (found === null) throw this.refuse('a value');
    this.at = numberForm.lastIndex;
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    if (/^-?\d+$/.test(found[0])) {
      const value = BigInt(found[0]);
      if (value >= minI64 && value <= maxI64) {
        view.setBigInt64(0, value, true);
        return { type: jsonTypes.int64, bytes };
      }
      if (value > 0n && value <= maxU64) {
        view.setBigUint64(0, value, true);
        return { type: jsonTypes.uint64, bytes };
      }
    }
    view.setFloat64(0, Number(found[0]), true);
    return { type: jsonTypes.double, bytes };
  }

  array(depth: number): Encoded {
    const values: Encoded[] = [];
    if (!this.takes(']')) {
      do values.push(this.value(depth + 1));
      while (this.takes(','));
      if (!this.takes(']')) throw this.refuse('`,` or `]`');
    }
    return { type: jsonTypes.array, bytes: layOut(undefined, values) };
  }

  object(depth: number): Encoded {
    const members = new Map<string, Encoded>();
    if (!this.takes('}')) {
      do {
        const key = this.string();
        if (!this.takes(':')) throw this.refuse('`:`');
        members.set(key, this.value(depth + 1));
      } while (this.takes(','));
      if (!this.takes('}')) throw this.refuse('`,` or `}`');
    }
    const sorted = [...members].map(([key, value]) => ({ key: utf8.encode(key), value }));
    sorted.sort((a, b) => Buffer.compare(a.key, b.key));
    const keys = sorted.map((member) => member.key);
    return {
      type: jsonTypes.object,
      bytes: layOut(
        keys,
        sorted.map((member) => member.value),
      ),
    };
  }
}

/** Header, entries, keys and values of a container; `keys` undefined for an array. */
function layOut(keys: readonly Uint8Array[] | undefined, values: readonly Encoded[]): Uint8Array {
  const keyBytes = (keys ?? []).reduce((sum, key) => sum + key.length, 0);
  const entryBytes = values.length * (valueEntry + (keys === undefined ? 0 : keyEntry));
  const outOfLine = values.filter((value) => value.type !== jsonTypes.literal);
  const size =
    containerHeader + entryBytes + keyBytes + outOfLine.reduce((sum, value) => sum + value.bytes.length, 0);
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  view.setUint32(0, values.length, true);
  view.setUint32(4, size, true);
  let entry = containerHeader;
  let data = containerHeader + entryBytes;
  for (const key of keys ?? []) {
    if (key.length > 0xffff)
      throw rowDamaged('key of a JSON object', 'at most 65535 bytes', String(key.length));
    view.setUint32(entry, data, true);
    view.setUint16(entry + 4, key.length, true);
    out.set(key, data);
    data += key.length;
    entry += keyEntry;
  }
  for (const value of values) {
    out[entry] = value.type;
    if (value.type === jsonTypes.literal) out[entry + 1] = value.bytes[0] as number;
    else {
      view.setUint32(entry + 1, data, true);
      out.set(value.bytes, data);
      data += value.bytes.length;
    }
    entry += valueEntry;
  }
  return out;
}

function uvarint(value: number): number[] {
  const out: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) out.push((value % 0x80) | 0x80);
  out.push(value);
  return out;
}
