// What has to be looked at after a run of br before its effect is believed: exit 0 is necessary and not sufficient (FACTS
// §0.15, §8.7, §9). Only the lists; who looks, and how, is an operation's matter.
import type { BrCommandKind } from './br-decision.ts';

/**
 * - backupmeta: it is there, its end_version is the BackupTS
 * - backup-leftovers: `backup.lock`, `checkpoints/backup/*`, the safe point `br-…` (FACTS §9.1)
 * - task-runs, task-paused, task-gone: the task's keys in PD, with its storage
 * - checkpoint-moves: the task's checkpoint, twice (a resume on a broken storage exits 0)
 * - safepoint: the safepoint object is at least `--until`
 * - log-objects: listing against metas; objects that could not be deleted stay for ever (FACTS §5.1)
 * - storage-locks: `truncating.lock`, `v1/LOCK.*` of a run that died
 * - restore-registry, gc-ratio, temporary-databases, import-lease: what a restore leaves (FACTS §6.5, §6.6, §9.1)
 * - restored-rows: a check query against the target
 */
export type ReadBack =
  | 'backupmeta'
  | 'backup-leftovers'
  | 'task-runs'
  | 'task-paused'
  | 'task-gone'
  | 'checkpoint-moves'
  | 'safepoint'
  | 'log-objects'
  | 'storage-locks'
  | 'restore-registry'
  | 'gc-ratio'
  | 'temporary-databases'
  | 'import-lease'
  | 'restored-rows';

interface ReadBackLists {
  /** After a run that says it succeeded. */
  readonly afterSuccess: readonly ReadBack[];
  /** After one that was killed or is not to be believed. */
  readonly afterDoubt: readonly ReadBack[];
}

const restore: ReadBackLists = {
  afterSuccess: ['restored-rows', 'gc-ratio', 'restore-registry'],
  afterDoubt: [
    'restore-registry',
    'import-lease',
    'gc-ratio',
    'temporary-databases',
    'storage-locks',
    'restored-rows',
  ],
};
const nothing: ReadBackLists = { afterSuccess: [], afterDoubt: [] };

export const readBackLists: Readonly<Record<BrCommandKind, ReadBackLists>> = {
  'backup-full': { afterSuccess: ['backupmeta'], afterDoubt: ['backupmeta', 'backup-leftovers'] },
  'log-start': { afterSuccess: ['task-runs', 'checkpoint-moves'], afterDoubt: ['task-runs'] },
  'log-stop': { afterSuccess: ['task-gone'], afterDoubt: ['task-gone'] },
  'log-pause': { afterSuccess: ['task-paused'], afterDoubt: ['task-paused'] },
  'log-resume': {
    afterSuccess: ['task-runs', 'checkpoint-moves'],
    afterDoubt: ['task-runs', 'checkpoint-moves'],
  },
  'log-status': nothing,
  'log-metadata': nothing,
  'log-truncate': {
    afterSuccess: ['safepoint', 'log-objects'],
    afterDoubt: ['safepoint', 'log-objects', 'storage-locks'],
  },
  'restore-point': restore,
  'restore-full': restore,
  'abort-restore': {
    afterSuccess: ['restore-registry', 'gc-ratio', 'temporary-databases'],
    afterDoubt: ['restore-registry', 'gc-ratio', 'temporary-databases'],
  },
  'force-flush': { afterSuccess: ['checkpoint-moves'], afterDoubt: ['checkpoint-moves'] },
  version: nothing,
};

/** Commands that change nothing: when in doubt they are simply run again. */
export function isReadOnly(kind: BrCommandKind): boolean {
  return kind === 'log-status' || kind === 'log-metadata' || kind === 'version';
}
