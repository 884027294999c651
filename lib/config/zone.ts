// Time zones of schedules: which names are good, and the local minutes that a change to summer time leaves out.
// Asks the zone data that comes with Node; reads no clock.

import { nearestWord } from './nearest-word.ts';
import { expected, type Reading } from './reading.ts';

const minuteMs = 60_000;
const weekMs = 7 * 86_400_000;

/** An IANA name as `Area/City`, in its own case, or `UTC`. Offsets and abbreviations (`+08:00`, `CST`) are refused. */
export function readZone(text: string): Reading<string> {
  const form = 'an IANA time zone such as Europe/Berlin, Asia/Shanghai or UTC';
  if (text === 'UTC') return { value: text };
  const known = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  if (known.includes(text)) return { value: text };
  // Older names of today's zones are not in the list, but Node and AWS know them, in any case: ask for theirs.
  if (/^[A-Z][A-Za-z_]+(\/[A-Z][A-Za-z0-9_+-]+)+$/.test(text) && isZone(text)) return { value: text };
  if (/^([+-]\d|(utc|gmt)[+-])/i.test(text)) {
    return expected(form, 'an offset knows no summer time: name the place whose clock counts');
  }
  const lastWord = text.split('/').at(-1) ?? '';
  const near =
    nearestWord(text, known) ??
    known.find((zone) => zone.toLowerCase().endsWith(`/${lastWord.toLowerCase()}`));
  return expected(form, near === undefined ? 'name the zone by area and city' : `did you mean ${near}?`);
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Minutes that no clock of the zone shows: a change to summer time jumps over them. */
export interface ClockJump {
  /** The first such minute as if the local clock were UTC, Unix ms. */
  readonly fromLocalMs: number;
  /** The first one that the clock shows again. */
  readonly toLocalMs: number;
}

/** All jumps forward between two Unix times, in their order. */
export function clockJumps(zone: string, fromMs: number, toMs: number): readonly ClockJump[] {
  if (zone === 'UTC') return [];
  const offsetAt = offsetsOf(zone);
  const jumps: ClockJump[] = [];
  for (let start = fromMs; start < toMs; start += weekMs) {
    const before = offsetAt(start);
    const after = offsetAt(start + weekMs);
    if (after <= before) continue;
    let low = start;
    let high = start + weekMs;
    while (high - low > minuteMs) {
      const middle = low + Math.floor((high - low) / 2 / minuteMs) * minuteMs;
      if (offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    jumps.push({ fromLocalMs: high + before, toLocalMs: high + after });
  }
  return jumps;
}

/** Local time minus UTC at a Unix time, in ms; whole minutes. */
export function offsetsOf(zone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute')) - ms;
  };
}

/** The midnight of the zone's day that a Unix time lies in, as if its clock were UTC, Unix ms. */
export function localMidnightMs(zone: string, ms: number): number {
  const localMs = ms + offsetsOf(zone)(Math.floor(ms / minuteMs) * minuteMs);
  return Math.floor(localMs / (24 * 60 * minuteMs)) * 24 * 60 * minuteMs;
}
