// Sorted entries of a table with keys as TiKV writes them, for properties.
import fc from 'fast-check';
import { encodeBytes } from '../../lib/br/codec/memcomparable.ts';
import { encodeWriteRecord } from '../../lib/br/codec/write-record.ts';

export type Entry = readonly [key: Uint8Array, value: Uint8Array];

export function userKey(raw: Uint8Array, ts: bigint): Uint8Array {
  const groups = encodeBytes(raw);
  const key = new Uint8Array(1 + groups.length + 8);
  key[0] = 0x7a;
  key.set(groups, 1);
  new DataView(key.buffer).setBigUint64(1 + groups.length, BigInt.asUintN(64, ~ts));
  return key;
}

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const ts = fc.bigInt({ min: 1n, max: 1n << 60n });
const fewLetters = fc
  .array(fc.constantFrom(0, 1, 0x74, 0xff), { maxLength: 20 })
  .map((a) => Uint8Array.from(a));
const value = fc.oneof(
  bytes(20),
  bytes(300),
  fc.nat(3000).map((length) => new Uint8Array(length).fill(7)),
);

function sorted(entries: readonly Entry[]): Entry[] {
  const byKey = new Map(entries.map((entry) => [Buffer.from(entry[0]).toString('hex'), entry]));
  return [...byKey.keys()].sort().map((key) => byKey.get(key)!);
}

export const defaultEntries = fc
  .array(fc.tuple(fc.oneof(fewLetters, bytes(30)), ts, value), { maxLength: 60 })
  .map((rows) => sorted(rows.map(([raw, at, v]) => [userKey(raw, at), v])));

export const writeEntries = fc
  .array(
    fc.tuple(
      fewLetters,
      ts,
      fc.constantFrom('P' as const, 'D' as const),
      fc.option(bytes(255), { nil: undefined }),
    ),
    { maxLength: 60 },
  )
  .map((rows) =>
    sorted(
      rows.map(([raw, at, type, shortValue]) => [
        userKey(raw, at),
        encodeWriteRecord({ type, startTs: at - 1n, ...(shortValue && type === 'P' ? { shortValue } : {}) }),
      ]),
    ),
  );
