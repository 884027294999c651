// `pitr settings check` for a person: each problem with its place and what to do, in the form `file:line:column` that editors
// and terminals open; below it what the settings come to.

import { formatDurationSetting } from '../../config/duration.ts';
import { formatSchedule } from '../../config/schedule.ts';
import type { SettingsProblem } from '../../config/settings-problem.ts';
import type { BucketSettings, ClusterSettings, RunnerSettings } from '../../config/settings-types.ts';
import { formatSizeSetting } from '../../config/size.ts';
import type { TextPage } from '../command-context.ts';
import type { SettingsView } from '../commands/settings-check.ts';
import { plural } from './quantity.ts';
import { oneLine, padEndTo, wrapWords } from './text-width.ts';

/** The page as lines. */
export function settingsText(view: SettingsView, page: TextPage): readonly string[] {
  const { settings, problems } = view;
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  const counts = [
    ...(errors > 0 ? [plural(errors, 'error')] : []),
    ...(warnings > 0 ? [plural(warnings, 'warning')] : []),
  ].join(', ');
  const file = oneLine(view.file);
  const title =
    settings === undefined
      ? page.style.bad(`${file} cannot be used: ${counts}`)
      : page.style.strong(`${file} is right${counts === '' ? '' : `, with ${counts}`}`);
  return [
    title,
    ...problems.flatMap((problem) => ['', ...problemLines(problem, file, page)]),
    ...(settings?.clusters ?? []).flatMap((cluster) => ['', ...clusterLines(cluster, page)]),
  ];
}

function problemLines(problem: SettingsProblem, file: string, page: TextPage): readonly string[] {
  const { severity, line, column, message, hint } = problem;
  const paint = severity === 'error' ? page.style.bad : page.style.warn;
  const width = page.columns - 4;
  const hintLines = hint === undefined ? [] : wrapWords(oneLine(hint), width - 2);
  return [
    `${page.style.accent(`${file}:${line}:${column}`)}  ${paint(severity)}`,
    ...wrapWords(oneLine(message), width).map((text) => `  ${text}`),
    ...hintLines.map((text, index) => `  ${index === 0 ? page.style.faint('→') : ' '} ${text}`),
  ];
}

function clusterLines(cluster: ClusterSettings, page: TextPage): readonly string[] {
  const { policy, objectives } = cluster;
  const { log, snapshot, retention } = policy;
  const first = policy.firstSnapshot === 'now' ? ', the first at once' : '';
  const engine = retention.engine === 'native' ? '; the log is cut by our own engine' : '';
  const rto =
    objectives.rtoMs === undefined ? '' : `, back within ${formatDurationSetting(objectives.rtoMs)}`;
  const rows: readonly (readonly [string, string])[] = [
    ['cluster', `TiDB ${cluster.version.text}, PD ${cluster.pd.join(', ')}`],
    ['backup in', bucketText(cluster.bucket)],
    ['snapshots', `${formatSchedule(snapshot.schedule)} (${snapshot.zone})${first}`],
    ['log', log.kind === 'on' ? `on, task ${log.taskName}` : 'off'],
    [
      'kept',
      `${formatDurationSetting(retention.windowMs)}, and at least ${plural(retention.minBases, 'snapshot')}${engine}`,
    ],
    ['promised', `at most ${formatDurationSetting(objectives.rpoMs)} lost${rto}`],
    ['br runs', runnerText(cluster.runner)],
  ];
  const lines = rows.flatMap(([title, text]) => {
    const [head = '', ...more] = wrapWords(oneLine(text), page.columns - 14);
    return [
      `  ${page.style.faint(padEndTo(title, 10))}  ${head}`,
      ...more.map((line) => `${' '.repeat(14)}${line}`),
    ];
  });
  return [page.style.strong(cluster.name), ...lines];
}

function bucketText(bucket: BucketSettings): string {
  switch (bucket.kind) {
    case 'folder':
      return bucket.path;
    case 'existing':
      return `s3://${bucket.name}/${bucket.prefix}${bucket.endpoint === undefined ? '' : ` at ${bucket.endpoint}`}`;
    case 'new':
      return `a new bucket${bucket.name === undefined ? '' : ` ${bucket.name}`}, below ${bucket.prefix}/`;
    default: {
      const unknown: never = bucket;
      return unknown;
    }
  }
}

function runnerText(runner: RunnerSettings): string {
  if (runner.kind === 'fargate') {
    const { cpuUnits, memoryBytes, image } = runner;
    return `on Fargate, ${cpuUnits / 1024} vCPU, ${formatSizeSetting(memoryBytes)}, ${image}`;
  }
  const program = runner.program.kind === 'tiup' ? 'tiup br' : runner.program.path;
  if (runner.kind === 'local') return `on this machine, ${program}`;
  const { target } = runner;
  const machine =
    target.kind === 'instances'
      ? target.instanceIds.join(' or ')
      : Object.entries(target.tags)
          .map(([key, value]) => `${key}=${value}`)
          .join(', ');
  return `by Run Command on ${machine}, ${program}`;
}
