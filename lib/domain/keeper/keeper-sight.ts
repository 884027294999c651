// The state of the log backup task as its keeper sees it: from the look, what it knew before, and the changes that are under way.
// A state, its cause and its reason; what is done about it is decided in keeper-acts.ts.

import { type Fuse, fuseAt, fuseOf } from '../log-task/fuse.ts';
import { standsTooLongMs } from '../log-task/log-task-standstill.ts';
import type { KeeperCauseName, KeeperRecord, KeeperStateName } from '../state/keeper-record.ts';
import type { TaskChange } from '../state/task-change.ts';
import { formatTs, msOfTs } from '../ts.ts';
import { causeOf } from './cause.ts';
import type { KeeperFacts, KeeperSettings } from './keeper-facts.ts';
import { isHalted, isWell } from './keeper-state.ts';
import { pauseAuthor } from './pause-author.ts';

export interface KeeperSight {
  readonly state: KeeperStateName;
  readonly cause: KeeperCauseName;
  readonly reason: string;
  readonly pausedBy: KeeperRecord['pausedBy'];
  readonly progress: KeeperRecord['progress'];
  readonly waitsForTs: bigint | null;
  readonly aliveMs: number | null;
  /** Undefined where there is no log to hold history for. */
  readonly fuse: Fuse | undefined;
}

/** `nowMs`: by our clock, when PD was asked. */
export function sightOf(
  facts: KeeperFacts,
  history: KeeperRecord | undefined,
  settings: KeeperSettings,
  nowMs: number,
): KeeperSight {
  const pausedBy = pauseAuthor(facts, history, settings);
  const progress = progressOf(facts, history, nowMs);
  const waitsForTs = waitsFor(facts, history);
  const fuse = fuseOfLog(facts);
  const isAlive = facts.task.state === 'running' || facts.task.state === 'stuck';
  const aliveMs = isAlive ? nowMs : (history?.aliveMs ?? null);
  const known = { pausedBy, progress, waitsForTs, aliveMs, fuse };
  return { ...known, ...judged(facts, history, settings, known) };
}

type Judged = Pick<KeeperSight, 'state' | 'cause' | 'reason'>;
type Known = Omit<KeeperSight, keyof Judged>;

function judged(
  facts: KeeperFacts,
  history: KeeperRecord | undefined,
  settings: KeeperSettings,
  known: Known,
): Judged {
  const { task } = facts;
  const loss = lossOf(facts, history, known.fuse);
  switch (task.state) {
    case 'none':
      return well(openChange(facts.changes)?.action === 'start' ? 'starting' : 'none');
    case 'foreign':
      return { state: 'replaced', cause: 'none', reason: task.reason };
    case 'stopped':
      if (loss !== undefined) return lost(loss);
      if (openChange(facts.changes)?.action === 'start') return well('starting');
      return { state: 'stopped', cause: 'none', reason: 'PD has the task no more' };
    case 'running': {
      if (known.waitsForTs !== null) return well('starting');
      const lagMs = facts.serverMs - msOfTs(task.checkpointTs);
      if (lagMs <= settings.rpoMs) return well('healthy');
      return { state: 'lagging', cause: 'none', reason: 'the log is further behind than objectives.rpo' };
    }
    case 'stuck':
      if (loss !== undefined) return lost(loss);
      return { state: 'frozen', cause: causeOfStandstill(facts, settings), reason: task.reason };
    case 'paused':
    case 'failed':
      if (loss !== undefined) return lost(loss);
      return halted(facts, known.pausedBy);
    default:
      return task satisfies never;
  }
}

const well = (state: KeeperStateName): Judged => ({ state, cause: 'none', reason: '' });
const lost = (reason: string): Judged => ({ state: 'lost', cause: 'none', reason });

function halted(facts: KeeperFacts, pausedBy: KeeperRecord['pausedBy']): Judged {
  const { task, ours } = facts;
  if (task.state !== 'paused' && task.state !== 'failed') return well('none');
  const words = task.state === 'paused' ? task.message : task.stores.map(wordsOf).join('; ');
  if (pausedBy === 'person') return { state: 'paused-by-person', cause: 'none', reason: words };
  const errors = task.state === 'failed' ? (ours?.storeErrors ?? []) : [];
  const pauseWords = ours?.state.kind === 'error' ? ours.state.pause.message : words;
  const said = [...errors, ...(pauseWords === '' ? [] : [{ code: '', message: pauseWords }])];
  // Before 8.5.5 TiDB leaves no word, and nobody but TiDB pauses without one.
  const cause = said.length === 0 ? 'lag-limit' : causeOf({ said, bucketProblem: facts.bucketProblem });
  return { state: errors.length > 0 ? 'error' : 'paused-by-system', cause, reason: words };
}

