// How much a plan of the retention frees: objects and bytes of the log before a cut, by the names of its folders, and what all of it
// costs a month. Estimates for a person; nothing is decided by them.

import { priceOf, usualClass } from '../../../domain/cost/prices.ts';
import type { RetentionStep } from '../../../domain/retention/retention-plan.ts';
import { msOfTs } from '../../../domain/ts.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';

/** Some two hundred pages of a listing: seconds. Beyond it the size is not known. */
const mostObjects = 200_000;

/** The steps with the sizes of cuts. Errors: those of the storage. */
export async function withSizes(
  store: ObjectStore,
  steps: readonly RetentionStep[],
): Promise<readonly RetentionStep[]> {
  const sized: RetentionStep[] = [];
  for (const step of steps) {
    const size = step.kind === 'cut-log' ? await logSizeBefore(store, step.path, step.untilTs) : undefined;
    sized.push(size === undefined ? step : { ...step, ...size });
  }
  return sized;
}

export interface Total {
  readonly objects: number;
  readonly bytes: bigint;
  /** A step was not counted: it is more than this. */
  readonly isPartial: boolean;
  readonly monthlyUsd: number;
}

export function totalOf(steps: readonly RetentionStep[]): Total {
  const objects = steps.reduce((sum, step) => sum + (step.objects ?? 0), 0);
  const bytes = steps.reduce((sum, step) => sum + (step.bytes ?? 0n), 0n);
  const isPartial = steps.some((step) => step.bytes === undefined);
  return { objects, bytes, isPartial, monthlyUsd: monthlyUsd(bytes) };
}

/** Dollars, to the cent: the price is per 2^30 bytes, in billionths. */
function monthlyUsd(bytes: bigint): number {
  const { nanosPerGb } = priceOf(usualClass, undefined);
  return Math.round(Number((bytes * nanosPerGb) >> 30n) / 1e7) / 100;
}

/**
 * The `.log` objects whose newest event lies in an hour before that of `untilTs`; the metas tell it exactly, and a cut reads them. The
 * layouts before v6.3 have no such folders, and count as nothing.
 */
async function logSizeBefore(
  store: ObjectStore,
  path: string,
  untilTs: bigint,
): Promise<{ readonly objects: number; readonly bytes: bigint } | undefined> {
  const until = new Date(msOfTs(untilTs)).toISOString().replace(/\D/g, '').slice(0, 10);
  const days = (await store.listFolders(`${path}/v1/`)).filter((folder) => {
    const day = /(\d{8})\/$/.exec(folder)?.[1];
    return day !== undefined && day <= until.slice(0, 8);
  });
  let [objects, bytes] = [0, 0n];
  for (const day of days) {
    for await (const { key, size } of store.list(day)) {
      const [, date, hour] = /(\d{8})\/(\d{2})\/[^/]+\/.*\.log$/.exec(key) ?? [];
      if (date === undefined || hour === undefined || `${date}${hour}` >= until) continue;
      objects += 1;
      bytes += BigInt(size);
      if (objects > mostObjects) return undefined;
    }
  }
  return { objects, bytes };
}
