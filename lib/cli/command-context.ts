// What every command is given, and the one way it speaks: a document on stdout in the form that was asked for, and
// notes on stderr. Must not decide what a report says.

import type { CliHost } from './host.ts';
import type { Operations } from './operations.ts';
import type { RawOptions } from './program.ts';
import { liveProgress, type Progress, silentProgress } from './progress.ts';
import { type JsonSchema, type JsonValue, renderJson } from './render/json.ts';
import { chooseStyle, type Style } from './render/style.ts';
import { oneLine } from './render/text-width.ts';

export interface CommandContext {
  readonly host: CliHost;
  readonly options: RawOptions;
  /** The words that are no options: the SQL, the object. */
  readonly words: readonly string[];
  readonly operations: () => Promise<Operations>;
  /** Where the live display goes; the same for the whole run. */
  readonly progress: Progress;
}

/**
 * One command: validates, asks an operation, prints. Errors are PitrErrors; the host prints them. A command whose report is
 * itself a finding gives the exit code.
 */
export type CommandRun = (context: CommandContext) => Promise<void> | Promise<number>;

/** A live display on a terminal, unless --quiet; nothing anywhere else. */
export function chooseProgress(host: CliHost, options: RawOptions): Progress {
  if (!host.stderr.isTty || options.quiet === true) return silentProgress;
  return liveProgress(host.stderr, host.nowMs, chooseStyle(true, host.env));
}

export interface TextPage {
  readonly style: Style;
  /** Width to lay out for. */
  readonly columns: number;
}

/** How text for stdout is laid out. */
export function pageOf(host: CliHost): TextPage {
  return { style: chooseStyle(host.stdout.isTty, host.env), columns: Math.max(60, host.stdout.columns) };
}

/** The report in one of its two forms; only the one that was asked for is made. */
export async function printReport(
  context: CommandContext,
  schema: JsonSchema,
  json: () => { readonly [key: string]: JsonValue },
  text: (page: TextPage) => readonly string[],
): Promise<void> {
  await context.progress.finish();
  const { host, options } = context;
  if (options.json === true) await host.stdout.write(renderJson(schema, json()));
  else await host.stdout.write(`${text(pageOf(host)).join('\n')}\n`);
}

/** Notes for the person: on stderr, so that stdout stays the report. Part of the document with --json. */
export async function printNotes(context: CommandContext, notes: readonly string[]): Promise<void> {
  const { host, options } = context;
  if (options.quiet === true || options.json === true || notes.length === 0) return;
  const style = chooseStyle(host.stderr.isTty, host.env);
  await host.stderr.write(notes.map((note) => `${style.warn('note:')} ${oneLine(note)}\n`).join(''));
}
