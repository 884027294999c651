// `pitr retention plan` for a person: what goes, what stays and why, the window before and after, what it saves. Must not judge.

import { formatTs } from '../../domain/ts.ts';
import type { TextPage } from '../command-context.ts';
import { formatBytes, plural } from './quantity.ts';
import type { IntervalView, RetentionPlanView, ThingView } from './retention-plan-view.ts';
import { oneLine, wrapWords } from './text-width.ts';

const words: Readonly<Record<string, string>> = {
  'delete-snapshot': 'snapshot',
  'delete-unfinished': 'dead run',
  'delete-log': 'old log',
  'cut-log': 'log before',
};

/** The page as lines. */
export function retentionPlanText(view: RetentionPlanView, page: TextPage): readonly string[] {
  const { style } = page;
  const { decision, refusals, reasons, steps, kept } = view;
  return [
    ...headline(view, page),
    ...refusals.flatMap(({ code, message, hint }) => [
      ...indented(`${code}: ${message}`, page),
      ...(hint === '' ? [] : indented(`→ ${hint}`, page)),
    ]),
    ...(decision === 'refused' ? [] : reasons.flatMap((reason) => indented(reason, page))),
    ...section('Goes', steps, page),
    ...section('Stays', kept, page),
    ...windows(view, page),
    ...(steps.length === 0 ? [] : ['', style.faint(saving(view))]),
  ];
}

function headline(
  { cluster, decision, id, usableAt, dryRun, steps }: RetentionPlanView,
  { style }: TextPage,
) {
  const of = oneLine(cluster);
  switch (decision) {
    case 'refused':
      return [style.bad(`Nothing may be deleted of ${of}`)];
    case 'nothing':
      return [style.good(`Nothing is to be deleted of ${of}`)];
    case 'skipped':
      return [style.strong(`No plan was made for ${of}`)];
    default: {
      const title = style.strong(`Would delete ${plural(steps.length, 'thing')} of ${of}`);
      if (dryRun || id === '') return [`${title}${style.faint(' (a dry run: no plan was kept)')}`];
      return [title, style.faint(`plan ${oneLine(id)}, can be applied from ${oneLine(usableAt)} on`)];
    }
  }
}

function section(title: string, things: readonly ThingView[], page: TextPage): readonly string[] {
  if (things.length === 0) return [];
  return ['', title, ...things.flatMap((thing) => thingLines(thing, page))];
}

function thingLines({ kind, target, untilTs, objects, bytes, reasons }: ThingView, page: TextPage) {
  const { style } = page;
  const size = [
    ...(objects === undefined ? [] : [plural(objects, 'object')]),
    ...(bytes === undefined ? [] : [formatBytes(bytes)]),
  ].join(', ');
  const until = untilTs === undefined ? '' : `${formatTs(untilTs)} in `;
  const label = (words[kind] ?? kind).padEnd(10);
  return [
    `  ${style.faint(label)}  ${style.strong(`${until}${oneLine(target)}`)}${size === '' ? '' : `  ${style.faint(size)}`}`,
    ...reasons.slice(0, 2).flatMap((reason) => indented(reason, page, 14)),
  ];
}

function windows({ windowBefore, windowAfter, holes }: RetentionPlanView, { style }: TextPage) {
  if (windowBefore.length === 0) return [];
  const line = (title: string, intervals: readonly IntervalView[]) =>
    intervals.map(
      ({ from, to }, index) =>
        `  ${style.faint((index === 0 ? title : '').padEnd(6))}  ${formatTs(from)} to ${formatTs(to)}`,
    );
  const missing = holes.length === 0 ? [] : line('holes', holes);
  return ['', 'Restorable', ...line('before', windowBefore), ...line('after', windowAfter), ...missing];
}

function saving({ objects, bytes, isPartial, monthlyUsd, price }: RetentionPlanView): string {
  const more = isPartial ? ' at least' : '';
  return `${plural(objects, 'object')}, ${formatBytes(bytes)}${more}: about $${monthlyUsd.toFixed(2)} a month (${oneLine(price)})`;
}

function indented(text: string, { columns }: TextPage, indent = 2): readonly string[] {
  return wrapWords(oneLine(text), Math.max(30, columns - indent)).map(
    (line) => `${' '.repeat(indent)}${line}`,
  );
}
