// Versions of TiDB, TiKV and br: what a version text says, which of two is older, and what a version of br can do or does
// differently. Values in, values out. What a bucket holds is told by its bytes, never by a version (FACTS §7).

import { PitrError } from './errors.ts';

export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** `beta.2` of `v9.0.0-beta.2`: comes before the release. */
  readonly preRelease: string | undefined;
  /** `20260812-784eac0` of a hotfix build `v8.5.4-20260812-784eac0`: comes after the release, and may do more than it. */
  readonly build: string | undefined;
  /** With the leading `v`, as br and TiDB print it. */
  readonly text: string;
}

const form = /^v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:[-+]([0-9A-Za-z.+-]{1,100}))?$/;
const preReleases = /^(?:alpha|beta|rc|dev|nightly|pre|this-is-a-placeholder)/i;

/** `v8.5.4-20260812-784eac0`, `9.0.0-beta.2`, `7.5.1`; spaces around are forgiven. Errors: INVALID_INPUT. */
export function parseVersion(text: string): Version {
  const match = form.exec(text.trim());
  if (match === null) {
    throw new PitrError(
      'INVALID_INPUT',
      `${JSON.stringify(text.slice(0, 100))} is not a version: expected one such as v8.5.4 or 9.0.0-beta.2`,
      { hint: 'give the version that `br --version` or PD shows for the stores' },
    );
  }
  const suffix = match[4];
  const isPreRelease = suffix !== undefined && preReleases.test(suffix);
  const [major, minor, patch] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return {
    major,
    minor,
    patch,
    preRelease: isPreRelease ? suffix : undefined,
    build: isPreRelease ? undefined : suffix,
    text: `v${major}.${minor}.${patch}${suffix === undefined ? '' : `-${suffix}`}`,
  };
}

/** Negative when `a` is older than `b`, 0 when neither is. A hotfix build comes after its release, a beta before it. */
export function compareVersions(a: Version, b: Version): number {
  const numbers = a.major - b.major || a.minor - b.minor || a.patch - b.patch;
  if (numbers !== 0) return numbers;
  if (a.preRelease !== b.preRelease) {
    if (a.preRelease === undefined) return 1;
    if (b.preRelease === undefined) return -1;
    return compareSuffixes(a.preRelease, b.preRelease);
  }
  if (a.build === undefined || b.build === undefined) {
    return Number(a.build !== undefined) - Number(b.build !== undefined);
  }
  return compareSuffixes(a.build, b.build);
}

/** Part by part, numbers as numbers: `beta.2` < `beta.10`, `20260812-…` < `20261001-…`. */
function compareSuffixes(a: string, b: string): number {
  const [left, right] = [a.split(/[.-]/), b.split(/[.-]/)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [x, y] = [left[index], right[index]];
    if (x === y) continue;
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    const [xIsNumber, yIsNumber] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (xIsNumber && yIsNumber && BigInt(x) !== BigInt(y)) return BigInt(x) < BigInt(y) ? -1 : 1;
    if (xIsNumber !== yIsNumber) return xIsNumber ? -1 : 1;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** Whether the version is this one or a younger one, e.g. `isAtLeast(version, '8.5.5')`. */
export function isAtLeast(version: Version, oldest: string): boolean {
  return compareVersions(version, parseVersion(oldest)) >= 0;
}

/**
 * Whether br and a cluster can work together: the same numbers and the same pre-release. A hotfix build of the cluster goes
 * with the plain br of its release. br 8.5.5 fails on older clusters, so nothing looser is promised. FACTS §7
 */
export function isSameRelease(a: Version, b: Version): boolean {
  return a.major === b.major && a.minor === b.minor && a.patch === b.patch && a.preRelease === b.preRelease;
}
