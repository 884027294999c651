// `pitr local up`: the control plane of this machine in the foreground, a line for each thing that happens, until it is stopped.

import { type CommandContext, pageOf } from '../command-context.ts';
import type { LocalUpEnd, LocalUpLine, LocalUpView } from '../control-operations.ts';
import { localPlaceOf } from '../control-request.ts';
import { eventLine } from '../render/event-json.ts';
import { localUpText } from '../render/local-up-text.ts';
import { chooseStyle } from '../render/style.ts';
import { oneLine } from '../render/text-width.ts';

/** A stop is its natural end. Errors: those of control-request.ts; STATE_CONFLICT when a runtime has the folder; LOCAL_IO. */
export async function run(context: CommandContext): Promise<void> {
  const { host, options } = context;
  const { place, leftOut } = await localPlaceOf(context);
  const operations = await context.operations();
  const write = (line: string) => void host.stdout.write(`${line}\n`);
  const once = options.once === true;
  const end = await operations.localUp({
    place,
    once,
    signal: host.signal,
    begun: (view) => {
      if (options.json === true) write(begunLine(view, leftOut));
      else if (options.quiet !== true)
        for (const line of localUpText({ ...view, leftOut, once }, pageOf(host))) write(line);
    },
    tell: (line) => write(options.json === true ? jsonOf(line) : textOf(line, context)),
  });
  if (options.json === true) write(eventLine({ kind: 'ended', unfinished: end.unfinished }));
  else if (options.quiet !== true) for (const line of endLines(end)) write(line);
}

function begunLine({ folder, clusters }: LocalUpView, leftOut: readonly string[]): string {
  const shown = clusters.map(({ name, bucket, schedules }) => ({
    ...{ name, bucket },
    schedules: schedules.map(({ nextMs, ...rest }) => ({
      ...rest,
      next: nextMs === undefined ? null : new Date(nextMs).toISOString(),
    })),
  }));
  return eventLine({ kind: 'begun', folder, clusters: shown, leftOut });
}

function jsonOf({ atMs, kind, cluster, text, event }: LocalUpLine): string {
  return eventLine({ kind, at: new Date(atMs).toISOString(), cluster, text, event });
}

function textOf({ kind, text }: LocalUpLine, { host }: CommandContext): string {
  const line = oneLine(text);
  return kind === 'trouble' ? chooseStyle(host.stdout.isTty, host.env).warn(line) : line;
}

function endLines({ unfinished }: LocalUpEnd): readonly string[] {
  if (unfinished.length === 0) return ['ended; nothing was running'];
  return [
    `ended; a br that was started runs on, and the next pitr local up goes on with:`,
    ...unfinished.map((one) => `  ${oneLine(one)}`),
  ];
}
