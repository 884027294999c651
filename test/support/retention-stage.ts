// A bucket for the retention under the control plane: copies of the recorded snapshots and log at made-up times, with records, a store
// whose every call can be the last one before a crash, and a storage that keeps what is locked.

import { logHeadObjects } from '../../lib/br/backup-writer.ts';
import { openBackupMeta } from '../../lib/br/backupmeta.ts';
import { checkpointTsBytes } from '../../lib/br/locks.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import type { KeeperRecord } from '../../lib/domain/state/keeper-record.ts';
import { runId } from '../../lib/domain/state/run-identity.ts';
import type { SnapshotRun } from '../../lib/domain/state/snapshot-run.ts';
import { msOfTs, tsFromMs } from '../../lib/domain/ts.ts';
import type { ObjectStore, UndeletedObject } from '../../lib/ports/object-store.ts';
import type { StateTable } from '../../lib/ports/state/state-table.ts';
import { taskStoreOn } from '../../lib/ports/state/table-task-store.ts';
import { gatedStore } from '../../lib/sim/gated-store.ts';
import { controlStage, type Stage, stageText } from './control-stage.ts';
import { MemoryObjectStore } from './memory-object-store.ts';
import { recordedCopy, shopBucket } from './recorded-store.ts';

/** Folders of the recorded snapshots, the oldest first, and their BackupTS. */
export const shopSnapshots = [
  'snapshot-20261122042442',
  'snapshot-20261122042455',
  'snapshot-20261122042552',
] as const;
/** BackupTS of the second one. */
export const secondTs = 470632758116614145n;
export const minuteMs = 60_000;

/** An hour after the second snapshot, so that a window of an hour begins between the second and the third. */
export const shopNowMs = Math.floor(msOfTs(secondTs) / 1000) * 1000 + 60 * minuteMs + 20_000;

export const settingsWith = (retention: string) =>
  stageText
    .replace('retention: { window: 7d, minBases: 1 }', `retention: { ${retention} }`)
    .replace('every 2 days at 00:00', 'rate(30 minutes)');

/** Objects that the storage does not let go. */
export class LockingObjectStore extends MemoryObjectStore {
  readonly locked = new Set<string>();

  override async deleteMany(keys: readonly string[]): Promise<readonly UndeletedObject[]> {
    const stays = keys.filter((key) => this.locked.has(key));
    await super.deleteMany(keys.filter((key) => !this.locked.has(key)));
    return stays.map((key) => ({
      key,
      error: new PitrError('STORAGE_DENIED', `${key} is locked until 2027-01-01`),
    }));
  }
}

export interface RetentionStage extends Stage {
  readonly bucket: LockingObjectStore;
}

/** The recorded bucket, its snapshots with records; more objects by `extra`. */
export async function retentionStage(
  retention = 'window: 1h, minBases: 1, coolOff: 0s',
  extra: Readonly<Record<string, string>> = {},
): Promise<RetentionStage> {
  const bucket = new LockingObjectStore();
  const recorded = await recordedCopy(shopBucket);
  for await (const { key } of recorded.list(''))
    await bucket.put(key, (await recorded.get(key)) ?? new Uint8Array());
  await bucket.put(checkpointKey('log-backup'), checkpointTsBytes(tsFromMs(shopNowMs)));
  for (const [key, text] of Object.entries(extra)) await bucket.put(key, Buffer.from(text));
  const stage = controlStage({ bucket, nowMs: shopNowMs, settings: settingsWith(retention) });
  await stage.store.commit({
    cluster: 'shop',
    nowMs: shopNowMs,
    records: shopSnapshots.map((folder) => ({ record: recordOf(folder), expect: 'absent' })),
  });
  return { ...stage, bucket };
}

const checkpointKey = (path: string) => `${path}/v1/global_checkpoint/9.ts`;

