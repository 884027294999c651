// Sizes, counts, speeds and lengths of time as a person reads them. Must not round up to something untrue:
// what is shown is at most the last digit away.

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Bytes with a binary unit and at most three digits: `0 B`, `1.5 KiB`, `512 MiB`. */
export function formatBytes(bytes: number | bigint): string {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1023.5 && unit < byteUnits.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const text = unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, '');
  return `${text} ${byteUnits[unit] ?? 'B'}`;
}

/** A count with a blank-free thousands separator: `1,234,567`. */
export function formatCount(count: number | bigint): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1 row`, `2 rows`, `0 tables`. */
export function plural(count: number | bigint, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${Number(count) === 1 ? one : many}`;
}

const steps: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
];

/** A length of time in its two largest units: `0 s`, `0.42 s`, `1m 10s`, `3h 05m`, `2d 04h`. Negative never happens. */
export function formatDuration(ms: number): string {
  if (ms < 60_000) return formatSeconds(ms);
  const rounded = Math.round(ms / 1000) * 1000;
  for (const [index, [unit, length]] of steps.entries()) {
    if (rounded < length) continue;
    const rest = rounded % length;
    const [smaller, smallerLength] = steps[index + 1] ?? ['s', 1000];
    const second = Math.floor(rest / smallerLength);
    return `${Math.floor(rounded / length)}${unit} ${String(second).padStart(2, '0')}${smaller}`;
  }
  return formatSeconds(ms);
}

function formatSeconds(ms: number): string {
  if (ms === 0) return '0 s';
  if (ms < 1000) return `${(Math.max(ms, 1) / 1000).toFixed(ms < 9.95 ? 3 : 2).replace(/0+$/, '')} s`;
  return `${(ms / 1000).toFixed(1).replace(/\.0$/, '')} s`;
}

/** Bytes per second in MB/s (10^6), the unit of the project's goals. */
export function formatSpeed(bytes: number, ms: number): string {
  if (ms <= 0) return '– MB/s';
  const speed = bytes / 1000 / ms;
  return `${speed >= 99.95 ? speed.toFixed(0) : speed.toFixed(1)} MB/s`;
}
