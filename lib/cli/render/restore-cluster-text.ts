// `pitr restore-cluster` for a person: the plan of a dry run as a page, or how the restore ended. Must not judge, and promises nothing
// that is an estimate.

import type { RestoreClusterReport } from '../../operations/restore-cluster.ts';
import type { ShownPlan } from '../../operations/shown-plan.ts';
import type { TextPage } from '../command-context.ts';
import { instantText } from './instant.ts';
import { formatBytes, formatDuration } from './quantity.ts';
import { oneLine, padEndTo, wrapWords } from './text-width.ts';

type ReportIn<S extends RestoreClusterReport['state']> = Extract<RestoreClusterReport, { readonly state: S }>;

/** The page as lines. */
export function restoreClusterText(report: RestoreClusterReport, page: TextPage): readonly string[] {
  switch (report.state) {
    case 'planned':
      return planLines(report, page);
    case 'restored':
      return restoredLines(report, page);
    case 'started':
      return startedLines(report, page);
    default:
      return report satisfies never;
  }
}

function planLines({ cluster, plan }: ReportIn<'planned'>, page: TextPage): readonly string[] {
  const { style, columns } = page;
  const moment = `${style.good(instantText(plan.restoreTs))}  ${style.accent(String(plan.restoreTs))}`;
  const [base = '', ...incremental] = plan.chain;
  return [
    `${style.strong('Would restore')} ${moment}`,
    style.faint(oneLine(`of ${cluster}, into ${plan.targetPd.join(', ')}; nothing was begun`)),
    '',
    ...rows(
      [
        [
          'base',
          `${base} (BackupTS ${plan.backupTs}, ${instantText(plan.backupTs)})${sizeText(plan.snapshotBytes)}`,
        ],
        ...incremental.map((name) => ['', `then ${name}`] as const),
        ['log', logText(plan)],
        ['tables', plan.tables.length === 0 ? 'everything' : plan.tables.join(' ')],
        ['estimate', plan.estimate.sentence],
      ],
      page,
    ),
    '',
    style.strong('Steps'),
    ...plan.steps.flatMap((step, index) => hanging(`${String(index + 1).padStart(3)}  `, step, columns)),
    '',
    style.strong('br would get'),
    ...commandLines(plan.argv),
  ];
}

function logText({ log, logBytes }: ShownPlan): string {
  if (log === undefined) return 'none: the base is the moment';
  const { path, afterTs, toTs, seconds } = log;
  return `${path}, ${formatDuration(seconds * 1000)} of it: after ${afterTs} up to ${toTs}${sizeText(logBytes)}`;
}

function sizeText(bytes: bigint | undefined): string {
  return bytes === undefined ? ', size not known' : `, ${formatBytes(bytes)}`;
}

function restoredLines(report: ReportIn<'restored'>, page: TextPage): readonly string[] {
  const { style } = page;
  const { cluster, story, run, place } = report;
  if (run === undefined) {
    return [
      style.strong(oneLine(`Restored ${cluster}`)),
      ...rows(
        [
          ['proof', story],
          ['execution', place],
        ],
        page,
      ),
    ];
  }
  const moment = `${style.good(instantText(run.restoreTs))}  ${style.accent(String(run.restoreTs))}`;
  return [
    `${style.strong('Restored')} ${moment}`,
    style.faint(oneLine(`of ${cluster} from ${run.base}, into ${run.targetPd.join(', ')}`)),
    '',
    ...rows(
      [
        ['proof', run.proof],
        ['took', formatDuration(run.endedMs - run.startedMs)],
        ['execution', place],
      ],
      page,
    ),
  ];
}

function startedLines({ cluster, execution, place }: ReportIn<'started'>, page: TextPage): readonly string[] {
  const { style } = page;
  return [
    style.strong(`Begun ${oneLine(execution)}`),
    ...rows(
      [
        ['where', place],
        ['watch', `pitr restore-cluster --cluster ${cluster} --watch ${execution}`],
      ],
      page,
    ),
  ];
}

function rows(
  lines: readonly (readonly [string, string])[],
  { style, columns }: TextPage,
): readonly string[] {
  return lines.flatMap(([title, text]) =>
    hanging(`  ${style.faint(padEndTo(title, 9))}  `, text, columns, 13),
  );
}

/** Wrapped text whose further lines stand below its first. `width`: of the lead, when colours make it longer. */
function hanging(lead: string, text: string, columns: number, width = lead.length): readonly string[] {
  const [first = '', ...rest] = wrapWords(oneLine(text), Math.max(30, columns - width));
  return [`${lead}${first}`, ...rest.map((line) => `${' '.repeat(width)}${line}`)];
}

/** The command with an option a line, for a shell to be pasted into. */
function commandLines(argv: readonly string[]): readonly string[] {
  const first = argv.findIndex((word) => word.startsWith('--'));
  const words = argv.map(shellWord);
  const head = words.slice(0, first < 0 ? words.length : first).join(' ');
  const options = words.slice(first < 0 ? words.length : first);
  return [head, ...options.map((option) => `  ${option}`)].map(
    (line, index) => `  ${line}${index < options.length ? ' \\' : ''}`,
  );
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${oneLine(word).replaceAll("'", "'\\''")}'`;
}
