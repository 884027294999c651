// The one way a JSON document leaves the command line: schema first, keys in the order they were built, TSOs and
// other bigints as strings, nothing absent (unknown is null). docs/formats/json.md is the contract.

/** What a document is made of before it is printed. */
export type JsonValue =
  | string
  | number
  | boolean
  | bigint
  | null
  | undefined
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** The names and versions of all documents; a change that breaks a reader raises the number. */
export type JsonSchema =
  | 'pitr.window/v1'
  | 'pitr.snapshots/v1'
  | 'pitr.tables/v1'
  | 'pitr.restore/v1'
  | 'pitr.query/v1'
  | 'pitr.inspect/v1'
  | 'pitr.settings/v1'
  | 'pitr.doctor/v1'
  | 'pitr.status/v1'
  | 'pitr.audit/v1'
  | 'pitr.audit-plan/v1'
  | 'pitr.audit-apply/v1'
  | 'pitr.cost/v1'
  | 'pitr.restore-cluster/v1'
  | 'pitr.operation/v1'
  | 'pitr.truncate/v1'
  | 'pitr.retention-plan/v1'
  | 'pitr.pins/v1'
  | 'pitr.event/v1'
  | 'pitr.error/v1';

/** The document as text with its line break. Lists of plain values stay on one line, so that rows read as rows. */
export function renderJson(schema: JsonSchema, body: { readonly [key: string]: JsonValue }): string {
  return `${print({ schema, ...body }, '')}\n`;
}

function print(value: JsonValue, indent: string): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'bigint') return `"${value}"`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const inner = `${indent}  `;
  if (isList(value)) {
    if (value.length === 0) return '[]';
    if (value.every(isPlain)) return `[${value.map((item) => print(item, '')).join(', ')}]`;
    return `[\n${value.map((item) => inner + print(item, inner)).join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return '{}';
  if (entries.length <= 3 && entries.every(([, item]) => isPlain(item))) {
    const line = `{ ${entries.map(([key, item]) => `${JSON.stringify(key)}: ${print(item, '')}`).join(', ')} }`;
    if (indent.length + line.length <= 100) return line;
  }
  const lines = entries.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${print(item, inner)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isPlain(value: JsonValue): boolean {
  return typeof value !== 'object' || value === null;
}

/** Any value (details of an error, a decoded object) in the form a document takes: bytes as hex, maps as objects. */
export function toJsonValue(value: unknown, depth = 0): JsonValue {
  if (depth > 64) return '…';
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      return value === null ? null : objectToJson(value, depth);
    default:
      return null;
  }
}

function objectToJson(value: object, depth: number): JsonValue {
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex');
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Error) return value.message;
  if (Array.isArray(value) || value instanceof Set)
    return [...value].map((item) => toJsonValue(item, depth + 1));
  const entries = value instanceof Map ? [...value.entries()] : Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [String(key), toJsonValue(item, depth + 1)]));
}
