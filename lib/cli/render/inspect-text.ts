// `pitr inspect` for a person: the decoded object as an indented outline, lists of equal rows as tables, bytes as hex,
// TSOs with their UTC time. Knows nothing of the objects but the names of their fields.

import type { TextPage } from '../command-context.ts';
import { instantText } from './instant.ts';
import { type JsonValue, toJsonValue } from './json.ts';
import type { InspectView } from './report-views.ts';
import type { Style } from './style.ts';
import { listTable } from './text-table.ts';
import { oneLine, padEndTo, textWidth } from './text-width.ts';

/** The page as lines. */
export function inspectText(view: InspectView, page: TextPage): readonly string[] {
  const head = `${page.style.strong(oneLine(view.kind))}  ${page.style.faint(oneLine(view.object))}`;
  return [head, '', ...outline(toJsonValue(view.document), '  ', page)];
}

type Fields = { readonly [key: string]: JsonValue };

function isFields(value: JsonValue): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPlain(value: JsonValue): boolean {
  return typeof value !== 'object' || value === null;
}

function isShortList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value) && value.length <= 8 && value.every(isPlain);
}

function outline(value: JsonValue, indent: string, page: TextPage): readonly string[] {
  if (isFields(value)) return fieldLines(value, indent, page);
  if (Array.isArray(value)) return itemLines(value, indent, page);
  return [indent + plain('', value, page.style)];
}

function fieldLines(fields: Fields, indent: string, page: TextPage): readonly string[] {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  const inLine = entries.filter(([, value]) => isPlain(value) || isShortList(value));
  const widest = inLine.reduce((most, [name]) => Math.max(most, textWidth(oneLine(name))), 0);
  return entries.flatMap(([name, value]) => {
    const label = page.style.faint(padEndTo(oneLine(name), widest));
    if (isPlain(value)) return [`${indent}${label}  ${plain(name, value, page.style)}`.trimEnd()];
    if (isShortList(value)) {
      return [
        `${indent}${label}  ${value.map((item) => plain(name, item, page.style)).join(', ')}`.trimEnd(),
      ];
    }
    return [`${indent}${page.style.strong(oneLine(name))}`, ...outline(value, `${indent}  `, page)];
  });
}

function itemLines(items: readonly JsonValue[], indent: string, page: TextPage): readonly string[] {
  const table = asTable(items);
  if (table !== undefined) {
    const columns = table.titles.map((title) => ({ title, maxWidth: 64 }));
    const rows = table.rows.map((row) =>
      row.map((cell, index) => plainText(table.titles[index] ?? '', cell)),
    );
    return listTable(columns, rows, page.style, indent);
  }
  return items.flatMap((item, index) => {
    if (isPlain(item)) return [indent + plain('', item, page.style)];
    return [`${indent}${page.style.faint(`#${index + 1}`)}`, ...outline(item, `${indent}  `, page)];
  });
}

/** Rows whose fields are all plain read best as a table. */
function asTable(
  items: readonly JsonValue[],
): { readonly titles: readonly string[]; readonly rows: readonly (readonly JsonValue[])[] } | undefined {
  const rows = items.filter(isFields);
  if (rows.length === 0 || rows.length < items.length) return undefined;
  const titles = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (titles.length > 8 || rows.some((row) => !Object.values(row).every(isPlain))) return undefined;
  return { titles, rows: rows.map((row) => titles.map((title) => row[title])) };
}

/** A TSO is known by the name of its field and by its size: later than 2015 and in the layout of PD. */
function tsoOf(name: string, value: JsonValue): bigint | undefined {
  if (!/(ts|version|tso|checkpoint|from|until)$/i.test(name)) return undefined;
  const ts = typeof value === 'string' && /^\d{18}$/.test(value) ? BigInt(value) : value;
  const plausible =
    typeof ts === 'bigint' && ts > 372_000_000_000_000_000n && ts < 1_000_000_000_000_000_000n;
  return plausible ? ts : undefined;
}

function plain(name: string, value: JsonValue, style: Style): string {
  const ts = tsoOf(name, value);
  return ts === undefined ? plainText(name, value) : `${ts}  ${style.faint(instantText(ts))}`;
}

function plainText(name: string, value: JsonValue): string {
  if (value === null || value === undefined) return '–';
  const ts = tsoOf(name, value);
  return ts === undefined ? oneLine(String(value)) : `${ts} ${instantText(ts)}`;
}
