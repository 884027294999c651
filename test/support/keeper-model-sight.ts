// The model of a log backup task (keeper-model.ts) as PD would show it: keys, safe points and advancers as facts.

import type { SafePointFacts, ServiceSafePoint } from '../../lib/domain/cluster-facts.ts';
import type { LogTaskSight } from '../../lib/domain/log-task/log-task-decision.ts';
import type { LogTaskFacts, PauseFacts, TaskState } from '../../lib/domain/log-task/log-task-facts.ts';
import { tsFromMs } from '../../lib/domain/ts.ts';
import type { ModelTask, TaskModel } from './keeper-model.ts';

const bucket = 's3://tidb-pitr-bucket/backup-data';

export function sightOf(model: TaskModel): LogTaskSight {
  const { task } = model;
  const imports = model.isRestoring ? [{ kind: 'restore', name: 'restore-1', hasLease: true } as const] : [];
  return {
    logBackup: {
      task: task === undefined ? { kind: 'none' } : taskFacts(model, task),
      otherTasks: [],
      leftovers: [],
      advancers: model.isTidbThere ? ['tidb-1'] : [],
      imports,
      unexplained: [],
      revision: 1n,
    },
    safePoints: safePoints(model),
    serverMs: model.nowMs,
    objectsTs: undefined,
    standsSinceMs: model.movedMs,
    lastOursTs: model.saved.size === 0 ? undefined : tsFromMs(Math.max(...model.saved.values())),
  };
}

function taskFacts(model: TaskModel, task: ModelTask): LogTaskFacts {
  const savedTs = tsFromMs(task.savedMs);
  const storeErrors =
    task.error === ''
      ? []
      : [{ storeId: 1n, code: 'KV:LogBackup:Io', message: task.error, atMs: task.pausedMs }];
  return {
    kind: 'task',
    name: task.name,
    storage: {
      url: `${bucket}/${task.path}`,
      endpoint: '',
      region: '',
      roleArn: '',
      hasCredentials: false,
    },
    startTs: tsFromMs(task.startMs),
    endTs: 999999999999999999n,
    tableFilter: ['*.*'],
    compression: 'ZSTD',
    encryption: { kind: 'none' },
    state: stateOf(model.isSigned, task, storeErrors),
    storeErrors,
    checkpoints: { persisted: savedTs, advanced: savedTs, perStore: [], regions: undefined },
    ranges: [],
    revision: 1n,
  };
}

function stateOf(
  isSigned: boolean,
  { pause, pausedMs, error }: ModelTask,
  stores: LogTaskFacts['storeErrors'],
): TaskState {
  if (pause === 'nobody') return { kind: 'normal' };
  const words = error === '' && pause === 'system' ? 'check point lagged too large' : error;
  const facts: PauseFacts = isSigned
    ? {
        by: pause,
        sinceMs: pausedMs,
        message: words,
        host: 'h',
        pid: 1,
        severity: pause === 'person' ? 'MANUAL' : 'ERROR',
      }
    : { by: 'unknown', sinceMs: undefined, message: '', host: '', pid: undefined, severity: '' };
  const isError = stores.length > 0 || (isSigned && pause === 'system');
  return isError ? { kind: 'error', stores, pause: facts } : { kind: 'paused', ...facts };
}

function safePoints(model: TaskModel): SafePointFacts {
  const services = [...model.points].map(([id, { ms, expiresMs }]): ServiceSafePoint => {
    const owner: ServiceSafePoint['owner'] =
      id === 'pitr_pause_safepoint'
        ? { kind: 'pause', task: 'pitr' }
        : id === 'log-backup-coordinator'
          ? { kind: 'advancer' }
          : id === 'br-1'
            ? { kind: 'br' }
            : id.endsWith('pause-guard')
              ? { kind: 'pause-guard', task: 'pitr', storeId: 1n }
              : { kind: 'store', task: 'pitr', storeId: 1n };
    return { id, owner, ts: tsFromMs(ms) - 1n, expiresMs };
  });
  return { services, gcSafePoint: tsFromMs(model.gcMs), savedSafePoint: undefined };
}
