// Whether a restored folder of JSON Lines is what the real cluster held at a recorded instant, row for row.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTruth, truthLines } from '../../test/support/truth.ts';

/** A line per table. Throws at the first table that differs. */
export function compareWithTruth(folder: string, instant: string): readonly string[] {
  const { tables } = readTruth('shop', instant);
  return [...tables].map(([name, table]) => {
    const expected = truthLines(table);
    const text = readFileSync(join(folder, `${name}.jsonl`), 'utf8');
    const found = text
      .split('\n')
      .filter((line) => line !== '')
      .sort();
    if (found.join('\n') !== [...expected].sort().join('\n')) {
      throw new Error(
        `${name} has ${found.length} rows that differ from the ${expected.length} of the truth`,
      );
    }
    return `${name.padEnd(16)} ${String(found.length).padStart(4)} rows, all equal`;
  });
}
