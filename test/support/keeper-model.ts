// A small model of a log backup task for the keeper to live with: storage that breaks, a TiDB that goes, garbage collection with safe
// points, people with br, and br itself, minute by minute. Three hours of held history stand for the real day.

import type { KeeperAct } from '../../lib/domain/keeper/keeper-facts.ts';
import type { TaskChange } from '../../lib/domain/state/task-change.ts';
import { minute } from './keeper-stage.ts';

export const modelEvents = [
  'storage breaks',
  'storage is good',
  'TiDB goes',
  'TiDB is back',
  'a restore begins',
  'a restore ends',
  'br breaks',
  'br works',
  'a person pauses',
  'a person resumes',
  'a person stops',
  'another task is started',
  'another task is stopped',
  'TiDB pauses for lag by mistake',
] as const;
export type ModelEvent = (typeof modelEvents)[number];

const holdMs = 180 * minute;
const gcLifeMs = 10 * minute;

export interface ModelTask {
  readonly name: string;
  readonly path: string;
  readonly startMs: number;
  savedMs: number;
  pause: 'nobody' | 'person' | 'system';
  pausedMs: number;
  error: string;
}

export class TaskModel {
  nowMs: number;
  task: ModelTask | undefined;
  isStorageGood = true;
  isTidbThere = true;
  isRestoring = false;
  isBrGood = true;
  /** TiDB paused it beside the safe point of a resume, and before 8.5.5: nobody can tell it from a person's pause. */
  isDoubtful = false;
  gcMs = 0;
  changes: TaskChange[] = [];
  movedMs: number;
  #badMinutes = 0;
  readonly isSigned: boolean;
  readonly points = new Map<string, { readonly ms: number; readonly expiresMs: number }>();
  readonly saved = new Map<string, number>();

  /** `isSigned`: 8.5.5 and later, where a pause tells its author. */
  constructor(nowMs: number, isSigned: boolean) {
    this.nowMs = nowMs;
    this.movedMs = nowMs;
    this.isSigned = isSigned;
  }

  get open(): TaskChange | undefined {
    return this.changes.find(({ state }) => state === 'planned');
  }

  /** Ours, and not halted. */
  get isRunning(): boolean {
    return this.task?.name === 'pitr' && this.task.pause === 'nobody';
  }

  happen(event: ModelEvent): void {
    switch (event) {
      case 'storage breaks':
      case 'storage is good':
        this.isStorageGood = event === 'storage is good';
        return;
      case 'TiDB goes':
      case 'TiDB is back':
        this.isTidbThere = event === 'TiDB is back';
        return;
      case 'a restore begins':
      case 'a restore ends':
        this.isRestoring = event === 'a restore begins';
        return;
      case 'br breaks':
      case 'br works':
        this.isBrGood = event === 'br works';
        return;
      case 'a person pauses':
        if (this.isRunning && this.gcMs < this.#savedOfTask()) this.#pause('person', '');
        return;
      case 'a person resumes':
        this.#resume();
        return;
      case 'a person stops':
        this.#stop();
        return;
      case 'another task is started':
        if (this.task === undefined) this.task = this.#begun('other', 'elsewhere', this.nowMs);
        return;
      case 'another task is stopped':
        if (this.task?.name === 'other') this.task = undefined;
        return;
      case 'TiDB pauses for lag by mistake':
        if (!this.isRunning || !this.isTidbThere) return;
        this.#pause('system', '');
        this.isDoubtful =
          !this.isSigned && (this.points.get('pitr_pause_safepoint')?.expiresMs ?? 0) > this.nowMs;
        return;
      default:
        event satisfies never;
    }
  }

  /** A minute later: br is through, the log goes on or breaks, garbage is collected. */
  tick(): void {
    this.nowMs += minute;
    const open = this.open;
    if (open !== undefined && this.nowMs - open.plannedMs >= 2 * minute) this.#carryOut(open);
    const { task } = this;
    if (task !== undefined && this.isRunning) {
      this.#badMinutes = this.isStorageGood ? 0 : this.#badMinutes + 1;
      if (this.#badMinutes >= 3) this.#pause('system', 'I/O Error: connection refused');
      else if (this.isStorageGood && this.isTidbThere) this.#advance(task);
    }
    if (this.isTidbThere && Math.floor(this.nowMs / minute) % 10 === 0) this.#collect();
  }

  #advance(task: ModelTask): void {
    const savedMs = Math.max(task.savedMs, this.nowMs - 2 * minute);
    if (savedMs > task.savedMs) this.movedMs = this.nowMs;
    task.savedMs = savedMs;
    this.saved.set(task.path, savedMs);
    this.points.set('log-backup-coordinator', { ms: savedMs, expiresMs: this.nowMs + holdMs });
    this.points.set('backup-stream-pitr-1', { ms: savedMs, expiresMs: this.nowMs + holdMs / 12 });
  }

  #collect(): void {
    const holding = [...this.points.values()]
      .filter(({ expiresMs }) => expiresMs > this.nowMs)
      .map(({ ms }) => ms - 1);
    this.gcMs = Math.max(this.gcMs, Math.min(this.nowMs - gcLifeMs, ...holding));
  }

