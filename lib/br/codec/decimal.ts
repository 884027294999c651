// Answers: MySQL's binary decimals, a precision and a frac byte followed by words of nine digits, to text, to an
// unscaled integer, and back (CODEC §4). It must not know columns: the scale wanted is an argument.

import type { PitrError } from '../../domain/errors.ts';
import { rowDamaged } from './row-damage.ts';

const wordDigits = 9;
/** Bytes of a partial word by its number of digits. */
const partBytes = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4] as const;
const powersOfTen = Array.from({ length: 10 }, (_, digits) => 10 ** digits);
const maxPrecision = 81;
const maxFrac = 30;
const headerBytes = 2;
/** Digits that a double holds exactly. */
const exactDigits = 15;

/** Bytes of the binary after the two header bytes. */
export function decimalBytes(precision: number, frac: number): number {
  return digitBytes(precision - frac) + digitBytes(frac);
}

function digitBytes(digits: number): number {
  return Math.floor(digits / wordDigits) * 4 + (partBytes[digits % wordDigits] as number);
}

/**
 * Bytes of the decimal, header included, that begins at `start`, after checking all of it.
 * Errors: ROW_DAMAGED for an impossible header, a binary that passes `end`, or a word with too many digits.
 */
export function checkDecimal(src: Uint8Array, start: number, end: number): number {
  if (start + headerBytes > end) throw rowDamaged('decimal', 'two header bytes', `${end - start} bytes`);
  const precision = src[start] as number;
  const frac = src[start + 1] as number;
  if (precision < 1 || precision > maxPrecision || frac > maxFrac || frac > precision) {
    throw rowDamaged('decimal header', 'precision 1 to 81 and frac 0 to 30', `${precision}, ${frac}`);
  }
  const size = headerBytes + decimalBytes(precision, frac);
  if (start + size > end) throw rowDamaged('decimal', `${size} bytes`, `${end - start}`);
  checkWords(src, start, precision - frac, frac);
  return size;
}

type WordVisitor = (value: number, digits: number, isFraction: boolean) => void;

/** The values of all words in order; the sign is undone, the visitor is told how many digits a word has. */
function readWords(src: Uint8Array, start: number, visit: WordVisitor): void {
  const precision = src[start] as number;
  const frac = src[start + 1] as number;
  const signAt = start + headerBytes;
  const mask = ((src[signAt] as number) & 0x80) === 0 ? 0xff : 0;
  let at = signAt;
  const next = (digits: number, isFraction: boolean): void => {
    const stop = at + (digits === wordDigits ? 4 : (partBytes[digits] as number));
    let value = 0;
    for (; at < stop; at++) value = value * 256 + ((src[at] as number) ^ mask ^ (at === signAt ? 0x80 : 0));
    visit(value, digits, isFraction);
  };
  const whole = precision - frac;
  if (whole % wordDigits > 0) next(whole % wordDigits, false);
  for (let left = whole - (whole % wordDigits); left > 0; left -= wordDigits) next(wordDigits, false);
  for (let left = frac; left > 0; left -= wordDigits) next(Math.min(left, wordDigits), true);
}

/** Every row with a decimal passes here: no closure, no allocation. */
function checkWords(src: Uint8Array, start: number, whole: number, frac: number): void {
  const signAt = start + headerBytes;
  const mask = ((src[signAt] as number) & 0x80) === 0 ? 0xff : 0;
  const firstPart = whole % wordDigits;
  const words = Math.floor(whole / wordDigits) + Math.floor(frac / wordDigits);
  const lastPart = frac % wordDigits;
  let at = signAt;
  for (let i = firstPart > 0 ? -1 : 0; i < words + (lastPart > 0 ? 1 : 0); i++) {
    const digits = i < 0 ? firstPart : i < words ? wordDigits : lastPart;
    const stop = at + (partBytes[digits] as number);
    let value = 0;
    for (; at < stop; at++) value = value * 256 + ((src[at] as number) ^ mask ^ (at === signAt ? 0x80 : 0));
    if (value >= (powersOfTen[digits] as number)) throw tooManyDigits(value, digits);
  }
}

function tooManyDigits(value: number, digits: number): PitrError {
  return rowDamaged('word of a decimal', `at most ${digits} digits`, String(value));
}

