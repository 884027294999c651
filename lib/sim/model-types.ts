// Column types and values by lot, in the one form that a person would write them and TiDB prints them, so that what
// comes back can be compared without asking the codec. Every type that TiDB stores (CODEC §6.3).

import type { CellValue } from '../br/codec/cell-encoder.ts';
import { columnKind } from '../br/codec/column-kind.ts';
import type { FieldType } from '../br/codec/table-info.ts';
import type { SeededRandom } from './seeded-random.ts';

const unsignedFlag = 32;
const text = { charset: 'utf8mb4', collate: 'utf8mb4_bin' } as const;

export function fieldType(tp: number, members: Partial<FieldType> = {}): FieldType {
  return {
    tp,
    flag: 0,
    flen: -1,
    decimal: -1,
    charset: 'binary',
    collate: 'binary',
    elems: [],
    array: false,
    ...members,
  };
}

const intCodes = [1, 2, 9, 3, 8] as const;
const widths: Readonly<Record<number, number>> = { 1: 8, 2: 16, 9: 24, 3: 32, 8: 64 };
const elems = ['new', 'paid', 'Shipped', 'été', 'a b'];

const makers: readonly ((random: SeededRandom) => FieldType)[] = [
  (random) => fieldType(random.pick(intCodes), { flen: 20 }),
  (random) => fieldType(random.pick(intCodes), { flen: 20, flag: unsignedFlag }),
  () => fieldType(13, { flen: 4, flag: 104 }),
  () => fieldType(4, { flen: 12 }),
  () => fieldType(5, { flen: 22 }),
  (random) => {
    const flen = random.pick([1, 9, 10, 18, 19, 38, 39, 65]);
    return fieldType(246, { flen, decimal: random.below(Math.min(flen, 30) + 1) });
  },
  (random) => fieldType(15, { ...text, flen: random.pick([40, 300]) }),
  () => fieldType(254, { ...text, flen: 30 }),
  (random) => fieldType(random.pick([249, 250, 251, 252]), { ...text, flen: 65535 }),
  () => fieldType(15, { flen: 100 }),
  () => fieldType(254, { flen: 12 }),
  () => fieldType(252, { flen: 65535 }),
  () => fieldType(10, { flen: 10, decimal: 0 }),
  (random) => fieldType(random.pick([7, 12]), { flen: 26, decimal: random.pick([0, 3, 6]) }),
  (random) => fieldType(11, { flen: 17, decimal: random.pick([0, 3, 6]) }),
  () => fieldType(247, { ...text, elems }),
  () => fieldType(248, { ...text, elems }),
  (random) => fieldType(16, { flen: random.pick([1, 8, 17, 64]), flag: unsignedFlag }),
  () => fieldType(245, { flen: 4294967295 }),
  () => fieldType(225),
];

export function randomType(random: SeededRandom): FieldType {
  return random.pick(makers)(random);
}

/** Whether a document can hold a default of this type as plain text. */
export function canHaveDefault(type: FieldType): boolean {
  const kind = columnKind(type);
  if (kind === 'text') return type.tp === 15 || type.tp === 254;
  return !['binary', 'bit', 'json', 'vector'].includes(kind);
}

const digits = (value: number, width: number): string => String(value).padStart(width, '0');

