// `pitr doctor`: what would fail before it fails, about settings, br, bucket, rights and cluster. Reads and decides; writes and
// heals nothing.

import { bucketUrl } from '../../config/bucket-url.ts';
import type { ClusterSettings } from '../../config/settings-types.ts';
import { parseStorageUrl } from '../../config/storage-url.ts';
import {
  type BucketLook,
  checkpointInObjects,
  clusterIdOf,
  logOfTask,
  ownLogUrl,
} from '../../domain/bucket-look.ts';
import type { StoreFacts } from '../../domain/cluster-facts.ts';
import { doctorFindings } from '../../domain/doctor/doctor.ts';
import { type BucketWishes, bucketSettingsFindings } from '../../domain/doctor/doctor-bucket.ts';
import { clusterNowMs, storageClockFinding } from '../../domain/doctor/doctor-clocks.ts';
import type { DoctorFinding, DoctorSettings } from '../../domain/doctor/doctor-finding.ts';
import { rightsFindings } from '../../domain/doctor/doctor-rights.ts';
import {
  type BrProgramLook,
  type SettingsLook,
  surroundingsFindings,
} from '../../domain/doctor/doctor-surroundings.ts';
import { tikvWritesFinding, type WritesLook } from '../../domain/doctor/doctor-writes.ts';
import { PitrError } from '../../domain/errors.ts';
import type { LogBackupFacts } from '../../domain/log-task/log-task-facts.ts';
import type { ClusterLook } from '../../domain/status/status.ts';
import { mapBounded } from '../../ports/bounded-parallel.ts';
import type { BrProgram } from '../../ports/br-program.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { Rights } from '../../ports/rights.ts';
import { lookAtBucketSettings, lookAtTaskWrites, type OpenBucketConfig } from '../look-at-bucket.ts';
import { type BucketPlace, type LookDeps, lookAtBucket, lookAtCluster } from './look-around.ts';
import { lookAtRights } from './look-at-rights.ts';
import { type NextFiring, scheduleFinding } from './schedule-finding.ts';

export interface DoctorDeps extends Omit<LookDeps, 'cluster'> {
  /** Undefined when the settings are too broken to know it. */
  readonly cluster: Cluster | undefined;
  /** Undefined when br runs elsewhere. */
  readonly br: BrProgram | undefined;
  /** Undefined where nobody of AWS can be asked. */
  readonly rights: Rights | undefined;
  readonly openBucketConfig: OpenBucketConfig;
  /** The bucket at a URL that only the stack's roles told. */
  readonly bucketAt: (url: string) => BucketPlace;
  readonly nextFiring: NextFiring;
}

export interface DoctorInput {
  /** For people: the name in the settings, or the addresses of PD. */
  readonly name: string;
  readonly settings: SettingsLook | undefined;
  /** What they say of this cluster; undefined without settings, or when they are too broken. */
  readonly cluster: ClusterSettings | undefined;
  /** Of the bucket, with its options; undefined where nobody told it. */
  readonly storageUrl: string | undefined;
  readonly taskName: string | undefined;
  /** Of the br that will be run; undefined: that of the program on this machine, if there is one. */
  readonly brVersion: string | undefined;
  /** The settings say that br runs on this machine. */
  readonly isBrNeeded: boolean;
  readonly maxLagMs: number;
}

export interface DoctorReport {
  readonly name: string;
  /** Unix ms by this host's clock. */
  readonly atMs: number;
  readonly findings: readonly DoctorFinding[];
}

/** What cannot be read is a finding. Errors: none of the ports'. */
export async function checkCluster(deps: DoctorDeps, input: DoctorInput): Promise<DoctorReport> {
  const brProgram = await lookAtBr(deps.br, input.isBrNeeded);
  const look = deps.cluster === undefined ? undefined : await lookAtCluster(deps.cluster);
  const rights = input.cluster === undefined ? undefined : await lookAtRights(deps.rights, input.cluster);
  const place = placeOf(deps, input, rights?.bucket);
  const bucket = await lookAtBucket(place.bucket);
  const bucketSettings = await lookAtBucketSettings(place.url, deps.openBucketConfig, bucket);
  const task = look?.kind === 'read' && look.logBackup.task.kind === 'task' ? look.logBackup.task : undefined;
  const settings: DoctorSettings = {
    taskName: input.taskName,
    logUrl: ownLogUrl(bucket, task),
    brVersion: input.brVersion ?? (brProgram.kind === 'found' ? brProgram.version : undefined),
    clusterId: bucket.kind === 'read' ? clusterIdOf(bucket.facts) : undefined,
    maxLagMs: input.maxLagMs,
  };
  const atMs = deps.nowMs();
  const clock = bucketSettings.kind === 'read' ? bucketSettings.facts.clock : undefined;
  const findings = [
    ...surroundingsFindings({ settings: input.settings, brProgram, bucket }),
    ...bucketSettingsFindings(bucketSettings, wishesOf(input)),
    ...(clock === undefined ? [] : [storageClockFinding(clock)]),
    ...(input.cluster === undefined
      ? []
      : [scheduleFinding(input.cluster.policy.snapshot, deps.nextFiring, atMs)]),
    ...(rights === undefined ? [] : rightsFindings(rights.look, input.name)),
  ];
  if (deps.cluster === undefined || look === undefined) return { name: input.name, atMs, findings };
  const writes = await lookAtTaskWrites(place.bucket, bucket, task);
  const ofCluster = await clusterFindings(deps.cluster, { look, bucket, writes }, settings, atMs);
  return { name: input.name, atMs, findings: [...findings, ...ofCluster] };
}

