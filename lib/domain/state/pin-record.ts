// What somebody wants to be kept whatever its age: a snapshot, a moment, or all moments of a range; a bookmark is a pin of a moment
// that has a name. Must not decide what is needed to keep it.

interface Pin {
  readonly shape: 'pin/v1';
  readonly cluster: string;
  readonly id: string;
  /** Of a bookmark; empty when it has none. */
  readonly name: string;
  readonly what: 'snapshot' | 'moment' | 'range';
  /** Of a snapshot its folder; empty else. */
  readonly folder: string;
  /** Both ends are inside. Of a moment they are equal; of a snapshot both are its BackupTS. */
  readonly fromTs: bigint;
  readonly toTs: bigint;
  /** From here on it holds nothing any more, Unix ms; null: until it is released. */
  readonly untilMs: number | null;
  readonly reason: string;
  readonly madeMs: number;
  readonly madeBy: string;
}

export type PinRecord =
  | (Pin & { readonly state: 'held' })
  | (Pin & { readonly state: 'released'; readonly releasedMs: number; readonly releasedBy: string });

/** Whether it holds something at this time. */
export function isHolding(pin: PinRecord, nowMs: number): boolean {
  return pin.state === 'held' && (pin.untilMs === null || pin.untilMs > nowMs);
}
