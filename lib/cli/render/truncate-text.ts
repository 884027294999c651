// `pitr truncate` for a person: what goes in one line, where the log begins, and of a dry run each object with its reason.

import type { TextPage } from '../command-context.ts';
import { instantText } from './instant.ts';
import { formatBytes, plural } from './quantity.ts';
import { oneLine, padEndTo } from './text-width.ts';
import type { TruncateView } from './truncate-view.ts';

/** A page holds so many objects; all of them are in the document. */
const mostShown = 40;

/** The page as lines. */
export function truncateText(view: TruncateView, page: TextPage): readonly string[] {
  const { style } = page;
  const { dryRun, objects, bytes, metasDeleted, metasRewritten, blocklists, untilTs } = view;
  const title = dryRun ? 'Dry run, nothing was written' : 'Cut';
  const parts = [
    `${plural(objects, 'object')} of data, ${formatBytes(bytes)}`,
    `${plural(metasDeleted, 'meta')} deleted, ${metasRewritten} rewritten of ${view.metas}`,
    ...(blocklists === 0 ? [] : [plural(blocklists, 'blocklist')]),
  ];
  const where = view.log === '' ? 'the storage itself' : oneLine(view.log);
  return [
    `${style.strong(`${title}: ${parts.join('; ')}`)}`,
    style.faint(`${where} in ${oneLine(view.storage)}`),
    `the log ${dryRun ? 'would begin' : 'begins'} at ${style.good(instantText(untilTs))}  ${style.accent(String(untilTs))}`,
    ...view.removedLocks.map(
      (key) => `${style.warn('!')} ${oneLine(key)} was removed: its owner was said to be dead`,
    ),
    ...view.locks.map((key) => `${style.warn('!')} ${oneLine(key)} stands in the way now`),
    ...undeletedLines(view, page),
    ...changeLines(view, page),
  ];
}

function undeletedLines({ undeletedCount, undeleted }: TruncateView, { style }: TextPage): readonly string[] {
  if (undeletedCount === 0) return [];
  const shown = undeleted.slice(0, mostShown);
  return [
    style.bad(
      `${plural(undeletedCount, 'object')} could not be deleted; each stays named, and goes with the next run:`,
    ),
    ...shown.map(({ key, reason }) => `  ${oneLine(key)}: ${oneLine(reason)}`),
    ...more(undeletedCount - shown.length),
  ];
}

/** Two lines each: what and which, and below it why. */
function changeLines({ changes }: TruncateView, { style }: TextPage): readonly string[] {
  if (changes.length === 0) return [];
  const shown = changes.slice(0, mostShown);
  const lines = shown.flatMap(({ action, key, bytes, reason }) => [
    `  ${padEndTo(action, 8)} ${style.strong(oneLine(key))}${bytes === 0 ? '' : `  ${formatBytes(bytes)}`}`,
    `  ${' '.repeat(8)} ${style.faint(oneLine(reason))}`,
  ]);
  return ['', ...lines, ...more(changes.length - shown.length)];
}

function more(count: number): readonly string[] {
  return count > 0 ? [`  and ${plural(count, 'more', 'more')}: --json has all`] : [];
}
