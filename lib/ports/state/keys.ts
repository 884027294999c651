// Where a record stands in the table: partition and sort key, ASCII only, so that the order of text is the order of bytes.
// docs/formats/state.md is the document of it. Must not read or write.

import { PitrError } from '../../domain/errors.ts';
import { type Resolution, slotOf } from '../../domain/state/checkpoint.ts';
import { isChangeId, isClusterName, runIdMs, type Work } from '../../domain/state/run-identity.ts';
import type { RecordKey, RecordKind } from '../../domain/state/task-record.ts';
import type { ItemKey } from './state-table.ts';

/** Digits of a time in a key: enough for the year 33658. */
const msDigits = 15;

/** `[from, to)` of sort keys. */
export interface KeyRange {
  readonly from: string;
  readonly to: string;
}

export function partitionOf(cluster: string): string {
  if (isClusterName(cluster)) return `cluster/${cluster}`;
  throw new PitrError(
    'INVALID_INPUT',
    `${JSON.stringify(cluster)} is no name of a cluster, expected letters, digits and ._- (at most 128)`,
  );
}

/** Errors: INVALID_INPUT for an id that no record of the kind can have. */
export function recordItemKey({ cluster, kind, id }: RecordKey): ItemKey {
  const isSingle = kind === 'log-task' || kind === 'keeper';
  const isRight = isSingle ? id === 'current' : runIdMs(id) !== undefined;
  if (isRight) return { pk: partitionOf(cluster), sk: `${kind}/${id}` };
  const expected = isSingle ? '"current"' : 'YYYYMMDDHHMMSS or YYYYMMDDHHMMSS-suffix';
  throw new PitrError('INVALID_INPUT', `${JSON.stringify(id)} is no id of a ${kind}, expected ${expected}`);
}

export function leaseItemKey(cluster: string, work: Work): ItemKey {
  return { pk: partitionOf(cluster), sk: `lease/${work}` };
}

export function checkpointItemKey(cluster: string, resolution: Resolution, atMs: number): ItemKey {
  const slot = slotOf(resolution, atMs);
  return { pk: partitionOf(cluster), sk: `checkpoint/${resolution}/${paddedMs(slot)}` };
}

export function auditItemKey(cluster: string, atMs: number, id: string): ItemKey {
  return { pk: partitionOf(cluster), sk: `audit/${paddedMs(atMs)}/${checkedId(id)}` };
}

export function changeItemKey(cluster: string, id: string): ItemKey {
  return { pk: partitionOf(cluster), sk: `change/${checkedId(id)}` };
}

/** A signal that waits, and the trace of one that was told. */
export function signalItemKey(cluster: string, id: string, state: 'waiting' | 'told'): ItemKey {
  return { pk: partitionOf(cluster), sk: `${state}/${checkedId(id)}` };
}

function checkedId(id: string): string {
  if (isChangeId(id)) return id;
  throw new PitrError(
    'INVALID_INPUT',
    `${JSON.stringify(id)} is no id of a change or signal, expected letters, digits and ._:/- (at most 400)`,
  );
}

/** Everything below a first part. `0` is the character after `/`. */
export function wholeRange(prefix: string): KeyRange {
  return { from: `${prefix}/`, to: `${prefix}0` };
}

/** Runs whose id's time lies in `[fromMs, untilMs)`. */
export function runRange(
  kind: RecordKind,
  fromMs: number | undefined,
  untilMs: number | undefined,
): KeyRange {
  const whole = wholeRange(kind);
  return {
    from: fromMs === undefined ? whole.from : `${kind}/${stampFrom(fromMs)}`,
    to: untilMs === undefined ? whole.to : `${kind}/${stampFrom(untilMs)}`,
  };
}

/** Entries of a list that is keyed by milliseconds, with a time in `[fromMs, untilMs)`. */
export function timeRange(prefix: string, fromMs: number | undefined, untilMs: number | undefined): KeyRange {
  const whole = wholeRange(prefix);
  return {
    from: fromMs === undefined ? whole.from : `${prefix}/${paddedMs(fromMs)}`,
    to: untilMs === undefined ? whole.to : `${prefix}/${paddedMs(untilMs)}`,
  };
}

/** The first whole second at or after the time, as the digits of a run's id. */
function stampFrom(atMs: number): string {
  const latest = Date.UTC(9999, 11, 31, 23, 59, 59);
  const ms = Math.min(Math.ceil(checkedMs(atMs) / 1000) * 1000, latest);
  return new Date(ms).toISOString().replace(/\D/g, '').slice(0, 14);
}

function paddedMs(atMs: number): string {
  return String(checkedMs(atMs)).padStart(msDigits, '0');
}

function checkedMs(atMs: number): number {
  if (Number.isSafeInteger(atMs) && atMs >= 0 && atMs < 10 ** msDigits) return atMs;
  throw new PitrError('INVALID_INPUT', `${atMs} is no time, expected whole milliseconds since 1970`);
}
