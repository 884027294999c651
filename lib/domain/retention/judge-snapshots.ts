// One snapshot folder after the other: goes or stays, and why. What cannot be judged stays: a plan deletes nothing by mistake because
// it did not understand it.

import { snapshotLabel } from '../chain.ts';
import type { SnapshotFacts } from '../facts.ts';
import type { TsInterval } from '../intervals.ts';
import { runIdMs } from '../state/run-identity.ts';
import type { SnapshotRun } from '../state/snapshot-run.ts';
import { formatTs } from '../ts.ts';
import type { Hold } from './holds.ts';
import { type NeededBase, reasonsByFolder } from './needed-bases.ts';
import type { Kept, RetentionStep } from './retention-plan.ts';
import {
  type FolderContents,
  folderName,
  isRest,
  type RetentionSettings,
  type RetentionState,
} from './retention-state.ts';
import { isVerified } from './verified.ts';

type Reason = Kept['reasons'][number];
type Verdict =
  | { readonly kind: 'go'; readonly step: RetentionStep }
  | { readonly kind: 'stay'; readonly kept: Kept };

export interface SnapshotQuestion {
  readonly state: RetentionState;
  readonly settings: RetentionSettings;
  readonly window: TsInterval;
  readonly holds: readonly Hold[];
  readonly needed: readonly NeededBase[];
  /** Ends of all bases: a verified snapshot outside is laid over nothing. */
  readonly baseNames: ReadonlySet<string>;
  readonly nowMs: number;
}

export function judgeSnapshots(question: SnapshotQuestion): readonly Verdict[] {
  const reasons = reasonsByFolder(question.needed);
  return question.state.facts.snapshots.map((snapshot) => {
    const folder = folderName(snapshot.name);
    const stays = staysBecause(question, snapshot, reasons.get(folder) ?? []);
    const contents = question.state.contents.get(folder);
    return stays.length > 0
      ? { kind: 'stay', kept: { of: 'snapshot', name: folder, reasons: stays, ...sizeOf(contents) } }
      : { kind: 'go', step: stepOf(question, snapshot, contents) };
  });
}

export function sizeOf(contents: FolderContents | undefined) {
  return { objects: contents?.objects, bytes: contents?.bytes };
}

function staysBecause(
  question: SnapshotQuestion,
  snapshot: SnapshotFacts,
  needed: readonly Reason[],
): readonly Reason[] {
  const { state, holds } = question;
  const folder = folderName(snapshot.name);
  const reasons = [...needed];
  for (const { code, folder: held, sentence } of holds) {
    if (held === folder && !reasons.some((one) => one.code === code && one.sentence === sentence)) {
      reasons.push({ code, sentence });
    }
  }
  const run = state.runs.find((one) => folderName(one.folder) === folder && isOpen(one));
  if (run !== undefined)
    reasons.push({ code: 'OPEN_WORK', sentence: `the snapshot ${run.id} is ${run.state}` });
  if (folder === '') {
    reasons.push({
      code: 'UNVERIFIED',
      sentence: 'the root of the storage is the snapshot, and a root is never deleted',
    });
  }
  return [...reasons, ...byItsState(question, snapshot, folder)];
}

function isOpen({ state }: SnapshotRun): boolean {
  return state === 'planned' || state === 'running';
}

function byItsState(question: SnapshotQuestion, snapshot: SnapshotFacts, folder: string): readonly Reason[] {
  if (snapshot.state.kind !== 'complete' && isRest(question.state, folder)) return [];
  const stays = (code: Reason['code'], sentence: string): readonly Reason[] => [{ code, sentence }];
  switch (snapshot.state.kind) {
    case 'complete':
      if (!isVerified(snapshot))
        return stays(
          'UNVERIFIED',
          'nothing says of which moment it is, and a person decides what becomes of it',
        );
      if (!question.baseNames.has(snapshot.name))
        return stays('UNVERIFIED', 'it is incremental, and the snapshot that it continues is not there');
      return [];
    case 'damaged':
      return stays(
        'UNVERIFIED',
        `it is damaged (${snapshot.state.problem}), and a person decides what becomes of it`,
      );
    case 'unreadable':
      return stays('UNVERIFIED', `it cannot be read (${snapshot.state.reason})`);
    case 'unfinished':
      return tooYoung(question, folder, snapshot.state);
    default:
      return snapshot.state satisfies never;
  }
}

/** Every sign of life counts, and the newest one decides. */
function tooYoung(
  { state, settings, nowMs }: SnapshotQuestion,
  folder: string,
  { lockExpiresMs }: Extract<SnapshotFacts['state'], { readonly kind: 'unfinished' }>,
): readonly Reason[] {
  const run = state.runs.find((one) => folderName(one.folder) === folder);
  const signs = [
    runIdMs(/(\d{14})$/.exec(folder)?.[1] ?? ''),
    run?.dueMs,
    endOf(run),
    lockExpiresMs,
    state.contents.get(folder)?.newestMs,
  ].filter((ms) => ms !== undefined);
  if (signs.length === 0)
    return [{ code: 'TOO_YOUNG', sentence: 'it is unfinished, and nobody knows since when' }];
  const newestMs = Math.max(...signs);
  const goesMs = newestMs + settings.keepUnfinishedMs;
  if (goesMs <= nowMs) return [];
  const goesAt = new Date(goesMs).toISOString();
  return [
    {
      code: 'TOO_YOUNG',
      sentence: `it is unfinished, its last sign of life is of ${new Date(newestMs).toISOString()}, and it goes at ${goesAt}`,
    },
  ];
}

function endOf(run: SnapshotRun | undefined): number | undefined {
  if (run?.state === 'complete' || run?.state === 'failed') return run.endedMs;
  return run?.state === 'expired' ? run.deletedMs : undefined;
}

function stepOf(
  { window }: SnapshotQuestion,
  { name, state, backupTs }: SnapshotFacts,
  contents: FolderContents | undefined,
): RetentionStep {
  const folder = folderName(name);
  if (state.kind === 'complete') {
    const rule = `it is of ${formatTs(backupTs)}, the window begins at ${formatTs(window.from)}, and a newer base is kept for its beginning`;
    return { kind: 'delete-snapshot', folder, backupTs, reasons: [rule], ...sizeOf(contents) };
  }
  const rule = `${snapshotLabel(folder)} is what a dead run left: it was never completed, or is the rest of a snapshot that was deleted`;
  return { kind: 'delete-unfinished', folder, reasons: [rule], ...sizeOf(contents) };
}
