// What a key below /tidb/br-stream/ and /tidb/brie/import/ means (FACTS §2.2), from the bytes of the key alone.
// Keys hold raw bytes (ends of ranges, store ids of 6.1), so they are handled as latin1 text: one character, one byte.

import { MAX_TS } from '../domain/ts.ts';

export const streamPrefix = '/tidb/br-stream/';
export const importPrefix = '/tidb/brie/import/';

export type KeyMeaning =
  | { readonly kind: 'info'; readonly task: string }
  | { readonly kind: 'range'; readonly task: string; readonly start: Uint8Array }
  | { readonly kind: 'central-global'; readonly task: string }
  | { readonly kind: 'store-checkpoint'; readonly task: string; readonly storeId: bigint }
  | { readonly kind: 'region-checkpoint'; readonly task: string; readonly regionId: bigint }
  | { readonly kind: 'storage-checkpoint'; readonly task: string; readonly storeId: bigint }
  | { readonly kind: 'pause'; readonly task: string }
  | { readonly kind: 'last-error'; readonly task: string; readonly storeId: bigint }
  | { readonly kind: 'owner'; readonly candidate: string }
  | {
      readonly kind: 'import';
      readonly lease: 'restore' | 'lightning' | 'import-into' | 'other';
      readonly name: string;
    }
  /** Below our prefixes, in no form that we know. */
  | { readonly kind: 'unknown' }
  /** Somebody else's. */
  | { readonly kind: 'outside' };

/** A key for messages: bytes outside printable ASCII, and the backslash, as `\xNN`. */
export function printableKey(key: Uint8Array): string {
  return latin1(key).replace(
    /[^\x20-\x5b\x5d-\x7e]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/**
 * The meaning of a key. `tasks`: names of tasks whose `info` key is there; they settle what belongs to the name where a
 * name or a raw key holds a slash. Never throws.
 */
export function meaningOfKey(key: Uint8Array, tasks: readonly string[]): KeyMeaning {
  const text = latin1(key);
  if (text.startsWith(importPrefix)) return meaningOfImport(text.slice(importPrefix.length));
  if (!text.startsWith(streamPrefix)) return { kind: 'outside' };
  const slash = text.indexOf('/', streamPrefix.length);
  if (slash < 0) return { kind: 'unknown' };
  const rest = text.slice(slash + 1);
  if (rest === '') return { kind: 'unknown' };
  switch (text.slice(streamPrefix.length, slash)) {
    case 'info':
      return { kind: 'info', task: utf8(rest) };
    case 'pause':
      return { kind: 'pause', task: utf8(rest) };
    case 'owner':
      return { kind: 'owner', candidate: utf8(rest) };
    case 'ranges':
      return meaningOfRange(rest, tasks);
    case 'checkpoint':
      return meaningOfCheckpoint(rest, tasks);
    case 'storage-checkpoint':
      return meaningOfStoreKey('storage-checkpoint', rest);
    case 'last-error':
      return meaningOfStoreKey('last-error', rest);
    default:
      return { kind: 'unknown' };
  }
}

function meaningOfImport(rest: string): KeyMeaning {
  const kind = /^(restore|lightning|import-into)\//.exec(rest)?.[1] as 'restore' | undefined;
  return { kind: 'import', lease: kind ?? 'other', name: utf8(rest) };
}

function meaningOfRange(rest: string, tasks: readonly string[]): KeyMeaning {
  const known = splitAtTask(rest, tasks);
  if (known !== undefined) return { kind: 'range', task: known.task, start: bytesOf(known.tail) };
  const slash = rest.indexOf('/');
  if (slash <= 0) return { kind: 'unknown' };
  return { kind: 'range', task: utf8(rest.slice(0, slash)), start: bytesOf(rest.slice(slash + 1)) };
}

/** `<task>/<store id>`. The slash after the task is required, so that task `a` never takes the keys of `ab`. */
function meaningOfStoreKey(kind: 'storage-checkpoint' | 'last-error', rest: string): KeyMeaning {
  const match = /^(.+)\/([^/]+)$/s.exec(rest);
  const storeId = decimal(match?.[2] ?? '');
  if (match === null || storeId === undefined) return { kind: 'unknown' };
  return { kind, task: utf8(match[1] ?? ''), storeId };
}

function meaningOfCheckpoint(rest: string, tasks: readonly string[]): KeyMeaning {
  const known = splitAtTask(rest, tasks);
  if (known !== undefined) return meaningOfCheckpointTail(known.task, known.tail);
  const forms = [
    /^(.+)\/(central_global)$/s,
    /^(.+)\/(store\/[0-9]+)$/s,
    /^(.+)\/(region\/[0-9]+\/[0-9]+)$/s,
    /^(.+)\/(.{8})$/s,
  ];
  for (const form of forms) {
    const match = form.exec(rest);
    if (match !== null) return meaningOfCheckpointTail(utf8(match[1] ?? ''), match[2] ?? '');
  }
  return { kind: 'unknown' };
}

/** In the order of br: `central_global`, `store/`, `region/`; anything else of 8 bytes is the store key of 6.1. */
function meaningOfCheckpointTail(task: string, tail: string): KeyMeaning {
  if (tail === 'central_global') return { kind: 'central-global', task };
  if (tail.startsWith('store/')) {
    const storeId = decimal(tail.slice('store/'.length));
    return storeId === undefined ? { kind: 'unknown' } : { kind: 'store-checkpoint', task, storeId };
  }
  if (tail.startsWith('region/')) {
    const [region = '', version = '', ...more] = tail.slice('region/'.length).split('/');
    const regionId = decimal(region);
    if (regionId === undefined || decimal(version) === undefined || more.length > 0)
      return { kind: 'unknown' };
    return { kind: 'region-checkpoint', task, regionId };
  }
  if (tail.length !== 8) return { kind: 'unknown' };
  return { kind: 'store-checkpoint', task, storeId: bigEndianU64(bytesOf(tail)) };
}

/** The longest name that fits wins: raw bytes may follow, and a name may hold a slash. */
function splitAtTask(rest: string, tasks: readonly string[]): { task: string; tail: string } | undefined {
  let best: { task: string; tail: string } | undefined;
  for (const task of tasks) {
    const head = `${latin1(new TextEncoder().encode(task))}/`;
    if (!rest.startsWith(head)) continue;
    if (best === undefined || task.length > best.task.length) best = { task, tail: rest.slice(head.length) };
  }
  return best;
}

/** The u64 of exactly 8 bytes, big-endian; etcd's values are so, those of objects are little-endian (FACTS §0.8). */
export function bigEndianU64(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, false);
}

function decimal(text: string): bigint | undefined {
  if (!/^(?:0|[1-9][0-9]{0,19})$/.test(text)) return undefined;
  const value = BigInt(text);
  return value <= MAX_TS ? value : undefined;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

function utf8(text: string): string {
  return new TextDecoder().decode(bytesOf(text));
}
