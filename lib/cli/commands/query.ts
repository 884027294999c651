// `pitr query`: SQL over one moment; only the tables that the SQL names are read. Rows go to stdout as an aligned
// table, CSV or JSON Lines; --json gives the whole answer as one document.

import { PitrError } from '../../domain/errors.ts';
import { type CommandContext, printNotes, printReport } from '../command-context.ts';
import { queryCsv, queryJson, queryJsonLines } from '../render/query-rows.ts';
import { queryText } from '../render/query-text.ts';
import { momentOf } from '../source-request.ts';
import { workOf } from '../work-request.ts';

export async function run(context: CommandContext): Promise<void> {
  const { host, options } = context;
  const sql = context.words[0] ?? '';
  if (sql.trim() === '') {
    throw new PitrError('INVALID_INPUT', 'the SQL is empty, expected one SELECT', {
      hint: 'write for example pitr query --storage ./backup --at latest "SELECT count(*) FROM shop.orders"',
    });
  }
  const work = workOf(context);
  const moment = await momentOf(context);
  const operations = await context.operations();
  const view = await operations.query({ ...moment, ...work, sql });
  if (options.json === true || (options.format ?? 'table') === 'table') {
    await printReport(
      context,
      'pitr.query/v1',
      () => queryJson(view),
      (page) => queryText(view, page),
    );
  } else {
    await context.progress.finish();
    await host.stdout.write(options.format === 'csv' ? queryCsv(view) : queryJsonLines(view));
  }
  await printNotes(context, view.notes);
}
