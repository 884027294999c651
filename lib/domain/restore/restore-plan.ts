// The plan of one restore: what is read, in which order, over which range of the log, and what the person should
// know before and after. Plain values that a host can show and the engine can follow; nothing is read here.

import { type BaseOptions, type Choice, chooseBase } from '../base.ts';
import type { TableBlock } from '../blocks.ts';
import type { CatalogFacts, LogFacts, SnapshotFacts } from '../facts.ts';
import { logLabel } from '../gap.ts';
import type { Moment } from '../moment.ts';
import { allTables, type TableFilter } from './table-filter.ts';

export interface RestoreRequest extends BaseOptions {
  /** Tables that are wanted; all when absent. */
  readonly tables?: TableFilter | undefined;
}

/** The part of one log that is laid over the base. */
export interface LogRange {
  readonly path: string;
  /** BackupTS of the base; not inside: the base holds it. */
  readonly afterTs: bigint;
  /** The moment; inside. */
  readonly toTs: bigint;
  /** The log's minimum (FACTS §0.5): nothing before it can be expected. */
  readonly minTs: bigint;
}

export interface RestorePlan {
  readonly moment: Moment;
  /** 0n = unknown. */
  readonly clusterId: bigint;
  /** The full snapshot first, then incremental ones in the order they are laid over it. Never empty. */
  readonly chain: readonly SnapshotFacts[];
  /** Undefined: the base alone is the answer. */
  readonly log: LogRange | undefined;
  readonly tables: TableFilter;
  /** Tables that this plan cannot read; ask isBlockedTable of blocks.ts with a table's ids. */
  readonly blocked: readonly TableBlock[];
  /** What the person should know, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * The plan that brings `moment` back. Throws the refusal of {@link chooseBase} (MOMENT_NOT_IN_WINDOW, BASE_MISSING,
 * LOG_TRUNCATED, CLUSTER_MISMATCH, OBJECT_DAMAGED, INVALID_INPUT) with the nearest moments in its details.
 */
export function planRestore(facts: CatalogFacts, moment: Moment, request: RestoreRequest = {}): RestorePlan {
  const choice = chooseBase(facts, moment.ts, request);
  if (choice.kind === 'refusal') throw choice.error;
  return {
    moment,
    clusterId: choice.clusterId,
    chain: choice.chain.snapshots,
    log: choice.log === undefined ? undefined : rangeOf(choice.log, choice),
    tables: request.tables ?? allTables,
    blocked: choice.blocked,
    notes: [...moment.notes, ...choice.notes, ...logNotes(choice.log), ...blockNotes(choice.blocked)],
  };
}

function rangeOf(log: LogFacts, { chain, moment }: Choice): LogRange {
  return { path: log.path, afterTs: chain.endTs, toTs: moment, minTs: log.minTs };
}

function logNotes(log: LogFacts | undefined): readonly string[] {
  if (log === undefined) return [];
  const notes: string[] = [];
  if (log.compactions > 0) {
    notes.push(`${logLabel(log)} has ${log.compactions} compactions: what they replaced may be gone from it`);
  }
  for (const lock of log.locks) {
    const says = lock.description === '' ? '' : ` (${lock.description})`;
    notes.push(`${lock.object} is there${says}: another process works on this log, or one died`);
  }
  return notes;
}

function blockNotes(blocked: readonly TableBlock[]): readonly string[] {
  return blocked.map(({ object, tableIds, dbIds, reason }) => {
    const tables = tableIds.length > 0 ? `tables with the ids ${tableIds.join(', ')}` : '';
    const databases = dbIds.length > 0 ? `databases with the ids ${dbIds.join(', ')}` : '';
    const what = [tables, databases].filter((part) => part !== '').join(' and ') || 'no table';
    return `${what} cannot be read at this moment: ${reason} (${object})`;
  });
}
