// A doctor's findings about clocks: ours against that of PD and that of the storage. Decides and changes nothing.

import type { ClockFacts } from '../cluster-facts.ts';
import { type DoctorFinding, duration, ok } from './doctor-finding.ts';

/** Moments of people and lags are compared with our clock; TSOs come from PD's. */
const clockWarnMs = 2_000;
const clockFailMs = 30_000;

export function clockFinding(clock: ClockFacts): DoctorFinding {
  return compared('clock', clock, { whose: 'PD', warnMs: clockWarnMs, failMs: clockFailMs });
}

/** S3 refuses requests that are a quarter of an hour off; ages of objects are told by its clock. */
const storageWarnMs = 60_000;
const storageFailMs = 10 * 60_000;

export function storageClockFinding(clock: ClockFacts): DoctorFinding {
  return compared('storage-clock', clock, {
    whose: 'the storage',
    warnMs: storageWarnMs,
    failMs: storageFailMs,
  });
}

function compared(
  check: 'clock' | 'storage-clock',
  { serverMs, localMs, uncertaintyMs }: ClockFacts,
  { whose, warnMs, failMs }: { readonly whose: string; readonly warnMs: number; readonly failMs: number },
): DoctorFinding {
  const difference = localMs - serverMs;
  const certain = Math.max(0, Math.abs(difference) - uncertaintyMs);
  const expected = `less than ${duration(warnMs)} between this host and ${whose}`;
  const side = difference > 0 ? 'ahead of' : 'behind';
  const found =
    certain === 0
      ? `equal within ${duration(uncertaintyMs)}`
      : `this host is at least ${duration(certain)} ${side} ${whose}`;
  if (certain <= warnMs) return ok(check, found, expected);
  const hint =
    check === 'clock'
      ? 'let both hosts follow the same time service (chrony); moments and lags are told by these clocks'
      : 'let this host follow a time service (chrony): S3 refuses requests that are 15 minutes off';
  return { check, level: certain > failMs ? 'fail' : 'warn', found, expected, hint };
}

/**
 * PD's time when ours is `nowMs`: TSOs and ends of safe points are told by PD's clock, and a clock of ours that is wrong must not look
 * like lag.
 */
export function clusterNowMs({ serverMs, localMs, uncertaintyMs }: ClockFacts, nowMs: number): number {
  const isApart = Math.abs(localMs - serverMs) > uncertaintyMs;
  return isApart ? nowMs + serverMs - localMs : nowMs;
}
