// `pitr window`: which moments can be brought back, and why not the others. Reads names and small objects only.

import { type CommandContext, printReport } from '../command-context.ts';
import { windowJson } from '../render/window-json.ts';
import { windowText } from '../render/window-text.ts';
import { sourceOf } from '../source-request.ts';

export async function run(context: CommandContext): Promise<void> {
  const source = await sourceOf(context);
  const operations = await context.operations();
  const view = await operations.describeWindow(source);
  await printReport(
    context,
    'pitr.window/v1',
    () => windowJson(view),
    (page) => windowText(view, page),
  );
}
