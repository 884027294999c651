// `pitr inspect`: any object of a backup, decoded for reading. Asks nothing of the rest of the backup.

import { type CommandContext, printReport } from '../command-context.ts';
import { readKeys } from '../keys.ts';
import { parseWholeNumber } from '../option-values.ts';
import { inspectJson } from '../render/inspect-json.ts';
import { inspectText } from '../render/inspect-text.ts';

export async function run(context: CommandContext): Promise<void> {
  const { host, options } = context;
  const limit = parseWholeNumber('--limit', options.limit ?? '20', 0, 1_000_000);
  const keys = await readKeys(options, host);
  const operations = await context.operations();
  const view = await operations.inspect({ url: context.words[0] ?? '', limit, keys, signal: host.signal });
  await printReport(
    context,
    'pitr.inspect/v1',
    () => inspectJson(view),
    (page) => inspectText(view, page),
  );
}
