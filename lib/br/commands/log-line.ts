// One log line of br, JSON or text, as level, message and fields (FACTS §1.1). Fields keep their order and their repetitions:
// br 6.2 to 8.1 write `restore-from` twice, and a plain JSON parser would lose the TSO. Integers are exact.
import { type JsonObject, type JsonValue, parseJsonText } from '../json-u64.ts';
import { parseLogTime } from './go-values.ts';

export interface LogField {
  readonly name: string;
  readonly value: JsonValue;
}

export interface LogLine {
  /** `INFO`, `WARN`, `ERROR`, `FATAL`, `PANIC`, `DEBUG`. */
  readonly level: string;
  /** Unix milliseconds. */
  readonly atMs: number | undefined;
  readonly message: string;
  /** All fields but level, time, caller and message. */
  readonly fields: readonly LogField[];
}

const headNames = new Set(['level', 'time', 'caller', 'message']);

/** A log line, or undefined when the text is none. Never throws. */
export function parseLogLine(text: string): LogLine | undefined {
  if (text.startsWith('{')) return parseJsonLine(text);
  if (/^\[\d{4}\//.test(text)) return parseTextLine(text);
  return undefined;
}

function parseJsonLine(text: string): LogLine | undefined {
  const fields = membersOf(text);
  if (fields === undefined) return undefined;
  const head = (name: string) => {
    const value = fields.find((field) => field.name === name)?.value;
    return typeof value === 'string' ? value : undefined;
  };
  const [level, message] = [head('level'), head('message')];
  if (level === undefined || message === undefined) return undefined;
  return {
    level: level.toUpperCase(),
    atMs: parseLogTime(head('time') ?? ''),
    message,
    fields: fields.filter(({ name }) => !headNames.has(name)),
  };
}

/** The members of the outermost object in order, repeated names included; undefined when it is no JSON object. */
function membersOf(text: string): LogField[] | undefined {
  const whole = parseJsonText(text);
  if (!isObject(whole)) return undefined;
  const members: LogField[] = [];
  let at = text.indexOf('{') + 1;
  for (;;) {
    const nameStart = text.indexOf('"', at);
    if (nameStart < 0) return members;
    const nameEnd = endOfString(text, nameStart);
    const valueStart = text.indexOf(':', nameEnd) + 1;
    const valueEnd = endOfValue(text, valueStart);
    const name = parseJsonText(text.slice(nameStart, nameEnd));
    const value = parseJsonText(text.slice(valueStart, valueEnd));
    if (typeof name !== 'string' || value === undefined) return undefined;
    members.push({ name, value });
    if (text.charCodeAt(valueEnd) !== 0x2c) return members;
    at = valueEnd + 1;
  }
}

/** The offset behind the closing quote. The text is known to be valid JSON. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    if (unit === 0x5c) at += 2;
    else if (unit === 0x22) return at + 1;
    else at++;
  }
  return at;
}

/** The offset of the comma or brace behind a value. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        at = endOfString(text, at);
        continue;
      case 0x7b:
      case 0x5b:
        depth++;
        break;
      case 0x7d:
      case 0x5d:
        if (depth-- === 0) return at;
        break;
      case 0x2c:
        if (depth === 0) return at;
        break;
    }
    at++;
  }
  return at;
}

/** `[time] [LEVEL] [caller] ["message"] [key=value] [key="quoted"]`. Values stay texts. */
function parseTextLine(text: string): LogLine | undefined {
  const parts = bracketsOf(text);
  const [time, level, , message] = parts;
  if (time === undefined || level === undefined || message === undefined) return undefined;
  if (!/^(?:DEBUG|INFO|WARN|ERROR|FATAL|PANIC|DPANIC)$/.test(level)) return undefined;
  const fields = parts.slice(4).map((part) => {
    const equals = equalsOf(part);
    return { name: unquoted(part.slice(0, equals)), value: unquoted(part.slice(equals + 1)) };
  });
  return { level, atMs: parseLogTime(time), message: unquoted(message), fields };
}

/** What stands in each pair of brackets; brackets inside quotes count for nothing. */
function bracketsOf(text: string): string[] {
  const parts: string[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('[', at);
    if (open < 0) break;
    let end = open + 1;
    while (end < text.length && text.charCodeAt(end) !== 0x5d) {
      end = text.charCodeAt(end) === 0x22 ? endOfString(text, end) : end + 1;
    }
    parts.push(text.slice(open + 1, end));
    at = end + 1;
  }
  return parts;
}

function equalsOf(part: string): number {
  const start = part.startsWith('"') ? endOfString(part, 0) : 0;
  const equals = part.indexOf('=', start);
  return equals < 0 ? part.length : equals;
}

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  const value = parseJsonText(text);
  return typeof value === 'string' ? value : text;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first field of the name that is a text. */
export function textOf(fields: readonly LogField[], name: string): string | undefined {
  const found = fields.find((field) => field.name === name && typeof field.value === 'string');
  return typeof found?.value === 'string' ? found.value : undefined;
}

/** The first field of the name that is a u64, as an integer or as digits. */
export function u64Of(fields: readonly LogField[], name: string): bigint | undefined {
  for (const field of fields) {
    if (field.name !== name) continue;
    const value = asU64(field.value);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** An integer, or a text of digits, that fits a u64. */
export function asU64(value: JsonValue | undefined): bigint | undefined {
  const integer =
    typeof value === 'string' && /^\d{1,20}$/.test(value)
      ? BigInt(value)
      : typeof value === 'bigint'
        ? value
        : undefined;
  return integer !== undefined && integer >= 0n && integer <= 0xffff_ffff_ffff_ffffn ? integer : undefined;
}
