// The log's checkpoint over time: by the minute for a day, by the hour for as long as the backup is kept.
// Pure: says what to record and what to keep. Deletes nothing and asks no clock.

export interface Checkpoint {
  readonly shape: 'checkpoint/v1';
  readonly cluster: string;
  readonly resolution: Resolution;
  /** When it was observed, Unix ms. */
  readonly atMs: number;
  readonly checkpointTs: bigint;
  /** No longer seen from here on, Unix ms. */
  readonly expiresMs: number;
}

export type Resolution = 'minute' | 'hour';

/** Lengths of the resolutions, ms. */
export const resolutionMs: Readonly<Record<Resolution, number>> = { minute: 60_000, hour: 3_600_000 };

export interface CheckpointSettings {
  /** How long one per minute is kept, ms; the design says a day. */
  readonly minutesForMs: number;
  /** How long one per hour is kept, ms: the retention. */
  readonly hoursForMs: number;
}

/** The start of the minute or hour that a time lies in, Unix ms. */
export function slotOf(resolution: Resolution, atMs: number): number {
  return Math.floor(atMs / resolutionMs[resolution]) * resolutionMs[resolution];
}

/**
 * What one observation adds: an entry of its minute and one of its hour, which are stored only if their slot is empty.
 * The first of a slot stays, so that observing twice changes nothing.
 */
export function checkpointsOf(
  seen: { readonly cluster: string; readonly atMs: number; readonly checkpointTs: bigint },
  settings: CheckpointSettings,
): readonly Checkpoint[] {
  const entry = { shape: 'checkpoint/v1', ...seen } as const;
  return [
    { ...entry, resolution: 'minute', expiresMs: seen.atMs + settings.minutesForMs },
    {
      ...entry,
      resolution: 'hour',
      expiresMs: seen.atMs + Math.max(settings.hoursForMs, settings.minutesForMs),
    },
  ];
}

export type WhyDropped =
  /** Another entry of its minute or hour is kept. */
  | 'not the first of its slot'
  /** Older than the retention. */
  | 'too old'
  /** From a clock ahead of ours; kept back until its time has come. */
  | 'in the future';

export interface Thinned {
  /** By time, one per slot. */
  readonly kept: readonly Checkpoint[];
  readonly dropped: readonly { readonly entry: Checkpoint; readonly why: WhyDropped }[];
}

/**
 * One entry of each minute of the last `minutesForMs`, one of each hour before that back to `hoursForMs`: the first of its
 * slot, whatever resolution it was recorded with. An age equal to the limit is too old. Thinning what is kept changes nothing.
 */
export function thinCheckpoints(
  entries: readonly Checkpoint[],
  nowMs: number,
  settings: CheckpointSettings,
): Thinned {
  const kept: Checkpoint[] = [];
  const dropped: { entry: Checkpoint; why: WhyDropped }[] = [];
  const taken = new Set<string>();
  // Equal times: the lower TSO claims less, so it is the one to believe.
  const byTime = [...entries].sort((a, b) => a.atMs - b.atMs || (a.checkpointTs < b.checkpointTs ? -1 : 1));
  for (const entry of byTime) {
    const age = nowMs - entry.atMs;
    const resolution = age < settings.minutesForMs ? 'minute' : 'hour';
    const slot = `${resolution} ${slotOf(resolution, entry.atMs)}`;
    if (age < 0) dropped.push({ entry, why: 'in the future' });
    else if (age >= Math.max(settings.hoursForMs, settings.minutesForMs))
      dropped.push({ entry, why: 'too old' });
    else if (taken.has(slot)) dropped.push({ entry, why: 'not the first of its slot' });
    else {
      taken.add(slot);
      kept.push(entry);
    }
  }
  return { kept, dropped };
}
