// `pitr doctor`: what would fail before it fails, about settings, br, bucket and cluster. Reads and decides; writes and heals
// nothing.

import {
  type BucketLook,
  checkpointInObjects,
  clusterIdOf,
  logOfTask,
  ownLogUrl,
} from '../domain/bucket-look.ts';
import type { StoreFacts } from '../domain/cluster-facts.ts';
import { doctorFindings } from '../domain/doctor.ts';
import type { DoctorFinding, DoctorSettings } from '../domain/doctor-finding.ts';
import {
  type BrProgramLook,
  type SettingsLook,
  surroundingsFindings,
} from '../domain/doctor-surroundings.ts';
import { PitrError } from '../domain/errors.ts';
import type { LogBackupFacts } from '../domain/log-task-facts.ts';
import type { ClusterLook } from '../domain/status.ts';
import { mapBounded } from '../ports/bounded-parallel.ts';
import type { BrProgram } from '../ports/br-program.ts';
import type { Cluster } from '../ports/cluster.ts';
import { type LookDeps, lookAtBucket, lookAtCluster } from './look-around.ts';

export interface DoctorDeps extends Omit<LookDeps, 'cluster'> {
  /** Undefined when the settings are too broken to know it. */
  readonly cluster: Cluster | undefined;
  /** Undefined when br runs elsewhere. */
  readonly br: BrProgram | undefined;
}

export interface DoctorInput {
  /** For people: the name in the settings, or the addresses of PD. */
  readonly name: string;
  readonly settings: SettingsLook | undefined;
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
  const bucket = await lookAtBucket(deps.bucket);
  const task = look?.kind === 'read' && look.logBackup.task.kind === 'task' ? look.logBackup.task : undefined;
  const settings: DoctorSettings = {
    taskName: input.taskName,
    logUrl: ownLogUrl(bucket, task),
    brVersion: input.brVersion ?? (brProgram.kind === 'found' ? brProgram.version : undefined),
    clusterId: bucket.kind === 'read' ? clusterIdOf(bucket.facts) : undefined,
    maxLagMs: input.maxLagMs,
  };
  const around = surroundingsFindings({ settings: input.settings, brProgram, bucket });
  const atMs = deps.nowMs();
  if (deps.cluster === undefined || look === undefined) return { name: input.name, atMs, findings: around };
  const findings = await clusterFindings(deps.cluster, look, bucket, settings, atMs);
  return { name: input.name, atMs, findings: [...around, ...findings] };
}

async function clusterFindings(
  cluster: Cluster,
  look: ClusterLook,
  bucket: BucketLook,
  settings: DoctorSettings,
  nowMs: number,
): Promise<readonly DoctorFinding[]> {
  if (look.kind === 'unreachable') return unreadableFindings(look, settings);
  const facts = {
    ...look,
    logBackup: withObjects(look.logBackup, bucket),
    logBackupEnabled: await readEnabled(cluster, look.cluster.stores),
  };
  return doctorFindings({ kind: 'read', facts, nowMs }, settings);
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
