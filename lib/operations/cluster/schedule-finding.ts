// The doctor's finding about the schedule of snapshots: that its zone is known here, and when it fires next, in local time and in UTC, so
// that a person sees what was meant. Reads no clock.

import { formatSchedule } from '../../config/schedule.ts';
import type { ClusterSettings } from '../../config/settings-types.ts';
import { offsetsOf } from '../../config/zone.ts';
import type { DoctorFinding } from '../../domain/doctor/doctor-finding.ts';
import { ok } from '../../domain/doctor/doctor-finding.ts';

/** The first firing after a moment, Unix ms; undefined when there is none any more. */
export type NextFiring = (
  schedule: ClusterSettings['policy']['snapshot']['schedule'],
  zone: string,
  afterMs: number,
) => number | undefined;

const shown = 3;

export function scheduleFinding(
  { schedule, zone }: ClusterSettings['policy']['snapshot'],
  nextFiring: NextFiring,
  nowMs: number,
): DoctorFinding {
  const check = 'schedule';
  const text = `${formatSchedule(schedule)} (${zone})`;
  const expected = 'a schedule that fires, by the clock that was meant';
  const fail = (found: string, hint: string): DoctorFinding => ({
    check,
    level: 'fail',
    found,
    expected,
    hint,
  });
  let offsetAt: (ms: number) => number;
  try {
    offsetAt = offsetsOf(zone);
  } catch {
    return fail(
      `${text}: this Node does not know the zone ${zone}`,
      'write an IANA zone such as Europe/Berlin, and use a Node with whole ICU data',
    );
  }
  if (schedule.kind === 'rate') return ok(check, `${text}, counted from the deployment`, expected);
  const firings: number[] = [];
  for (let atMs = nowMs; firings.length < shown; ) {
    const next = nextFiring(schedule, zone, atMs);
    if (next === undefined) break;
    firings.push(next);
    atMs = next;
  }
  if (firings.length === 0) {
    return fail(`${text} fires never again`, 'correct policy.snapshot.schedule: its years are over');
  }
  const moments = firings.map((ms) => momentOf(ms, offsetAt(ms), zone));
  return ok(check, `${text}, next ${moments.join(', ')}`, expected);
}

/** `2026-11-24 00:00 +01:00 = 2026-11-23 23:00 UTC`. */
function momentOf(ms: number, offsetMs: number, zone: string): string {
  const utc = textOf(ms);
  if (zone === 'UTC') return `${utc} UTC`;
  const minutes = Math.abs(offsetMs) / 60_000;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const offset = `${offsetMs < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
  return `${textOf(ms + offsetMs)} ${offset} = ${utc} UTC`;
}

const textOf = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
