// `pitr status` for a person: the state in one line, what needs somebody, then task, lag, fuse, bucket and stores, aligned.
// Must not judge: what is alarming stands in the notes.

import type { BucketStatus, SourceLag, StatusReport, TaskStatus } from '../../domain/status/status.ts';
import type { TextPage } from '../command-context.ts';
import type { StatusView } from '../operations.ts';
import { instantText } from './instant.ts';
import { plural } from './quantity.ts';
import { keeperLines } from './status-keeper.ts';
import { runLines } from './status-runs.ts';
import { storeLines } from './status-stores.ts';
import { age, fuseWords, overallPaint, ownershipWords, stateWords } from './status-words.ts';
import type { Style } from './style.ts';
import { oneLine, padEndTo, wrapWords } from './text-width.ts';

type ReadCluster = Extract<StatusReport['cluster'], { readonly kind: 'read' }>;

/** The page as lines. */
export function statusText(report: StatusView, page: TextPage): readonly string[] {
  const { cluster } = report;
  return [
    ...headline(report, page),
    ...noteLines(report, page),
    ...(cluster.kind === 'unreachable'
      ? unreachableLines(cluster, page)
      : clusterLines(cluster, report, page)),
    ...(report.keeper === undefined ? [] : section('Keeper', keeperLines(report.keeper, page), page.style)),
    ...section('Bucket', bucketLines(report.bucket, page), page.style),
    ...(report.runs === undefined ? [] : section('Runs', runLines(report.runs, page), page.style)),
    ...(cluster.kind === 'read'
      ? section('Stores', storeLines(cluster.cluster, page.style), page.style)
      : []),
  ];
}

function headline(report: StatusReport, { style }: TextPage): readonly string[] {
  const { cluster } = report;
  const paint = overallPaint(report, style);
  const versions =
    cluster.kind === 'read' ? new Set(cluster.cluster.stores.map(({ version }) => version)) : new Set();
  const about =
    cluster.kind === 'read'
      ? `cluster ${cluster.cluster.clusterId}, TiKV ${[...versions].join(', ') || 'unknown'}, `
      : '';
  return [
    `${style.strong(oneLine(report.name))}  ${paint(oneLine(situation(cluster)))}`,
    style.faint(oneLine(`${about}as of ${new Date(report.atMs).toISOString()}`)),
  ];
}

function situation(cluster: StatusReport['cluster']): string {
  if (cluster.kind === 'unreachable') return 'PD does not answer';
  const { task } = cluster;
  if (task === undefined) return 'no log backup task';
  const whose = task.ownership === 'not-ours' ? ', not ours' : '';
  return `log ${stateWords(task.state)}${whose}, ${age(task.lag.checkpoint.lagMs)} behind`;
}

function noteLines({ notes }: StatusReport, { style, columns }: TextPage): readonly string[] {
  const lines = notes.flatMap(({ level, text }) => {
    const paint = level === 'fail' ? style.bad : style.warn;
    const [first = '', ...rest] = wrapWords(oneLine(text), columns - 8);
    return [`  ${paint(padEndTo(level, 4))}  ${first}`, ...rest.map((line) => `        ${line}`)];
  });
  return section('Needs somebody', lines, style);
}

function unreachableLines(
  { code, problem, hint }: Extract<StatusReport['cluster'], { readonly kind: 'unreachable' }>,
  page: TextPage,
): readonly string[] {
  const lines = [
    ...wrapWords(oneLine(`${code}: ${problem}`), page.columns - 2),
    ...(hint === '' ? [] : wrapWords(oneLine(`→ ${hint}`), page.columns - 2)),
  ];
  return section(
    'Cluster',
    lines.map((line) => `  ${line}`),
    page.style,
  );
}

function clusterLines(cluster: ReadCluster, report: StatusReport, page: TextPage): readonly string[] {
  const { task, safePoints } = cluster;
  const gc = safePoints.gcSafePoint;
  const collected = gc === 0n ? 'nothing yet' : moment(gc, page.style);
  if (task === undefined)
    return section('Cluster', rows([['collected', `up to ${collected}`]], page), page.style);
  return [
    ...section(`Log task  ${oneLine(task.name)}`, taskLines(task, cluster.advancers, page), page.style),
    ...section('Lag', lagLines(task, page), page.style),
    ...section('Fuse', fuseLines(task, gc === 0n ? undefined : gc, report, page), page.style),
  ];
}

