// From where on pins and open restores need a log, for whoever cuts it outside of a plan of the retention.

import type { CatalogFacts } from '../facts.ts';
import type { PinRecord } from '../state/pin-record.ts';
import type { RestoreRun } from '../state/restore-run.ts';
import type { LogHold } from '../truncation/truncation-plan.ts';
import { MAX_TS } from '../ts.ts';
import { holdsOf } from './holds.ts';
import { lowestNeed } from './judge-logs.ts';
import { neededBases } from './needed-bases.ts';
import { folderName } from './retention-state.ts';

/** Undefined: nobody holds more of it than the window does. */
export function holdOfLog(
  facts: CatalogFacts,
  logPath: string,
  kept: { readonly pins: readonly PinRecord[]; readonly restores: readonly RestoreRun[] },
  nowMs: number,
): LogHold | undefined {
  const log = facts.logs.find(({ path }) => folderName(path) === folderName(logPath));
  const holds = holdsOf(kept, nowMs);
  if (log === undefined || holds.length === 0) return undefined;
  const window = { from: MAX_TS, to: MAX_TS };
  const needed = neededBases({ facts, window, minBases: 0, holds });
  const lowest = lowestNeed(
    needed.filter(({ code }) => code === 'PIN' || code === 'RESTORE'),
    log,
  );
  return lowest === undefined ? undefined : { fromTs: lowest.chain.endTs, sentence: lowest.sentence };
}
