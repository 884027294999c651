// The levels of all alarms of one minute in one number: a digit of base three for each alarm. CloudWatch charges for each metric
// and takes a digit out of a number for nothing. Decides no level.

import { type AlarmLevel, type AlarmName, alarmNames } from './state/keeper-record.ts';

/** By the value of the digit. */
export const alarmLevels = ['ok', 'warning', 'critical'] as const satisfies readonly AlarmLevel[];

const base = alarmLevels.length;

/** Alarms that are not named are ok. 0: all are. */
export function alarmCode(
  alarms: readonly { readonly name: AlarmName; readonly level: AlarmLevel }[],
): number {
  return alarms.reduce((code, { name, level }) => code + alarmLevels.indexOf(level) * placeOf(name), 0);
}

/** The level of one alarm in a code. */
export function levelIn(code: number, name: AlarmName): AlarmLevel {
  return alarmLevels[Math.floor(code / placeOf(name)) % base] ?? 'ok';
}

/**
 * The same in CloudWatch's metric math, which knows FLOOR and no remainder: 0, 1 or 2. `code`: the id of the metric. Division is
 * exact enough: a quotient that is no integer is at least 1 / 3^10 away from one.
 */
export function levelExpression(name: AlarmName, code: string): string {
  const place = placeOf(name);
  const digits = place === 1 ? code : `FLOOR(${code} / ${place})`;
  return `${digits} - ${base} * FLOOR(${code} / ${place * base})`;
}

/** By the order of their list. */
function placeOf(name: AlarmName): number {
  return base ** alarmNames.indexOf(name);
}
