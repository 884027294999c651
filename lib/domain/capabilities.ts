// What a version of br and its cluster can do or does differently: one row per topic of FACTS §7, with its source. Says
// nothing of what a bucket holds: buckets outlive upgrades, and their bytes tell (FACTS §7, "Select by content").

import { PitrError } from './errors.ts';
import { compareVersions, parseVersion, type Version } from './versions.ts';

/** `unsure`: the sources name the branch but not the patch, or say UNVERIFIED. */
export type Support = 'yes' | 'no' | 'unsure';

interface Row<V> {
  /** Ascending; the last whose `since` is not younger than the version holds. The first begins at 6.1.0. */
  readonly steps: readonly (readonly [since: Version, value: V])[];
  readonly source: string;
}

function row<const V>(source: string, steps: Readonly<Record<string, V>>): Row<V> {
  return { source, steps: Object.entries(steps).map(([since, value]) => [parseVersion(since), value]) };
}

/** A topic that is there or not. */
const support = (source: string, steps: Readonly<Record<string, Support>>): Row<Support> =>
  row<Support>(source, steps);

/** `9.0.0-alpha` stands for every build of 9.0: its betas have what 8.5.5 has (FACTS §7, last rule). */
const table = {
  tikvMatch: row<'same' | 'tikv-6.2'>('FACTS §7 BR↔TiKV version', {
    '6.1.0': 'same',
    '6.2.0': 'tikv-6.2',
    '8.5.5': 'same',
  }),
  globalCheckpoint: row<'store-keys' | 'central-global'>('FACTS §7, §2.11', {
    '6.1.0': 'store-keys',
    '6.2.0': 'central-global',
  }),
  statusField: support('FACTS §1.8, §7: in the 2025-09 tree, 8.5.0 unverified', {
    '6.1.0': 'no',
    '8.5.0': 'unsure',
    '8.5.4': 'yes',
  }),
  pauseV2: support('FACTS §2.4, §7', { '6.1.0': 'no', '8.5.5': 'yes' }),
  pauseMessage: support('FACTS §1.3', { '6.1.0': 'no', '8.5.5': 'yes' }),
  autoPauseAt48h: support('FACTS §7, §2.11', {
    '6.1.0': 'no',
    '6.5.9': 'yes',
    '7.0.0': 'no',
    '7.1.5': 'yes',
    '7.2.0': 'no',
    '7.5.1': 'unsure',
    '7.6.0': 'no',
    '8.1.0': 'yes',
  }),
  coordinatorSafePoint: support('FACTS §7, §2.7', { '6.1.0': 'no', '7.1.0': 'yes' }),
  restartInSamePath: support('FACTS §7', { '6.1.0': 'no', '6.5.0': 'yes' }),
  logEncryption: support('FACTS §1.2, §7', { '6.1.0': 'no', '8.4.0': 'yes' }),
  truncateShift: row<'one-hour' | 'dynamic'>('FACTS §5.2, §7', { '6.1.0': 'one-hour', '6.2.0': 'dynamic' }),
  truncatingLock: support('FACTS §5.4, §7: exact patch unverified', {
    '6.1.0': 'no',
    '6.5.1': 'unsure',
    '7.0.0': 'no',
    '7.1.1': 'unsure',
    '7.2.0': 'no',
    '7.5.1': 'yes',
    '7.6.0': 'unsure',
    '8.0.0': 'yes',
  }),
  cleanUpCompactions: support('FACTS §1.3, §5.5', { '6.1.0': 'no', '8.5.5': 'yes' }),
  dryRunDeletesBlocklists: support('FACTS §0.3; seen in fixtures on 9.0.0-beta.2', {
    '6.1.0': 'no',
    '8.5.5': 'unsure',
    '8.5.7': 'yes',
  }),
  restoreBesideLogBackup: row<'unchecked' | 'refused' | 'allowed'>('FACTS §6.1, §7', {
    '6.1.0': 'unchecked',
    '6.5.1': 'refused',
    '8.5.5': 'allowed',
  }),
  backupCheckpoint: support('FACTS §3.3, §7', { '6.1.0': 'no', '6.5.0': 'yes' }),
  restoreCheckpoint: row<'none' | 'source-storage' | 'target-database' | 'target-database-per-id'>(
    'FACTS §3.4, §7',
    {
      '6.1.0': 'none',
      '7.1.0': 'source-storage',
      '8.4.0': 'target-database',
      '8.5.5': 'target-database-per-id',
    },
  ),
  checkpointStorage: support('FACTS §3.4', { '6.1.0': 'no', '8.5.5': 'yes' }),
  idMap: row<'storage' | 'target-table'>('FACTS §7, §3.15', { '6.1.0': 'storage', '8.5.0': 'target-table' }),
  restoreRegistry: support('FACTS §6.6, §7', { '6.1.0': 'no', '8.5.5': 'yes' }),
  pitrFilter: support('FACTS §1.6, §7', { '6.1.0': 'no', '8.5.5': 'yes' }),
  abortRestore: support('FACTS §6.7, §7', { '6.1.0': 'no', '8.5.5': 'yes' }),
  checksumByDefault: support('FACTS §1.2, §7: false on master after PR tidb#60328', {
    '6.1.0': 'yes',
    '9.0.0-alpha': 'unsure',
  }),
  backupmetaV2ByDefault: support('FACTS §1.4, §7', { '6.1.0': 'no', '7.4.0': 'yes' }),
  tikvRoleArn: support('FACTS §7: docs of 7.6', { '6.1.0': 'no', '7.6.0': 'yes' }),
  objectLock: row<'none' | 'snapshot' | 'snapshot-and-log'>('FACTS §7', {
    '6.1.0': 'none',
    '6.3.0': 'snapshot',
    '8.0.0': 'snapshot-and-log',
  }),
  imdsV2: support('FACTS §7', { '6.1.0': 'no', '8.4.0': 'yes' }),
  batchDelete: support('FACTS §5.4, §7: by 2025-09', { '6.1.0': 'no', '8.5.0': 'unsure', '8.5.4': 'yes' }),
  forceFlush: support('FACTS §2.10: served by TiKV 8.5.6+ and 9.0 betas', { '6.1.0': 'no', '8.5.6': 'yes' }),
  logPhaseStep: row<'Restore KV Files' | 'Restore Files(SST + Log)'>('FACTS §1.11, §7', {
    '6.1.0': 'Restore KV Files',
    '8.5.5': 'Restore Files(SST + Log)',
  }),
} as const;

