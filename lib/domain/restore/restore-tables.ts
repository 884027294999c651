// Which tables a restore by br may be asked for: br's own rules, one each, and the reasons why a wish cannot be granted.
// Matches names only; whether such tables are there is seen by br alone.

import { capabilities } from '../capabilities.ts';
import { PitrError } from '../errors.ts';
import type { Version } from '../versions.ts';
import { parseTableFilter } from './table-filter.ts';

/** Databases that hold accounts and TiDB's own state: they come from a restore of everything alone (FACTS §1.13). */
const systemDatabases = ['mysql', 'sys'] as const;
/** Tables of `mysql` that a rule for some of them would most likely be about. */
const systemTables = ['user', 'bind_info', 'db', 'tidb', 'any'] as const;
const example = 'such as "shop.*" or "!shop.tmp_*"';

/**
 * Checks the rules of a request, `place` being its field: one rule each, br's syntax, at least one that selects, and no system
 * table among what they select. Errors: INVALID_TABLE_FILTER.
 */
export function checkTableRules(rules: readonly string[], place: string): void {
  for (const [index, rule] of rules.entries()) checkRule(rule, `${place}[${index}]`);
  if (rules.length === 0) return;
  if (rules.every((rule) => rule.trim().startsWith('!'))) {
    throw refused(
      `${place} is ${shown(rules)}, which selects nothing for br: expected a rule without ! ${example}`,
      'begin with what is wanted; without the field everything is restored',
    );
  }
  refuseSystemTables(rules, place);
}

function checkRule(rule: string, place: string): void {
  if (rule !== rule.trim() || rule === '') {
    throw refused(
      `${place} is ${JSON.stringify(rule)}, expected one rule without blanks around it, ${example}`,
    );
  }
  try {
    parseTableFilter(rule);
  } catch (caught) {
    if (!(caught instanceof PitrError)) throw caught;
    throw new PitrError('INVALID_TABLE_FILTER', `${place}: ${caught.message}`, {
      hint: caught.hint ?? `a rule is one ${example}`,
      details: caught.details,
    });
  }
  const bare = bareSigns(rule);
  if (bare.includes(',')) {
    throw refused(
      `${place} is ${JSON.stringify(rule)}, which holds several rules: expected one each, ${example}`,
      'br takes a rule by itself: write {"tables":["shop.*","audit.*"]}',
    );
  }
  if (bare.includes('-')) {
    throw refused(
      `${place} is ${JSON.stringify(rule)}, expected a name with - in quotes, such as "\`my-shop\`.*"`,
      'br reads no - outside quotes, other than pitr on one machine',
    );
  }
}

/** Without quoted names, classes and escaped signs: what is left stands for itself, or parts rules. */
function bareSigns(rule: string): string {
  return rule.replace(/`(?:[^`]|``)*`|"(?:[^"]|"")*"|\[(?:\\.|[^\]\\])*\]|\\./g, '');
}

function refuseSystemTables(rules: readonly string[], place: string): void {
  const { selects } = parseTableFilter(rules);
  const database = systemDatabases.find((name) => systemTables.some((table) => selects(name, table)));
  const named = rules.find((rule) => /^[`"]?(?:mysql|sys)[`"]?\./i.test(rule));
  if (database === undefined && named === undefined) return;
  const which = named === undefined ? `tables of ${database}` : `system tables (${named})`;
  throw refused(
    `${place} is ${shown(rules)}, which selects ${which}: expected rules over databases of users only, ${example}`,
    'add "!mysql.*" and "!sys.*" at the end; accounts come from a restore without the field, or are made by hand',
  );
}

/**
 * Whether br of this version can restore some tables to a moment inside the log (FACTS §7 PiTR filter).
 * Errors: INVALID_TABLE_FILTER with the version that could.
 */
export function checkFilteredLog(rules: readonly string[], version: Version, place: string): void {
  if (rules.length === 0 || capabilities(version).pitrFilter === 'yes') return;
  throw refused(
    `${place} is ${shown(rules)}, and br ${version.text} restores all tables to a moment or none: expected no such field`,
    'br takes table rules here from v8.5.5 on; leave the field out, or take the BackupTS of a snapshot as the moment; pitr restore --tables brings single tables of any moment into files',
  );
}

function refused(message: string, hint = 'docs/restore-cluster.md, "tables", explains the rules'): PitrError {
  return new PitrError('INVALID_TABLE_FILTER', message, { hint });
}

function shown(rules: readonly string[]): string {
  const text = JSON.stringify(rules);
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}
