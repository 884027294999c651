// Lengths of time as a person writes them in settings: `30d`, `36h`, `1d12h`. Milliseconds inside. Not for moments.

import { expected, type Reading } from './reading.ts';

const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;

/** For the JSON schema; the same language as {@link readDuration}. */
export const durationPattern = '^(?=\\d)(\\d{1,9}d)?(\\d{1,9}h)?(\\d{1,9}m)?(\\d{1,9}s)?$';

/** A hundred years: whatever is longer is a slip of the finger. */
const longestMs = 36_525 * unitMs.d;

/** `30d`, `36h`, `90m`, `45s`, or several with the larger first: `1d12h`. Gives milliseconds, 0 included. */
export function readDuration(text: string): Reading<number> {
  const form = 'a length of time such as 30d, 36h or 10m';
  const match = new RegExp(durationPattern).exec(text);
  if (match === null) {
    const bare = /^\d+$/.test(text)
      ? `a number alone has no unit: write ${text}d, ${text}h or ${text}m`
      : undefined;
    return expected(form, bare ?? 'the units are d, h, m and s, the larger first and without blanks: 1d12h');
  }
  const ms = (['d', 'h', 'm', 's'] as const).reduce(
    (sum, unit, index) => sum + Number.parseInt(match[index + 1] ?? '0', 10) * unitMs[unit],
    0,
  );
  return ms <= longestMs ? { value: ms } : expected(`${form}, at most 100 years`);
}

/** The shortest text that {@link readDuration} reads back to the same: `30d`, `1d12h`, `0s`. Whole seconds only. */
export function formatDurationSetting(ms: number): string {
  let rest = ms;
  let text = '';
  for (const [unit, length] of Object.entries(unitMs)) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}
