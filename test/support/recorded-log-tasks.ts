// What each recorded situation of PD means for our log task at the first look, written by hand from how it was recorded: the table
// that tests of the decision and of the whole look share.

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { StorageBackendSchema, StreamBackupTaskInfoSchema } from '../../lib/br/proto/gen/task_pb.js';
import type { OurTask } from '../../lib/domain/log-task/log-task-decision.ts';
import type { LogTaskState } from '../../lib/domain/state/log-task-state.ts';
import { completeRecording } from './recorded-cluster.ts';
import type { RecordedPd } from './recorded-pd.ts';

export const shopTask: OurTask = {
  cluster: 'shop',
  taskName: 'pitr',
  places: ['s3://tidb-pitr-bucket/backup-data/log-backup'],
  needsAdvancer: true,
};
export const faultsTask: OurTask = { ...shopTask, places: ['s3://faults/f/log-backup/'] };
export const errorsTask: OurTask = { ...shopTask, places: ['local:///tmp/lab/errstore/log'] };
export const encryptedTask: OurTask = {
  ...shopTask,
  taskName: 'enc',
  places: ['local:///tmp/lab/variants/storage/log-aes256'],
};

/** Situation → which task is ours there, and its state. */
export const recordedLogTasks: Readonly<Record<string, readonly [OurTask, LogTaskState['state']]>> = {
  'shop/pd/0-no-task': [shopTask, 'none'],
  'shop/pd/1-running': [shopTask, 'running'],
  'shop/pd/2-running-after-flush': [shopTask, 'running'],
  'shop/pd/3-paused': [shopTask, 'paused'],
  'shop/pd/4-resumed': [shopTask, 'running'],
  'shop/pd/5-before-end': [shopTask, 'running'],
  'shop/pd/6-stopped': [shopTask, 'none'],
  'variants/pd/encrypted-task': [encryptedTask, 'running'],
  'error-state/pd/7-error': [errorsTask, 'failed'],
  'error-state/pd/8-resumed-still-broken': [errorsTask, 'failed'],
  'error-state/pd/9-after-fix': [errorsTask, 'failed'],
  'faults/pd/frozen-1-healthy': [faultsTask, 'running'],
  'faults/pd/frozen-2-no-tidb-20s': [faultsTask, 'running'],
  'faults/pd/frozen-2-no-tidb-40s': [faultsTask, 'running'],
  'faults/pd/frozen-2-no-tidb-60s': [faultsTask, 'stuck'],
  'faults/pd/frozen-2-no-tidb-80s': [faultsTask, 'stuck'],
  'faults/pd/frozen-2-no-tidb-100s': [faultsTask, 'stuck'],
  'faults/pd/frozen-2-no-tidb-120s': [faultsTask, 'stuck'],
  'faults/pd/backup-1-pd': [faultsTask, 'none'],
  'faults/pd/restore-1-left-pd': [faultsTask, 'none'],
  'faults/pd/restore-1-left-after-lease-pd': [faultsTask, 'none'],
  'faults/pd/restore-3-end-pd': [faultsTask, 'none'],
};

/** The recording, but its task writes to this folder: settings can name no other folder than `…/log-backup`. */
export function recordingInFolder(situation: string, path: string): RecordedPd {
  const { keyValues, http } = completeRecording(situation);
  const moved = keyValues.map((one) => {
    if (!Buffer.from(one.key).toString('latin1').startsWith('/tidb/br-stream/info/')) return one;
    const info = fromBinary(StreamBackupTaskInfoSchema, one.value);
    info.storage = create(StorageBackendSchema, { backend: { case: 'local', value: { path } } });
    return { ...one, value: toBinary(StreamBackupTaskInfoSchema, info) };
  });
  return { keyValues: moved, http };
}
