// What keeping bytes costs a month: one table, with where it is from and of when. For a person to weigh; nothing is decided by it.

/** US dollars per GB and month of S3 Standard in us-east-1, without free tier; other regions are up to a third dearer. */
export const storagePrice = {
  source: 'https://aws.amazon.com/s3/pricing/',
  asOf: '2026-11-22',
  region: 'us-east-1',
  storageClass: 'S3 Standard',
  /** Up to so many GB in the account; the last one has no end. */
  tiers: [
    { upToGb: 51_200, usdPerGb: 0.023 },
    { upToGb: 512_000, usdPerGb: 0.022 },
    { upToGb: Number.POSITIVE_INFINITY, usdPerGb: 0.021 },
  ],
} as const;

/** AWS counts in units of 2^30. */
const bytesPerGb = 2 ** 30;

/** Dollars a month for so many bytes, as if they were all that the account keeps. */
export function monthlyUsd(bytes: bigint): number {
  let [rest, from, usd] = [Number(bytes) / bytesPerGb, 0, 0];
  for (const { upToGb, usdPerGb } of storagePrice.tiers) {
    const inTier = Math.min(rest, upToGb - from);
    usd += inTier * usdPerGb;
    rest -= inTier;
    from = upToGb;
  }
  return Math.round(usd * 100) / 100;
}
