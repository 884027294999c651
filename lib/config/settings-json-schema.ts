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
  const form = node?.oneOf?.find((one) => one.properties?.['kind']?.const === kind);
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
