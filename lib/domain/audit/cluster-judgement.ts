// What log backup, restores and dead runs left in PD: safe points without a task, keys of tasks that are gone, imports that have no
// lease (FACTS §2.2, §2.7, §8.6 #22–24). An audit tells them; nobody removes them from here.

import { type SafePointFacts, type ServiceSafePoint, ttlLeftMs } from '../cluster-facts.ts';
import { isLeftOver } from '../doctor/doctor-leftovers.ts';
import type { LogBackupFacts } from '../log-task/log-task-facts.ts';
import { describeTs } from '../ts.ts';
import { type AuditFinding, findingId } from './audit-finding.ts';

export interface ClusterLeftovers {
  readonly logBackup: LogBackupFacts;
  readonly safePoints: SafePointFacts;
  /** Unix ms by PD's clock. */
  readonly nowMs: number;
}

export function clusterFindings({ logBackup, safePoints, nowMs }: ClusterLeftovers): readonly AuditFinding[] {
  const tasks = [logBackup.task, ...logBackup.otherTasks].flatMap((task) =>
    task.kind === 'none' ? [] : [task],
  );
  return [
    ...safePoints.services
      .filter((point) => ttlLeftMs(point, nowMs) > 0 && isLeftOver(point, tasks))
      .map((point) => safePointFinding(point, nowMs)),
    ...logBackup.leftovers.map(({ name, keys }) => taskKeysFinding(name, keys)),
    ...logBackup.imports.filter(({ hasLease }) => !hasLease).map(({ name }) => importFinding(name)),
  ];
}

const inPd = { bytes: undefined, namedBy: [] } as const;

function safePointFinding(point: ServiceSafePoint, nowMs: number): AuditFinding {
  const { id, owner, ts } = point;
  const leftMs = ttlLeftMs(point, nowMs);
  const end = Number.isFinite(leftMs) ? `ends in ${Math.ceil(leftMs / 60_000)} minutes` : 'never ends';
  const isRun = owner.kind === 'br';
  return {
    ...inPd,
    id: findingId('safe-point', id),
    kind: 'safe-point',
    level: 'warn',
    place: id,
    what: `a safe point at ${describeTs(ts)} that holds back garbage collection and ${end}`,
    proof: isRun
      ? { proven: false, text: 'a br that runs has one, too, and nothing in PD tells them apart' }
      : {
          proven: true,
          text: `no log task in PD has ${isPauseLike(owner.kind) ? 'this state' : 'this name'} now`,
        },
    advice: Number.isFinite(leftMs)
      ? 'it goes by itself; sooner with pd-ctl service-gc-safepoint delete'
      : 'remove it with pd-ctl service-gc-safepoint delete',
    count: 1,
    keys: [id],
  };
}

function isPauseLike(kind: ServiceSafePoint['owner']['kind']): boolean {
  return kind === 'pause' || kind === 'pause-guard';
}

function taskKeysFinding(name: string, keys: readonly string[]): AuditFinding {
  return {
    ...inPd,
    id: findingId('task-keys', name),
    kind: 'task-keys',
    level: 'warn',
    place: name,
    what: `keys in PD of the log task ${name}, which is not there any more`,
    proof: {
      proven: true,
      text: 'all keys were read at one revision of etcd, and the task is not among them',
    },
    advice:
      'a task of the same name would start with their checkpoint: use another name, or remove them with etcdctl',
    count: keys.length,
    keys,
  };
}

function importFinding(name: string): AuditFinding {
  return {
    ...inPd,
    id: findingId('import-key', name),
    kind: 'import-key',
    level: 'warn',
    place: name,
    what: 'the mark of a restore or an import in PD without a lease: br log start refuses while it is there',
    proof: { proven: false, text: 'a lease would have ended it with its owner, and it has none' },
    advice:
      'when no restore, Lightning or IMPORT INTO runs, remove the key below /tidb/brie/import/ with etcdctl',
    count: 1,
    keys: [`/tidb/brie/import/${name}`],
  };
}