/** A value of the type, not NULL, in canonical form. longText: most characters of a text. */
export function randomValue(random: SeededRandom, type: FieldType, longText = 24): Exclude<CellValue, null> {
  const kind = columnKind(type);
  switch (kind) {
    case 'int': {
      const limit = 2n ** BigInt(widths[type.tp] - 1);
      return random.chance(50) ? BigInt(random.between(-100, 100)) : random.bigBetween(-limit, limit - 1n);
    }
    case 'uint': {
      const limit = 2n ** BigInt(widths[type.tp]);
      return random.chance(50) ? BigInt(random.below(200)) : random.bigBetween(0n, limit - 1n);
    }
    case 'year':
      return random.chance(10) ? 0n : BigInt(random.between(1901, 2155));
    case 'float':
      return Math.fround((random.u32() - 2 ** 31) / 2 ** random.between(0, 30));
    case 'double':
      return ((random.u32() - 2 ** 31) * random.u32()) / 2 ** random.between(0, 60);
    case 'decimal':
      return randomDecimal(random, type);
    case 'text':
      return randomText(random, Math.min(longText, type.flen)).replace(type.tp === 254 ? / +$/ : '', '');
    case 'binary':
      return random.bytes(type.tp === 254 ? type.flen : random.below(Math.min(longText, type.flen) + 1));
    case 'date':
      return randomDate(random);
    case 'datetime':
    case 'timestamp':
      return randomDateTime(random, type.decimal, kind === 'timestamp');
    case 'time':
      return randomDuration(random, type.decimal);
    case 'enum':
      return random.pick(type.elems);
    case 'set':
      return type.elems.filter(() => random.chance(40)).join(',');
    case 'bit':
      return random.bits(type.flen);
    case 'json':
      return JSON.stringify(randomJson(random, 3));
    case 'vector':
      return `[${Array.from({ length: random.below(5) }, () => random.between(-9, 9) / 4).join(',')}]`;
    default:
      return kind satisfies never;
  }
}

function randomDecimal(random: SeededRandom, { flen, decimal }: FieldType): string {
  const size = random.chance(50) ? flen : random.between(1, flen);
  const unscaled = random.bits(256) % 10n ** BigInt(size);
  const all = String(unscaled).padStart(decimal + 1, '0');
  const sign = unscaled > 0n && random.chance(50) ? '-' : '';
  const point = decimal === 0 ? '' : `.${all.slice(all.length - decimal)}`;
  return `${sign}${all.slice(0, all.length - decimal)}${point}`;
}

const alphabet = [...'abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 ,;"\'\\\n\t/äöüé漢字😀'];

export function randomText(random: SeededRandom, limit: number): string {
  return Array.from({ length: random.below(limit + 1) }, () => random.pick(alphabet)).join('');
}

function randomDate(random: SeededRandom): string {
  const month = random.between(1, 12);
  const day = random.between(1, month === 2 ? 28 : 30);
  return `${digits(random.between(1, 9999), 4)}-${digits(month, 2)}-${digits(day, 2)}`;
}

function randomDateTime(random: SeededRandom, fsp: number, isTimestamp: boolean): string {
  const date = isTimestamp
    ? `${random.between(1971, 2037)}-${digits(random.between(1, 12), 2)}-${digits(random.between(1, 28), 2)}`
    : randomDate(random);
  const clock = [random.below(24), random.below(60), random.below(60)].map((part) => digits(part, 2));
  return `${date} ${clock.join(':')}${fraction(random, fsp)}`;
}

function fraction(random: SeededRandom, fsp: number): string {
  return fsp === 0 ? '' : `.${digits(random.below(10 ** fsp), fsp)}`;
}

function randomDuration(random: SeededRandom, fsp: number): string {
  const hours = random.between(1, 837);
  const clock = `${digits(hours, 2)}:${digits(random.below(60), 2)}:${digits(random.below(60), 2)}`;
  return `${random.chance(30) ? '-' : ''}${clock}${fraction(random, fsp)}`;
}

function randomJson(random: SeededRandom, depth: number): unknown {
  switch (random.below(depth > 0 ? 7 : 5)) {
    case 0:
      return null;
    case 1:
      return random.chance(50);
    case 2:
      return random.between(-1_000_000, 1_000_000);
    case 3:
      return random.between(-1000, 1000) / 8;
    case 4:
      return randomText(random, 12);
    case 5:
      return Array.from({ length: random.below(4) }, () => randomJson(random, depth - 1));
    default: {
      const entries = Array.from({ length: random.below(4) }, (_, i) => [
        `k${i}${randomText(random, 3)}`,
        randomJson(random, depth - 1),
      ]);
      return Object.fromEntries(entries);
    }
  }
}
