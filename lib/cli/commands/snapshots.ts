// `pitr snapshots`: each snapshot of the bucket, complete or not, and what it can serve.

import { type CommandContext, printReport } from '../command-context.ts';
import { snapshotsJson } from '../render/snapshots-json.ts';
import { snapshotsText } from '../render/snapshots-text.ts';
import { sourceOf } from '../source-request.ts';

export async function run(context: CommandContext): Promise<void> {
  const source = await sourceOf(context);
  const operations = await context.operations();
  const view = await operations.listSnapshots(source);
  await printReport(
    context,
    'pitr.snapshots/v1',
    () => snapshotsJson(view),
    (page) => snapshotsText(view, page),
  );
}