  #pause(by: 'person' | 'system', error: string): void {
    const { task } = this;
    if (task === undefined) return;
    task.pause = by;
    task.pausedMs = this.nowMs;
    task.error = error;
    this.#badMinutes = 0;
    const id = by === 'person' ? 'pitr_pause_safepoint' : 'pitr-1-pause-guard';
    if (by === 'person' || error !== '') {
      this.points.set(id, { ms: task.savedMs, expiresMs: this.nowMs + holdMs });
    }
  }

  /** The code that br fails with; empty when it did it. */
  #resume(): string {
    const { task } = this;
    if (task?.name !== 'pitr' || task.pause === 'nobody') return 'TASK_EXISTS';
    if (this.gcMs >= task.savedMs) return 'GC_PASSED';
    task.pause = 'nobody';
    task.error = '';
    this.isDoubtful = false;
    this.movedMs = this.nowMs;
    this.points.set('pitr_pause_safepoint', { ms: task.savedMs, expiresMs: this.nowMs + holdMs / 48 });
    return '';
  }

  #stop(): string {
    if (this.task?.name !== 'pitr') return 'TASK_MISSING';
    this.task = undefined;
    this.isDoubtful = false;
    this.points.delete('pitr_pause_safepoint');
    this.points.delete('log-backup-coordinator');
    return '';
  }

  #start(path: string): string {
    if (this.task !== undefined) return 'TASK_EXISTS';
    if (this.isRestoring) return 'BR_LOCKED';
    if (!this.isStorageGood) return 'STORAGE_UNAVAILABLE';
    const fromMs = this.saved.get(path) ?? this.nowMs;
    if (this.gcMs >= fromMs) return 'GC_PASSED';
    this.task = this.#begun('pitr', path, fromMs);
    this.points.set('br-1', { ms: fromMs, expiresMs: this.nowMs + holdMs / 48 });
    return '';
  }

  #begun(name: string, path: string, startMs: number): ModelTask {
    this.movedMs = this.nowMs;
    return { name, path, startMs, savedMs: startMs, pause: 'nobody', pausedMs: 0, error: '' };
  }

  plan({ id, action, task, path, why }: Extract<KeeperAct, { readonly kind: 'change' }>): void {
    const change = { shape: 'task-change/v1', cluster: 'shop', id, action, task, path, startTs: 0n } as const;
    const planned: TaskChange = { ...change, state: 'planned', plannedMs: this.nowMs, why };
    this.changes = [planned, ...this.changes].slice(0, 60);
  }

  #carryOut({ shape, cluster, id, action, task, path, startTs, plannedMs, why }: TaskChange): void {
    const code = this.isBrGood ? this.#run(action, path) : 'BR_FAILED';
    const change = { shape, cluster, id, action, task, path, startTs, plannedMs, why };
    const ended: TaskChange =
      code === ''
        ? { ...change, state: 'done', endedMs: this.nowMs, seen: 'as the model says' }
        : {
            ...change,
            state: 'failed',
            endedMs: this.nowMs,
            attempt: 1,
            failure: { code, message: `br: ${code}`, hint: '' },
          };
    this.changes = this.changes.map((one) => (one.id === id ? ended : one));
  }

  #run(action: TaskChange['action'], path: string): string {
    if (action === 'start') return this.#start(path);
    return action === 'stop' ? this.#stop() : this.#resume();
  }

  #savedOfTask(): number {
    return this.task?.savedMs ?? 0;
  }
}
