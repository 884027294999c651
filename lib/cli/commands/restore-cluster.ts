// `pitr restore-cluster`: asks for a restore into another cluster and shows it to its end. A stop ends the watching alone; what goes
// on then is told by the operation.

import { PitrError } from '../../domain/errors.ts';
import type { CommandContext } from '../command-context.ts';
import { printNotes, printReport } from '../command-context.ts';
import type { RestoreClusterRequest } from '../control-operations.ts';
import { controlOf } from '../control-request.ts';
import { flowProgress } from '../flow-progress.ts';
import { required } from '../option-values.ts';
import { restoreClusterJson } from '../render/restore-cluster-json.ts';
import { restoreClusterText } from '../render/restore-cluster-text.ts';
import { momentTextOf } from '../source-request.ts';

/** Errors: INVALID_INPUT for wrong usage; those of lib/operations/restore-cluster.ts, by which the exit code is chosen. */
export async function run(context: CommandContext): Promise<void> {
  const { host, options } = context;
  const wishOf = readWish(context);
  const control = await controlOf(context);
  const operations = await context.operations();
  const progress = flowProgress(host, options);
  try {
    const report = await operations.restoreCluster({
      ...control,
      wish: wishOf(control.cluster),
      sleep: host.sleep,
      tell: (event) => progress.tell(event),
    });
    await progress.finish();
    await printReport(
      context,
      'pitr.restore-cluster/v1',
      () => restoreClusterJson(report),
      (page) => restoreClusterText(report, page),
    );
    if (report.state === 'planned') await printNotes(context, report.plan.notes);
  } finally {
    await progress.finish();
  }
}

type Wish = RestoreClusterRequest['wish'];

/** Read before anything is opened, so that wrong usage is told at once. */
function readWish(context: CommandContext): (cluster: string) => Wish {
  const { host, options } = context;
  if (typeof options.watch === 'string') {
    const execution = options.watch;
    refuseBeside(context);
    return () => ({ kind: 'watch', execution });
  }
  const restoreTo = momentTextOf(context);
  const target = required(
    '--target',
    options.target,
    'PD of the cluster to restore into, such as 10.0.9.1:2379',
    'give the PD of an empty cluster of the same version, several with commas; it is never the one that was backed up',
  );
  const targetPd = target
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const who = host.env['USER'] ?? host.env['USERNAME'];
  return (cluster) => ({
    kind: 'restore',
    ...{ cluster, restoreTo, targetPd, tables: options.tables ?? [] },
    dryRun: options.dryRun === true,
    who: who === '' ? undefined : who,
    wait: options.wait !== false,
  });
}

function refuseBeside({ options }: CommandContext): void {
  const { at, target, tables, dryRun, wait } = options;
  const given = Object.entries({ '--at': at, '--target': target, '--tables': tables, '--dry-run': dryRun })
    .filter(([, value]) => value !== undefined)
    .map(([option]) => option);
  if (wait === false) given.push('--no-wait');
  if (given.length === 0) return;
  throw new PitrError(
    'INVALID_INPUT',
    `--watch follows a restore that was begun before, expected no ${given.join(', ')}`,
    {
      hint: 'leave --watch away to begin one',
      details: { option: '--watch', found: given },
    },
  );
}