function taskLines(task: TaskStatus, advancers: number, page: TextPage): readonly string[] {
  const { state } = task;
  const pause = state.kind === 'paused' ? state : state.kind === 'error' ? state.pause : undefined;
  const since = pause?.sinceMs === undefined ? '' : `, since ${new Date(pause.sinceMs).toISOString()}`;
  const errors = state.kind === 'error' && task.errors.length === 0 && pause?.message ? [pause.message] : [];
  return rows(
    [
      ['state', oneLine(`${stateWords(state)}${since}`)],
      ...(state.kind === 'paused' && state.message !== '' ? ([['message', state.message]] as const) : []),
      ...errors.map((text) => ['error', oneLine(text)] as const),
      ...task.errors.map(({ storeId, code, message, atMs }) => {
        const at = atMs === undefined ? '' : `, ${new Date(atMs).toISOString()}`;
        return ['error', oneLine(`store ${storeId}${at}: ${code} ${message}`)] as const;
      }),
      ['writes to', oneLine(`${task.storageUrl} (${ownershipWords(task.ownership)})`)],
      ['started at', moment(task.startTs, page.style)],
      ['advanced by', advancers === 0 ? 'nobody' : plural(advancers, 'TiDB server')],
    ],
    page,
  );
}

function lagLines({ lag }: TaskStatus, page: TextPage): readonly string[] {
  const source = (at: SourceLag | undefined, missing: string, gap: string) =>
    at === undefined
      ? page.style.faint(missing)
      : `${moment(at.ts, page.style)}  ${age(at.lagMs)} behind${gap}`;
  const unsaved = lag.unsavedMs ? `, ${age(lag.unsavedMs)} before what is saved` : '';
  const missing = lag.missingMs ? `, ${age(lag.missingMs)} less than PD says` : '';
  return rows(
    [
      ['checkpoint', source(lag.checkpoint, '', '')],
      ['saved', source(lag.persisted, 'nothing was flushed yet', '')],
      ['advanced', source(lag.advanced, 'no advancer has told one', unsaved)],
      ['in bucket', source(lag.objects, 'not known', missing)],
    ],
    page,
  );
}

function fuseLines(
  { fuse }: TaskStatus,
  collected: bigint | undefined,
  report: StatusReport,
  page: TextPage,
): readonly string[] {
  const until =
    fuse.kind === 'held' && fuse.untilMs !== undefined
      ? ([['held until', `${new Date(fuse.untilMs).toISOString()}`]] as const)
      : [];
  const isBurning = fuse.kind !== 'held' || report.notes.some(({ code }) => code === 'FUSE_SHORT');
  const paint = isBurning ? page.style.bad : (text: string) => text;
  return rows(
    [
      ['history', paint(oneLine(fuseWords(fuse)))],
      ['needed from', moment(fuse.neededTs, page.style)],
      ...until,
      ['collected', collected === undefined ? 'nothing yet' : `up to ${moment(collected, page.style)}`],
    ],
    page,
  );
}

function bucketLines(bucket: BucketStatus, page: TextPage): readonly string[] {
  switch (bucket.kind) {
    case 'not-asked':
      return rows(
        [['not read', bucket.reason ?? 'give --storage to see the window and the newest snapshot']],
        page,
      );
    case 'failed':
      return rows(
        [
          ['place', oneLine(bucket.url)],
          ['not read', oneLine(`${bucket.code}: ${bucket.problem}`)],
          ['', oneLine(`→ ${bucket.hint}`)],
        ],
        page,
      );
    case 'read': {
      const { window, newestSnapshot: newest, otherSnapshots } = bucket;
      const several = window.intervals > 1 ? ` in ${window.intervals} intervals` : '';
      const length = window.lengthMs === 0 ? 'single moments' : `any moment of ${age(window.lengthMs)}`;
      const others = otherSnapshots === 0 ? '' : `, ${otherSnapshots} that cannot serve`;
      return rows(
        [
          ['place', oneLine(bucket.url)],
          [
            'window',
            window.to === undefined
              ? 'no moment'
              : `${length}${several}, up to ${moment(window.to, page.style)}`,
          ],
          [
            'newest',
            newest === undefined ? 'no snapshot' : oneLine(`${newest.name}, ${age(newest.ageMs)} old`),
          ],
          ['snapshots', `${bucket.completeSnapshots} complete${others}`],
        ],
        page,
      );
    }
    default:
      return bucket satisfies never;
  }
}

function moment(ts: bigint, style: Style): string {
  return `${instantText(ts)}  ${style.faint(String(ts))}`;
}

/** Label and value, aligned over the whole page. What came from outside was made one line by who hands it in. */
function rows(
  list: readonly (readonly [label: string, value: string])[],
  { style, columns }: TextPage,
): readonly string[] {
  return list.flatMap(([label, value]) => {
    const isPainted = value.includes('\u001b');
    const [first = '', ...rest] = isPainted ? [value] : wrapWords(value, columns - labelWidth - 2);
    return [
      `  ${style.faint(padEndTo(label, labelWidth))}${first}`.trimEnd(),
      ...rest.map((line) => `  ${' '.repeat(labelWidth)}${line}`),
    ];
  });
}

const labelWidth = 13;

function section(title: string, lines: readonly string[], style: Style): readonly string[] {
  return lines.length === 0 ? [] : ['', style.strong(title), ...lines];
}