/** The log so far ended a moment before the second snapshot, and goes on in this folder. */
export async function beginEpoch(stage: RetentionStage, path: string): Promise<void> {
  const { bucket, store } = stage;
  const end = secondTs - 1n;
  for await (const { key } of bucket.list('log-backup/v1/')) {
    if (key.includes('/global_checkpoint/')) await bucket.put(key, checkpointTsBytes(end));
    if (key.includes('/backupmeta/')) await bucket.delete(key);
  }
  const head = await bucket.get('log-backup/backupmeta');
  const { clusterId } = openBackupMeta('backupmeta', head ?? new Uint8Array()).message;
  const written = logHeadObjects({ clusterId, clusterVersion: '9.0.0', startTs: end });
  for (const { key, bytes } of written) await bucket.put(`${path}/${key}`, bytes);
  await bucket.put(checkpointKey(path), checkpointTsBytes(tsFromMs(shopNowMs)));
  const epochOf = (one: string) => ({
    path: one,
    startTs: 1n,
    sinceMs: 1,
    endTs: null,
    endedMs: null,
    why: '',
  });
  const record: KeeperRecord = {
    ...{
      shape: 'keeper/v1',
      state: 'healthy',
      cluster: 'shop',
      sinceMs: 1,
      decidedMs: 1,
      cause: 'none',
      reason: '',
    },
    ...{ pausedBy: 'nobody', progress: null, waitsForTs: null, aliveMs: 1, isIntroduced: true, attempts: [] },
    ...{
      epochs: [epochOf('log-backup'), epochOf(path)],
      told: [],
      alarms: [],
      logHours: [],
      next: null,
      adopted: null,
    },
  };
  await store.commit({ cluster: 'shop', nowMs: stage.nowMs(), records: [{ record, expect: 'absent' }] });
}

function recordOf(folder: string): SnapshotRun {
  const id = folder.slice('snapshot-'.length);
  return {
    ...{ shape: 'snapshot/v1', state: 'complete', cluster: 'shop', id, dueMs: 1, trigger: 'schedule' },
    ...{ folder, backupTs: 1n, endedMs: 1, bytes: 1n },
  };
}

export class Crash extends Error {}

/**
 * The stage as a process sees it that dies at its call number `at` of bucket or state, counted from 0: before the call is made, or, of a
 * deletion of many objects, with half of them gone.
 */
export function dyingStage(stage: Stage, at: number, half = false) {
  let made = 0;
  const gate = async <T>(call: () => Promise<T>): Promise<T> => {
    made += 1;
    if (made > at) throw new Crash('the process died');
    return await call();
  };
  const gated = gatedStore(stage.bucket, (_verb, _key, call) => gate(call));
  const deleteMany = async (keys: readonly string[]) => {
    if (half && made === at) await stage.bucket.deleteMany(keys.slice(0, Math.ceil(keys.length / 2)));
    return await gated.deleteMany(keys);
  };
  const { table } = stage;
  const dyingTable: StateTable = {
    url: table.url,
    read: (key) => gate(() => table.read(key)),
    query: (query) => gate(() => table.query(query)),
    write: (writes, nowMs) => gate(() => table.write(writes, nowMs)),
    removeExpired: (nowMs) => gate(() => table.removeExpired(nowMs)),
    close: () => table.close(),
  };
  const bucket: ObjectStore = { ...gated, deleteMany };
  const deps = { ...stage, openBucket: async () => bucket, store: taskStoreOn(dyingTable) };
  return { deps, made: () => made };
}

/** The stage as a process sees it beside which something happens once, right before its call number `at` of bucket or state, from 0. */
export function disturbedStage(stage: Stage, at: number, act: () => Promise<void>) {
  let made = 0;
  const gate = async <T>(call: () => Promise<T>): Promise<T> => {
    made += 1;
    if (made === at + 1) await act();
    return await call();
  };
  const bucket = gatedStore(stage.bucket, (_verb, _key, call) => gate(call));
  const { table } = stage;
  const disturbedTable: StateTable = {
    url: table.url,
    read: (key) => gate(() => table.read(key)),
    query: (query) => gate(() => table.query(query)),
    write: (writes, nowMs) => gate(() => table.write(writes, nowMs)),
    removeExpired: (nowMs) => gate(() => table.removeExpired(nowMs)),
    close: () => table.close(),
  };
  return { ...stage, openBucket: async () => bucket, store: taskStoreOn(disturbedTable) };
}

/** Everything that is in the bucket, and what the state says of snapshots, cuts and plans. */
export async function outcomeOf(stage: Stage) {
  const nowMs = stage.nowMs();
  const objects: string[] = [];
  for await (const { key } of stage.bucket.list('')) objects.push(key);
  const query = { nowMs, limit: 1000 };
  const [snapshots, cuts, plans, signals] = [
    await stage.store.list('snapshot', 'shop', query),
    await stage.store.list('truncation', 'shop', query),
    await stage.store.list('plan', 'shop', query),
    await stage.store.waitingSignals('shop', query),
  ];
  return {
    objects,
    snapshots: snapshots.entries.map(({ record }) => record),
    cuts: cuts.entries.map(({ record }) => record),
    plans: plans.entries.map(({ record }) => `${record.id} ${record.state}`),
    signals: signals.entries.map(({ id }) => id),
  };
}

export const planIdAt = (ms: number): string => runId(Math.floor(ms / 1000) * 1000, 'retention');
