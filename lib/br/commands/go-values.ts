// Durations, sizes and times as Go prints them in br's lines. What is none gives undefined: a line is never refused for it.

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** `1h12m0s`, `164.765448ms`, `-1ns`, `0s` in milliseconds, with fractions. */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const match = /^([+-]?)((?:\d{1,20}(?:\.\d{1,20})?(?:ns|us|µs|μs|ms|s|m|h)){1,8})$/.exec(text);
  if (match === null) return undefined;
  let total = 0;
  for (const part of (match[2] ?? '').matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(part[1]) * (unitMs[part[2] ?? ''] ?? 0);
  }
  // Whole nanoseconds, so that 5.005045017s stays 5005.045017 ms.
  const exact = Math.round(total * 1e6) / 1e6;
  return match[1] === '-' ? -exact : exact;
}

const sizeUnits = ['', 'k', 'm', 'g', 't', 'p', 'e'];

/**
 * `563.6kB`, `0B`, `1.2GiB` in bytes, rounded. Decimal units, as br prints them (FACTS §1.12), with four digits: an estimate,
 * never a proof. With `/s` at the end, bytes per second. `NaNB/s` and `? p/s` are none.
 */
export function parseHumanSize(text: string): number | undefined {
  const match = /^(\d{1,20}(?:\.\d{1,20})?)\s?([kKMGTPE]?)(i?)B(?:\/s)?$/.exec(text);
  if (match === null) return undefined;
  const power = sizeUnits.indexOf((match[2] ?? '').toLowerCase());
  return Math.round(Number(match[1]) * (match[3] === 'i' ? 1024 : 1000) ** power);
}

/** The time of a log line, `2026/11/22 04:24:38.110 +00:00`, in Unix milliseconds. */
export function parseLogTime(text: string): number | undefined {
  const match = /^(\d{4})\/(\d{2})\/(\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?) ([+-]\d{2}:?\d{2})$/.exec(text);
  if (match === null) return undefined;
  const ms = Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}${match[5]}`);
  return Number.isNaN(ms) ? undefined : ms;
}
