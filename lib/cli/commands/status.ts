// `pitr status`: how the backup of a cluster is right now, once, or again and again on a terminal. Changes nothing.

import { PitrError } from '../../domain/errors.ts';
import { clusterOf } from '../cluster-request.ts';
import { type CommandContext, pageOf, printReport } from '../command-context.ts';
import type { StatusView } from '../operations.ts';
import { statusJson } from '../render/status-json.ts';
import { statusText } from '../render/status-text.ts';

const redrawEveryMs = 10_000;

/** Gives the exit code: 1 when PD does not answer; a watch ends with 0. Errors: those of cluster-request.ts. */
export async function run(context: CommandContext): Promise<number> {
  const { options } = context;
  if (options.watch === true) refuseWatch(context);
  const request = await clusterOf(context);
  const operations = await context.operations();
  const read = () => operations.describeStatus(request);
  if (options.watch === true) return await watch(context, read);
  const report = await read();
  await printReport(
    context,
    'pitr.status/v1',
    () => statusJson(report),
    (page) => statusText(report, page),
  );
  return report.cluster.kind === 'read' ? 0 : 1;
}

function refuseWatch({ host, options }: CommandContext): void {
  if (options.json !== true && host.stdout.isTty) return;
  throw new PitrError('INVALID_INPUT', '--watch draws on a terminal, expected one and no --json', {
    hint: 'leave --watch away and call pitr status again and again',
    details: { option: '--watch' },
  });
}

/** Ctrl-C is its natural end. */
async function watch(context: CommandContext, read: () => Promise<StatusView>): Promise<number> {
  const { host } = context;
  let isFirst = true;
  while (!host.signal.aborted && host.stdout.open) {
    const report = await read();
    if (host.signal.aborted) break;
    await context.progress.finish();
    const lines = statusText(report, pageOf(host));
    await host.stdout.write(redraw([...lines, '', 'every 10 s; Ctrl-C ends it'], isFirst));
    isFirst = false;
    await host.sleep(redrawEveryMs, host.signal);
  }
  return 0;
}

/** Over the last page, line by line, so that nothing flickers: each line clears its rest, the last one what is below. */
function redraw(lines: readonly string[], isFirst: boolean): string {
  return `${isFirst ? '\u001b[2J' : ''}\u001b[H${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`;
}
