// Keys and values of etcd for tests, built by hand where no recording has the form.

import type { EtcdKeyValue } from '../../lib/pd/range.ts';

const bytesOf = (value: string | Uint8Array) =>
  typeof value === 'string' ? Uint8Array.from(value, (c) => c.charCodeAt(0)) : value;

/** Texts are latin1: one character, one byte. */
export function keyValue(
  key: string | Uint8Array,
  value: string | Uint8Array = '',
  more: Partial<EtcdKeyValue> = {},
): EtcdKeyValue {
  return {
    key: bytesOf(key),
    value: bytesOf(value),
    createRevision: 10n,
    modRevision: 10n,
    lease: 0n,
    ...more,
  };
}

/** 8 bytes, big-endian. */
export function u64Bytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, false);
  return bytes;
}

/** The same as latin1 text, for keys. */
export function u64Text(value: bigint): string {
  return String.fromCharCode(...u64Bytes(value));
}
