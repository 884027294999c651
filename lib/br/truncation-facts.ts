// What a log says of itself that a truncation has to know: where it begins and ends, what migrations did to it, which
// blocklists it has. Few requests whatever its size; no meta is opened. What cannot be read is an error here, not a fact.
import { PitrError } from '../domain/errors.ts';
import type { BlocklistFacts } from '../domain/facts.ts';
import { describeTs } from '../domain/ts.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { LogFactsReader } from './catalog-log.ts';
import { checkpointPrefix, keyOf, replicationStateKey } from './layout.ts';
import { parseCheckpointTs, parseReplicationState } from './locks.ts';
import { type Compaction, loadMigrations } from './migrations.ts';

export interface TruncationFacts {
  /** What `v1_stream_trancate_safepoint.txt` says; undefined when it is not there. */
  readonly safepointTs: bigint | undefined;
  /** The true minimum: of the task's start, the safepoint and the migrations (FACTS §0.5). */
  readonly minTs: bigint;
  /** Every change up to it is in the bucket; undefined: nothing tells. Where it is past `until`, it may be larger than told. */
  readonly endTs: bigint | undefined;
  readonly blocklists: readonly BlocklistFacts[];
  readonly compactions: readonly Compaction[];
}

/**
 * Errors: OBJECT_MISSING without a log's head; OBJECT_DAMAGED, OBJECT_UNRECOGNIZED; UNSUPPORTED for migrations of versions or
 * names that nobody knows.
 */
export async function readTruncationFacts(
  store: ObjectStore,
  logPrefix: string,
  untilTs: bigint,
): Promise<TruncationFacts> {
  const reader = new LogFactsReader(store, logPrefix);
  const [head, safepointTs, blocklists, migrations, endTs] = await Promise.all([
    reader.head(),
    reader.safepoint(),
    reader.blocklists(),
    loadMigrations(store, logPrefix, { unknownNames: 'refuse' }),
    logEnd(store, logPrefix, untilTs),
  ]);
  const minima = [head.startVersion, safepointTs ?? 0n, migrations.truncatedTo ?? 0n];
  const minTs = minima.reduce((a, b) => (b > a ? b : a));
  return { safepointTs, minTs, endTs, blocklists, compactions: migrations.compactions };
}

/** The replication's state where there is one, else the largest checkpoint, but no more are read than needed to pass `until`. */
async function logEnd(store: ObjectStore, logPrefix: string, untilTs: bigint): Promise<bigint | undefined> {
  const state = `${logPrefix}${replicationStateKey}`;
  const bytes = await store.get(state);
  if (bytes !== undefined) return parseReplicationState(state, bytes);
  const keys: string[] = [];
  for await (const { key } of store.list(`${logPrefix}${checkpointPrefix}`)) {
    if (key.endsWith('.ts')) keys.push(key);
  }
  const central = `${logPrefix}${keyOf({ kind: 'central-checkpoint' })}`;
  keys.sort((a, b) => Number(b === central) - Number(a === central));
  let endTs: bigint | undefined;
  for (const key of keys) {
    const checkpoint = await store.get(key);
    if (checkpoint === undefined) continue;
    const ts = parseCheckpointTs(key, checkpoint);
    if (endTs === undefined || ts > endTs) endTs = ts;
    if (endTs >= untilTs) break;
  }
  return endTs;
}

/**
 * The refusal of a log whose metas no longer tell what its records need: a cleanup took a compaction over (FACTS §5.5), so the
 * metas of its inputs may be gone, and the compaction reaches past the cut. undefined when there is none.
 */
export function unknownNeeds(compactions: readonly Compaction[], untilTs: bigint): PitrError | undefined {
  const found = compactions.find(({ merged, inputMaxTs }) => merged && inputMaxTs >= untilTs);
  if (found === undefined) return undefined;
  return new PitrError(
    'UNSUPPORTED',
    `the compaction ${found.name} reaches to ${describeTs(found.inputMaxTs)}, past the cut at ${describeTs(untilTs)}, and its inputs may be cleaned up: no meta tells which older values its records need`,
    {
      hint: 'cut this log with br log truncate --clean-up-compactions, or at a moment after the compaction',
      details: { compaction: found.name, inputMaxTs: `${found.inputMaxTs}`, until: `${untilTs}` },
    },
  );
}
