// Which tables a person means: `shop.*,!shop.tmp_*`, in the filter syntax of br and TiDB as far as it fits on a
// command line. Matches names; does not know which tables exist.

import { type Glob, invalidFilter, matchesGlob, readGlob } from '../glob.ts';

export interface TableFilter {
  /** The rules as they were written, one entry per flag. */
  readonly text: readonly string[];
  /** Whether the table is wanted. Names compare without regard to case, as TiDB compares them. */
  selects(database: string, table: string): boolean;
}

interface Rule {
  readonly negated: boolean;
  readonly database: Glob;
  readonly table: Glob;
}

/** The filter that selects everything. */
export const allTables: TableFilter = { text: [], selects: () => true };

/**
 * Rules `[!]database.table`, separated by commas, in one text or several (a flag that is repeated).
 * - Parts: letters, digits, `_`, `$`, `-` and everything beyond ASCII stand for themselves; `*` any text, `?` one
 *   character, `[a-z]` and `[!a-z]` one character of a class, `\x` the sign x; or a whole name quoted as `` `na.me` ``
 *   or `"na.me"` (the quote itself doubled).
 * - `!` takes tables out. The last rule that matches a table decides. A table that none matches is not selected,
 *   unless all rules are negations: then they mean all but those.
 *
 * Throws INVALID_TABLE_FILTER with `details.position` (1-based, in `details.text`) and what was expected there.
 */
export function parseTableFilter(texts: string | readonly string[]): TableFilter {
  const list = typeof texts === 'string' ? [texts] : texts;
  const rules = list.flatMap(parseRules);
  if (rules.length === 0) return allTables;
  const otherwise = rules.every((rule) => rule.negated);
  return {
    text: list,
    selects(database, table) {
      const db = [...database.toLowerCase()];
      const name = [...table.toLowerCase()];
      for (let i = rules.length - 1; i >= 0; i--) {
        const rule = rules[i] as Rule;
        if (matchesGlob(rule.database, db) && matchesGlob(rule.table, name)) return !rule.negated;
      }
      return otherwise;
    },
  };
}

function parseRules(text: string): readonly Rule[] {
  const rules: Rule[] = [];
  let at = skipSpaces(text, 0);
  for (;;) {
    const negated = text[at] === '!';
    const database = readGlob(text, skipSpaces(text, negated ? at + 1 : at), 'a database name or pattern');
    if (text[database.end] !== '.') {
      throw invalidFilter(text, database.end, 'a dot and a table pattern, as in shop.*');
    }
    const table = readGlob(text, database.end + 1, 'a table name or pattern');
    rules.push({ negated, database: database.glob, table: table.glob });
    at = skipSpaces(text, table.end);
    if (at === text.length) return rules;
    if (text[at] !== ',') throw invalidFilter(text, at, 'a comma or the end');
    at = skipSpaces(text, at + 1);
  }
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\t') at++;
  return at;
}
