// A target's findings about versions: whether the br that will run goes with its stores, and whether it is younger than the
// cluster that was backed up (FACTS §6.8, §7). Decides nothing.

import { capabilities } from '../capabilities.ts';
import type { StoreFacts } from '../cluster-facts.ts';
import { PitrError } from '../errors.ts';
import { compareVersions, isSameRelease, parseVersion, type Version } from '../versions.ts';
import { pass, type RestoreFacts, type TargetFinding } from './target-finding.ts';
import { listed } from './target-look.ts';

/** Two findings. `stores`: TiKVs only. */
export function versionFindings(
  restore: RestoreFacts,
  stores: readonly StoreFacts[],
): readonly TargetFinding[] {
  const versions = stores.map(({ version }) => readVersion(version));
  const known = versions.flatMap((version) => (version === undefined ? [] : [version]));
  const unknown = stores.filter((_, index) => versions[index] === undefined);
  return [brFinding(restore.brVersion, known, unknown), ageFinding(restore.backupVersion, known)];
}

function readVersion(text: string): Version | undefined {
  try {
    return parseVersion(text);
  } catch (caught) {
    if (caught instanceof PitrError) return undefined;
    throw caught;
  }
}

/** Each text once. */
function namesOf(versions: readonly Version[]): string {
  return listed([...new Set(versions.map(({ text }) => text))].sort());
}

function brFinding(br: Version, versions: readonly Version[], unknown: readonly StoreFacts[]): TargetFinding {
  const check = 'br-version';
  const mustBeSame = capabilities(br).tikvMatch === 'same';
  const expected = mustBeSame ? `TiKV of the release of br ${br.text}` : `TiKV of the major of br ${br.text}`;
  if (unknown.length > 0 || versions.length === 0) {
    const found = unknown.length === 0 ? 'no TiKV' : `${unknown[0]?.address} is of ${unknown[0]?.version}`;
    const hint = 'make sure that the target is of the version in the settings';
    return { check, level: 'warn', code: undefined, found, expected, hint };
  }
  const others = versions.filter((version) => !isSameRelease(version, br));
  if (others.length === 0) return pass(check, namesOf(versions), expected);
  const isOtherMajor = others.some(({ major }) => major !== br.major);
  const hint = `restore into a cluster of ${br.text}, or give the settings (tidbVersion) the version of the target`;
  if (mustBeSame || isOtherMajor) {
    return { check, level: 'fail', code: 'CLUSTER_NOT_READY', found: namesOf(versions), expected, hint };
  }
  const warning = `${hint}; br of one release is only tested with its own`;
  return { check, level: 'warn', code: undefined, found: namesOf(versions), expected, hint: warning };
}

function ageFinding(backupVersion: string, versions: readonly Version[]): TargetFinding {
  const check = 'not-older';
  const backup = readVersion(backupVersion);
  if (backup === undefined) {
    const found = backupVersion === '' ? 'the snapshot tells no version' : `a snapshot of ${backupVersion}`;
    const hint = 'make sure that the target is not older than the cluster that was backed up';
    return { check, level: 'warn', code: undefined, found, expected: 'a snapshot with its version', hint };
  }
  const expected = `a target of ${backup.text} or younger, as the cluster that was backed up`;
  const older = versions.filter(
    (version) => compareVersions(version, backup) < 0 && !isSameRelease(version, backup),
  );
  if (older.length === 0) return pass(check, namesOf(versions), expected);
  return {
    check,
    level: 'fail',
    code: 'CLUSTER_NOT_READY',
    found: namesOf(older),
    expected,
    hint: 'an older cluster cannot read what a younger one wrote: upgrade the target, or make another one',
  };
}
