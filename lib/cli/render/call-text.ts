// What an operation answered, for a person: the decision first, then its facts and sentences as it gave them. Must not judge.

import type { FactValue } from '../../domain/state/run-identity.ts';
import { describeTs } from '../../domain/ts.ts';
import type { TextPage } from '../command-context.ts';
import type { CallReport } from '../control-operations.ts';
import { oneLine, padEndTo, wrapWords } from './text-width.ts';

/** The page as lines. */
export function callText(
  { cluster, operation, dryRun, answer }: CallReport,
  page: TextPage,
): readonly string[] {
  const { style } = page;
  const { decision, ...facts } = answer;
  const title = typeof decision === 'string' ? `: ${decision}` : '';
  const dry = dryRun ? ' (a dry run: nothing was written)' : '';
  const shown = Object.entries(facts)
    .map(([name, value]) => [name, withTime(name, value)] as const)
    .filter(([, value]) => !isEmpty(value));
  const widest = Math.max(0, ...shown.map(([name]) => name.length));
  return [
    `${style.strong(oneLine(`${operation} of ${cluster}${title}`))}${style.faint(dry)}`,
    ...shown.flatMap(([name, value]) => factLines(padEndTo(name, widest), value, page)),
  ];
}

/** A TSO with the time that it stands for; 0 is none. */
function withTime(name: string, value: FactValue): FactValue {
  if (!name.endsWith('Ts') || typeof value !== 'string' || !/^\d{1,20}$/.test(value)) return value;
  return value === '0' ? '' : describeTs(BigInt(value));
}

function isEmpty(value: FactValue): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** A list has a line for each of its items. */
function factLines(name: string, value: FactValue, { style, columns }: TextPage): readonly string[] {
  const texts = (Array.isArray(value) ? value : [value]).map(textOf);
  const indent = name.length + 4;
  const lines = texts.flatMap((text) => wrapWords(oneLine(text), Math.max(30, columns - indent)));
  return lines.map((line, index) =>
    index === 0 ? `  ${style.faint(name)}  ${line}` : `${' '.repeat(indent)}${line}`,
  );
}

function textOf(value: FactValue): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