/** Where nobody told the bucket, the stack chose its name, and gave it to its roles. */
function placeOf(
  { bucket, bucketAt }: DoctorDeps,
  { cluster, storageUrl }: DoctorInput,
  name: string | undefined,
): { readonly bucket: BucketPlace; readonly url: string | undefined } {
  const settings = cluster?.bucket;
  if (storageUrl !== undefined || name === undefined || settings === undefined || settings.kind === 'folder')
    return { bucket, url: storageUrl };
  const url = bucketUrl({ ...settings, name });
  return url === undefined ? { bucket, url } : { bucket: bucketAt(url), url };
}

function wishesOf({ cluster, storageUrl }: DoctorInput): BucketWishes {
  const location = storageUrl === undefined ? undefined : parseStorageUrl(storageUrl);
  const settings = cluster?.bucket.kind === 'folder' ? undefined : cluster?.bucket;
  return {
    prefix: location?.kind === 's3' ? location.prefix : (settings?.prefix ?? ''),
    kmsKey: settings?.kmsKey,
    windowMs: cluster?.policy.retention.windowMs,
  };
}

interface SeenCluster {
  readonly look: ClusterLook;
  readonly bucket: BucketLook;
  readonly writes: WritesLook;
}

async function clusterFindings(
  cluster: Cluster,
  { look, bucket, writes }: SeenCluster,
  settings: DoctorSettings,
  nowMs: number,
): Promise<readonly DoctorFinding[]> {
  if (look.kind === 'unreachable') return unreadableFindings(look, settings);
  const facts = {
    ...look,
    logBackup: withObjects(look.logBackup, bucket),
    logBackupEnabled: await readEnabled(cluster, look.cluster.stores),
  };
  const { task } = facts.logBackup;
  const question = {
    look: writes,
    task: task.kind === 'none' ? undefined : task,
    stores: look.cluster.stores,
    maxLagMs: settings.maxLagMs,
    nowMs: clusterNowMs(look.clock, nowMs),
  };
  return [...doctorFindings({ kind: 'read', facts, nowMs }, settings), tikvWritesFinding(question)];
}

/** Of a PD that answers with what cannot be read, the answer is what is wrong. */
function unreadableFindings(
  look: Extract<ClusterLook, { readonly kind: 'unreachable' }>,
  settings: DoctorSettings,
): readonly DoctorFinding[] {
  const { code, problem, hint } = look;
  if (code === 'PD_UNREACHABLE' || code === 'PD_REFUSED') return doctorFindings(look, settings);
  return [{ check: 'log-task', level: 'fail', found: problem, expected: 'a task that can be read', hint }];
}

/** The checkpoint of the objects beside those of PD, where the bucket is the task's. */
function withObjects(logBackup: LogBackupFacts, bucket: BucketLook): LogBackupFacts {
  const { task } = logBackup;
  if (task.kind === 'none') return logBackup;
  const log = logOfTask(bucket, task);
  const objects = log === undefined ? undefined : checkpointInObjects(log);
  if (objects === undefined) return logBackup;
  return { ...logBackup, task: { ...task, checkpoints: { ...task.checkpoints, objects } } };
}

async function readEnabled(
  cluster: Cluster,
  stores: readonly StoreFacts[],
): Promise<ReadonlyMap<bigint, boolean>> {
  const tikv = stores.filter(({ engine, state }) => engine === 'tikv' && state !== 'Tombstone');
  const enabled = new Map<bigint, boolean>();
  const read = async (store: StoreFacts) =>
    [store.id, await cluster.readStoreSetting(store, 'log-backup.enable')] as const;
  for await (const [id, setting] of mapBounded(tikv, 8, read)) {
    if (setting.kind === 'value') enabled.set(id, setting.value === 'true');
  }
  return enabled;
}

async function lookAtBr(br: BrProgram | undefined, isNeeded: boolean): Promise<BrProgramLook> {
  if (br === undefined) return { kind: 'elsewhere' };
  try {
    return { kind: 'found', ...(await br.describe()) };
  } catch (error) {
    if (!(error instanceof PitrError)) throw error;
    return { kind: 'missing', problem: error.message, hint: error.hint ?? '', isNeeded };
  }
}
