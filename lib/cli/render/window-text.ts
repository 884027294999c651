// `pitr window` for a person: the answer first, a picture, every edge with its reason, then what it rests on:
// snapshots, log, holes. Must not compute what is restorable.

import type { TextPage } from '../command-context.ts';
import { instantText } from './instant.ts';
import { formatBytes, formatCount, formatDuration, plural } from './quantity.ts';
import type { HoleView, IntervalView, LogView, WindowView } from './report-views.ts';
import { snapshotLines, snapshotName } from './snapshots-text.ts';
import type { Style } from './style.ts';
import { oneLine, padEndTo, wrapWords } from './text-width.ts';
import { timeline } from './timeline.ts';

/** The page as lines. */
export function windowText(view: WindowView, page: TextPage): readonly string[] {
  const { style } = page;
  const picture = timeline(view, page.columns, style);
  return [
    ...headline(view, style),
    ...(picture.length === 0 ? [] : ['', ...picture]),
    ...view.intervals.flatMap((interval, index) => {
      const together = isPoint(interval) && index > 0 && isPoint(view.intervals[index - 1]);
      return [...(together ? [] : ['']), ...intervalLines(interval, page)];
    }),
    ...section(
      'Holes',
      joinHoles(view.holes).flatMap((hole) => holeLines(hole, page)),
      style,
    ),
    ...section('Snapshots', snapshotLines(view.snapshots, page), style),
    ...view.logs.flatMap((log) => section(`Log  ${oneLine(log.path)}`.trimEnd(), logLines(log, page), style)),
    ...section(
      'Not of this backup',
      view.unknown.map((folder) => `  ${oneLine(folder)}`),
      style,
    ),
  ];
}

function headline(view: WindowView, style: Style): readonly string[] {
  const where = view.storage.map(oneLine).join(', ');
  const first = view.intervals[0];
  if (first === undefined || view.latest === undefined) {
    return [
      `${style.bad('No moment can be brought back')} from ${where}`,
      ...whatToDo(view).map((line) => style.faint(line)),
    ];
  }
  const lengthMs = view.intervals.reduce((sum, interval) => sum + lengthOf(interval), 0);
  const points = view.intervals.filter(isPoint).length;
  const spans = view.intervals.length - points;
  const parts = [
    ...(spans > 0
      ? [`any moment of ${formatDuration(lengthMs)}${spans > 1 ? ` in ${spans} intervals` : ''}`]
      : []),
    ...(points > 0 ? [points === 1 ? 'one single moment' : `${formatCount(points)} single moments`] : []),
  ];
  return [`${style.strong('Restorable:')} ${style.good(parts.join(', and '))}`, style.faint(`in ${where}`)];
}

/** For a folder that is not what the person meant: where to look next. */
function whatToDo({ snapshots, logs }: WindowView): readonly string[] {
  if (snapshots.length > 0) return [];
  return logs.length > 0
    ? [
        'a log alone gives no moment: --snapshots URL names where the snapshots are, or br backup full takes one',
      ]
    : [
        'nothing here is of br or TiKV: --storage names the folder or prefix that holds snapshot-*/ and log-backup/',
      ];
}

/** Milliseconds between the edges. */
function lengthOf(interval: IntervalView): number {
  return Number((interval.to >> 18n) - (interval.from >> 18n));
}

function isPoint(interval: IntervalView | undefined): boolean {
  return interval !== undefined && interval.from === interval.to;
}

function intervalLines(interval: IntervalView, page: TextPage): readonly string[] {
  const { style } = page;
  if (isPoint(interval)) {
    // Why it goes no further is told by the hole after it.
    return edgeLines('at', interval.from, interval.startsBecause.text, page);
  }
  return [
    ...edgeLines('from', interval.from, interval.startsBecause.text, page),
    ...edgeLines('to', interval.to, interval.endsBecause.text, page),
    ...wrapWords(basesText(interval), page.columns - 8).map((line) => style.faint(' '.repeat(8) + line)),
  ];
}

function basesText(interval: IntervalView): string {
  const names = interval.bases.map(snapshotName).join(', ');
  return `${formatDuration(lengthOf(interval))}, from ${plural(interval.bases.length, 'base')}: ${names}`;
}

/** `  from  2026-…Z  4706…  why`, the reason on lines of its own where the page is narrow. */
function edgeLines(label: string, ts: bigint, why: string, page: TextPage): readonly string[] {
  const { style } = page;
  const moment = `${style.good(instantText(ts))}  ${style.accent(String(ts))}`;
  const used = 2 + 6 + instantText(ts).length + 2 + String(ts).length + 2;
  return hanging(`  ${padEndTo(label, 6)}${moment}`, used, why, page);
}

