// `pitr audit --plan` and `--apply` for a person: what goes and why it may, what stays and why, what to type. Must not judge.

import type { CleanUpReport } from '../../operations/audit/clean-up.ts';
import type { PlannedCleanup } from '../../operations/audit/plan-cleanup.ts';
import type { TextPage } from '../command-context.ts';
import { bytesOf } from './cleanup-json.ts';
import { formatBytes, plural } from './quantity.ts';
import { oneLine, wrapWords } from './text-width.ts';

/** Keys of a step on a page; as many as were asked for are in the document. */
const shownKeys = 3;

/** The page as lines. */
export function cleanupPlanText(planned: PlannedCleanup, page: TextPage): readonly string[] {
  const { report, planId, steps, kept } = planned;
  const { style } = page;
  const all = steps.flatMap(({ objects }) => objects);
  const where = style.faint(`in ${report.storage.map(oneLine).join(', ')}`);
  const title =
    planId === undefined
      ? [style.good('Nothing is to be removed'), where]
      : [
          style.strong(`Would remove ${plural(all.length, 'object')}, ${formatBytes(bytesOf(all))}`),
          where,
          `plan ${style.accent(planId)}: pitr audit --apply ${planId}`,
        ];
  return [
    ...title,
    ...(steps.length === 0 ? [] : ['', 'Goes']),
    ...steps.flatMap(({ kind, place, reason, objects }) => [
      `  ${style.strong(kind)}  ${oneLine(place)}  ${style.faint(`${objects.length}, ${formatBytes(bytesOf(objects))}`)}`,
      ...indented(reason, page),
      ...keysOf(
        objects.map(({ key }) => key),
        place,
        page,
      ),
    ]),
    ...(kept.length === 0 ? [] : ['', 'Stays']),
    ...kept.flatMap(({ kind, place, count, reason, commands }) => [
      `  ${style.strong(kind)}  ${oneLine(place)}  ${style.faint(`${count}`)}`,
      ...indented(reason, page),
      ...commands.slice(0, shownKeys).map((command) => `      $ ${oneLine(command)}`),
    ]),
  ];
}

/** The page as lines. */
export function cleanUpText({ planId, storage, steps }: CleanUpReport, page: TextPage): readonly string[] {
  const { style } = page;
  const removed = steps.reduce((sum, step) => sum + step.removed, 0);
  const bytes = steps.reduce((sum, step) => sum + step.bytes, 0n);
  const kept = steps.reduce((sum, step) => sum + step.keptCount, 0);
  const title = `Removed ${plural(removed, 'object')}, ${formatBytes(bytes)}`;
  return [
    kept === 0 ? style.good(title) : style.warn(`${title}; ${plural(kept, 'object')} stayed`),
    style.faint(`plan ${planId}, in ${storage.map(oneLine).join(', ')}`),
    '',
    ...steps.flatMap((step) => [
      `  ${style.strong(step.kind)}  ${oneLine(step.place)}  ${style.faint(stepSum(step))}`,
      ...step.kept
        .slice(0, shownKeys)
        .map(({ key, reason }) => `      ${style.bad('stayed')}  ${oneLine(key)}: ${oneLine(reason)}`),
    ]),
  ];
}

function stepSum({ removed, planned, gone, bytes }: CleanUpReport['steps'][number]): string {
  const before = gone === 0 ? '' : `, ${gone} gone before`;
  return `${removed} of ${planned}, ${formatBytes(bytes)}${before}`;
}

function keysOf(keys: readonly string[], place: string, { style }: TextPage): readonly string[] {
  const shown = keys.slice(0, shownKeys).filter((key) => key !== place);
  const more = keys.length - shownKeys;
  return [
    ...shown.map((key) => `      ${style.faint(oneLine(key))}`),
    ...(more > 0 ? [`      ${style.faint(`and ${plural(more, 'more', 'more')}`)}`] : []),
  ];
}

function indented(text: string, { columns }: TextPage): readonly string[] {
  return wrapWords(oneLine(text), Math.max(30, columns - 6)).map((line) => `      ${line}`);
}
