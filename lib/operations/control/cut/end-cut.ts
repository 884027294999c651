// The end of a cut by our own engine whose parts are all done: the bucket is read back, the locks go, the cut is on record as done.

import { PitrError } from '../../../domain/errors.ts';
import type { HeldLease } from '../../../domain/state/lease.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import { describeTs } from '../../../domain/ts.ts';
import type { Stored } from '../../../ports/task-store.ts';
import { doneCut } from '../runs/truncation-work.ts';
import type { CutCall } from './begin-cut.ts';
import { type CutDeps, logOf, readFacts } from './cut-refusal.ts';
import { keepLease, letGoOfCut, type RunningCut, readCut, readRunningCut } from './running-cut.ts';

export interface EndCall extends CutCall {
  /** What the begin told of itself. */
  readonly opened: Facts;
  /** The answers of all parts. */
  readonly parts: readonly Facts[];
}

/**
 * Answers `{state: 'done', logMinimumTs}`; called again the same. Errors: STATE_CONFLICT when the bucket says that its log begins earlier;
 * LEASE_LOST; those of storage and state table.
 */
export async function endCut(deps: CutDeps, { id, execution, opened, parts }: EndCall): Promise<Facts> {
  const found = await readCut(deps, id);
  if (found.record.state === 'done') return answerOf(found.record.logMinimumTs);
  const { record, revision } = await readRunningCut(deps, id);
  const lease = await keepLease(deps, execution);
  const logMinimumTs = logOf(await readFacts(deps), record)?.minTs ?? 0n;
  if (logMinimumTs < record.untilTs) {
    throw new PitrError(
      'STATE_CONFLICT',
      `the log was cut at ${describeTs(record.untilTs)}, and it begins at ${describeTs(logMinimumTs)}`,
      { hint: 'look who else writes v1_stream_trancate_safepoint.txt in the folder of the log' },
    );
  }
  await letGoOfCut(deps, record);
  const facts = { logMinimumTs: `${logMinimumTs}`, ...factsOf(opened, parts) };
  await writeDone(deps, { record, revision }, lease, facts);
  return answerOf(logMinimumTs);
}

async function writeDone(
  deps: CutDeps,
  { record, revision }: Stored<RunningCut>,
  lease: HeldLease,
  facts: Facts,
): Promise<void> {
  const nowMs = deps.nowMs();
  const ending = doneCut(record, facts, nowMs);
  const { cluster, id } = record;
  try {
    await deps.store.commit({
      ...{ cluster, nowMs, records: [{ record: ending.record, expect: revision }], lease },
      signals: ending.signals,
      audit: {
        ...{ shape: 'audit/v1', cluster, id: `settle/truncation/${id}`, atMs: nowMs, who: lease.holder },
        ...{ what: ending.what, why: 'native: every part of it was done', facts },
      },
    });
  } catch (caught) {
    if (!(caught instanceof PitrError && caught.code === 'STATE_CONFLICT')) throw caught;
    throw new PitrError('WORK_IN_PROGRESS', `the record of the cut ${id} was written meanwhile`, {
      hint: 'a part that was called twice gave its sign of life; the end is tried again',
      cause: caught,
    });
  }
}

function answerOf(logMinimumTs: bigint): Facts {
  return { state: 'done', logMinimumTs: `${logMinimumTs}` };
}

const counted = ['objects', 'rewritten', 'metas', 'emptyMetas'] as const;

function factsOf(opened: Facts, parts: readonly Facts[]): Facts {
  const sumOf = (name: string) => parts.reduce((sum, part) => sum + numberIn(part, name), 0);
  const undeleted = numberIn(opened, 'undeleted') + sumOf('undeleted');
  return {
    ...{ engine: 'native', parts: parts.length, blocklists: numberIn(opened, 'blocklists') },
    ...Object.fromEntries(counted.map((name) => [name, sumOf(name)])),
    bytes: `${sumOf('bytes')}`,
    // As br's facts call what the storage refused: it stays named, and goes with the next cut.
    ...(undeleted === 0 ? {} : { undeletedItems: `${undeleted}` }),
  };
}

/** Of our own making: a count, or bytes as decimal text. */
function numberIn(facts: Facts, name: string): number {
  const value = Number(facts[name] ?? 0);
  return Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
