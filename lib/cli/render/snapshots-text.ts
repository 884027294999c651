// `pitr snapshots` for a person: one line a snapshot, and below it why it serves nothing where it does not.

import type { TextPage } from '../command-context.ts';
import { instantText } from './instant.ts';
import { formatBytes, plural } from './quantity.ts';
import type { SnapshotsView, SnapshotView } from './report-views.ts';
import { plainStyle } from './style.ts';
import { listTable } from './text-table.ts';
import { oneLine, textWidth, wrapWords } from './text-width.ts';

/** The page as lines. */
export function snapshotsText(view: SnapshotsView, page: TextPage): readonly string[] {
  const where = page.style.faint(`in ${view.storage.map(oneLine).join(', ')}`);
  if (view.snapshots.length === 0) return [page.style.warn('No snapshots'), where];
  const complete = view.snapshots.filter((snapshot) => snapshot.state === 'complete').length;
  const count = plural(view.snapshots.length, 'snapshot');
  const title =
    complete === view.snapshots.length ? `${count}, all complete` : `${count}, ${complete} complete`;
  return [
    page.style.strong(title),
    where,
    ...versionLines(view.snapshots, page),
    '',
    ...snapshotLines(view.snapshots, page),
  ];
}

/** A snapshot that is the storage itself has no name of its own. */
export function snapshotName(name: string): string {
  return name === '' ? '(the storage itself)' : oneLine(name);
}

/** `written by …` with the snapshots that each pair of versions wrote, when there are several. */
function versionLines(snapshots: readonly SnapshotView[], page: TextPage): readonly string[] {
  const byVersions = new Map<string, string[]>();
  for (const { name, clusterVersion, brVersion } of snapshots) {
    if (clusterVersion === '' && brVersion === '') continue;
    const versions = `TiDB ${clusterVersion === '' ? '?' : clusterVersion}, br ${brVersion === '' ? '?' : brVersion}`;
    byVersions.set(versions, [...(byVersions.get(versions) ?? []), name]);
  }
  return [...byVersions].map(([versions, names]) => {
    const which = byVersions.size === 1 ? '' : `: ${names.join(', ')}`;
    return page.style.faint(oneLine(`written by ${versions}${which}`));
  });
}

/** The table alone, as `pitr window` shows it, too. On a narrow page the TSOs give way to the times. */
export function snapshotLines(snapshots: readonly SnapshotView[], page: TextPage): readonly string[] {
  if (snapshots.length === 0) return [];
  const latest = snapshots
    .flatMap((snapshot) => snapshot.serves)
    .reduce((most, { to }) => (to > most ? to : most), 0n);
  const right = 'right' as const;
  const columns = [
    { title: 'name' },
    { title: 'BackupTS' },
    { title: 'TSO', align: right },
    { title: 'state' },
    { title: 'size', align: right },
    { title: 'serves' },
  ];
  const rows = snapshots.map((snapshot) => [
    snapshotName(snapshot.name),
    snapshot.backupTs === undefined ? '' : instantText(snapshot.backupTs),
    snapshot.backupTs === undefined ? '' : String(snapshot.backupTs),
    stateText(snapshot),
    snapshot.sizeBytes === undefined ? '' : formatBytes(snapshot.sizeBytes),
    servesText(snapshot, latest),
  ]);
  const fits = listTable(columns, rows, plainStyle, '  ').every((line) => textWidth(line) <= page.columns);
  const kept = (_: unknown, index: number): boolean => fits || index !== 2;
  const table = listTable(
    columns.filter(kept),
    rows.map((row) => row.filter(kept)),
    page.style,
    '  ',
  );
  return [...table, ...snapshots.flatMap((snapshot) => whyLines(snapshot, page))];
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

/** From its BackupTS on: only the end is told, and the newest moment of all by its name. */
function servesText(snapshot: SnapshotView, latest: bigint): string {
  if (snapshot.serves.length === 0) return 'nothing';
  return snapshot.serves
    .map(({ from, to }) => {
      if (from === to) return from === snapshot.backupTs ? 'its own moment' : instantText(from);
      const until = to === latest ? 'latest' : instantText(to);
      return from === snapshot.backupTs ? `until ${until}` : `${instantText(from)} → ${until}`;
    })
    .join(', ');
}

/** The reason, which names the snapshot. */
function whyLines(snapshot: SnapshotView, page: TextPage): readonly string[] {
  const paint = snapshot.state === 'damaged' ? page.style.bad : page.style.warn;
  if (snapshot.stateReason === undefined) return [];
  const [first, ...more] = wrapWords(oneLine(snapshot.stateReason), page.columns - 6);
  return [`  ${paint('!')} ${first ?? ''}`, ...more.map((line) => `    ${line}`)];
}