function isNegative(src: Uint8Array, start: number): boolean {
  return ((src[start + headerBytes] as number) & 0x80) === 0;
}

/** Digits after the point that the header of the decimal at `start` names. */
export function decimalFrac(src: Uint8Array, start: number): number {
  return src[start + 1] as number;
}

/**
 * The decimal in src[start, end), header included, times 10^scale: an integer, rounded half away from zero when it has
 * more digits than that. Errors: ROW_DAMAGED as checkDecimal.
 */
export function decimalToUnscaled(src: Uint8Array, start: number, end: number, scale: number): bigint {
  checkDecimal(src, start, end);
  return unscaledDecimal(src, start, scale);
}

/** As decimalToUnscaled, of a decimal that was checked before, as every cell of a column vector was. */
export function unscaledDecimal(src: Uint8Array, start: number, scale: number): bigint {
  const frac = src[start + 1] as number;
  let magnitude = 0n;
  if ((src[start] as number) <= exactDigits) magnitude = BigInt(smallMagnitude(src, start));
  else
    readWords(src, start, (value, digits) => {
      magnitude = magnitude * BigInt(powersOfTen[digits] as number) + BigInt(value);
    });
  magnitude = rescale(magnitude, frac, scale);
  return isNegative(src, start) ? -magnitude : magnitude;
}

/**
 * unscaledDecimal as a number, when the decimal has exactly `scale` digits after the point and at most 15 in all;
 * undefined otherwise. Without BigInt: every row with a decimal can pass here.
 */
export function smallUnscaledDecimal(src: Uint8Array, start: number, scale: number): number | undefined {
  if ((src[start] as number) > exactDigits || src[start + 1] !== scale) return undefined;
  const magnitude = smallMagnitude(src, start);
  return isNegative(src, start) ? -magnitude : magnitude;
}

/** All digits of a decimal of at most 15 as one number. */
function smallMagnitude(src: Uint8Array, start: number): number {
  const frac = src[start + 1] as number;
  const whole = (src[start] as number) - frac;
  const signAt = start + headerBytes;
  const mask = ((src[signAt] as number) & 0x80) === 0 ? 0xff : 0;
  const firstPart = whole % wordDigits;
  let at = signAt;
  let magnitude = 0;
  for (let left = whole + frac; left > 0; ) {
    const isFraction = left <= frac;
    const digits =
      left === whole + frac && firstPart > 0
        ? firstPart
        : isFraction
          ? Math.min(left, wordDigits)
          : wordDigits;
    const stop = at + (partBytes[digits] as number);
    let value = 0;
    for (; at < stop; at++) value = value * 256 + ((src[at] as number) ^ mask ^ (at === signAt ? 0x80 : 0));
    magnitude = magnitude * (powersOfTen[digits] as number) + value;
    left -= digits;
  }
  return magnitude;
}

/** A magnitude with `from` digits after the point as one with `to`, rounded half up. */
function rescale(magnitude: bigint, from: number, to: number): bigint {
  if (to >= from) return to === from ? magnitude : magnitude * 10n ** BigInt(to - from);
  const divisor = 10n ** BigInt(from - to);
  return (magnitude + divisor / 2n) / divisor;
}

/**
 * Text of the decimal in src[start, end) with exactly `scale` digits after the point: padded with zeros, or
 * rounded half away from zero. Without `scale`: as many as its header says (CODEC §4, §11). Zero has no sign.
 * Errors: ROW_DAMAGED as checkDecimal.
 */
export function decimalText(
  src: Uint8Array,
  start: number,
  end: number,
  scale: number = decimalFrac(src, start),
): string {
  checkDecimal(src, start, end);
  const frac = src[start + 1] as number;
  if (frac > scale) return unscaledText(decimalToUnscaled(src, start, end, scale), scale);
  let whole = '';
  let fraction = '';
  let isZero = true;
  readWords(src, start, (value, digits, isFraction) => {
    if (value !== 0) isZero = false;
    if (isFraction) fraction += String(value).padStart(digits, '0');
    else if (whole !== '') whole += String(value).padStart(digits, '0');
    else if (value !== 0) whole = String(value);
  });
  const sign = isNegative(src, start) && !isZero ? '-' : '';
  const point = scale > 0 ? `.${fraction.padEnd(scale, '0')}` : '';
  return `${sign}${whole === '' ? '0' : whole}${point}`;
}

