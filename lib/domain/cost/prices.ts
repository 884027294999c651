// What keeping a GB for a month costs, by class of storage: the one table of prices of the cost report, and exact sums from it. Requests,
// transfer, and what a class charges for early deletion are not in it.

import { PitrError } from '../errors.ts';

/** Billionths of the currency for 2^30 bytes and a month. */
export interface Price {
  readonly nanosPerGb: bigint;
}

/**
 * aws.amazon.com/s3/pricing: US dollars in us-east-1, the first 50 TB of a month, as of 2026-11-22. Other regions are up to a third
 * dearer, and more bytes are cheaper. AWS counts a GB as 2^30 bytes.
 */
export const s3Prices: Readonly<Record<string, Price>> = {
  STANDARD: { nanosPerGb: 23_000_000n },
  INTELLIGENT_TIERING: { nanosPerGb: 23_000_000n },
  STANDARD_IA: { nanosPerGb: 12_500_000n },
  ONEZONE_IA: { nanosPerGb: 10_000_000n },
  GLACIER_IR: { nanosPerGb: 4_000_000n },
  GLACIER: { nanosPerGb: 3_600_000n },
  DEEP_ARCHIVE: { nanosPerGb: 990_000n },
};
export const pricesSource = 'aws.amazon.com/s3/pricing, us-east-1, first 50 TB, 2026-11-22';
export const usualClass = 'STANDARD';

/** `given`: a price of the person's, which is that of every class. A class that is not in the table costs as the usual one. */
export function priceOf(storageClass: string, given: Price | undefined): Price {
  const usual = s3Prices[usualClass];
  const found =
    given ?? (Object.hasOwn(s3Prices, storageClass) ? s3Prices[storageClass] : undefined) ?? usual;
  if (found === undefined) throw new PitrError('INTERNAL', `no price for ${storageClass}`);
  return found;
}

/** `0.023`, up to nine digits after the point. Errors: INVALID_INPUT. */
export function parsePrice(option: string, text: string): Price {
  const match = /^(\d{1,9})(?:\.(\d{1,9}))?$/.exec(text.trim());
  if (match === null) {
    const expected = 'a price such as 0.023, for a GB and a month';
    throw new PitrError('INVALID_INPUT', `${option} is \`${text}\`, expected ${expected}`, {
      details: { option, found: text, expected },
    });
  }
  return { nanosPerGb: BigInt(match[1] ?? 0) * nanos + BigInt((match[2] ?? '').padEnd(9, '0')) };
}

const nanos = 1_000_000_000n;
const gb = 1n << 30n;

/** Billionths of the currency for a month, to the nearest one. */
export function costOf(bytes: bigint, { nanosPerGb }: Price): bigint {
  return (bytes * nanosPerGb + gb / 2n) / gb;
}

/** `12.345678900`: exact, all nine digits. */
export function formatNanos(value: bigint): string {
  return `${value / nanos}.${String(value % nanos).padStart(9, '0')}`;
}
