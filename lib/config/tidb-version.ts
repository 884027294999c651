// Which versions of TiDB a settings file may name, and what falls away with the older ones. Compares by lib/domain/versions.ts;
// must not decide how br is called (lib/br/commands does).

import { PitrError } from '../domain/errors.ts';
import { compareVersions, isAtLeast, parseVersion, type Version } from '../domain/versions.ts';
import { expected, type Reading } from './reading.ts';

/** The first with log backup at all. */
const oldest = '6.1.0';
/** The newest major that was looked at. */
const newestMajor = 9;

/** `v8.5.4`, `9.0.0-beta.2`, `v8.5.4-20260812-784eac0`: v6.1.0 and younger. */
export function readTidbVersion(text: string): Reading<Version> {
  const form = 'the version of the cluster such as v8.5.4';
  if (/^v?\d+(\.\d+)?$/.test(text))
    return expected(form, 'all three numbers count: br must be of the same release');
  let version: Version;
  try {
    version = parseVersion(text);
  } catch (error) {
    return expected(form, error instanceof PitrError ? error.hint : undefined);
  }
  if (isAtLeast(version, oldest)) return { value: version };
  return expected(
    `${form}, at least v${oldest}`,
    'older versions have no log backup; upgrade the cluster first',
  );
}

interface Loss {
  /** The first version without the loss. */
  readonly until: string;
  readonly sentence: string;
}

/** FACTS §7 and §8.6, the topics that change what an operator gets; youngest limit last. */
const losses: readonly Loss[] = [
  {
    until: '6.2.0',
    sentence:
      'log backup is an experiment in v6.1: after an error nothing holds back garbage collection, so changes can be lost for good; a person must watch it',
  },
  {
    until: '6.5.0',
    sentence:
      'br before v6.5 can delete log that is still needed, so old log is never truncated and the bucket only grows',
  },
  {
    until: '6.5.0',
    sentence:
      'br before v6.5 cannot continue an interrupted snapshot or start a log task again in its path: each failure begins anew',
  },
];

/** What a cluster of this version cannot have, a sentence each; empty from v6.5 on. FACTS §7, §8.6 */
export function whatFallsAway(version: Version): readonly string[] {
  return losses.filter(({ until }) => !isAtLeast(version, until)).map(({ sentence }) => sentence);
}

/** Whether the version is of a major that was not yet there when this was written. */
export function isUnknownMajor(version: Version): boolean {
  return version.major > newestMajor;
}

/** Whether the metas of TiKV of this version tell what our own engine must know to cut the log. FACTS §5.2, §3.7 */
export function canCutNatively(version: Version): boolean {
  return isAtLeast(version, '6.2.0');
}

/** Whether cuts of our own engine were compared with those of br of this version: test/fixtures/shop/truncate. */
export function isCutCompared(version: Version): boolean {
  return compareVersions(version, parseVersion(comparedCuts)) === 0;
}
/** The br that recorded them. */
export const comparedCuts = 'v9.0.0-beta.2';

/** Whether TiKV of this version can write to a bucket with Object Lock: snapshots from v6.3, the log from v8.0. FACTS §7 */
export function canLock(version: Version, withLog: boolean): boolean {
  return isAtLeast(version, withLog ? '8.0.0' : '6.3.0');
}
