// A stage on which observe looks: the stage of the control plane with a PD that stands in a recorded situation, or in one that a
// test built from keys, and settings whose place is that of the recording.

import type { PitrError } from '../../lib/domain/errors.ts';
import type { ClusterDeps, OpenedCluster } from '../../lib/operations/control/control-deps.ts';
import { logBackupFacts } from '../../lib/pd/log-backup.ts';
import type { EtcdKeyValue } from '../../lib/pd/range.ts';
import type { ClusterObservation } from '../../lib/ports/cluster.ts';
import { controlStage, type Stage, type StageOptions, stageText } from './control-stage.ts';
import { RecordedCluster } from './recorded-cluster.ts';

export interface ObserveStage extends Stage, ClusterDeps {
  /** From now on PD is in this recorded situation. */
  readonly show: (situation: string) => void;
  /** From now on PD has these keys, with all else as recorded. */
  readonly showKeys: (keys: readonly EtcdKeyValue[]) => void;
  /** PD does not answer; undefined: it does again. */
  readonly silence: (error: PitrError | undefined) => void;
  /** Connections that are open now. */
  readonly open: () => number;
}

/** Settings of a cluster whose task writes to this folder of the recording. */
export function settingsFor(folder: string, taskName = 'pitr'): string {
  return stageText
    .replace('/backups/shop', folder)
    .replace('    policy:\n', `    policy:\n      logTaskName: ${taskName}\n`);
}

/** Settings for the bucket `s3://BUCKET/PREFIX`, as they stand in a recorded task. */
export function s3SettingsFor(bucket: string, prefix: string, taskName = 'pitr'): string {
  return settingsFor('FOLDER', taskName).replace(
    '{ folder: FOLDER }',
    `{ name: ${bucket}, prefix: ${prefix}, region: us-east-1 }`,
  );
}

export const shopSettings = s3SettingsFor('tidb-pitr-bucket', 'backup-data');

export function observeStage(situation: string, options: StageOptions = {}): ObserveStage {
  const stage = controlStage({ settings: shopSettings, ...options });
  let cluster = new RecordedCluster(situation, stage.clock);
  let keys: readonly EtcdKeyValue[] | undefined;
  let open = 0;
  const observe = async (): Promise<ClusterObservation> => {
    const seen = await cluster.observe();
    return keys === undefined ? seen : { ...seen, logBackup: logBackupFacts(keys, 900n) };
  };
  const openCluster = async (): Promise<OpenedCluster> => {
    open += 1;
    const seen = Object.create(cluster, { observe: { value: observe } });
    return { cluster: seen, close: () => void (open -= 1) };
  };
  return {
    ...stage,
    openCluster,
    show: (next) => {
      cluster = new RecordedCluster(next, stage.clock);
      keys = undefined;
    },
    showKeys: (next) => {
      keys = next;
    },
    silence: (error) => cluster.fail(error),
    open: () => open,
  };
}
