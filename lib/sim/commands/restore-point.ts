// `br restore point` and `br restore full` into a simulated cluster: what it takes (a lease in PD, a reader's lock in the log, the
// stores' garbage collection), what it leaves when it is killed, and how the next run goes on (FACTS §6.4–6.7, §9.1).

import { decodeBackupMeta } from '../../br/backupmeta.ts';
import { readLogFacts } from '../../br/catalog-log.ts';
import { backupMetaKey } from '../../br/layout.ts';
import { importPrefix } from '../../pd/etcd-key.ts';
import { dateOf } from './backup-full.ts';
import { releaseLock, takeLock } from './br-locks.ts';
import { BrRefusal, type BrScript, type BrScriptContext } from './br-script.ts';
import type { RegisteredRestore, RestoredContents, SimTarget } from './sim-target.ts';

const leaseMs = 3 * 60_000;
const staleMs = 5 * 60_000;
const invalid = '[BR:Common:ErrInvalidArgument]invalid argument';

/** Takes what was restored: whoever knows the truth looks at it. */
export type RestoreReceiver = (contents: RestoredContents) => Promise<void>;

export async function* restorePoint(context: BrScriptContext, receive: RestoreReceiver): BrScript {
  const { flags, cluster, print, random } = context;
  const target = targetOf(context);
  const restoredTs = flags.ts('restored-ts');
  const logFolder = flags.folder('storage', cluster.options.bucketPath);
  const snapshotFolder = flags.folder('full-backup-storage', cluster.options.bucketPath);
  yield 1000;
  const fromTs = await backupTsOf(context, snapshotFolder);
  await refuseOutside(context, logFolder, fromTs, restoredTs);
  const lease = holdImport(context, target, 0n);
  const registered = yield* register(context, target, restoredTs);
  const lockKey = `${logFolder}v1/LOCK.READ.${random.bits(64).toString(16).padStart(16, '0')}`;
  await takeLock(context, lockKey, {
    type: 'migration-read',
    prefix: `${logFolder}v1/LOCK.WRIT`,
    detail: 'a restore reads',
  });
  let isAsked = true;
  try {
    if (registered.snapshotDone) print.line('Full Restore is skipped due to checkpoint mode for restore');
    else yield* phase(context, target, { registered, lease, minutes: random.between(1, 20) });
    if (!registered.snapshotDone) print.summary('Full Restore', { BackupTS: fromTs });
    registered.snapshotDone = true;
    target.isEmpty = false;
    setRatio(context, target, '-1.0');
    yield* phase(context, target, { registered, lease, minutes: random.between(1, 30) });
    if (!context.lies) await receive({ restoredTs, snapshotFolder, logFolder });
    setRatio(context, target, '1.1');
    unregister(context, target, registered);
    const [start, end] = [fromTs, restoredTs];
    print.summary('restore log', {
      'source-start-point': start,
      'source-end-point': end,
      'target-end-point': target.pd.nextTs(),
    });
    yield 5000;
    isAsked = false;
  } finally {
    if (isAsked && target.registry !== undefined) target.registry.state = 'paused';
    await releaseLock(context, lockKey, lockKey.slice(logFolder.length));
    target.pd.etcd.revoke(lease.id);
  }
}

function targetOf({ flags, targetAt }: BrScriptContext): SimTarget {
  const pd = flags.get('pd');
  const target = targetAt(pd);
  if (target === undefined)
    throw new BrRefusal(`failed to dial ${pd}: code = Unavailable desc = connection refused`);
  return target;
}

async function backupTsOf({ bucket }: BrScriptContext, folder: string): Promise<bigint> {
  const object = `${folder}${backupMetaKey}`;
  const bytes = await bucket.get(object);
  if (bytes === undefined) throw new BrRefusal(`NoSuchKey: the object backupmeta of ${folder} is not there`);
  return decodeBackupMeta(object, bytes, undefined).backupTs;
}

async function refuseOutside(
  { bucket }: BrScriptContext,
  folder: string,
  fromTs: bigint,
  toTs: bigint,
): Promise<void> {
  const { minTs, maxTs = 0n } = await readLogFacts(bucket, folder);
  if (fromTs >= minTs && toTs <= maxTs && toTs >= fromTs) return;
  const words = (ts: bigint) => `${ts}(${dateOf(ts)})`;
  throw new BrRefusal(
    `restore log from ${words(fromTs)} to ${words(toTs)},  but the current existed log from ${words(minTs)} to ${words(maxTs)}: ${invalid}`,
  );
}

