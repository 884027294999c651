// How old something must be before an audit believes that nobody works on it. All margins in one place, a reason for each.

export const auditMargins = {
  /**
   * A store uploads the data of a flush first and its meta last (FACTS §3.5). It flushes every 3 minutes, a large flush uploads for
   * minutes, and a storage that answers slowly is tried again: ten flushes is more than any of it takes.
   */
  flushMs: 30 * 60_000,
  /**
   * Ages are told by the storage's own clock, as the distance to the newest write in the bucket; a bucket in which nothing is written
   * any more has no clock. No clock of a machine is wrong by more than this.
   */
  clockDoubtMs: 24 * 3_600_000,
  /** A part of an upload that nobody has finished for so long is nobody's: br and TiKV upload within minutes. */
  uploadMs: 24 * 3_600_000,
  /** What was written within a day is never removed, whatever is proven of it: a person who errs has a day to see it. */
  removalMs: 24 * 3_600_000,
} as const;

/** Two clocks: the newest write in the bucket by the storage's, and now by ours. Unix ms. */
export interface AuditClock {
  readonly newestWriteMs: number;
  readonly nowMs: number;
}

/** Whether what was written then is older than the margin by the storage's clock, or by ours beyond any doubt. */
export function isSettled(
  writtenMs: number,
  { newestWriteMs, nowMs }: AuditClock,
  marginMs: number = auditMargins.flushMs,
): boolean {
  return (
    newestWriteMs - writtenMs >= marginMs ||
    nowMs - writtenMs >= Math.max(marginMs, auditMargins.clockDoubtMs)
  );
}
