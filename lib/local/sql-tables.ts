// The tables that one SELECT names, from DuckDB's own tree of it (json_serialize_sql). DuckDB's getTableNames does not do:
// it gives nothing for a join with USING and puts aliases into the names. Must not guess from the text of the SQL.

import { PitrError } from '../domain/errors.ts';

/**
 * Each table once, as its parts: `[table]`, `[database, table]` or `[catalog, database, table]`; names that a WITH
 * makes are none. Errors: INVALID_QUERY for what cannot be parsed, is no SELECT, or is several.
 */
export function namedTables(tree: unknown): readonly (readonly string[])[] {
  if (!isObject(tree)) throw notOneSelect('DuckDB gave no tree of it');
  if (tree['error'] === true) throw treeError(String(tree['error_type']), String(tree['error_message']));
  const statements = tree['statements'];
  if (!Array.isArray(statements) || statements.length !== 1) {
    const count = Array.isArray(statements) ? statements.length : 0;
    throw notOneSelect(`it has ${count} statements`);
  }
  const found = new Map<string, readonly string[]>();
  walk(statements[0], new Set(), found);
  return [...found.values()];
}

type Node = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function walk(value: unknown, made: ReadonlySet<string>, found: Map<string, readonly string[]>): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, made, found);
    return;
  }
  if (!isObject(value)) return;
  if (value['type'] === 'BASE_TABLE') addTable(value, made, found);
  const inner = withNames(value, made, found);
  for (const [field, part] of Object.entries(value)) {
    if (field !== 'cte_map') walk(part, inner, found);
  }
}

function addTable(node: Node, made: ReadonlySet<string>, found: Map<string, readonly string[]>): void {
  const parts = ['catalog_name', 'schema_name', 'table_name']
    .map((field) => String(node[field] ?? ''))
    .filter((part) => part !== '');
  const alone = parts.length === 1 && made.has(parts[0].toLowerCase());
  if (!alone) found.set(JSON.stringify(parts), parts);
}

/** Names that the WITH of a node makes. Each sees those before it; itself only when it is recursive. */
function withNames(
  node: Node,
  made: ReadonlySet<string>,
  found: Map<string, readonly string[]>,
): ReadonlySet<string> {
  const map = isObject(node['cte_map']) ? node['cte_map']['map'] : undefined;
  if (!Array.isArray(map) || map.length === 0) return made;
  const names = new Set(made);
  for (const entry of map) {
    if (!isObject(entry)) continue;
    const name = String(entry['key']).toLowerCase();
    const recursive = JSON.stringify(entry['value']).includes('"RECURSIVE_CTE_NODE"');
    walk(entry['value'], recursive ? new Set([...names, name]) : names, found);
    names.add(name);
  }
  return names;
}

function treeError(type: string, message: string): PitrError {
  return type === 'not implemented' ? notOneSelect('it is something else') : unreadable(message);
}

function unreadable(message: string): PitrError {
  return new PitrError('INVALID_QUERY', `the query cannot be run: ${message}`, {
    hint: 'the dialect is DuckDB SQL',
  });
}

function notOneSelect(found: string): PitrError {
  return new PitrError('INVALID_QUERY', `the query is no single SELECT: ${found}`, {
    hint: 'write one SELECT; to change, keep or export the data, restore it with --into duckdb:FILE and work there',
    details: { found },
  });
}
