// The JSON schema of `pitr.yaml`: for editors (docs/pitr.schema.json is generated from it), and for finding what belongs
// at a path when something else stands there. Looser than the checks: what needs two fields together is not in it.

import * as z from 'zod';
import { wholeFileSchema } from './settings-schema.ts';

/** The parts of a JSON schema that are asked for. */
export interface SchemaNode {
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
  readonly required?: readonly string[];
}

export type Path = readonly (string | number)[];

/** The text of docs/pitr.schema.json, in the layout of the project's formatter. */
export function settingsSchemaText(): string {
  return `${print({ title: 'Settings of tidb-pitr', ...settingsJsonSchema() }, '', 0)}\n`;
}

const lineWidth = 110;

/** JSON with lists of plain values on one line where they fit. `before`: characters of the line that are taken. */
function print(value: unknown, indent: string, before: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const line = `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
    const isPlain = value.every((item) => typeof item !== 'object');
    if (isPlain && before + line.length + 1 <= lineWidth) return line;
    return `[\n${value.map((item) => inner + print(item, inner, inner.length)).join(',\n')}\n${indent}]`;
  }
  const lines = Object.entries(value).map(([key, item]) => {
    const head = `${inner}${JSON.stringify(key)}: `;
    return head + print(item, inner, head.length);
  });
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`;
}

let made: SchemaNode | undefined;

/** The schema as plain data; made once. */
export function settingsJsonSchema(): SchemaNode {
  made ??= z.toJSONSchema(wholeFileSchema, { io: 'input', target: 'draft-07' }) as SchemaNode;
  return made;
}

/** What may stand at a path of the file; `valueAt` tells which form of a union stands there. */
export function schemaAt(path: Path, valueAt: (path: Path) => unknown): SchemaNode | undefined {
  let node: SchemaNode | undefined = settingsJsonSchema();
  for (const [index, step] of path.entries()) {
    node = typeof step === 'number' ? node?.items : node?.properties?.[step];
    node = chosenForm(node, valueAt([...path.slice(0, index + 1), 'kind']));
    if (node === undefined) return undefined;
  }
  return node;
}

function chosenForm(node: SchemaNode | undefined, kind: unknown): SchemaNode | undefined {
  // Other unions (a secret or files) differ in what they require only: the mapping around tells their keys.
  const form = node?.oneOf?.find((one) => {
    const name = one.properties?.['kind']?.const;
    return name !== undefined && name === kind;
  });
  return form ?? node;
}

/** Every key of the file with where it belongs: `zone` → `clusters[].policy.snapshot`. */
export function placesOf(key: string): readonly string[] {
  const places: string[] = [];
  const visit = (node: SchemaNode, path: string): void => {
    for (const [name, below] of Object.entries(node.properties ?? {})) {
      if (name === key && !places.includes(path)) places.push(path);
      visit(below, path === '' ? name : `${path}.${name}`);
    }
    if (node.items !== undefined) visit(node.items, `${path}[]`);
    for (const form of node.oneOf ?? []) visit(form, path);
  };
  visit(settingsJsonSchema(), '');
  return places;
}
