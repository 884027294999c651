// The plan of a native truncation: where the log is cut, how far back values stay, which metas are opened and which go
// unopened (FACTS §5.1 steps 2–4, §5.7). Reads names, and metas only where a name does not tell; writes nothing.

import type { LogMetaEntry } from '../../br/log/log-selection.ts';
import { listLogMetas } from '../../br/log/log-selection.ts';
import { fateOfMeta, type TruncationShift, truncationShift } from '../../br/log/truncation-metas.ts';
import { readTruncationFacts, type TruncationFacts, unknownNeeds } from '../../br/truncation-facts.ts';
import { PitrError } from '../../domain/errors.ts';
import { describeTs } from '../../domain/ts.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

/** What is done just now; `total` counts the same things as `done`. */
export interface TruncationProgress {
  /** `names`: metas opened because their names do not tell. `objects`: metas whose objects are gone. */
  readonly step: 'names' | 'objects';
  readonly done: number;
  readonly total: number;
  /** Of data, deleted so far. */
  readonly bytes: number;
}

export interface PlanDeps {
  readonly store: ObjectStore;
  /** The log's folder with its `/`, or empty. */
  readonly logPrefix: string;
  /** Requests in flight. */
  readonly parallel: number;
  readonly progress: (event: TruncationProgress) => void;
}

export interface NativePlan {
  readonly untilTs: bigint;
  /** Objects whose newest record is older go. */
  readonly shiftTs: bigint;
  /** The meta that keeps the shift before `until`. */
  readonly heldBy: string | undefined;
  readonly facts: TruncationFacts;
  /** Whether the safepoint moves: it never goes back. */
  readonly movesSafepoint: boolean;
  readonly metas: number;
  /** Metas that may name objects that go, in the order of their keys. */
  readonly toOpen: readonly LogMetaEntry[];
  /** Metas of idle stores that go unopened. */
  readonly empty: readonly LogMetaEntry[];
  /** Blocklists of restores that no base from `until` on can be before. */
  readonly blocklists: readonly string[];
  /** What a person should know, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Errors: MOMENT_NOT_IN_WINDOW for a cut after the log's end, because values of transactions that are under way would go;
 * those of readTruncationFacts, unknownNeeds and truncationShift.
 */
export async function planNativeTruncation(deps: PlanDeps, untilTs: bigint): Promise<NativePlan> {
  const { store, logPrefix, parallel, progress } = deps;
  const reading = readTruncationFacts(store, logPrefix, untilTs);
  const endTs = reading.then(
    ({ endTs }) => endTs,
    () => undefined,
  );
  const [facts, entries] = await Promise.all([reading, listLogMetas(store, logPrefix, endTs)]);
  checkEnd(facts, untilTs);
  const unknown = unknownNeeds(facts.compactions, untilTs);
  if (unknown !== undefined) throw unknown;
  const onRead = (done: number, total: number) => progress({ step: 'names', done, total, bytes: 0 });
  const shift = await truncationShift(store, entries, untilTs, { parallel, onRead });
  const withFate = (fate: 'open' | 'empty') =>
    entries.filter((entry) => fateOfMeta(entry, untilTs, shift) === fate);
  return {
    untilTs,
    shiftTs: shift.shiftTs,
    heldBy: shift.heldBy,
    facts,
    movesSafepoint: untilTs > (facts.safepointTs ?? 0n),
    metas: entries.length,
    toOpen: withFate('open'),
    empty: withFate('empty'),
    blocklists: facts.blocklists
      .filter(({ restoreCommitTs }) => restoreCommitTs <= untilTs)
      .map(({ object }) => object),
    notes: notesOf(facts, shift, untilTs),
  };
}

function checkEnd({ endTs }: TruncationFacts, untilTs: bigint): void {
  if (endTs !== undefined && untilTs <= endTs) return;
  const end =
    endTs === undefined ? 'nothing tells where the log ends' : `the log ends at ${describeTs(endTs)}`;
  throw new PitrError('MOMENT_NOT_IN_WINDOW', `${end}, and the cut is at ${describeTs(untilTs)}`, {
    hint: 'cut at or before the checkpoint of the log: values of transactions that are under way lie before it',
    details: { until: `${untilTs}`, end: endTs === undefined ? null : `${endTs}` },
  });
}

function notesOf(
  { safepointTs, minTs, compactions }: TruncationFacts,
  { shiftTs, heldBy }: TruncationShift,
  untilTs: bigint,
): readonly string[] {
  const notes: string[] = [];
  if (safepointTs !== undefined && untilTs < safepointTs) {
    notes.push(`the log was cut at ${describeTs(safepointTs)} before: the safepoint stays there`);
  } else if (untilTs <= minTs) {
    notes.push(`the log begins at ${describeTs(minTs)}: only what an earlier cut left goes`);
  }
  if (shiftTs < untilTs) {
    const why =
      shiftTs === 0n ? 'does not tell the begin of its transactions' : 'has records that may need it';
    notes.push(`objects with records from ${describeTs(shiftTs)} on stay: ${heldBy} ${why}`);
  }
  const over = compactions.filter(({ inputMaxTs }) => inputMaxTs < untilTs).map(({ name }) => name);
  if (over.length > 0) {
    const are = over.length === 1 ? 'the compaction' : `${over.length} compactions`;
    notes.push(
      `${are} ${over.slice(0, 3).join(', ')} lies before the cut and stays: br log truncate --clean-up-compactions removes its files`,
    );
  }
  return notes;
}