/** A text that goes on after `head`, or below it when too little room is left. */
function hanging(head: string, used: number, text: string, page: TextPage): readonly string[] {
  const room = page.columns - used;
  const paint = page.style.faint;
  const safe = oneLine(text);
  if (room >= 28) {
    const [first, ...more] = wrapWords(safe, room);
    return [
      `${head}  ${paint(first ?? '')}`.trimEnd(),
      ...more.map((line) => ' '.repeat(used) + paint(line)),
    ];
  }
  return [head, ...wrapWords(safe, page.columns - 8).map((line) => ' '.repeat(8) + paint(line))];
}

interface JoinedHole extends HoleView {
  /** Single moments inside that can be brought back. */
  readonly points: number;
}

/** Holes of one cause that only single moments part are told once, with the sentence of the last. */
function joinHoles(holes: readonly HoleView[]): readonly JoinedHole[] {
  const joined: JoinedHole[] = [];
  for (const hole of holes) {
    const before = joined.at(-1);
    const onePoint = before?.to !== undefined && hole.from !== undefined && hole.from - before.to === 2n;
    if (before !== undefined && onePoint && before.reason.code === hole.reason.code) {
      joined.splice(-1, 1, { ...hole, from: before.from, points: before.points + 1 });
    } else {
      joined.push({ ...hole, points: 0 });
    }
  }
  return joined;
}

function holeLines(hole: JoinedHole, page: TextPage): readonly string[] {
  const { style } = page;
  const but = hole.points === 0 ? '' : `but for ${plural(hole.points, 'single moment')}`;
  const scope = scopeOf(hole) + but;
  const edges = holeEdges(hole);
  const fits = edges.length + scope.length + 4 <= page.columns;
  const lines = wrapWords(oneLine(hole.reason.text), page.columns - 6);
  return [
    `  ${style.warn(edges)}${fits && scope !== '' ? `  ${scope}` : ''}`,
    ...(fits ? [] : [`    ${scope}`]),
    ...lines.map((line) => `    ${style.faint(line)}`),
  ];
}

/** A hole between two intervals is told by the restorable moments that it lies between. */
function holeEdges(hole: HoleView): string {
  const { from, to } = hole;
  const before = from === undefined ? undefined : instantText(from > 0n ? from - 1n : from);
  const after = to === undefined ? undefined : instantText(to + 1n);
  if (before === undefined) return after === undefined ? 'ever' : `before ${after}`;
  if (after === undefined) return `after ${before}`;
  return scopeOf(hole) === '' ? `after ${before}, before ${after}` : `${before} → ${after}`;
}

function scopeOf(hole: HoleView): string {
  const parts = [
    ...(hole.tableIds.length > 0
      ? [`${hole.tableIds.length === 1 ? 'table' : 'tables'} ${hole.tableIds.join(', ')}`]
      : []),
    ...(hole.databaseIds.length > 0
      ? [`${hole.databaseIds.length === 1 ? 'database' : 'databases'} ${hole.databaseIds.join(', ')}`]
      : []),
  ];
  return parts.length === 0 ? '' : `only ${parts.join(' and ')}`;
}

function logLines(log: LogView, page: TextPage): readonly string[] {
  const { style } = page;
  const row = (label: string, text: string): string => `  ${style.faint(padEndTo(label, 13))}${text}`;
  const moment = (ts: bigint): string => `${instantText(ts)}  ${ts}`;
  return [
    ...(log.problem === undefined ? [] : [row('problem', style.bad(oneLine(log.problem)))]),
    row('checkpoint', log.checkpointTs === undefined ? style.warn('none yet') : moment(log.checkpointTs)),
    row('minimum', `${moment(log.minTs)}${log.minTs > log.startTs ? style.faint('  truncated') : ''}`),
    ...(log.startTs === log.minTs ? [] : [row('started', moment(log.startTs))]),
    row('objects', `${plural(log.metaCount, 'meta')}, ${formatBytes(log.metaBytes)}`),
    ...(log.compactions > 0 ? [row('compactions', formatCount(log.compactions))] : []),
    ...log.locks.map((lock) => row('lock', style.warn(oneLine(`${lock.object} ${lock.description}`.trim())))),
  ];
}

function section(title: string, lines: readonly string[], style: Style): readonly string[] {
  return lines.length === 0 ? [] : ['', style.strong(title), ...lines];
}