/** Text of unscaled / 10^scale with exactly `scale` digits after the point. */
export function unscaledText(unscaled: bigint, scale: number): string {
  const negative = unscaled < 0n;
  const digits = String(negative ? -unscaled : unscaled).padStart(scale + 1, '0');
  const text = scale > 0 ? `${digits.slice(0, -scale)}.${digits.slice(-scale)}` : digits;
  return negative ? `-${text}` : text;
}

/** The header and the binary of unscaled / 10^frac; precision grows when the digits do not fit. */
export function encodeUnscaledDecimal(unscaled: bigint, precision: number, frac: number): Uint8Array {
  const negative = unscaled < 0n;
  const text = String(negative ? -unscaled : unscaled);
  const total = Math.max(precision, text.length, frac, 1);
  if (total > maxPrecision || frac > maxFrac) {
    throw rowDamaged('decimal', 'at most 81 digits, 30 of them after the point', `${total}, ${frac}`);
  }
  const digits = text.padStart(total, '0');
  const out = new Uint8Array(headerBytes + decimalBytes(total, frac));
  out[0] = total;
  out[1] = frac;
  let at = headerBytes;
  let from = 0;
  const put = (count: number): void => {
    const size = count === wordDigits ? 4 : (partBytes[count] as number);
    let value = Number(digits.slice(from, from + count));
    for (let i = size - 1; i >= 0; i--) {
      out[at + i] = value % 256;
      value = Math.floor(value / 256);
    }
    at += size;
    from += count;
  };
  const whole = total - frac;
  if (whole % wordDigits > 0) put(whole % wordDigits);
  for (let left = whole - (whole % wordDigits); left > 0; left -= wordDigits) put(wordDigits);
  for (let left = frac; left > 0; left -= wordDigits) put(Math.min(left, wordDigits));
  if (negative) for (let i = headerBytes; i < out.length; i++) out[i] = (out[i] as number) ^ 0xff;
  out[headerBytes] = (out[headerBytes] as number) ^ 0x80;
  return out;
}

/**
 * The header and the binary of a decimal's text (sign, digits, point, exponent). With `precision` and `frac` the value
 * is rounded half up to `frac` digits; without, it keeps its own. Errors: ROW_DAMAGED for text that is not a number.
 */
export function encodeDecimal(text: string, precision?: number, frac?: number): Uint8Array {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text.trim());
  const digits = `${parts?.[2] ?? ''}${parts?.[3] ?? ''}`;
  if (parts === null || digits === '' || digits.length > 200) {
    throw rowDamaged('text of a decimal', 'a decimal number', JSON.stringify(text.slice(0, 80)));
  }
  const exponent = Number(parts[4] ?? '0');
  if (Math.abs(exponent) > 100) throw rowDamaged('exponent of a decimal', '-100 to 100', String(exponent));
  const ownFrac = (parts[3] ?? '').length - exponent;
  const keptFrac = Math.max(0, ownFrac);
  let magnitude = BigInt(digits);
  if (ownFrac < 0) magnitude *= 10n ** BigInt(-ownFrac);
  const finalFrac = frac ?? Math.min(keptFrac, maxFrac);
  magnitude = rescale(magnitude, keptFrac, finalFrac);
  const unscaled = parts[1] === '-' ? -magnitude : magnitude;
  if (precision !== undefined && String(magnitude).length > Math.max(precision, finalFrac)) {
    throw rowDamaged('text of a decimal', `at most ${precision} digits`, JSON.stringify(text.slice(0, 80)));
  }
  return encodeUnscaledDecimal(unscaled, precision ?? 1, finalFrac);
}

/** The decimal in src[start, end) rounded half up to `scale` digits after the point, as header and binary. */
export function roundedDecimal(src: Uint8Array, start: number, end: number, scale: number): Uint8Array {
  const whole = (src[start] as number) - (src[start + 1] as number);
  return encodeUnscaledDecimal(decimalToUnscaled(src, start, end, scale), whole + scale, scale);
}
