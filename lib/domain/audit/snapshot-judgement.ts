// What a snapshot folder that is no complete snapshot is: running, resumable, dead or damaged (FACTS §3.2, §3.3, §9.1). A folder is
// one finding, whatever is in it.

import type { SnapshotFacts, SnapshotState } from '../facts.ts';
import { describeTs } from '../ts.ts';
import { type AuditFinding, findingId, type Proof } from './audit-finding.ts';
import { type AuditClock, isSettled } from './audit-margins.ts';

/** What the listing says of the folder. */
export interface FolderSum {
  readonly count: number;
  readonly bytes: bigint;
  readonly newestWriteMs: number;
  readonly keys: readonly string[];
}

/** What our state says of the run that made the folder; undefined: nothing. */
export interface FolderRun {
  readonly id: string;
  readonly state: string;
  /** The run is over, and nobody of ours goes on with it. */
  readonly isOver: boolean;
}

/** undefined for a complete snapshot, and for one that is whole as far as anybody without its key can see. */
export function snapshotFinding(
  { name, state }: SnapshotFacts,
  sum: FolderSum,
  run: FolderRun | undefined,
  clock: AuditClock,
): AuditFinding | undefined {
  const place = name === '' ? '/' : name;
  const { count, bytes, keys } = sum;
  const rest = { place, count, bytes, keys, namedBy: [] };
  switch (state.kind) {
    case 'complete':
    case 'unreadable':
      return undefined;
    case 'damaged':
      return {
        ...{ id: findingId('damaged-snapshot', place), kind: 'damaged-snapshot', level: 'fail', ...rest },
        what: `a snapshot that cannot be used: ${state.problem}`,
        proof: { proven: true, text: `${state.object} was read just now` },
        advice:
          'bring it back from an older version or a copy of the bucket; it is no base before, and keeps nothing',
      };
    case 'unfinished': {
      const judged = unfinished(state, sum, run, clock);
      return { id: findingId('unfinished-snapshot', place), kind: 'unfinished-snapshot', ...rest, ...judged };
    }
    default:
      return state satisfies never;
  }
}

function unfinished(
  state: Extract<SnapshotState, { readonly kind: 'unfinished' }>,
  sum: FolderSum,
  run: FolderRun | undefined,
  clock: AuditClock,
): Pick<AuditFinding, 'level' | 'what' | 'proof' | 'advice'> {
  const lockLeftMs = (state.lockExpiresMs ?? 0) - clock.nowMs;
  if (lockLeftMs > 0 || run?.isOver === false) {
    return {
      level: 'info',
      what: 'a snapshot that is being taken',
      proof: { proven: false, text: runningText(lockLeftMs, run) },
      advice: '',
    };
  }
  const at = state.backupTs === undefined ? '' : ` of ${describeTs(state.backupTs)}`;
  const what = state.resumable
    ? `a snapshot${at} that was not finished, and can be: its checkpoint is there`
    : 'backup.lock without a backupmeta: a snapshot that was not finished, or a log that never began';
  return { level: 'warn', what, proof: deadProof(state, sum, run, clock), advice: adviceOf(state, run) };
}

function runningText(lockLeftMs: number, run: FolderRun | undefined): string {
  if (run?.isOver === false) return `the run ${run.id} of ours is ${run.state}`;
  return `its checkpoint lock holds for another ${Math.ceil(lockLeftMs / 1000)} s: a br renews it every four minutes`;
}

function deadProof(
  { lockExpiresMs }: Extract<SnapshotState, { readonly kind: 'unfinished' }>,
  { newestWriteMs }: FolderSum,
  run: FolderRun | undefined,
  clock: AuditClock,
): Proof {
  if (run !== undefined)
    return { proven: true, text: `the run ${run.id} of ours that made it is over (${run.state})` };
  if (lockExpiresMs !== undefined) {
    const ended = new Date(lockExpiresMs).toISOString();
    return {
      proven: true,
      text: `its checkpoint lock ran out at ${ended}, and a living br renews it every four minutes`,
    };
  }
  const age = isSettled(newestWriteMs, clock)
    ? 'nothing was written into it for half an hour, but a br without checkpoints says nothing while it works'
    : 'something was written into it a moment ago';
  return { proven: false, text: `${age}` };
}

function adviceOf(
  { resumable }: Extract<SnapshotState, { readonly kind: 'unfinished' }>,
  run: FolderRun | undefined,
): string {
  const goes = 'the retention removes it when its age is over';
  if (!resumable) return `take another snapshot into another folder; ${goes}`;
  const again = run === undefined ? 'the same br command' : 'pitr take-snapshot, or the same br command,';
  return `${again} goes on with it as long as its BackupTS is not collected (72 minutes after the death of br); else ${goes}`;
}
