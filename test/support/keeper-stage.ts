// What tests of the keeper give it: settings with everything allowed, the facts of a recorded or built situation, and a history that
// grows from look to look.

import { factsOfLook, type KeeperRuns } from '../../lib/domain/keeper/facts-of-look.ts';
import { keep } from '../../lib/domain/keeper/keeper.ts';
import type { KeeperDecision, KeeperFacts, KeeperSettings } from '../../lib/domain/keeper/keeper-facts.ts';
import {
  decideLogTask,
  type LogTaskSight,
  type OurTask,
} from '../../lib/domain/log-task/log-task-decision.ts';
import type { KeeperRecord } from '../../lib/domain/state/keeper-record.ts';
import type { LogTaskState } from '../../lib/domain/state/log-task-state.ts';
import type { TaskChange } from '../../lib/domain/state/task-change.ts';
import { RecordedCluster } from './recorded-cluster.ts';
import { shopTask } from './recorded-log-tasks.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const keeperNow = Date.UTC(2026, 10, 22, 4, 26);

export const keeperSettings: KeeperSettings = {
  cluster: 'shop',
  isWanted: true,
  taskName: 'pitr',
  folder: 'log-backup',
  startsIn: 'log-backup',
  pd: ['http://10.0.1.11:2379'],
  heals: true,
  attemptsPerHour: 6,
  onStop: 'restart',
  onLoss: 'epoch',
  rpoMs: 10 * minute,
  rtoMs: undefined,
  snapshotsEarly: false,
  snapshotEveryMs: 48 * hour,
  goesOnInPlace: true,
  pausesForLag: true,
  needsAdvancer: true,
};

export const noRuns: KeeperRuns = { changes: [], snapshots: [], truncations: [], restores: [] };

export async function recordedSight(
  situation: string,
  more: Partial<LogTaskSight> = {},
): Promise<LogTaskSight> {
  const cluster = new RecordedCluster(situation, { nowMs: () => keeperNow });
  const { logBackup, safePoints } = await cluster.observe();
  const nothing = { objectsTs: undefined, standsSinceMs: undefined, lastOursTs: undefined };
  return { logBackup, safePoints, serverMs: keeperNow, ...nothing, ...more };
}

/** A keeper with its memory: each look is one minute, as observe would give it. */
export class KeeperLife {
  nowMs: number;
  settings: KeeperSettings;
  history: KeeperRecord | undefined;
  task: LogTaskState | undefined;
  runs: KeeperRuns = noRuns;
  more: Partial<KeeperFacts> = {};
  readonly decisions: KeeperDecision[] = [];

  constructor(settings: Partial<KeeperSettings> = {}, nowMs = keeperNow) {
    this.settings = { ...keeperSettings, ...settings };
    this.nowMs = nowMs;
  }

  look(sight: LogTaskSight, own: OurTask = shopTask): KeeperDecision {
    const at = { ...sight, serverMs: this.nowMs };
    this.task = decideLogTask(at, this.task, own, this.nowMs);
    const path =
      'checkpointTs' in this.task && this.task.state !== 'stopped' ? pathOf(this.task.storage) : '';
    const look = {
      sight: at,
      state: this.task,
      own,
      path,
      adopted: null,
      stores: [],
      bucketProblem: '',
      measured: undefined,
    };
    const decision = keep(
      { ...factsOfLook(look, this.runs), ...this.more },
      this.history,
      this.settings,
      this.nowMs,
    );
    this.history = decision.record;
    this.decisions.push(decision);
    return decision;
  }

  /** Looks every minute for so long; gives what was done, with when. */
  watch(sight: LogTaskSight, minutes: number, own: OurTask = shopTask): readonly Done[] {
    const done: Done[] = [];
    for (let count = 0; count < minutes; count++) {
      this.nowMs += minute;
      const { act } = this.look(sight, own);
      if (act === undefined) continue;
      done.push({
        minute: count + 1,
        what: act.kind === 'change' ? act.action : 'snapshot',
        path: act.kind === 'change' ? act.path : '',
      });
      if (act.kind === 'change') this.plan(act);
    }
    return done;
  }

  /** The change as it stands before its flow began. */
  plan(act: Extract<NonNullable<KeeperDecision['act']>, { readonly kind: 'change' }>): void {
    const { id, action, task, path, why } = act;
    const change: TaskChange = {
      shape: 'task-change/v1',
      state: 'planned',
      cluster: 'shop',
      id,
      action,
      task,
      path,
      startTs: 0n,
      plannedMs: this.nowMs,
      why,
    };
    this.runs = { ...this.runs, changes: [change, ...this.runs.changes] };
  }

  /** The open change ends; without a code it did what it was for, as far as PD says. */
  end(code = ''): void {
    const [open, ...rest] = this.runs.changes;
    if (open === undefined) throw new Error('no change is open');
    const { shape, cluster, id, action, task, path, startTs, plannedMs, why } = open;
    const change = { shape, cluster, id, action, task, path, startTs, plannedMs, why };
    const ended: TaskChange =
      code === ''
        ? { ...change, state: 'done', endedMs: this.nowMs, seen: 'as a test says' }
        : {
            ...change,
            state: 'failed',
            endedMs: this.nowMs,
            attempt: 1,
            failure: { code, message: `br said ${code}`, hint: '' },
          };
    this.runs = { ...this.runs, changes: [ended, ...rest] };
  }

  /** Titles of all messages so far. */
  titles(): readonly string[] {
    return this.decisions.flatMap(({ messages }) => messages.map(({ title }) => title));
  }
}

interface Done {
  readonly minute: number;
  readonly what: string;
  readonly path: string;
}

/** `…/log-backup` or `…/log-backup/epoch-…`. */
export function pathOf(url: string): string {
  return /log-backup(?:\/epoch-\d{14})?(?=\/?$)/.exec(url)?.[0] ?? 'log-backup';
}
