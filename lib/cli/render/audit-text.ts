// `pitr audit` for a person: the verdict first, then each finding with what it is, its proof and what to do. Must not judge.

import type { AuditFinding, AuditLevel } from '../../domain/audit/audit-finding.ts';
import type { AuditReport } from '../../operations/audit/audit-bucket.ts';
import type { TextPage } from '../command-context.ts';
import { formatBytes, plural } from './quantity.ts';
import type { Paint, Style } from './style.ts';
import { oneLine, wrapWords } from './text-width.ts';

/** Keys of a finding on a page; all that were asked for are in the document. */
const shownKeys = 3;

/** The page as lines. */
export function auditText(report: AuditReport, page: TextPage): readonly string[] {
  const { storage, objects, bytes, findings } = report;
  const { style } = page;
  return [
    headline(findings, style),
    style.faint(`${plural(objects, 'object')}, ${formatBytes(bytes)} in ${storage.map(oneLine).join(', ')}`),
    ...findings.flatMap((finding) => ['', ...findingLines(finding, page)]),
  ];
}

function headline(findings: readonly AuditFinding[], style: Style): string {
  const of = (wanted: AuditLevel) => findings.filter(({ level }) => level === wanted).length;
  const [failed, warned, told] = [of('fail'), of('warn'), of('info')];
  const rest = [
    ...(warned > 0 ? [plural(warned, 'warning')] : []),
    ...(told > 0 ? [plural(told, 'note')] : []),
  ];
  if (failed > 0) return style.bad([`Not whole: ${plural(failed, 'damage')}`, ...rest].join(', '));
  const isJudged = findings.every(({ kind }) => kind !== 'not-judged');
  const verdict = isJudged ? 'Whole' : 'Nothing is missing as far as it could be read';
  if (warned > 0) return style.warn(`${verdict}, with ${rest.join(' and ')}`);
  const clean = 'Whole: everything is named, and everything that is named is there';
  return style.good(told > 0 ? `${clean}; ${rest.join()}` : clean);
}

function findingLines(finding: AuditFinding, page: TextPage): readonly string[] {
  const { kind, level, place, what, proof, advice, count, bytes, keys } = finding;
  const { style } = page;
  const size = bytes === undefined || bytes === 0n ? '' : `, ${formatBytes(bytes)}`;
  const shown = keys.slice(0, shownKeys);
  const more = count - shown.length;
  return [
    `  ${paintOf(level, style)(level.padEnd(4))}  ${style.strong(kind)}  ${oneLine(place)}  ${style.faint(`${count}${size}`)}`,
    ...indented('', what, page),
    ...indented(proof.proven ? 'proven: ' : 'not proven: ', proof.text, page),
    ...(advice === '' ? [] : indented('→ ', advice, page)),
    ...shown.filter((key) => key !== place).map((key) => `        ${style.faint(oneLine(key))}`),
    ...(shown.length > 0 && more > 0
      ? [`        ${style.faint(`and ${plural(more, 'more', 'more')}`)}`]
      : []),
  ];
}

function indented(lead: string, text: string, { style, columns }: TextPage): readonly string[] {
  return wrapWords(oneLine(text), Math.max(30, columns - 8 - lead.length)).map(
    (line, at) => `        ${style.faint(at === 0 ? lead : ' '.repeat(lead.length))}${line}`,
  );
}

function paintOf(level: AuditLevel, style: Style): Paint {
  switch (level) {
    case 'fail':
      return style.bad;
    case 'warn':
      return style.warn;
    case 'info':
      return style.accent;
    default:
      return level satisfies never;
  }
}
