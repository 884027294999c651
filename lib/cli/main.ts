// The command line from words to exit code: understand, run one command, tell what went wrong. Everything it needs
// from the process comes from the host. Must not import an operation or a command before it is chosen.

import { PitrError, toPitrError } from '../domain/errors.ts';
import { type CommandContext, type CommandRun, chooseProgress } from './command-context.ts';
import type { CliHost } from './host.ts';
import { type CommandName, parseArguments, type RawOptions } from './program.ts';
import { errorJson, errorText, exitCodeOf } from './render/error-view.ts';
import { chooseStyle } from './render/style.ts';

/** How long an interrupted command may take to leave things tidy. */
const tidyMs = 5000;

/** Runs one command line and gives the exit code: 0, 1, 2, 3, 4, or 130 after a stop. Never throws. */
export async function main(host: CliHost): Promise<number> {
  let context: CommandContext | undefined;
  try {
    const request = parseArguments(host.argv, host.version, Math.min(host.stdout.columns, 110));
    if (request.kind === 'print') {
      await host.stdout.write(request.text);
      return 0;
    }
    context = contextOf(host, request.words, request.options);
    const run = await loadCommand(request.command);
    const exit = await untilStopped<unknown>(run(context), host.signal);
    return typeof exit === 'number' ? exit : 0;
  } catch (caught) {
    await context?.progress.finish();
    return await tell(asStop(caught, host.signal), caught, host);
  }
}

function contextOf(host: CliHost, words: readonly string[], options: RawOptions): CommandContext {
  return { host, options, words, operations: host.operations, progress: chooseProgress(host, options) };
}

async function loadCommand(command: CommandName): Promise<CommandRun> {
  switch (command) {
    case 'window':
      return (await import('./commands/window.ts')).run;
    case 'snapshots':
      return (await import('./commands/snapshots.ts')).run;
    case 'tables':
      return (await import('./commands/tables.ts')).run;
    case 'restore':
      return (await import('./commands/restore.ts')).run;
    case 'query':
      return (await import('./commands/query.ts')).run;
    case 'inspect':
      return (await import('./commands/inspect.ts')).run;
    case 'doctor':
      return (await import('./commands/doctor.ts')).run;
    case 'status':
      return (await import('./commands/status.ts')).run;
    case 'audit':
      return (await import('./commands/audit.ts')).run;
    case 'cost':
      return (await import('./commands/cost.ts')).run;
    case 'settings check':
      return (await import('./commands/settings-check.ts')).run;
    case 'restore-cluster':
      return (await import('./commands/restore-cluster.ts')).run;
    case 'take-snapshot':
    case 'truncate-log':
    case 'adopt':
    case 'rebuild':
      return (await import('./commands/call-function.ts')).runOf(command);
    case 'retention plan':
      return (await import('./commands/retention-plan.ts')).run;
    case 'retention apply':
    case 'retention veto':
    case 'pin snapshot':
    case 'pin moment':
    case 'pin range':
    case 'unpin':
      return (await import('./commands/retention.ts')).runOf(command);
    case 'bookmark':
      return (await import('./commands/bookmark.ts')).run;
    case 'pins':
      return (await import('./commands/pins.ts')).run;
    case 'truncate':
      return (await import('./commands/truncate.ts')).run;
    case 'local up':
      return (await import('./commands/local-up.ts')).run;
    default: {
      const unknown: never = command;
      throw new PitrError('INTERNAL', `no such command: ${String(unknown)}`);
    }
  }
}

/** The command's own end, or INTERRUPTED when a stop was asked for and it does not come to an end in time. */
async function untilStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let giveUp: (() => void) | undefined;
  const stopped = new Promise<never>((_, reject) => {
    giveUp = () => {
      timer = setTimeout(() => reject(stoppedError()), tidyMs);
    };
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    clearTimeout(timer);
    if (giveUp !== undefined) signal.removeEventListener('abort', giveUp);
  }
}

function stoppedError(): PitrError {
  return new PitrError('INTERRUPTED', 'stopped before the end', {
    hint: 'nothing that looks finished was left behind; run the same command again',
  });
}

/** After a stop, whatever broke because of it is the stop; a finding about the backup stays what it is. */
function asStop(caught: unknown, signal: AbortSignal): PitrError {
  const error = toPitrError(caught);
  if (error.code === 'INTERRUPTED') return error.hint === undefined ? stoppedError() : error;
  return signal.aborted && (error.code === 'INTERNAL' || error.code === 'STORAGE_UNAVAILABLE')
    ? stoppedError()
    : error;
}

async function tell(error: PitrError, caught: unknown, host: CliHost): Promise<number> {
  await host.stderr.write(errorText(error, chooseStyle(host.stderr.isTty, host.env)));
  if ((host.env['PITR_DEBUG'] ?? '') !== '' && caught instanceof Error) {
    await host.stderr.write(
      `${caught.stack ?? ''}\n${caught.cause instanceof Error ? `${caught.cause.stack}\n` : ''}`,
    );
  }
  if (wantsJson(host.argv)) await host.stdout.write(errorJson(error));
  return exitCodeOf(error);
}

/** Asked of the bare words, so that a mistake in the arguments is told in JSON, too. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json');
}