function wordsOf(store: {
  readonly storeId: bigint;
  readonly code: string;
  readonly message: string;
}): string {
  const who = store.storeId === 0n ? '' : `store ${store.storeId}: `;
  return `${who}${[store.code, store.message].filter((part) => part !== '').join(' ')}`;
}

function causeOfStandstill(facts: KeeperFacts, settings: KeeperSettings): KeeperCauseName {
  if (settings.needsAdvancer && facts.advancers === 0) return 'no-advancer';
  const persisted = facts.ours?.checkpoints.persisted;
  const { objectsTs } = facts;
  if (persisted !== undefined && objectsTs !== undefined) {
    if (msOfTs(persisted) - msOfTs(objectsTs) > standsTooLongMs) return 'objects-missing';
  }
  return causeOf({ said: facts.ours?.storeErrors ?? [], bucketProblem: facts.bucketProblem });
}

/** The newest checkpoint of the life that is seen; of none, what was known. */
function progressOf(
  { task, ours }: KeeperFacts,
  history: KeeperRecord | undefined,
  nowMs: number,
): KeeperRecord['progress'] {
  const before = history?.progress ?? null;
  if (ours === undefined || !('checkpointTs' in task)) return before;
  const { startTs, checkpointTs } = task;
  if (before === null || before.startTs !== startTs) return { startTs, checkpointTs, movedMs: nowMs };
  return checkpointTs > before.checkpointTs ? { startTs, checkpointTs, movedMs: nowMs } : before;
}

/** Whoever started or resumed it: it counts once its checkpoint moves. null: it does, or it is not running. */
function waitsFor({ task }: KeeperFacts, history: KeeperRecord | undefined): bigint | null {
  if (task.state !== 'running' && task.state !== 'stuck') return null;
  const { startTs, checkpointTs } = task;
  const before = history?.progress?.startTs === startTs ? history : undefined;
  if (before === undefined) return checkpointTs > startTs ? null : checkpointTs;
  if (before.waitsForTs !== null) return checkpointTs > before.waitsForTs ? null : before.waitsForTs;
  if (isWell(before.state) || before.state === 'frozen') return null;
  return checkpointTs > (before.progress?.checkpointTs ?? startTs) ? null : checkpointTs;
}

function fuseOfLog({ task, ours, safePoints, serverMs }: KeeperFacts): Fuse | undefined {
  if (ours !== undefined) return fuseOf(ours, safePoints, serverMs);
  return task.state === 'stopped' ? fuseAt(task.checkpointTs, false, safePoints, serverMs) : undefined;
}

/** Why the log of this life can never be made whole; undefined: it can, as far as is known. */
function lossOf(
  { task, changes }: KeeperFacts,
  history: KeeperRecord | undefined,
  fuse: Fuse | undefined,
): string | undefined {
  if (fuse?.kind === 'collected') {
    const { gcSafePoint, neededTs } = fuse;
    return `history was collected up to ${formatTs(gcSafePoint)}, and the log needs it from ${formatTs(neededTs)}`;
  }
  const isSameLife = 'startTs' in task && history?.progress?.startTs === task.startTs;
  if (history === undefined || !isSameLife) return undefined;
  if (history.state === 'lost' && task.state !== 'stuck') return history.reason;
  const last = history.attempts.at(-1);
  const change = last === undefined ? undefined : changes.find(({ id }) => id === last.id);
  if (change?.state !== 'failed' || change.failure.code !== 'GC_PASSED') return undefined;
  return isHalted(history.state) || history.state === 'starting' ? change.failure.message : undefined;
}

/** The one that is planned or running; there is never a second. */
export function openChange(changes: readonly TaskChange[]): TaskChange | undefined {
  return changes.find(({ state }) => state === 'planned' || state === 'running');
}
