// The real operation behind `pitr truncate`, loaded when it is asked for.

import type { BackupSource } from '../operations/deps.ts';
import type { TruncateDeps } from '../operations/truncate-storage.ts';
import type { TruncationProgress } from '../operations/truncation/native-truncation-plan.ts';
import type { Operations, SourceRequest, TruncateRequest } from './operations.ts';
import type { ProgressView } from './progress.ts';

export interface TruncateHands {
  readonly openBackup: (request: SourceRequest) => Promise<BackupSource>;
  /** detail: what whoever finds the lock should know. */
  readonly lockHolder: (detail: string) => Promise<TruncateDeps['holder']>;
  /** Unix ms. */
  readonly wallMs: () => number;
}

const lockDetail =
  'pitr truncate is at work, or died: look whether this process lives on this host; if not, run it again with --unsafe-remove-lock and the owner_id of this lock';

export function bindTruncate(hands: TruncateHands): Pick<Operations, 'truncate'> {
  return {
    async truncate(request) {
      const [{ previewTruncate, truncateStorage }, { viewOfPreview, viewOfReport }, deps] = await Promise.all(
        [
          import('../operations/truncate-storage.ts'),
          import('./render/truncate-view.ts'),
          depsOf(hands, request),
        ],
      );
      if (request.dryRun) return viewOfPreview(await previewTruncate(deps, request));
      return viewOfReport(await truncateStorage(deps, request));
    },
  };
}

async function depsOf(hands: TruncateHands, request: TruncateRequest) {
  return {
    backup: await hands.openBackup(request),
    holder: await hands.lockHolder(lockDetail),
    nowMs: hands.wallMs,
    progress: (event: TruncationProgress) => request.progress(progressOf(event)),
    signal: request.signal,
  };
}

function progressOf({ done, total, bytes }: TruncationProgress): ProgressView {
  const unknown = { bytesTotal: 0, rows: 0 };
  return { phase: 'cut', bytesDone: bytes, ...unknown, tablesDone: done, tablesTotal: total };
}
