// The six-field cron of EventBridge Scheduler: minutes, hours, day of month, month, day of week, year. Reads every form
// that AWS documents (lists, ranges, steps, L, W, #) and refuses the rest with what to write. Knows no zones.

import { expected, type Reading } from './reading.ts';

/** Which days of a month: AWS takes either a day of the month or a day of the week, never both. */
export type DayRule =
  | { readonly kind: 'every-day' }
  | { readonly kind: 'days'; readonly days: readonly number[] }
  | { readonly kind: 'last-day' }
  /** The working day (Monday to Friday) nearest to a day, in the same month. */
  | { readonly kind: 'nearest-working-day'; readonly day: number }
  /** 1 is Sunday, 7 Saturday. */
  | { readonly kind: 'weekdays'; readonly weekdays: readonly number[] }
  | { readonly kind: 'nth-weekday'; readonly weekday: number; readonly nth: number }
  | { readonly kind: 'last-weekday'; readonly weekday: number };

export interface Cron {
  /** As it was written, blanks made single: `0 0 * * ? *`. */
  readonly text: string;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly day: DayRule;
  /** 1 is January. */
  readonly months: readonly number[];
  /** undefined: every year. */
  readonly years: readonly number[] | undefined;
}

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly names?: readonly string[];
}

const minuteField: Field = { name: 'minutes', least: 0, most: 59 };
const hourField: Field = { name: 'hours', least: 0, most: 23 };
const dayField: Field = { name: 'day of month', least: 1, most: 31 };
const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const monthField: Field = { name: 'month', least: 1, most: 12, names: months };
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const weekdayField: Field = { name: 'day of week', least: 1, most: 7, names: weekdays };
const yearField: Field = { name: 'year', least: 1970, most: 2199 };

const form = 'cron(minutes hours day-of-month month day-of-week year)';

/** The text between the parentheses of `cron(…)`. */
export function readCron(text: string): Reading<Cron> {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 6) return wrongCount(fields);
  const [minute = '', hour = '', day = '', month = '', weekday = '', year = ''] = fields;
  const minutes = readNumbers(minute, minuteField);
  if ('expected' in minutes) return minutes;
  const hours = readNumbers(hour, hourField);
  if ('expected' in hours) return hours;
  const rule = readDays(day, weekday);
  if ('expected' in rule) return rule;
  const inMonths = readNumbers(month, monthField);
  if ('expected' in inMonths) return inMonths;
  const years = readNumbers(year, yearField);
  if ('expected' in years) return years;
  return {
    value: {
      text: fields.join(' ').toUpperCase(),
      minutes: minutes.value,
      hours: hours.value,
      day: rule.value,
      months: inMonths.value,
      years: year === '*' ? undefined : years.value,
    },
  };
}

/** Five fields are a crontab's: say what it would be here. */
function wrongCount(fields: readonly string[]): Reading<never> {
  const found = fields[0] === '' ? 'none' : String(fields.length);
  if (fields.length !== 5) return expected(`${form}: six fields, not ${found}`);
  const [minute, hour, day = '', month, weekday = ''] = fields;
  const days = weekday === '*' ? `${day} ${month} ?` : `? ${month} ${fromCrontabWeekday(weekday)}`;
  const both = day !== '*' && weekday !== '*';
  const hint = both
    ? 'a crontab has five fields, AWS adds the year and takes either a day of the month or a day of the week'
    : `a crontab has five fields, AWS adds the year: write cron(${minute} ${hour} ${days} *)`;
  return expected(`${form}: six fields, not five`, hint);
}

/** 0 and 7 are Sunday there, 1 is here. */
function fromCrontabWeekday(text: string): string {
  return text.replace(/(?<![/\d])\d/g, (digit) => weekdays[Number(digit) % 7] ?? digit);
}

function readDays(day: string, weekday: string): Reading<DayRule> {
  if (day === '?' && weekday === '?') {
    return expected(
      `${form} with one of day-of-month and day-of-week`,
      'both are ?: write * for day-of-month',
    );
  }
  if (day !== '?' && weekday !== '?') {
    const better = weekday === '*' ? `${day} … ?` : `? … ${weekday}`;
    return expected(
      `${form} with a ? for day-of-month or for day-of-week`,
      `AWS takes one of the two: ${better}`,
    );
  }
  return day === '?' ? readWeekday(weekday) : readDayOfMonth(day);
}

function readDayOfMonth(text: string): Reading<DayRule> {
  const upper = text.toUpperCase();
  if (upper === '*') return { value: { kind: 'every-day' } };
  if (upper === 'L') return { value: { kind: 'last-day' } };
  const nearest = /^(\d{1,2})W$/.exec(upper);
  if (nearest !== null) {
    const day = Number(nearest[1]);
    if (day >= 1 && day <= 31) return { value: { kind: 'nearest-working-day', day } };
    return expected('a day from 1 to 31 before W in the day-of-month field');
  }
  if (/[LW]/.test(upper)) {
    return expected(
      'L, or a single day and W such as 15W, alone in the day-of-month field',
      'AWS takes no lists and no offsets there',
    );
  }
  const days = readNumbers(text, dayField);
  return 'expected' in days ? days : { value: { kind: 'days', days: days.value } };
}

