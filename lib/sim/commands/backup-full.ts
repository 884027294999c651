// `br backup full` on a simulated cluster: lock and checkpoint first, SSTs one after the other, backupmeta last, and what a dead run
// left is gone on with (FACTS §3.1–3.3, §9.1).

import {
  backupCheckpointLockKey,
  backupCheckpointMetaKey,
  backupLockKey,
  backupMetaKey,
} from '../../br/layout.ts';
import { parseCheckpointLock, parseCheckpointMeta } from '../../br/locks.ts';
import { formatTs } from '../../domain/ts.ts';
import { SeededRandom } from '../seeded-random.ts';
import { writeSnapshot } from '../snapshot-builder.ts';
import { BrRefusal, type BrScript, type BrScriptContext, u64Json } from './br-script.ts';
import { collectedPuts, type Put } from './collected-puts.ts';

const lockMs = 5 * 60_000;
const renewMs = 4 * 60_000;
const lockText = "DO NOT DELETE\nThis file exists to remind other backup jobs won't use this path";
const utf8 = new TextEncoder();

interface Backup {
  readonly folder: string;
  readonly backupTs: bigint;
  readonly safePointId: string;
  readonly ttlSeconds: number;
  readonly isResumed: boolean;
}

export async function* backupFull(context: BrScriptContext): BrScript {
  const { flags, cluster, print, random, clock } = context;
  const folder = flags.folder('storage', cluster.options.bucketPath);
  yield 1000;
  const backup = await beginOrResume(context, folder);
  const { backupTs, safePointId, ttlSeconds } = backup;
  holdHistory(context, backup);
  print.safePoint('current backup safePoint job', safePointId, ttlSeconds, backupTs);
  if (!backup.isResumed) yield* writeHead(context, backup);
  const puts = await snapshotPuts(context, backup);
  const ssts = puts.filter(({ key }) => key.endsWith('.sst'));
  const meta = puts.filter(({ key }) => !key.endsWith('.sst') && !key.endsWith(`/${backupLockKey}`));
  const stepMs = Math.ceil((random.between(2, 40) * 60_000) / Math.max(1, ssts.length));
  let renewedMs = await renewLock(context, folder);
  for (const [i, put] of ssts.entries()) {
    await context.bucket.put(put.key, put.bytes);
    print.log('progress', progressOf(i + 1, ssts.length));
    yield* pause(stepMs);
    if (clock.nowMs() - renewedMs >= renewMs / 2) renewedMs = await renewLock(context, folder);
    holdHistory(context, backup);
  }
  for (const put of meta) {
    if (context.lies && put.key.endsWith(`/${backupMetaKey}`)) continue;
    await context.bucket.put(put.key, put.bytes);
    yield 500;
  }
  await removeCheckpoint(context, folder);
  const size = puts.reduce((sum, { bytes }) => sum + bytes.length, 0);
  print.summary('Full Backup', { 'total-take': '1m2s', Size: size, BackupTS: backupTs, 'total-kv': 1 });
}

/** A long step in short ones, so that the checkpoint's lock is renewed in between. */
function* pause(milliseconds: number): Generator<number> {
  for (let left = milliseconds; left > 0; left -= renewMs / 2) yield Math.min(left, renewMs / 2);
}

const progressOf = (done: number, total: number) => ({
  step: 'Full Backup',
  progress: `${((100 * done) / total).toFixed(2)}%`,
  count: `${done} / ${total}`,
  speed: '? p/s',
  elapsed: '1s',
  remaining: '1s',
});

