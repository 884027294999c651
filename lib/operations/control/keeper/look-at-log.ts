// The bucket's side of a look at the log task: its newest checkpoint, and once an hour how much log the hour before made. What the
// storage refuses is told, and keeps nobody from looking at PD.

import { newestCheckpoint } from '../../../br/log-look.ts';
import { logBytesOfHour } from '../../../br/log-rate.ts';
import { PitrError } from '../../../domain/errors.ts';
import type { KeeperRecord, LogHour } from '../../../domain/state/keeper-record.ts';
import type { LogTaskState } from '../../../domain/state/log-task-state.ts';
import { msOfTs } from '../../../domain/ts.ts';
import type { BucketDeps } from '../control-deps.ts';
import { failureOf } from '../failures.ts';

/** What the bucket's checkpoint objects say; `problem` when they could not be read, which no look at PD fails for. */
export interface ObjectsLook {
  readonly ts: bigint | undefined;
  readonly problem: string;
}

const hourLengthMs = 3_600_000;
/** TiKV has flushed an hour by then, and the look that fails has some more. */
const measuredAtMinutes = { from: 15, to: 20 } as const;

/** A storage that refuses us is told in the answer: what PD says is worth knowing all the same. */
export async function lookAtObjects(deps: BucketDeps, path: string): Promise<ObjectsLook> {
  try {
    const newest = await newestCheckpoint(await deps.openBucket(), `${path}/`);
    return { ts: newest?.ts, problem: '' };
  } catch (caught) {
    if (!(caught instanceof PitrError)) throw caught;
    const { code, message } = failureOf(caught);
    return { ts: undefined, problem: `${code}: ${message}` };
  }
}

/** The newest hour that is wholly saved, if it was not measured yet. A storage that refuses us is told elsewhere. */
export async function measuredHour(
  deps: BucketDeps,
  path: string | undefined,
  state: LogTaskState,
  keeper: KeeperRecord | undefined,
): Promise<LogHour | undefined> {
  const minute = new Date(state.observedMs).getUTCMinutes();
  const isTime = minute >= measuredAtMinutes.from && minute < measuredAtMinutes.to;
  if (!isTime || path === undefined || !('checkpointTs' in state)) return undefined;
  const hourMs = Math.floor(state.observedMs / hourLengthMs - 1) * hourLengthMs;
  const isSaved = msOfTs(state.checkpointTs) >= hourMs + hourLengthMs;
  if (!isSaved || keeper?.logHours.some((hour) => hour.hourMs === hourMs) === true) return undefined;
  try {
    const bytes = await logBytesOfHour(await deps.openBucket(), `${path}/`, hourMs);
    return bytes === undefined ? undefined : { hourMs, bytes };
  } catch (caught) {
    if (!(caught instanceof PitrError)) throw caught;
    return undefined;
  }
}