function holdImport({ random }: BrScriptContext, { pd }: SimTarget, lease: bigint): { id: bigint } {
  const untilMs = pd.nowMs() + leaseMs;
  if (pd.etcd.keepAlive(lease, untilMs)) return { id: lease };
  const id = pd.etcd.grantLease(untilMs);
  pd.etcd.write({ [`${importPrefix}restore/restore-${random.uuid()}`]: '' }, [], id);
  return { id };
}

/** A row of a dead run is waited for until its heartbeat is five minutes old; one of another moment is a refusal. */
async function* register(
  { clock, print, random }: BrScriptContext,
  target: SimTarget,
  restoredTs: bigint,
): AsyncGenerator<number, RegisteredRestore, undefined> {
  const { registry } = target;
  if (registry === undefined && !target.isEmpty) {
    throw new BrRefusal('cluster is not fresh: [BR:Restore:ErrRestoreNotFreshCluster]cluster is not fresh');
  }
  if (registry !== undefined && registry.restoredTs !== restoredTs) {
    throw new BrRefusal(
      `existing task has different restoredTS(${registry.restoredTs}) from user-specified(${restoredTs}): ${invalid}`,
    );
  }
  if (registry?.state === 'running') {
    const { heartbeatMs } = registry;
    for (let minutes = 4; minutes >= 0; minutes--) {
      yield staleMs / 5;
      if (registry.heartbeatMs !== heartbeatMs) {
        throw new BrRefusal(`task with ID ${registry.id} already exists and is running: ${invalid}`);
      }
      const left = { remaining_minutes: minutes, task_id: registry.id };
      print.log('task heartbeat unchanged, continuing to wait', left);
    }
  }
  const row = registry ?? target.register(restoredTs, clock.nowMs());
  row.state = 'running';
  row.heartbeatMs = clock.nowMs() + random.below(2);
  const event = registry === undefined ? 'created new' : 'resumed existing';
  print.log(`successfully ${event} registration`, { restore_id: row.id });
  return row;
}

interface Phase {
  readonly registered: RegisteredRestore;
  readonly lease: { id: bigint };
  readonly minutes: number;
}

/** Minutes of work in which lease and heartbeat are kept. */
async function* phase(
  context: BrScriptContext,
  target: SimTarget,
  { registered, lease, minutes }: Phase,
): BrScript {
  for (let minute = 0; minute < minutes; minute++) {
    yield 60_000;
    lease.id = holdImport(context, target, lease.id).id;
    registered.heartbeatMs = context.clock.nowMs();
  }
}

function setRatio({ print }: BrScriptContext, target: SimTarget, ratio: string): void {
  target.setGcRatio(ratio);
  print.log('set config tikv gc.ratio-threshold', { ratio }, 'WARN');
}

function unregister({ print }: BrScriptContext, target: SimTarget, { id }: RegisteredRestore): void {
  target.registry = undefined;
  print.log('unregistered restore task', { restore_id: id });
}

/** `br restore full`: the snapshot alone. */
export async function* restoreFull(context: BrScriptContext, receive: RestoreReceiver): BrScript {
  const { flags, cluster, print, random } = context;
  const target = targetOf(context);
  const snapshotFolder = flags.folder('storage', cluster.options.bucketPath);
  yield 1000;
  const backupTs = await backupTsOf(context, snapshotFolder);
  const lease = holdImport(context, target, 0n);
  const registered = yield* register(context, target, backupTs);
  let isAsked = true;
  try {
    yield* phase(context, target, { registered, lease, minutes: random.between(1, 20) });
    target.isEmpty = false;
    if (!context.lies) await receive({ restoredTs: backupTs, snapshotFolder, logFolder: undefined });
    unregister(context, target, registered);
    print.summary('Full Restore', { BackupTS: backupTs, RestoreTS: target.pd.nextTs() });
    isAsked = false;
  } finally {
    if (isAsked && target.registry !== undefined) target.registry.state = 'paused';
    target.pd.etcd.revoke(lease.id);
  }
}
