// `pitr restore`: the database as it was at a moment, into a file or folder. Nothing half-written looks finished:
// that is the operation's promise; this file only asks and tells.

import { type CommandContext, printNotes, printReport } from '../command-context.ts';
import { parseTarget, required } from '../option-values.ts';
import { restoreJson } from '../render/restore-json.ts';
import { restoreText } from '../render/restore-text.ts';
import { momentOf } from '../source-request.ts';
import { workOf } from '../work-request.ts';

export async function run(context: CommandContext): Promise<void> {
  const { options } = context;
  const into = parseTarget(
    required(
      '--into',
      options.into,
      'duckdb:FILE, parquet:DIR, csv:DIR or jsonl:DIR',
      'write for example --into duckdb:shop.duckdb or --into jsonl:out',
    ),
  );
  const work = workOf(context);
  const moment = await momentOf(context);
  const operations = await context.operations();
  const force = options.force === true;
  const view = await operations.restore({ ...moment, ...work, tables: options.tables ?? [], into, force });
  await printReport(
    context,
    'pitr.restore/v1',
    () => restoreJson(view),
    (page) => restoreText(view, page),
  );
  await printNotes(context, view.notes);
}
