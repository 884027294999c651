// `pitr pins`: what is pinned, until when and why.

import { type CommandContext, printReport } from '../command-context.ts';
import { controlOf } from '../control-request.ts';
import { pinsJson, pinsText, pinsView } from '../render/pins-view.ts';

/** Errors: INVALID_INPUT for wrong usage; those of the operation. */
export async function run(context: CommandContext): Promise<void> {
  const control = await controlOf(context);
  const operations = await context.operations();
  const input = context.options.all === true ? { all: true } : {};
  const view = pinsView(await operations.callFunction({ ...control, operation: 'list-pins', input }));
  await printReport(
    context,
    'pitr.pins/v1',
    () => pinsJson(view),
    (page) => pinsText(view, page),
  );
}
