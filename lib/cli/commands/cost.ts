// `pitr cost`: what the backup costs a month, from names and sizes alone.

import { readDuration } from '../../config/duration.ts';
import { parsePrice } from '../../domain/cost/prices.ts';
import { PitrError } from '../../domain/errors.ts';
import { type CommandContext, printReport } from '../command-context.ts';
import { costJson } from '../render/cost-json.ts';
import { costText } from '../render/cost-text.ts';
import { sourceOf } from '../source-request.ts';

/** Errors: INVALID_INPUT for wrong usage; those of lib/operations/cost-bucket.ts. */
export async function run(context: CommandContext): Promise<void> {
  const { pricePerGb, window = '7d,30d,90d' } = context.options;
  const price = pricePerGb === undefined ? undefined : parsePrice('--price-per-gb', pricePerGb);
  const windowsMs = parseWindows(window);
  const source = await sourceOf(context);
  const operations = await context.operations();
  const view = await operations.costBucket({ ...source, price, windowsMs });
  await printReport(
    context,
    'pitr.cost/v1',
    () => costJson(view, price),
    (page) => costText(view, price, page),
  );
}

/** `7d,30d,90d`: lengths of time as in the settings. */
function parseWindows(text: string): readonly number[] {
  return text.split(',').map((one) => {
    const read = readDuration(one.trim());
    if ('value' in read && read.value > 0) return read.value;
    const expected = 'lengths of time such as 7d,30d,90d';
    throw new PitrError('INVALID_INPUT', `--window is \`${text}\`, expected ${expected}`, {
      details: { option: '--window', found: text, expected },
    });
  });
}
