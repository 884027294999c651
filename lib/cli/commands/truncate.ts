// `pitr truncate`: cuts a log at a moment, or shows what that would do. What is left undone gives exit code 1.

import { PitrError } from '../../domain/errors.ts';
import { type CommandContext, printNotes, printReport } from '../command-context.ts';
import { required } from '../option-values.ts';
import { truncateJson } from '../render/truncate-json.ts';
import { truncateText } from '../render/truncate-text.ts';
import { sourceOf } from '../source-request.ts';

/** Errors: INVALID_INPUT for wrong usage; those of lib/operations/truncate-storage.ts, by which the exit code is chosen. */
export async function run(context: CommandContext): Promise<number> {
  const { options, progress } = context;
  checkEngine(options.engine);
  const until = required(
    '--until',
    options.until,
    'the moment at which the log is to begin: a TSO, RFC 3339, "YYYY-MM-DD HH:MM:SS+08:00" or -30d',
    'the BackupTS of the oldest snapshot that you keep is the latest that loses nothing: pitr snapshots tells it',
  );
  const dryRun = options.dryRun === true;
  if (dryRun === (options.yes === true)) throw oneOfTwo(dryRun);
  const source = await sourceOf(context);
  const operations = await context.operations();
  const view = await operations.truncate({
    ...source,
    until,
    dryRun,
    unsafeIgnoreSnapshots: options.unsafeIgnoreSnapshots === true,
    deadOwners: options.unsafeRemoveLock === undefined ? [] : [options.unsafeRemoveLock],
    progress: (event) => progress.report(event),
  });
  await printReport(
    context,
    'pitr.truncate/v1',
    () => truncateJson(view),
    (page) => truncateText(view, page),
  );
  await printNotes(context, view.notes);
  return view.undeletedCount > 0 ? 1 : 0;
}

function checkEngine(engine: string | undefined): void {
  if (engine === 'native') return;
  const details = { option: '--engine', found: engine ?? null, expected: 'native' };
  if (engine === 'br') {
    throw new PitrError(
      'INVALID_INPUT',
      '--engine is `br`, which this command does not run, expected native',
      {
        hint: 'run br log truncate yourself, or let the control plane do it: pitr truncate-log --cluster NAME',
        details,
      },
    );
  }
  const found = engine === undefined ? 'missing' : `\`${engine}\``;
  throw new PitrError('INVALID_INPUT', `--engine is ${found}, expected native`, {
    hint: 'write --engine native: this program deletes what br log truncate would',
    details,
  });
}

function oneOfTwo(both: boolean): PitrError {
  const found = both ? '--dry-run and --yes are both given' : 'neither --dry-run nor --yes is given';
  return new PitrError('INVALID_INPUT', `${found}, expected one of them`, {
    hint: 'look at what would go with --dry-run; --yes deletes it, and nothing brings it back',
    details: { option: '--yes', expected: 'one of --dry-run, --yes' },
  });
}
