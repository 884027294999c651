// What a restore that failed left behind, and what to do about each: sentences for the person who has to decide whether to
// go on or to give it up. By what the runs said and what was seen of the target (FACTS §6.5–6.7, §9.1). Changes nothing.

import { type Capabilities, capabilities } from '../capabilities.ts';
import type { ErrorCode } from '../errors.ts';
import {
  describeImport,
  describeRatios,
  gcRatioSetting,
  gcRatioSql,
  listed,
  type TargetLook,
  untold,
  withoutCollection,
} from '../target/target-look.ts';
import type { Version } from '../versions.ts';

/** One run of br that did begin, and is over. */
export interface EndedAttempt {
  /** Of its failure; empty when it did what it was told. */
  readonly code: string;
  /** What became of its row in the registry, as far as it said: empty when it said nothing of one. */
  readonly registry: '' | 'created' | 'resumed' | 'removed';
  /** 0n when it did not say. */
  readonly restoreId: bigint;
  /** What it set gc.ratio-threshold to last; empty when it set nothing. */
  readonly gcRatio: string;
  /** The snapshot was restored by it, or before it. */
  readonly snapshotDone: boolean;
}

export interface Aftermath {
  readonly version: Version;
  readonly usedLog: boolean;
  readonly restoreTs: bigint;
  readonly hasFilter: boolean;
  /** Oldest first; empty when br never ran. */
  readonly attempts: readonly EndedAttempt[];
  /** What is in the target now; undefined when nobody could look. */
  readonly look: TargetLook | undefined;
  /** Why nobody could; empty when somebody did. */
  readonly lookProblem: string;
  /** `br abort restore …` for this very restore; undefined where br has none. */
  readonly abort: string | undefined;
  /** The same for the other restore that stands in the way; undefined when none does. */
  readonly abortOther: string | undefined;
  /** Locks in the log's folder that may be this restore's, a sentence each. */
  readonly locks: readonly string[];
}

/** br looks before it begins, and refuses with these: after them nothing was written. */
const refusals: ReadonlySet<string> = new Set<ErrorCode>([
  'BASE_MISSING',
  'BR_LOCKED',
  'BR_REFUSED',
  'CLUSTER_MISMATCH',
  'CLUSTER_NOT_READY',
  'DEPENDENCY_MISSING',
  'INVALID_INPUT',
  'INVALID_TABLE_FILTER',
  'KEY_MISSING',
  'KEY_WRONG',
  'LOG_TRUNCATED',
  'MOMENT_NOT_IN_WINDOW',
  'RESTORE_CONFLICT',
  'RUNNER_START_FAILED',
  'TARGET_NOT_EMPTY',
]);

/** What is there is of another restore, or what it came from is gone: the same restore can never go on. */
const deadEnds: ReadonlySet<string> = new Set<ErrorCode>([
  'BASE_MISSING',
  'CLUSTER_MISMATCH',
  'LOG_TRUNCATED',
  'MOMENT_NOT_IN_WINDOW',
  'RESTORE_CONFLICT',
  'TARGET_NOT_EMPTY',
]);

/** A sentence each, in the order in which they matter; empty when br left nothing. */
export function leftBehind(aftermath: Aftermath): readonly string[] {
  const { attempts, version } = aftermath;
  if (!attempts.some(mayHaveWritten)) return conflictSentences(aftermath);
  // It came to its end, and what was read back afterwards is not as it should be.
  if (attempts.at(-1)?.code === '') {
    return [...lookSentences(aftermath), ...ratioSentences(aftermath), ...aftermath.locks];
  }
  const can = capabilities(version);
  return [
    ...goOnSentences(aftermath, can),
    ...lookSentences(aftermath),
    ...registrySentences(aftermath, can),
    ...ratioSentences(aftermath),
    ...checkpointSentences(aftermath, can),
    ...dataSentences(aftermath),
    ...aftermath.locks,
  ];
}

/** Whether the same restore, started again, would go on where this one stopped. */
export function canGoOn({ attempts, version }: Pick<Aftermath, 'attempts' | 'version'>): boolean {
  const code = attempts.at(-1)?.code;
  if (code === undefined || code === '' || deadEnds.has(code)) return false;
  return attempts.some(mayHaveWritten) && capabilities(version).restoreCheckpoint !== 'none';
}

/** A row that br took out of its registry again before anything was restored means: there is nothing to go on with. */
function mayHaveWritten({ code, registry, gcRatio, snapshotDone }: EndedAttempt): boolean {
  if (gcRatio !== '' || snapshotDone) return true;
  return refusals.has(code) ? registry === 'resumed' : registry !== 'removed';
}

