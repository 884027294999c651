// `pitr bookmark NAME`: pins the moment of now under a name as soon as the log has passed it, and shows the waiting on stderr.

import { readDuration } from '../../config/duration.ts';
import { PitrError } from '../../domain/errors.ts';
import { formatTs, msOfTs } from '../../domain/ts.ts';
import type { BookmarkEvent } from '../../operations/bookmark-moment.ts';
import { type CommandContext, printNotes, printReport } from '../command-context.ts';
import { controlOf } from '../control-request.ts';
import { callJson } from '../render/call-json.ts';
import { callText } from '../render/call-text.ts';
import { oneLine } from '../render/text-width.ts';
import { whoAsks } from './call-function.ts';

/** Errors: INVALID_INPUT for wrong usage; those of lib/operations/bookmark-moment.ts, by which the exit code is chosen. */
export async function run(context: CommandContext): Promise<void> {
  const { host, options, words } = context;
  const [name = ''] = words;
  if (name.trim() === '') throw nameless();
  const { at, until, reason } = options;
  const wish = { at, timeoutMs: timeoutOf(options.timeout ?? '15m'), flush: options.flush !== false };
  const control = await controlOf(context);
  const operations = await context.operations();
  const report = await operations.bookmark({
    ...control,
    input: {
      ...{ name, who: whoAsks(context) },
      ...(until === undefined ? {} : { until }),
      ...(reason === undefined ? {} : { reason }),
    },
    ...{ wish, sleep: host.sleep, tell: (event) => tellWaiting(context, event) },
  });
  await printReport(
    context,
    'pitr.operation/v1',
    () => callJson(report),
    (page) => callText(report, page),
  );
  await printNotes(context, report.notes);
}

function tellWaiting({ host, options }: CommandContext, event: BookmarkEvent): void {
  if (options.quiet === true || options.json === true) return;
  void host.stderr.write(`${oneLine(wordsOf(event))}\n`);
}

function wordsOf(event: BookmarkEvent): string {
  switch (event.kind) {
    case 'waiting': {
      const { atTs, checkpointTs } = event;
      if (checkpointTs === undefined) return `waiting for ${formatTs(atTs)}: the log has no checkpoint yet`;
      const behind = Math.max(0, Math.ceil((msOfTs(atTs) - msOfTs(checkpointTs)) / 1000));
      return `waiting for ${formatTs(atTs)}: the log is ${behind} s before it`;
    }
    case 'flush':
      return event.state === 'begun' ? 'the stores are told to flush' : 'the stores have flushed';
    case 'no-flush':
      return `no flush was forced: ${event.why}; the stores flush by themselves every few minutes`;
    default:
      return event satisfies never;
  }
}

function timeoutOf(text: string): number {
  const read = readDuration(text);
  if ('value' in read && read.value > 0) return read.value;
  const expected = 'a length of time such as 15m';
  throw new PitrError('INVALID_INPUT', `--timeout is \`${text}\`, expected ${expected}`, {
    details: { option: '--timeout', found: text, expected },
  });
}

function nameless(): PitrError {
  return new PitrError('INVALID_INPUT', 'the name of the bookmark is empty, expected one', {
    hint: "such as pitr bookmark 'before v42'",
  });
}