type Table = typeof table;
export type Topic = keyof Table;

/** What holds for one version, by topic. */
export type Capabilities = {
  readonly [T in Topic]: Table[T] extends Row<infer V> ? V : never;
};

/** Every topic and where its row comes from, for documents and tests. */
export const capabilitySources: Readonly<Record<Topic, string>> = Object.fromEntries(
  Object.entries(table).map(([topic, { source }]) => [topic, source]),
) as Record<Topic, string>;

/** The first version whose br backs logs up. */
export const oldestVersion = '6.1.0';

/**
 * What br of this version can do. A hotfix build counts as its release: it may do more, and whoever asks for less is right
 * in both. Errors: UNSUPPORTED before 6.1.
 */
export function capabilities(version: Version): Capabilities {
  if (compareVersions(version, parseVersion(oldestVersion)) < 0) {
    throw new PitrError(
      'UNSUPPORTED',
      `${version.text} has no log backup: expected ${oldestVersion} or a younger version`,
      { hint: 'upgrade the cluster; 7.1 or younger is advised', details: { version: version.text } },
    );
  }
  const entries = Object.entries(table).map(([topic, { steps }]) => {
    const reached = (steps as Row<unknown>['steps']).filter(
      ([since]) => compareVersions(since, version) <= 0,
    );
    return [topic, reached.at(-1)?.[1]];
  });
  return Object.fromEntries(entries) as Capabilities;
}
