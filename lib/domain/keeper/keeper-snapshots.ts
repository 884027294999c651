// The snapshots that the keeper asks for: the base of a new epoch at once, and one before its time where a restore would take longer
// than objectives.rto allows. The schedule's own are not its matter.

import type { SnapshotRun } from '../state/snapshot-run.ts';
import type { Intent, Situation } from './keeper-acts.ts';

const hourMs = 3_600_000;
/** After one that failed, with all the tries that the settings give it. */
const afterFailureMs = hourMs;
/** Early ones are no second schedule. */
const earlyEveryMs = 3 * hourMs;

const nothing: Intent = { next: undefined, path: '', waiting: '' };

export function snapshotIntent(situation: Situation): Intent {
  const { facts } = situation;
  if (facts.ours === undefined) return nothing;
  const open = facts.snapshots.find(({ state }) => state === 'planned' || state === 'running');
  if (open !== undefined) return nothing;
  return baseIntent(situation) ?? earlyIntent(situation) ?? nothing;
}

/** The first epoch has its first snapshot from who started it, as the settings say (policy.firstSnapshot). */
function baseIntent({ facts, epochs, settings, nowMs }: Situation): Intent | undefined {
  const epoch = epochs.at(-1);
  if (epoch === undefined || (epochs.length < 2 && epoch.path === settings.folder)) return undefined;
  const hasBase = facts.snapshots.some((one) => one.state === 'complete' && one.backupTs >= epoch.startTs);
  if (hasBase) return undefined;
  const why = `the epoch ${epoch.path} has no base: nothing of it can be restored`;
  return at(afterFailures(facts.snapshots, nowMs), why, nowMs);
}

function earlyIntent({ facts, forecast, settings, sight, nowMs }: Situation): Intent | undefined {
  if (!settings.snapshotsEarly || forecast.objective !== 'broken' || !forecast.doesSnapshotHelp)
    return undefined;
  if (sight.state !== 'healthy') return undefined;
  const newest = facts.snapshots.find(({ state }) => state === 'complete');
  const restedMs = newest?.state === 'complete' ? newest.endedMs + earlyEveryMs : nowMs;
  return at(Math.max(restedMs, afterFailures(facts.snapshots, nowMs)), forecast.sentence, nowMs);
}

function at(atMs: number, why: string, nowMs: number): Intent {
  const waiting = atMs > nowMs ? 'the next snapshot is not due yet' : '';
  return { next: { action: 'snapshot', atMs, why }, path: '', waiting };
}

function afterFailures(snapshots: readonly SnapshotRun[], nowMs: number): number {
  const [newest] = snapshots;
  return newest?.state === 'failed' ? newest.endedMs + afterFailureMs : nowMs;
}