function readWeekday(text: string): Reading<DayRule> {
  const upper = text.toUpperCase();
  if (upper === '*') return { value: { kind: 'every-day' } };
  // AWS: the last day of the week.
  if (upper === 'L') return { value: { kind: 'weekdays', weekdays: [7] } };
  const last = /^(\w{1,3})L$/.exec(upper);
  const nth = /^(\w{1,3})#(\d+)$/.exec(upper);
  const weekday = numberOf(last?.[1] ?? nth?.[1] ?? '', weekdayField);
  if (last !== null && weekday !== undefined) return { value: { kind: 'last-weekday', weekday } };
  if (nth !== null && weekday !== undefined) {
    const count = Number(nth[2]);
    if (count >= 1 && count <= 5) return { value: { kind: 'nth-weekday', weekday, nth: count } };
    return expected('a number from 1 to 5 after # in the day-of-week field');
  }
  if (/#|L/.test(upper)) {
    return expected(
      'a single day of the week before L or #, such as 6L or 2#1, in the day-of-week field',
      'AWS takes no lists there',
    );
  }
  if (upper.includes('/')) {
    return expected(
      'days of the week such as MON-FRI or MON,THU',
      'AWS knows no steps (/) in the day-of-week field',
    );
  }
  const numbers = readNumbers(text, weekdayField);
  return 'expected' in numbers ? numbers : { value: { kind: 'weekdays', weekdays: numbers.value } };
}

// `*`, `a`, `a-b`, and each with a step after `/`, or a list of them. Sorted, each once.
function readNumbers(text: string, field: Field): Reading<readonly number[]> {
  const range =
    field.names === undefined
      ? `${field.least}-${field.most}`
      : `${field.least}-${field.most} or ${field.names[0]}-${field.names.at(-1)}`;
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d{1,4}))?$/.exec(part);
    const first = match?.[1] === '*' ? field.least : numberOf(match?.[2] ?? '', field);
    const isOpen = match?.[1] === '*' || (match?.[4] !== undefined && match[3] === undefined);
    const last = isOpen ? field.most : match?.[3] === undefined ? first : numberOf(match[3], field);
    const step = Number(match?.[4] ?? '1');
    if (first === undefined || last === undefined || step < 1 || match === null) {
      return expected(
        `${range} in the ${field.name} field, not ${JSON.stringify(part)}`,
        hintOf(part, field),
      );
    }
    if (last < first) {
      const split = `${match[2]}-${field.names?.at(-1) ?? field.most},${field.names?.[0] ?? field.least}-${match[3]}`;
      return expected(`a range that goes up in the ${field.name} field, not ${part}`, `write ${split}`);
    }
    for (let value = first; value <= last; value += step) found.add(value);
  }
  return { value: [...found].sort((a, b) => a - b) };
}

function hintOf(part: string, field: Field): string | undefined {
  if (part === '?') return '? stands only for the day of month or of week';
  if (field === weekdayField && part === '0') return 'Sunday is 1 for AWS, Saturday 7';
  return undefined;
}

function numberOf(text: string, field: Field): number | undefined {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return named + 1;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.least && value <= field.most ? value : undefined;
}

const dayMs = 86_400_000;

/** Whether the schedule has firings on the day, given as Unix ms of its midnight as if the local clock were UTC. */
export function firesOnDay(cron: Cron, midnightMs: number): boolean {
  const date = new Date(midnightMs);
  const month = date.getUTCMonth() + 1;
  if (!cron.months.includes(month)) return false;
  if (cron.years !== undefined && !cron.years.includes(date.getUTCFullYear())) return false;
  const day = date.getUTCDate();
  const daysInMonth = new Date(Date.UTC(date.getUTCFullYear(), month, 0)).getUTCDate();
  const weekday = date.getUTCDay() + 1;
  const rule = cron.day;
  switch (rule.kind) {
    case 'every-day':
      return true;
    case 'days':
      return rule.days.includes(day);
    case 'last-day':
      return day === daysInMonth;
    case 'nearest-working-day':
      return (
        rule.day <= daysInMonth &&
        day === nearestWorkingDay(midnightMs - (day - rule.day) * dayMs, daysInMonth)
      );
    case 'weekdays':
      return rule.weekdays.includes(weekday);
    case 'nth-weekday':
      return weekday === rule.weekday && Math.ceil(day / 7) === rule.nth;
    case 'last-weekday':
      return weekday === rule.weekday && day + 7 > daysInMonth;
    default: {
      const unknown: never = rule;
      return unknown;
    }
  }
}

/** The day of the month: Saturday goes to Friday, Sunday to Monday, but never out of the month. */
function nearestWorkingDay(midnightMs: number, daysInMonth: number): number {
  const date = new Date(midnightMs);
  const day = date.getUTCDate();
  if (date.getUTCDay() === 6) return day === 1 ? 3 : day - 1;
  if (date.getUTCDay() === 0) return day === daysInMonth ? day - 2 : day + 1;
  return day;
}
