// `br log start`, `stop`, `pause` and `resume` on a simulated cluster: what each checks, and the keys, safe points and objects that
// each writes, in br's order (FACTS §2.3).

import { logHeadObjects } from '../../br/backup-writer.ts';
import { readLogFacts } from '../../br/catalog-log.ts';
import { importPrefix } from '../../pd/etcd-key.ts';
import { dateOf } from './backup-full.ts';
import { BrRefusal, type BrScript, type BrScriptContext } from './br-script.ts';

const startTtlSeconds = 1800;

export async function* logStart(context: BrScriptContext): BrScript {
  const { flags, cluster, bucket, print } = context;
  const name = flags.get('task-name');
  const folder = flags.folder('storage', cluster.options.bucketPath);
  yield 500;
  refuseImports(context);
  if (cluster.keys.names().length > 0) {
    throw new BrRefusal(
      'failed to start the log backup, allow only one running task: [BR:Stream:ErrStreamLogTaskExist]stream task already exists',
    );
  }
  const isUsed = (await bucket.head(`${folder}backup.lock`)) !== undefined;
  const startTs = isUsed ? await logEnd(context, folder) : startOf(context);
  const id = `br-${context.random.uuid()}`;
  refuseCollected(context, startTs, cluster.pd.hold(id, startTs, startTtlSeconds));
  print.safePoint('set stream safePoint', id, startTtlSeconds, startTs);
  if (!isUsed) {
    const clusterVersion = cluster.options.version.replace(/^v/, '');
    const head = { clusterId: cluster.options.clusterId, clusterVersion, startTs };
    for (const { key, bytes } of logHeadObjects(head)) {
      yield 200;
      await bucket.put(`${folder}${key}`, bytes);
    }
  }
  yield 200;
  if (!context.lies) {
    const [bucketName = '', ...prefix] = cluster.options.bucketPath.split('/');
    const place = [...prefix, folder.replace(/\/$/, '')].join('/');
    cluster.keys.start({ name, startTs, bucket: bucketName, prefix: place });
    cluster.touch();
  }
  print.log('log start', { ...taskFields(name, startTs), pausing: false, rangeCount: 2 });
  print.summary('log start', { 'total-take': '164ms' });
}

function startOf({ flags, cluster }: BrScriptContext): bigint {
  const asked = flags.optional('start-ts');
  return asked === undefined ? cluster.pd.nextTs() : BigInt(asked);
}

/** On a path that is in use the start is where the log ends, whatever was asked for (FACTS §0.14). */
async function logEnd({ bucket, cluster }: BrScriptContext, folder: string): Promise<bigint> {
  const facts = await readLogFacts(bucket, folder);
  if (facts.problem !== undefined) throw new BrRefusal(`NoSuchKey: ${folder}backupmeta`);
  if (facts.clusterId !== cluster.options.clusterId) {
    throw new BrRefusal(
      `the stream log files from cluster ID:${facts.clusterId} and current cluster ID:${cluster.options.clusterId} : ` +
        '[BR:Common:ErrInvalidArgument]invalid argument',
    );
  }
  const max = facts.maxTs ?? 0n;
  return max > facts.minTs ? max : facts.minTs;
}

function refuseImports({ cluster }: BrScriptContext): void {
  const { etcd } = cluster.pd;
  etcd.expire(cluster.pd.nowMs());
  const [key] = etcd.keysBelow(importPrefix);
  if (key === undefined) return;
  throw new BrRefusal(
    `There are some lightning/restore tasks running: ${key}please stop or wait until all of them finish`,
  );
}

function refuseCollected({ cluster }: BrScriptContext, ts: bigint, isHeld: boolean): void {
  if (isHeld && cluster.pd.hasHistory(ts)) return;
  throw new BrRefusal(
    `failed to check gc safePoint, ts ${ts}: GC safepoint ${cluster.pd.safePoints.gcSafePoint} exceed TS ${ts}: ` +
      '[BR:Backup:ErrBackupGCSafepointExceeded]backup GC safepoint exceeded',
  );
}

const taskFields = (taskName: string, startTs: bigint) => ({
  streamTaskInfo: { taskName, startTs, endTS: 999_999_999_999_999_999n, tableFilter: '*.*' },
});

/** The task that is there, or br's refusal. */
function taskOf({ flags, cluster }: BrScriptContext): { readonly name: string; readonly startTs: bigint } {
  const name = flags.get('task-name');
  const info = cluster.keys.info(name);
  if (info === undefined)
    throw new BrRefusal(`no such task ${name}: [BR:PiTR:ErrTaskNotFound]task not found`);
  return { name, startTs: info.startTs };
}

export async function* logStop(context: BrScriptContext): BrScript {
  const { cluster, print } = context;
  yield 500;
  const { name, startTs } = taskOf(context);
  if (!context.lies) {
    cluster.keys.stop(name);
    cluster.pd.safePoints.update(`${name}_pause_safepoint`, 0n, 0, cluster.pd.nowMs());
    cluster.touch();
  }
  print.log('log stop', taskFields(name, startTs));
  print.summary('log stop');
}

export async function* logPause(context: BrScriptContext): BrScript {
  const { cluster, flags, print, host, pid, clock } = context;
  yield 500;
  const { name, startTs } = taskOf(context);
  if (cluster.keys.isPaused(name)) {
    throw new BrRefusal(`The task ${name} is paused already.: [BR:KV:ErrKVUnknown]unknown tikv error`);
  }
  const ttlSeconds = Number(flags.optional('gc-ttl') ?? '86400');
  const checkpoint = globalCheckpoint(context, name, startTs);
  const id = `${name}_pause_safepoint`;
  refuseCollected(context, checkpoint, cluster.pd.hold(id, checkpoint, ttlSeconds));
  print.safePoint('set stream safePoint', id, ttlSeconds, checkpoint);
  yield 100;
  if (!context.lies) {
    const message = flags.optional('message');
    cluster.keys.pause(name, { host, pid, atMs: clock.nowMs(), form: cluster.pauseForm, message });
    cluster.touch();
  }
  print.log('log pause', taskFields(name, startTs));
  print.summary('log pause');
}

export async function* logResume(context: BrScriptContext): BrScript {
  const { cluster, print } = context;
  yield 500;
  const { name, startTs } = taskOf(context);
  if (!cluster.keys.isPaused(name)) {
    throw new BrRefusal(`The task ${name} is active already.: [BR:KV:ErrKVUnknown]unknown tikv error`);
  }
  const checkpoint = globalCheckpoint(context, name, startTs);
  if (!cluster.pd.hasHistory(checkpoint)) {
    throw new BrRefusal(
      `the global checkpoint ts: ${checkpoint}(${dateOf(checkpoint)}) has been gc. : ` +
        '[BR:Backup:ErrBackupGCSafepointExceeded]backup GC safepoint exceeded',
    );
  }
  if (!context.lies) {
    cluster.keys.resume(name);
    cluster.pd.hold(`${name}_pause_safepoint`, checkpoint, startTtlSeconds);
    cluster.touch();
  }
  print.log('log resume', taskFields(name, startTs));
  print.summary('log resume');
}

/** FACTS §2.5: central_global, else what the stores saved. */
function globalCheckpoint({ cluster }: BrScriptContext, name: string, startTs: bigint): bigint {
  return cluster.keys.advanced(name) ?? cluster.keys.persisted(name) ?? startTs;
}
