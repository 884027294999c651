// `pitr doctor` for a person: the verdict first, then a row for each check; what is not well is followed by what was
// expected and what to do. Must not judge.

import type { DoctorFinding, DoctorLevel } from '../../domain/doctor/doctor-finding.ts';
import type { DoctorReport } from '../../operations/cluster/check-cluster.ts';
import type { TextPage } from '../command-context.ts';
import { plural } from './quantity.ts';
import type { Paint, Style } from './style.ts';
import { oneLine, padEndTo, wrapWords } from './text-width.ts';

/** The page as lines. */
export function doctorText({ name, findings }: DoctorReport, page: TextPage): readonly string[] {
  const widest = findings.reduce((most, finding) => Math.max(most, nameOf(finding).length), 0);
  return [
    headline(oneLine(name), findings, page.style),
    '',
    ...findings.flatMap((finding) => findingLines(finding, widest, page)),
  ];
}

function headline(name: string, findings: readonly DoctorFinding[], style: Style): string {
  const of = (wanted: DoctorLevel) => findings.filter(({ level }) => level === wanted).length;
  const [failed, warned] = [of('fail'), of('warn')];
  const warnings = warned === 0 ? '' : `, ${plural(warned, 'warning')}`;
  if (failed > 0) return style.bad(`${name}: ${plural(failed, 'check')} failed${warnings}`);
  if (warned > 0) return style.warn(`${name}: nothing failed${warnings}`);
  return style.good(`${name}: all ${plural(findings.length, 'check')} are well`);
}

function findingLines(finding: DoctorFinding, widest: number, page: TextPage): readonly string[] {
  const { level, found, expected, hint } = finding;
  const { style } = page;
  const indent = ' '.repeat(widest + 10);
  const width = Math.max(30, page.columns - indent.length);
  const [first = '', ...rest] = wrapWords(oneLine(found), width);
  const mark = paintOf(level, style)(padEndTo(level, 4));
  const lines = [
    `  ${mark}  ${padEndTo(nameOf(finding), widest)}  ${first}`,
    ...rest.map((line) => `${indent}${line}`),
  ];
  if (level === 'ok') return lines;
  const more = (lead: string, text: string) =>
    wrapWords(oneLine(text), width - lead.length).map(
      (line, index) => `${indent}${style.faint(index === 0 ? lead : ' '.repeat(lead.length))}${line}`,
    );
  return [...lines, ...more('expected ', expected), ...(hint === '' ? [] : more('→ ', hint))];
}

function nameOf({ check, about }: DoctorFinding): string {
  return about === undefined ? check : `${check} ${oneLine(about)}`;
}

function paintOf(level: DoctorLevel, style: Style): Paint {
  switch (level) {
    case 'ok':
      return style.good;
    case 'warn':
      return style.warn;
    case 'fail':
      return style.bad;
    default:
      return level satisfies never;
  }
}
