// What a simulated run has printed, as a runner hands it on: lines from a position, the last one held back while the run goes on.

import type { OutputLine } from '../../ports/runner.ts';

const newline = 10;

export function linesFrom(
  whole: string,
  stream: 'stdout' | 'stderr',
  from: number,
  isOver: boolean,
): { readonly lines: readonly OutputLine[]; readonly next: number } {
  const bytes = Buffer.from(whole);
  const lines: OutputLine[] = [];
  let offset = from;
  while (offset < bytes.length) {
    const end = bytes.indexOf(newline, offset);
    if (end < 0 && !isOver) break;
    const stop = end < 0 ? bytes.length : end;
    lines.push({ stream, offset, text: bytes.subarray(offset, stop).toString('utf8'), isCut: end < 0 });
    offset = end < 0 ? stop : stop + 1;
  }
  return { lines, next: offset };
}
