// A window as a picture of a few lines: snapshots as marks, logs as bars, what is restorable below, and the time
// under it. A picture rounds: the exact edges stand beside it in the report. Must not read a clock.

import { instantText } from './instant.ts';
import type { WindowView } from './report-views.ts';
import type { Style } from './style.ts';
import { padEndTo } from './text-width.ts';

const labelWidth = 12;

interface Scale {
  readonly from: bigint;
  readonly to: bigint;
  readonly width: number;
}

/** The lines of the picture, or none when there is nothing to place on a line of time. */
export function timeline(view: WindowView, columns: number, style: Style): readonly string[] {
  const moments = momentsOf(view);
  const first = moments[0];
  if (first === undefined) return [];
  const from = moments.reduce((least, ts) => (ts < least ? ts : least), first);
  const to = moments.reduce((most, ts) => (ts > most ? ts : most), first);
  if (from === to) return [];
  const scale: Scale = { from, to, width: Math.min(84, Math.max(20, columns - labelWidth - 4)) };
  const line = (label: string, track: string): string =>
    `  ${style.faint(padEndTo(label, labelWidth))}${track}`;
  return [
    ...(view.snapshots.length === 0 ? [] : [line('snapshots', snapshotTrack(view, scale, style))]),
    ...view.logs.map((log, index) => {
      const end = log.checkpointTs ?? log.minTs;
      return line(
        view.logs.length === 1 ? 'log' : `log ${index + 1}`,
        logTrack(log.startTs, log.minTs, end, scale, style),
      );
    }),
    line('restorable', restorableTrack(view, scale, style)),
    `  ${' '.repeat(labelWidth)}${style.faint(axis(scale))}`,
  ];
}

function momentsOf(view: WindowView): readonly bigint[] {
  const logs = view.logs.flatMap((log) => [
    log.minTs,
    ...(log.startTs > 0n ? [log.startTs] : []),
    ...(log.checkpointTs === undefined ? [] : [log.checkpointTs]),
  ]);
  const snapshots = view.snapshots.flatMap((snapshot) =>
    snapshot.backupTs === undefined ? [] : [snapshot.backupTs],
  );
  const intervals = view.intervals.flatMap((interval) => [interval.from, interval.to]);
  return [...logs, ...snapshots, ...intervals].filter((ts) => ts > 0n);
}

/** The column of a moment, 0 to width - 1. */
function columnOf(ts: bigint, scale: Scale): number {
  const share = ((ts - scale.from) * BigInt(scale.width - 1) * 2n) / (scale.to - scale.from);
  return Math.max(0, Math.min(scale.width - 1, Number((share + 1n) / 2n)));
}

function snapshotTrack(view: WindowView, scale: Scale, style: Style): string {
  const cells: string[] = new Array(scale.width).fill(' ');
  for (const snapshot of view.snapshots) {
    if (snapshot.backupTs === undefined || snapshot.backupTs === 0n) continue;
    const usable = snapshot.state === 'complete';
    const column = columnOf(snapshot.backupTs, scale);
    if (usable || cells[column] === ' ') cells[column] = usable ? style.accent('◆') : style.warn('◇');
  }
  return cells.join('').trimEnd();
}

function logTrack(start: bigint, min: bigint, end: bigint, scale: Scale, style: Style): string {
  const first = columnOf(start > 0n && start < min ? start : min, scale);
  const whole = columnOf(min, scale);
  const last = columnOf(end, scale);
  const gone = style.faint('╌'.repeat(Math.max(0, whole - first)));
  return ' '.repeat(first) + gone + style.accent('━'.repeat(Math.max(1, last - whole + 1)));
}

function restorableTrack(view: WindowView, scale: Scale, style: Style): string {
  const cells: string[] = new Array(scale.width).fill(style.faint('·'));
  for (const interval of view.intervals) {
    const last = columnOf(interval.to, scale);
    for (let column = columnOf(interval.from, scale); column <= last; column += 1) {
      cells[column] = style.good(interval.from === interval.to ? '▪' : '█');
    }
  }
  for (const hole of view.holes) {
    if (hole.tableIds.length + hole.databaseIds.length === 0) continue;
    const last = columnOf(hole.to ?? scale.to, scale);
    for (let column = columnOf(hole.from ?? scale.from, scale); column <= last; column += 1) {
      cells[column] = style.warn('▒');
    }
  }
  return cells.join('');
}

/** Both ends in words; the day once where it is the same. */
function axis(scale: Scale): string {
  const left = clockText(scale.from);
  const right = clockText(scale.to);
  const sameDay = left.slice(0, 10) === right.slice(0, 10);
  const end = sameDay ? right.slice(11) : right;
  const blank = scale.width - left.length - end.length - ' UTC'.length - 2;
  return blank < 1 ? `${left} – ${end} UTC` : `${left} ${'─'.repeat(blank)} ${end} UTC`;
}

function clockText(ts: bigint): string {
  return instantText(ts).slice(0, 19).replace('T', ' ');
}
