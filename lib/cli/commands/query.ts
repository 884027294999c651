// `pitr query`: SQL over one moment; only the tables that the SQL names are read. Rows go to stdout as an aligned
// table, CSV or JSON Lines; --json gives the whole answer as one document.

import { PitrError } from '../../domain/errors.ts';
import { firstRows, printedRows, wholeAnswer } from '../answer-readers.ts';
import { type CommandContext, printNotes, printReport } from '../command-context.ts';
import { csvLines, jsonLines, queryJson } from '../render/query-rows.ts';
import { queryText } from '../render/query-text.ts';
import { momentOf } from '../source-request.ts';
import { workOf } from '../work-request.ts';

/** Rows that a table on a page has at most; nobody reads further. */
const rowsOnPage = 1000;
/** The largest document of --json, in characters. */
const largestDocument = 64 * 2 ** 20;

export async function run(context: CommandContext): Promise<void> {
  const { host, options } = context;
  const sql = context.words[0] ?? '';
  if (sql.trim() === '') {
    throw new PitrError('INVALID_INPUT', 'the SQL is empty, expected one SELECT', {
      hint: 'write for example pitr query --storage ./backup --at latest "SELECT count(*) FROM shop.orders"',
    });
  }
  const request = { ...workOf(context), ...(await momentOf(context)), sql };
  const operations = await context.operations();
  if (options.json === true || (options.format ?? 'table') === 'table') {
    const reader = options.json === true ? wholeAnswer(largestDocument) : firstRows(rowsOnPage);
    const report = await operations.query({ ...request, reader });
    const view = { ...report, ...reader.kept() };
    await printReport(
      context,
      'pitr.query/v1',
      () => queryJson(view),
      (page) => queryText(view, page),
    );
    await printNotes(context, view.notes);
  } else {
    const form = options.format === 'csv' ? csvLines : jsonLines;
    const reader = printedRows(host.stdout, form, () => context.progress.finish());
    const { notes } = await operations.query({ ...request, reader });
    await context.progress.finish();
    await printNotes(context, notes);
  }
}
