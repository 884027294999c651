// `pitr cost` for a person: the sum first, then what it is made of, how it grows, and what other windows would cost. Must not compute.

import { formatDurationSetting } from '../../config/duration.ts';
import type { Priced } from '../../domain/cost/cost-report.ts';
import { type Price, pricesSource } from '../../domain/cost/prices.ts';
import type { CostView } from '../../operations/cost-bucket.ts';
import type { TextPage } from '../command-context.ts';
import { instantText } from './instant.ts';
import { formatBytes, formatCount, formatDuration, plural } from './quantity.ts';
import type { Style } from './style.ts';
import { type Column, listTable } from './text-table.ts';
import { oneLine } from './text-width.ts';

/** Days of the log on a page, the newest ones. */
const shownDays = 14;

/** The page as lines. price: the person's, if there is one. */
export function costText(view: CostView, price: Price | undefined, { style }: TextPage): readonly string[] {
  const { total, storage, days, months } = view;
  const hidden = days.length - shownDays;
  return [
    `${style.strong(`${formatBytes(total.bytes)}, ${formatMoney(total.nanos)} a month`)}`,
    style.faint(`${plural(total.objects, 'object')} in ${storage.map(oneLine).join(', ')}`),
    style.faint(
      price === undefined
        ? `storage alone, in US dollars: ${pricesSource}`
        : 'storage alone, at the price that was given',
    ),
    ...section('Parts', partRows(view), partColumns('part'), style),
    ...section(
      'Snapshots',
      view.snapshots.map((one) => [
        one.name,
        one.backupTs === undefined ? '' : instantText(one.backupTs),
        ...sizes(one),
      ]),
      snapshotColumns,
      style,
    ),
    ...section(
      hidden > 0 ? `Log, the last ${shownDays} of ${days.length} days` : 'Log by day',
      days.slice(-shownDays).map((one) => [one.day, ...sizes(one)]),
      partColumns('day (UTC)'),
      style,
    ),
    ...section(
      'By month',
      months.map((one) => [
        one.month,
        formatBytes(one.logBytes),
        formatBytes(one.snapshotBytes),
        formatMoney(one.nanos),
      ]),
      monthColumns,
      style,
    ),
    ...section(
      'By class of storage',
      view.classes.filter(({ name }) => name !== '').map((one) => [one.name, ...sizes(one)]),
      partColumns('class'),
      style,
    ),
    '',
    style.strong('Growth'),
    `  ${growthText(view)}`,
    ...section('Windows', windowRows(view), windowColumns, style),
  ];
}

const right = 'right' as const;
const partColumns = (title: string): readonly Column[] => [
  { title },
  { title: 'objects', align: right },
  { title: 'size', align: right },
  { title: 'a month', align: right },
];
const snapshotColumns: readonly Column[] = [
  { title: 'name' },
  { title: 'BackupTS' },
  ...partColumns('').slice(1),
];
const monthColumns: readonly Column[] = [
  { title: 'of' },
  { title: 'log', align: right },
  { title: 'snapshots', align: right },
  { title: 'a month', align: right },
];
const windowColumns: readonly Column[] = [
  { title: 'window' },
  { title: 'keeps of today', align: right },
  { title: 'a month', align: right },
  { title: 'when full', align: right },
  { title: 'a month', align: right },
];

function section(
  title: string,
  rows: readonly (readonly string[])[],
  columns: readonly Column[],
  style: Style,
): readonly string[] {
  return rows.length === 0 ? [] : ['', style.strong(title), ...listTable(columns, rows, style, '  ')];
}

function sizes({ objects, bytes, nanos }: Priced): readonly string[] {
  return [formatCount(objects), formatBytes(bytes), formatMoney(nanos)];
}

function partRows({ snapshots, days, logRest, other }: CostView): readonly (readonly string[])[] {
  const parts: readonly (readonly [string, readonly Priced[]])[] = [
    ['snapshots', snapshots],
    ['log, by day', days],
    ['log, the rest', [logRest]],
    ['not of the backup', [other]],
  ];
  return parts.flatMap(([name, priced]) => {
    const sum = priced.reduce(
      (all, one) => ({
        objects: all.objects + one.objects,
        bytes: all.bytes + one.bytes,
        nanos: all.nanos + one.nanos,
      }),
      { objects: 0, bytes: 0n, nanos: 0n },
    );
    return sum.objects === 0 ? [] : [[name, ...sizes(sum)]];
  });
}

function growthText({ growth }: CostView): string {
  const { logBytesPerDay, snapshotBytes, snapshotEveryMs, bytesPerDay } = growth;
  const log =
    logBytesPerDay === undefined
      ? 'the log covers less than a day: nothing to tell from'
      : `${formatBytes(logBytesPerDay)} of log a day`;
  const every = snapshotEveryMs === undefined ? '' : ` every ${formatDuration(snapshotEveryMs)}`;
  const snapshot = snapshotBytes === undefined ? '' : `; a snapshot of ${formatBytes(snapshotBytes)}${every}`;
  return `${log}${snapshot}${bytesPerDay === undefined ? '' : `; together ${formatBytes(bytesPerDay)} a day`}`;
}

function windowRows({ windows }: CostView): readonly (readonly string[])[] {
  return windows.map(({ windowMs, keptBytes, keptNanos, fullBytes, fullNanos }) => [
    ...[formatDurationSetting(windowMs), formatBytes(keptBytes), formatMoney(keptNanos)],
    fullBytes === undefined ? 'unknown' : formatBytes(fullBytes),
    fullNanos === undefined ? '' : formatMoney(fullNanos),
  ]);
}

/** Two digits after the point; less than a cent says so. */
export function formatMoney(nanos: bigint): string {
  if (nanos > 0n && nanos < 5_000_000n) return '< 0.01';
  const cents = (nanos + 5_000_000n) / 10_000_000n;
  return `${formatCount(cents / 100n)}.${String(cents % 100n).padStart(2, '0')}`;
}
