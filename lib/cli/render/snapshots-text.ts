// `pitr snapshots` for a person: one line a snapshot, and below it why it serves nothing where it does not.

import type { TextPage } from '../command-context.ts';
import { instantText } from './instant.ts';
import { formatBytes, plural } from './quantity.ts';
import type { SnapshotsView, SnapshotView } from './report-views.ts';
import { listTable } from './text-table.ts';
import { oneLine, wrapWords } from './text-width.ts';

/** The page as lines. */
export function snapshotsText(view: SnapshotsView, page: TextPage): readonly string[] {
  const where = page.style.faint(`in ${view.storage.map(oneLine).join(', ')}`);
  if (view.snapshots.length === 0) return [page.style.warn('No snapshots'), where];
  const complete = view.snapshots.filter((snapshot) => snapshot.state === 'complete').length;
  const count = plural(view.snapshots.length, 'snapshot');
  const title =
    complete === view.snapshots.length ? `${count}, all complete` : `${count}, ${complete} complete`;
  return [page.style.strong(title), where, '', ...snapshotLines(view.snapshots, page, true)];
}

/** The table alone, as `pitr window` shows it, too; `versions` adds the cluster's and br's version. */
export function snapshotLines(
  snapshots: readonly SnapshotView[],
  page: TextPage,
  versions = false,
): readonly string[] {
  if (snapshots.length === 0) return [];
  const columns = [
    { title: 'name' },
    { title: 'BackupTS' },
    { title: 'TSO', align: 'right' as const },
    { title: 'state' },
    { title: 'size', align: 'right' as const },
    ...(versions ? [{ title: 'cluster' }] : []),
    { title: 'serves' },
  ];
  const rows = snapshots.map((snapshot) => [
    snapshot.name,
    snapshot.backupTs === undefined ? '' : instantText(snapshot.backupTs),
    snapshot.backupTs === undefined ? '' : String(snapshot.backupTs),
    stateText(snapshot),
    snapshot.sizeBytes === undefined ? '' : formatBytes(snapshot.sizeBytes),
    ...(versions ? [snapshot.clusterVersion] : []),
    servesText(snapshot),
  ]);
  return [
    ...listTable(columns, rows, page.style, '  '),
    ...snapshots.flatMap((snapshot) => whyLines(snapshot, page)),
  ];
}

function stateText(snapshot: SnapshotView): string {
  const parts = [
    snapshot.state,
    ...(snapshot.incrementalFrom === undefined ? [] : ['incremental']),
    ...(snapshot.encrypted ? ['encrypted'] : []),
    ...(snapshot.resumable === true ? ['resumable'] : []),
  ];
  return parts.join(', ');
}

/** `until 04:26:01.252` on the same day, the whole time otherwise; a point is the snapshot's own moment. */
function servesText(snapshot: SnapshotView): string {
  if (snapshot.serves.length === 0) return 'nothing';
  return snapshot.serves
    .map((interval) => {
      if (interval.from === interval.to)
        return interval.from === snapshot.backupTs ? 'its own moment' : instantText(interval.from);
      const until = instantText(interval.to);
      return interval.from === snapshot.backupTs
        ? `until ${until}`
        : `${instantText(interval.from)} → ${until}`;
    })
    .join(', ');
}

function whyLines(snapshot: SnapshotView, page: TextPage): readonly string[] {
  const paint = snapshot.state === 'damaged' ? page.style.bad : page.style.warn;
  const why = snapshot.stateReason;
  if (why === undefined) return [];
  const [first, ...more] = wrapWords(oneLine(`${snapshot.name}: ${why}`), page.columns - 6);
  return [`  ${paint('!')} ${first ?? ''}`, ...more.map((line) => `    ${line}`)];
}