function goOnSentences({ attempts, version, restoreTs }: Aftermath, can: Capabilities): readonly string[] {
  if (canGoOn({ attempts, version })) {
    return [
      `start the same restore again ("restoreTo":"${restoreTs}", the same target and tables): br goes on where it stopped, once what stopped it is gone; what follows is for giving it up, and takes that away`,
    ];
  }
  const why =
    can.restoreCheckpoint === 'none'
      ? `br ${version.text} cannot go on with a restore that it did not finish`
      : 'br does not go on with what is there';
  return [`${why}: make the target anew, and start the restore again`];
}

function lookSentences({ look, lookProblem }: Aftermath): readonly string[] {
  if (look === undefined) {
    const why = lookProblem === '' ? 'it was not looked at after the end of br' : lookProblem;
    return [`the target could not be looked at (${why}): what follows is what br leaves as a rule`];
  }
  if (look.imports.length === 0) return [];
  const isForEver = look.imports.some(({ hasLease }) => !hasLease);
  const end = isForEver
    ? 'a key without a lease stays until it is removed with etcdctl'
    : 'it goes by itself within three minutes of the death of br';
  return [`PD of the target has ${listed(look.imports.map(describeImport))}: ${end}`];
}

function registrySentences({ attempts, abort }: Aftermath, can: Capabilities): readonly string[] {
  if (can.restoreRegistry !== 'yes') return [];
  const told = attempts.findLast(({ registry }) => registry !== '');
  if (told?.registry === 'removed') return [];
  const id = attempts.findLast(({ restoreId }) => restoreId !== 0n)?.restoreId;
  const row = id === undefined ? 'may hold a row of this restore' : `holds a row of this restore, id ${id}`;
  const command = abort === undefined ? '' : `: ${abort}`;
  return [
    `mysql.tidb_restore_registry of the target ${row}, which keeps other restores of these tables away; to give it up (it waits five minutes when br was killed)${command}`,
  ];
}

function ratioSentences({ attempts, look, usedLog }: Aftermath): readonly string[] {
  if (!usedLog) return [];
  const sql = `in TiDB of the target: ${gcRatioSql}`;
  const off = look === undefined ? [] : withoutCollection(look.gcRatios);
  if (off.length > 0) {
    return [
      `${gcRatioSetting} is ${describeRatios(off)}, so that old versions are never collected; to put it back, ${sql}`,
    ];
  }
  if (look !== undefined && look.gcRatios.length > 0 && untold(look.gcRatios).length === 0) return [];
  const said = attempts.findLast(({ gcRatio }) => gcRatio !== '')?.gcRatio;
  if (said !== undefined && !said.startsWith('-')) return [];
  if (said === undefined && attempts.every(({ code }) => refusals.has(code))) return [];
  const certainty = said === undefined ? 'may be' : 'was set to';
  return [
    `${gcRatioSetting} of TiKV ${certainty} ${said ?? '-1'}, so that old versions are never collected; to put it back, ${sql}`,
  ];
}

/** Where br of a version keeps how far it came: FACTS §3.4. */
function checkpointSentences({ attempts, usedLog }: Aftermath, can: Capabilities): readonly string[] {
  switch (can.restoreCheckpoint) {
    case 'none':
      return [];
    case 'source-storage':
      return [
        `objects below checkpoints/restore-* in the folder of the snapshot${usedLog ? ' and of the log' : ''} say how far br came; they can be deleted once the restore is given up`,
      ];
    case 'target-database':
      return [temporaryDatabases('', usedLog)];
    case 'target-database-per-id': {
      const id = attempts.findLast(({ restoreId }) => restoreId !== 0n)?.restoreId;
      return [temporaryDatabases(id === undefined ? '_*' : `_${id}`, usedLog)];
    }
    default:
      return can.restoreCheckpoint satisfies never;
  }
}

function temporaryDatabases(suffix: string, usedLog: boolean): string {
  const kinds = usedLog ? ['Snapshot', 'Log', 'Custom_SST'] : ['Snapshot'];
  const names = kinds.map((kind) => `__TiDB_BR_Temporary_${kind}_Restore_Checkpoint${suffix}`);
  return `databases in the target that say how far br came, as far as they are there: ${listed(names)}, and __TiDB_BR_Temporary_mysql; drop them once the restore is given up`;
}

function dataSentences({ hasFilter }: Aftermath): readonly string[] {
  const half =
    'databases and tables of the backup may be in the target, half restored and not to be read; nothing takes them away: make the target anew, or drop them by name once the restore is given up';
  if (!hasFilter) return [half];
  return [
    half,
    'chosen tables are in the mode of a restore until its end, and serve nobody: they can only be dropped',
  ];
}

/** Nothing of ours is there, but something of another restore may be. */
function conflictSentences({ attempts, abortOther }: Aftermath): readonly string[] {
  if (attempts.at(-1)?.code !== 'RESTORE_CONFLICT') return [];
  const command =
    abortOther === undefined ? 'br abort restore with the arguments of that one' : `it is: ${abortOther}`;
  return [
    `an unfinished restore that is not this one is registered in the target; start that one again to finish it, or make the target anew; to give it up, ${command}`,
  ];
}
