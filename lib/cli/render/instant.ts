// A TSO as both of its forms: the number that every tool takes and the UTC time that a person reads.
// Must not parse moments (lib/domain/moment.ts does).

import { formatTs } from '../../domain/ts.ts';

/** `2026-11-22T04:24:48.553Z`. */
export function instantText(ts: bigint): string {
  return formatTs(ts);
}

/** How every TSO stands in a JSON document. */
export interface InstantJson {
  readonly [key: string]: string;
  readonly tso: string;
  readonly utc: string;
}

export function instantJson(ts: bigint): InstantJson {
  return { tso: String(ts), utc: formatTs(ts) };
}

/** null where a moment is unknown or there is none. */
export function optionalInstantJson(ts: bigint | undefined): InstantJson | null {
  return ts === undefined ? null : instantJson(ts);
}

/** A TSO out of the details of an error: a bigint, its digits, or an object that has one in `ts` or `tso`. */
export function instantOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'string') return /^\d{1,20}$/.test(value) ? BigInt(value) : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if ('ts' in value) return instantOf(value.ts);
  return 'tso' in value ? instantOf(value.tso) : undefined;
}