async function beginOrResume(context: BrScriptContext, folder: string): Promise<Backup> {
  const { bucket, cluster, clock, flags, random } = context;
  const url = flags.get('storage');
  if ((await bucket.head(`${folder}${backupMetaKey}`)) !== undefined) throw pathUsed('meta', url);
  const ttlSeconds = Number(flags.optional('gcttl') ?? '4320');
  const metaKey = `${folder}${backupCheckpointMetaKey}`;
  const meta = await bucket.get(metaKey);
  if (meta === undefined) {
    if ((await bucket.head(`${folder}${backupLockKey}`)) !== undefined) throw pathUsed('lock', url);
    const backupTs = cluster.pd.nextTs();
    return { folder, backupTs, safePointId: `br-${random.uuid()}`, ttlSeconds, isResumed: false };
  }
  const lockKey = `${folder}${backupCheckpointLockKey}`;
  const lockBytes = await bucket.get(lockKey);
  const lock = lockBytes && parseCheckpointLock(lockKey, lockBytes);
  const leftMs = (lock?.expiresMs ?? 0) - clock.nowMs();
  if (lock !== undefined && leftMs > 0) {
    throw new BrRefusal(
      `The existing lock will expire in ${Math.ceil(leftMs / 1000)} seconds. There may be another BR(${lock.lockId}) running. ` +
        `If not, you can wait for the lock to expire, or delete the file \`${url}${backupCheckpointLockKey}\` manually.`,
    );
  }
  const { configHash, backupTs, gcServiceId } = parseCheckpointMeta(metaKey, meta);
  if (configHash !== hashOf(context)) {
    throw new BrRefusal(
      `failed to backup to ${url}/, because the checkpoint mode is used, but the hashs of the configs are not the same. ` +
        'Please check the config: [BR:Common:ErrInvalidArgument]invalid argument',
    );
  }
  return { folder, backupTs, safePointId: gcServiceId, ttlSeconds, isResumed: true };
}

function pathUsed(what: 'meta' | 'lock', url: string): BrRefusal {
  const file = what === 'meta' ? backupMetaKey : backupLockKey;
  return new BrRefusal(
    `backup ${what} file exists in ${url}//${file}, there may be some backup files in the path already, ` +
      'please specify a correct backup directory!: [BR:Common:ErrInvalidArgument]invalid argument',
  );
}

/** Of all arguments, as good as br's own, which is of fewer. */
const hashOf = ({ flags }: BrScriptContext) => Buffer.from(flags.argv.join(' ')).toString('base64');

function holdHistory({ cluster }: BrScriptContext, { backupTs, safePointId, ttlSeconds }: Backup): void {
  const { pd } = cluster;
  const isHeld = pd.hold(safePointId, backupTs, ttlSeconds);
  if (isHeld && pd.hasHistory(backupTs)) return;
  throw new BrRefusal(
    `failed to check gc safePoint, ts ${backupTs}: GC safepoint ${pd.safePoints.gcSafePoint} exceed TS ${backupTs}: ` +
      '[BR:Backup:ErrBackupGCSafepointExceeded]backup GC safepoint exceeded',
  );
}

async function* writeHead(context: BrScriptContext, { folder, backupTs, safePointId }: Backup): BrScript {
  const { bucket } = context;
  await bucket.put(`${folder}${backupLockKey}`, utf8.encode(lockText));
  yield 300;
  const meta = { 'gc-service-id': safePointId, 'config-hash': hashOf(context), 'backup-ts': backupTs };
  await bucket.put(`${folder}${backupCheckpointMetaKey}`, utf8.encode(u64Json(meta)));
  yield 300;
}

async function renewLock({ bucket, clock, cluster }: BrScriptContext, folder: string): Promise<number> {
  const nowMs = clock.nowMs();
  const lock = { 'lock-id': cluster.pd.nextTs(), 'expire-at': nowMs + lockMs };
  await bucket.put(`${folder}${backupCheckpointLockKey}`, utf8.encode(u64Json(lock)));
  return nowMs;
}

async function removeCheckpoint({ bucket }: BrScriptContext, folder: string): Promise<void> {
  await bucket.delete(`${folder}${backupCheckpointLockKey}`);
  await bucket.delete(`${folder}${backupCheckpointMetaKey}`);
}

/** All objects of the snapshot: the same for the same BackupTS, so that a run that goes on finishes what the dead one began. */
async function snapshotPuts(
  { cluster }: BrScriptContext,
  { folder, backupTs }: Backup,
): Promise<readonly Put[]> {
  const { history, options, pd } = cluster;
  const random = new SeededRandom(Number(BigInt.asUintN(32, backupTs >> 10n)));
  return await collectedPuts((store) =>
    writeSnapshot(store, random, history.model, history.keys, {
      name: folder.replace(/\/$/, ''),
      clusterId: options.clusterId,
      clusterVersion: options.version.replace(/^v/, ''),
      startTs: 0n,
      backupTs,
      metaVersion: 2,
      entriesPerSubFile: 100,
      compression: 'zstd',
      blockBytes: 4096,
      stores: pd.stores.length,
      regions: 1,
      sharedPercent: 80,
    }),
  );
}

/** For messages of people. */
export const dateOf = (ts: bigint) => formatTs(ts).replace('T', ' ').replace('Z', ' +0000');
