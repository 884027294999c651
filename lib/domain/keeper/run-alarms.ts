// The alarms of what is run beside the log: snapshots, restores, cuts of the log. From their records alone, newest first.

import { duration } from '../doctor/doctor-finding.ts';
import type { RestoreRun } from '../state/restore-run.ts';
import type { SnapshotRun } from '../state/snapshot-run.ts';
import type { TruncationRun } from '../state/truncation-run.ts';
import type { Alarm } from './alarms.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Nobody is alarmed for a failed restore longer than this. */
const restoreNewsMs = dayMs;
/** A cut is planned daily: so many in a row that came to nothing are no accident. */
const cutsInARow = 3;
/** A lease runs out after 20 minutes without a sign of life. */
const silentMs = hourMs;

const quiet = (name: Alarm['name'], sentence: string): Alarm => ({ name, level: 'ok', sentence });

/** Late by a quarter of its interval: a warning; by a whole one: critical. An hour is for the run itself. */
export function snapshotAlarm(snapshots: readonly SnapshotRun[], everyMs: number, nowMs: number): Alarm {
  const name = 'snapshot';
  const newest = snapshots.find((one) => one.state === 'complete');
  const over = snapshots.find(({ state }) => state === 'complete' || state === 'failed');
  if (newest?.state !== 'complete') {
    if (over?.state !== 'failed') return quiet(name, 'no snapshot was due yet');
    const sentence = `there is no complete snapshot, and ${over.folder} failed: ${over.failure.message}`;
    return { name, level: 'critical', sentence };
  }
  const ageMs = nowMs - newest.dueMs;
  const sentence = `the newest complete snapshot, ${newest.folder}, is ${duration(Math.max(0, ageMs))} old`;
  if (ageMs > 2 * everyMs + hourMs) return { name, level: 'critical', sentence };
  if (ageMs > 1.25 * everyMs + hourMs) return { name, level: 'warning', sentence };
  if (over?.state === 'failed')
    return {
      name,
      level: 'warning',
      sentence: `${over.folder} failed: ${over.failure.message}; ${sentence}`,
    };
  return quiet(name, sentence);
}

export function restoreAlarm(restores: readonly RestoreRun[], nowMs: number): Alarm {
  const name = 'restore';
  const failed = restores.find((run) => run.state === 'failed' && nowMs - run.endedMs < restoreNewsMs);
  if (failed?.state === 'failed') {
    return { name, level: 'critical', sentence: `restore ${failed.id} failed: ${failed.failure.message}` };
  }
  const running = restores.find(({ state }) => ['running', 'verifying', 'settling'].includes(state));
  if (running === undefined) return quiet(name, 'no restore runs');
  return { name, level: 'warning', sentence: `restore ${running.id} is ${running.state}` };
}

export function truncationAlarm(cuts: readonly TruncationRun[], nowMs: number): Alarm {
  const name = 'truncation';
  const [newest] = cuts;
  if (newest?.state === 'running' && nowMs - newest.heartbeatMs > silentMs) {
    const sentence = `the cut ${newest.id} gave no sign of life for ${duration(nowMs - newest.heartbeatMs)}`;
    return { name, level: 'warning', sentence };
  }
  const ended = cuts.filter(({ state }) => state !== 'planned' && state !== 'running');
  const good = ended.findIndex(({ state }) => state === 'done');
  const bad = good < 0 ? ended : ended.slice(0, good);
  const [last] = bad;
  if (bad.length < cutsInARow || last === undefined) return quiet(name, 'the log is cut as planned');
  const why =
    last.state === 'failed' ? last.failure.message : last.state === 'refused' ? last.refusal.message : '';
  const sentence = `the last ${bad.length} cuts of the log came to nothing: ${why}`;
  return { name, level: bad.length < 2 * cutsInARow ? 'warning' : 'critical', sentence };
}
