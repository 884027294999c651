// A date-time with its zone, as text → Unix milliseconds. Only fixed offsets: a zone's name would need a table of
// rules, and in autumn names one hour twice. Must not guess a missing zone.

import { PitrError } from './errors.ts';

export interface Clock {
  /** Unix ms, floored; negative before 1970. */
  readonly ms: number;
  readonly notes: readonly string[];
}

const SHAPE =
  /^(\d{4})-(\d{2})-(\d{2})(?:(?:[Tt]| +)(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?: *([Zz]|[Uu][Tt][Cc]|[+-]\d{2}:?\d{2}))?)?$/;

const EXPECTED = 'write it as 2026-11-22T04:24:48Z or "2026-11-22 12:24:48.553+08:00"';

/**
 * Reads RFC 3339 and `YYYY-MM-DD HH:MM:SS[.fraction] zone`, zone = `Z`, `UTC`, `+08:00` or `+0800`. Digits after the
 * millisecond are dropped, as br does, and a note says so. Throws MOMENT_WITHOUT_ZONE without a zone, INVALID_INPUT
 * for a date alone, a day or time that does not exist, or another form.
 */
export function parseClock(text: string): Clock {
  const match = SHAPE.exec(text);
  if (match === null) throw notUnderstood(text);
  const [, year, month, day, hour, minute, second, fraction = '', zone] = match;
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  checkDate(text, date);
  if (hour === undefined) {
    throw invalid(`${text} is a day, expected a moment of it`, `add time and zone: "${text} 00:00:00Z"`);
  }
  checkTime(text, Number(hour), Number(minute), Number(second));
  if (zone === undefined) throw withoutZone(text);
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'));
  const utc = Date.UTC(date.year, date.month - 1, date.day, Number(hour), Number(minute), Number(second), ms);
  return { ms: utc - zoneOffsetMs(text, zone), notes: fractionNotes(fraction) };
}

function fractionNotes(fraction: string): readonly string[] {
  if (!/[1-9]/.test(fraction.slice(3))) return [];
  return [
    `a TSO tells milliseconds: .${fraction} was taken as .${fraction.slice(0, 3)}; give a TSO to be more exact`,
  ];
}

function checkDate(text: string, date: { year: number; month: number; day: number }): void {
  if (date.month < 1 || date.month > 12) {
    throw invalid(`month ${date.month} of "${text}" does not exist, expected 01 to 12`, EXPECTED);
  }
  const days = daysInMonth(date.year, date.month);
  if (date.day < 1 || date.day > days) {
    throw invalid(`day ${date.day} of "${text}" does not exist, expected 01 to ${days}`, EXPECTED);
  }
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function checkTime(text: string, hour: number, minute: number, second: number): void {
  if (hour > 23) throw invalid(`hour ${hour} of "${text}" does not exist, expected 00 to 23`, EXPECTED);
  if (minute > 59) throw invalid(`minute ${minute} of "${text}" does not exist, expected 00 to 59`, EXPECTED);
  if (second > 59) throw invalid(`second ${second} of "${text}" does not exist, expected 00 to 59`, EXPECTED);
}

function zoneOffsetMs(text: string, zone: string): number {
  if (/^[a-z]/i.test(zone)) return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  // The range of the world's zones, and of MySQL's.
  if (minutes > 59 || hours * 60 + minutes > 14 * 60) {
    throw invalid(`the zone ${zone} of "${text}" does not exist, expected -14:00 to +14:00`, EXPECTED);
  }
  const offset = (hours * 60 + minutes) * 60_000;
  return zone.startsWith('-') ? -offset : offset;
}

function withoutZone(text: string): PitrError {
  return new PitrError(
    'MOMENT_WITHOUT_ZONE',
    `"${text}" has no time zone: read as UTC or as +08:00 it is 8 hours apart, and up to 26 hours between any two ` +
      'zones, which would be other data',
    { hint: `add the zone you mean: "${text}Z" or "${text}+08:00"`, details: { text } },
  );
}

function notUnderstood(text: string): PitrError {
  if (/[Tt ]\d{2}:\d{2}(?!:?\d)/.test(text)) return invalid(`"${text}" has no seconds`, EXPECTED);
  if (/:\d{2}(?:\.\d{1,9})? *[^\d. ]/.test(text)) {
    return invalid(
      `the zone of "${text}" is not understood, expected Z, UTC or an offset such as +08:00`,
      'write the offset itself: the name of a zone means another one in winter and summer',
    );
  }
  return invalid(`the date-time "${text}" is not understood`, EXPECTED);
}

function invalid(message: string, hint: string): PitrError {
  return new PitrError('INVALID_INPUT', message, { hint });
}
