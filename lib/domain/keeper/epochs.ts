// The epochs of the log: one unbroken life in one folder each. A task that writes to another folder begins a new one; one that goes
// on in its folder does not, because br starts it where the log ended (FACTS §2.3). Decides nothing but names.

import type { KeeperEpoch, KeeperRecord } from '../state/keeper-record.ts';
import { runId } from '../state/run-identity.ts';
import type { KeeperFacts } from './keeper-facts.ts';

/** An epoch a day for half a year: more would be another fault. */
const mostKept = 200;

/** The epochs with what this look tells: whoever started the task. */
export function epochsAt(
  { task, ours, path }: KeeperFacts,
  history: KeeperRecord | undefined,
  nowMs: number,
): readonly KeeperEpoch[] {
  const before = history?.epochs ?? [];
  const last = before.at(-1);
  if (ours === undefined || path === '' || last?.path === path) return before;
  const startTs = 'startTs' in task ? task.startTs : ours.startTs;
  const begun: KeeperEpoch = { path, startTs, sinceMs: nowMs, endTs: null, endedMs: null, why: '' };
  if (last === undefined || history === undefined) return [begun];
  const endTs = history.progress?.checkpointTs ?? last.startTs;
  const ended: KeeperEpoch = { ...last, endTs, endedMs: nowMs, why: whyEnded(history) };
  return [...before.slice(0, -1), ended, begun].slice(-mostKept);
}

function whyEnded({ state, reason }: KeeperRecord): string {
  if (reason !== '') return reason;
  return `the task was ${state}, and another one was started in another folder`;
}

/** The folder of a new epoch: `log-backup/epoch-20261122120000`. */
export function epochFolder(root: string, nowMs: number): string {
  return `${root}/epoch-${runId(nowMs)}`;
}

/** Whether a folder is the root or one of its epochs. */
export function isLogFolder(root: string, path: string): boolean {
  return path === root || (path.startsWith(`${root}/`) && /^epoch-\d{14}$/.test(path.slice(root.length + 1)));
}
