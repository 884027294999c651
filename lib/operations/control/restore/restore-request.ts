// The request of a restore as a person, an event or a program writes it, read once: every mistake with its field, what was
// found, what was expected, and an example. Knows neither the bucket nor the settings.

import { readPdAddress } from '../../../config/pd-address.ts';
import { PitrError } from '../../../domain/errors.ts';
import { parseMoment } from '../../../domain/moment.ts';
import { checkTableRules } from '../../../domain/restore/restore-tables.ts';
import { PLAUSIBLE_TS } from '../../../domain/ts.ts';
import { InputReader } from '../operation.ts';

export interface RestoreRequest {
  readonly cluster: string;
  /** As it was written; of a form that `parseMoment` reads. */
  readonly restoreTo: string;
  readonly targetPd: readonly TargetAddress[];
  readonly tables: readonly string[];
  readonly dryRun: boolean;
  readonly who: string | undefined;
}

export interface TargetAddress {
  /** `host:port`, host in lower case. */
  readonly address: string;
  /** undefined: not written. */
  readonly scheme: 'http' | 'https' | undefined;
}

const what = 'the request';
const wholeExample =
  '{"cluster":"shop","restoreTo":"2026-11-22T04:24:48Z","target":{"pd":["10.0.2.11:2379"]}}';
const forms =
  'a moment such as "2026-11-22T04:24:48Z", "2026-11-22 12:24:48+08:00", "latest", "-90m" or a TSO as text';

/** Errors: INVALID_INPUT, MOMENT_WITHOUT_ZONE, INVALID_TABLE_FILTER. */
export function readRestoreRequest(value: unknown): RestoreRequest {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PitrError(
      'INVALID_INPUT',
      `the request is ${value === undefined ? 'missing' : (JSON.stringify(value)?.slice(0, 120) ?? 'no JSON')}, expected a JSON object such as ${wholeExample}`,
      { hint: 'docs/restore-cluster.md has every field' },
    );
  }
  const input = new InputReader(what, value);
  const request = {
    cluster: input.text('cluster', 'the name of the cluster that was backed up, such as "shop"'),
    restoreTo: readMoment(input),
    targetPd: readTarget(input),
    tables: readTables(input),
    dryRun: input.bool('dryRun'),
    who: input.optionalText('who'),
  };
  input.done();
  return request;
}

function readMoment(input: InputReader): string {
  const value = input.value('restoreTo');
  if (typeof value === 'number') {
    const hint = 'a TSO has more digits than a number of JSON keeps: write it in quotes';
    throw input.wrong('restoreTo', forms, hint);
  }
  const text = input.text('restoreTo', forms);
  try {
    // What the newest moment is, is seen later; whether the text means any moment is seen here.
    parseMoment(text, { latest: PLAUSIBLE_TS.before });
  } catch (caught) {
    if (!(caught instanceof PitrError)) throw caught;
    throw new PitrError(caught.code, `restoreTo of ${what}: ${caught.message}`, {
      hint: caught.hint ?? `write ${forms}`,
      details: { field: 'restoreTo', ...caught.details },
    });
  }
  return text;
}

function readTarget(input: InputReader): readonly TargetAddress[] {
  const value = input.value('target');
  const example = 'an object with the PD addresses of an empty cluster, such as {"pd":["10.0.2.11:2379"]}';
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw input.wrong('target', example);
  const target = new InputReader(`target of ${what}`, value);
  const list = 'a list of PD addresses such as ["10.0.2.11:2379"]';
  const texts = target.texts('pd', list);
  if (texts.length === 0) throw target.wrong('pd', list, 'name at least one PD of the target');
  target.done();
  const addresses = texts.map((text, index) => readAddress(text, index));
  return addresses.filter(
    ({ address }, index) => addresses.findIndex((one) => one.address === address) === index,
  );
}

function readAddress(text: string, index: number): TargetAddress {
  const reading = readPdAddress(text);
  if ('value' in reading) {
    const { host, port, scheme } = reading.value;
    return { address: `${host}:${port}`, scheme };
  }
  const hint = reading.hint ?? 'host and port of PD, as the functions and br reach it';
  throw new PitrError(
    'INVALID_INPUT',
    `target.pd[${index}] of ${what} is ${JSON.stringify(text.slice(0, 120))}, expected ${reading.expected}`,
    { hint, details: { field: `target.pd[${index}]` } },
  );
}

function readTables(input: InputReader): readonly string[] {
  if (!input.has('tables')) {
    input.value('tables');
    return [];
  }
  const list = 'a list of table rules of br such as ["shop.*","!shop.tmp_*"]';
  const rules = input.texts('tables', list);
  if (rules.length === 0) {
    throw input.wrong('tables', list, 'leave the field out to restore everything');
  }
  checkTableRules(rules, 'tables');
  return rules;
}
