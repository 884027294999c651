// `pitr tables`: databases and tables as they were at a moment. Reads schemas, no rows.

import { type CommandContext, printNotes, printReport } from '../command-context.ts';
import { tablesJson } from '../render/tables-json.ts';
import { tablesText } from '../render/tables-text.ts';
import { momentOf } from '../source-request.ts';

export async function run(context: CommandContext): Promise<void> {
  const moment = await momentOf(context);
  const operations = await context.operations();
  const view = await operations.listTables({ ...moment, tables: context.options.tables ?? [] });
  await printReport(
    context,
    'pitr.tables/v1',
    () => tablesJson(view),
    (page) => tablesText(view, page, { ddl: context.options.ddl === true }),
  );
  await printNotes(context, view.notes);
}
