// When a schedule fires, as EventBridge Scheduler has it: the moments of a cron, of every so many days and of a rate. A minute
// that a change to summer time leaves out is skipped, one that comes twice fires the first time. Reads no clock.

import { Cron } from 'croner';
import { awsExpression, isDue, type Schedule } from '../config/schedule.ts';
import { offsetsOf } from '../config/zone.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;
/** No change of a zone's clock is longer, except where a country moved across the date line. */
const longestRepeatMs = 3 * hourMs;

/** The first firing after a moment, Unix ms; undefined when there is none any more. */
export type NextFiring = (afterMs: number) => number | undefined;

/** Of a rate, firings are counted from `anchorMs`, the time of the deployment on AWS; other schedules have no use for it. */
export function firingsOf(schedule: Schedule, zone: string, anchorMs: number): NextFiring {
  if (schedule.kind === 'rate') {
    const { everyMs } = schedule;
    return (afterMs) => anchorMs + Math.max(1, Math.floor((afterMs - anchorMs) / everyMs) + 1) * everyMs;
  }
  const cron = cronOf(schedule, zone);
  const isFiring = firingTest(schedule, zone);
  return (afterMs) => {
    let found = cron.nextRun(new Date(afterMs));
    while (found !== null && !isFiring(found.getTime())) found = cron.nextRun(found);
    return found?.getTime();
  };
}

/** {@link firingsOf} for one question. */
export function nextFiring(
  schedule: Schedule,
  zone: string,
  afterMs: number,
  anchorMs = 0,
): number | undefined {
  return firingsOf(schedule, zone, anchorMs)(afterMs);
}

/**
 * The last firing after one moment and not after another; undefined when there is none. Looks back in growing steps: a schedule
 * that fires each minute is not counted through the months that a machine was off.
 */
export function newestFiring(next: NextFiring, afterMs: number, untilMs: number): number | undefined {
  for (let backMs = hourMs; ; backMs *= 24) {
    const fromMs = Math.max(afterMs, untilMs - backMs);
    let newest: number | undefined;
    for (let at = next(fromMs); at !== undefined && at <= untilMs; at = next(at)) newest = at;
    if (newest !== undefined || fromMs === afterMs) return newest;
  }
}

/** In the words of croner: seconds in front, the numbers and forms of AWS, but no bare L for the last day of the week. */
function cronOf(schedule: Schedule, zone: string): Cron {
  const inside = /^cron\((.*)\)$/.exec(awsExpression(schedule))?.[1] ?? '';
  const fields = inside.replace(/ L (\S+)$/, ' 7 $1');
  return new Cron(`0 ${fields}`, {
    mode: '7-part',
    sloppyRanges: true,
    alternativeWeekdays: true,
    timezone: zone,
  });
}

/**
 * Whether AWS fires, too. croner moves a firing out of the spring gap, and takes wildcards twice in autumn; it does not know
 * that only some days count.
 */
function firingTest(
  schedule: Exclude<Schedule, { readonly kind: 'rate' }>,
  zone: string,
): (ms: number) => boolean {
  const offsetAt = offsetsOf(zone);
  const [hours, minutes] =
    schedule.kind === 'every'
      ? [[schedule.hour], [schedule.minute]]
      : [schedule.cron.hours, schedule.cron.minutes];
  return (ms) => {
    const offset = offsetAt(ms);
    const localMs = ms + offset;
    const midnightMs = Math.floor(localMs / dayMs) * dayMs;
    const minuteOfDay = Math.floor((localMs - midnightMs) / minuteMs);
    const isOnTheDial = hours.includes(Math.floor(minuteOfDay / 60)) && minutes.includes(minuteOfDay % 60);
    if (!isOnTheDial || !isDue(schedule, midnightMs)) return false;
    // The same local minute was there before when the clock was put back since.
    const putBackMs = offsetAt(ms - longestRepeatMs) - offset;
    return putBackMs <= 0 || offsetAt(ms - putBackMs) === offset;
  };
}
