// A place in a stored JSON document and typed ways to read it: a missing or null member takes the fallback, a member
// of another type is ROW_DAMAGED naming document and path. It must not convert between types.
import { damagedDocument, type JsonObject, type JsonValue, parseJson } from './lossless-json.ts';

/** The root of a parsed document. `where` names it in errors, e.g. `table document 116/122 at 470632756373618689`. */
export function parseDocument(bytes: Uint8Array, where: string): JsonNode {
  return new JsonNode(parseJson(bytes, where), where, undefined, '');
}

function describe(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
}

export class JsonNode {
  readonly value: JsonValue | undefined;
  readonly where: string;
  private readonly parent: JsonNode | undefined;
  private readonly step: string;

  constructor(value: JsonValue | undefined, where: string, parent: JsonNode | undefined, step: string) {
    this.value = value;
    this.where = where;
    this.parent = parent;
    this.step = step;
  }

  /** `cols[3].name.O`; empty for the document itself. */
  get path(): string {
    return `${this.parent?.path ?? ''}${this.step}`.replace(/^\./, '');
  }

  /** The member does not exist or is null: Go writes both for "none". */
  get absent(): boolean {
    return this.value === undefined || this.value === null;
  }

  private wrong(expected: string): Error {
    return damagedDocument(this.where, `${expected} at ${this.path || 'its root'}`, describe(this.value));
  }

  /** A member of an object; a node without value when there is no such member. */
  field(name: string): JsonNode {
    const object = this.object();
    return new JsonNode(object[name], this.where, this, `.${name}`);
  }

  object(): JsonObject {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.wrong('an object');
    return value as JsonObject;
  }

  /** The items of an array; none when it is absent. */
  items(): readonly JsonNode[] {
    if (this.absent) return [];
    if (!Array.isArray(this.value)) throw this.wrong('an array');
    return (this.value as readonly JsonValue[]).map(
      (one, i) => new JsonNode(one, this.where, this, `[${i}]`),
    );
  }

  text(fallback?: string): string {
    if (this.absent && fallback !== undefined) return fallback;
    if (typeof this.value !== 'string') throw this.wrong('a text');
    return this.value;
  }

  flag(fallback?: boolean): boolean {
    if (this.absent && fallback !== undefined) return fallback;
    if (typeof this.value !== 'boolean') throw this.wrong('true or false');
    return this.value;
  }

  /** An integer of at most 64 bits, signed or unsigned. */
  integer(fallback?: bigint): bigint {
    if (this.absent && fallback !== undefined) return fallback;
    const { value } = this;
    if (typeof value !== 'bigint' || value < -(2n ** 63n) || value >= 2n ** 64n)
      throw this.wrong('an integer of 64 bits');
    return value;
  }

  /** An integer that a JavaScript number holds exactly: codes, lengths, offsets. */
  small(fallback?: number): number {
    if (this.absent && fallback !== undefined) return fallback;
    const number = Number(this.integer());
    if (!Number.isSafeInteger(number)) throw this.wrong('an integer below 2^53');
    return number;
  }
}
