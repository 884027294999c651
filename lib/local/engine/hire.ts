// Hands for a restore on this machine: the caller's own thread for little work, threads for more.

import type { EngineCrew } from '../../engine/crew.ts';
import type { EngineJob } from '../../engine/engine-job.ts';
import { singleCrew } from '../../engine/single-crew.ts';
import type { BackupSource } from '../../operations/deps.ts';
import type { RestoreTarget } from '../../ports/restore-target.ts';
import { folderPartSpace } from './part-files.ts';
import { folderSpillSpace } from './spill-files.ts';
import { threadCrew } from './thread-crew.ts';

/** Below this, starting threads takes longer than the work. */
const SMALL_BYTES = 16 * 1024 * 1024;

/** The stores' URLs, as the threads open them again. */
export interface SourceUrls {
  readonly snapshots: string;
  readonly log: string;
}

/** The `hire` of WorkDeps. Threads end at once when the signal fires: a piece of a large table takes long. */
export function hireLocally(backup: BackupSource, urls: SourceUrls, stop?: AbortSignal) {
  return (job: EngineJob, target: RestoreTarget, workers: number, bytes: number): EngineCrew => {
    const { partFolder, spillFolder } = target;
    const { snapshots, log, keys } = backup;
    const store = snapshots ?? log;
    if (store === undefined || bytes >= SMALL_BYTES)
      return endingAt(
        stop,
        threadCrew(
          { snapshotsUrl: urls.snapshots, logUrl: urls.log, keys, spillFolder, partFolder, job },
          workers,
        ),
      );
    return singleCrew(
      {
        snapshots: snapshots ?? store,
        log: log ?? store,
        keys,
        spill: folderSpillSpace(spillFolder),
        parts: folderPartSpace(partFolder),
      },
      job,
    );
  };
}

/** The crew, closed when the signal fires; what it was doing then ends with INTERRUPTED. */
function endingAt(stop: AbortSignal | undefined, crew: EngineCrew): EngineCrew {
  if (stop === undefined) return crew;
  const end = () => void crew.close();
  if (stop.aborted) end();
  else stop.addEventListener('abort', end, { once: true });
  const close = () => {
    stop.removeEventListener('abort', end);
    return crew.close();
  };
  return { ...crew, close };
}
