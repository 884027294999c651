// Fires schedules on one machine as EventBridge Scheduler does on AWS, and makes up for what was missed while the machine was off:
// the newest firing once, told as late. Each schedule goes by itself, so that a long work delays no other.

import { formatSchedule, type Schedule } from '../config/schedule.ts';
import { type FiringLog, openFiringLog } from './firing-log.ts';
import { firingsOf, type NextFiring, newestFiring } from './firings.ts';
import type { LocalClock } from './local-clock.ts';

export interface Firing {
  /** The moment that it is for, Unix ms: what is made of it is named by this, so that a second try is the same work. */
  readonly dueMs: number;
  /** How long after that it is told. */
  readonly lateMs: number;
  /** More than a minute, the precision of AWS: the machine was off, an earlier firing took long, or a try failed. */
  readonly isLate: boolean;
}

export interface ScheduledWork {
  /** Unique, and the same after a restart: `shop/take-snapshot`. */
  readonly name: string;
  readonly schedule: Schedule;
  /** IANA name. */
  readonly zone: string;
  /** Never called twice at once. A firing counts as done when this resolves; when it rejects, it is tried again. */
  readonly fire: (firing: Firing) => Promise<void>;
}

export interface SchedulerOptions {
  /** The SQLite file of what was fired. */
  readonly path: string;
  readonly clock: LocalClock;
  readonly works: readonly ScheduledWork[];
  /** Told of each try that failed, and when it will be tried again, and of faults of the file. */
  readonly onFailure: (name: string, error: unknown, againMs: number) => void;
}

const minuteMs = 60_000;
/** A sleeping machine stops its timers: so long at most a firing is noticed late. */
const longestNapMs = 10 * minuteMs;
/** Between tries of a firing that failed: doubled each time, up to this, or to the next firing, which takes its place. */
const longestPauseMs = 60 * minuteMs;

/** Opens the file, or makes it, and begins at once. Errors: as of the file. */
export function openScheduler(options: SchedulerOptions): Scheduler {
  return new Scheduler(options, openFiringLog(options.path));
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #log: FiringLog;
  readonly #closing = new AbortController();
  readonly #loops: readonly Promise<void>[];

  constructor(options: SchedulerOptions, log: FiringLog) {
    this.#options = options;
    this.#log = log;
    this.#loops = options.works.map((work) => this.#follow(work));
  }

  /** No further firings; resolves when those under way have ended. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#loops);
    this.#log.close();
  }

  async #follow(work: ScheduledWork): Promise<void> {
    const { clock, onFailure } = this.#options;
    const { signal } = this.#closing;
    let failures = 0;
    let plan: Plan | undefined;
    while (!signal.aborted) {
      try {
        plan ??= this.#planOf(work);
        await clock.sleep(await this.#fireOrNap(work, plan), signal);
        failures = 0;
      } catch (error) {
        const nowMs = clock.nowMs();
        const newerMs = plan?.next(nowMs) ?? Number.POSITIVE_INFINITY;
        const againMs = Math.min(newerMs, nowMs + Math.min(longestPauseMs, minuteMs * 2 ** failures));
        failures = againMs === newerMs ? 0 : failures + 1;
        onFailure(work.name, error, againMs);
        await clock.sleep(againMs - nowMs, signal);
      }
    }
  }

  #planOf({ name, schedule, zone }: ScheduledWork): Plan {
    const nowMs = this.#options.clock.nowMs();
    const { anchorMs, lastMs } = this.#log.keep(name, `${formatSchedule(schedule)} ${zone}`, nowMs);
    const next = firingsOf(schedule, zone, anchorMs);
    return { next, lastMs, upcomingMs: next(lastMs) };
  }

  /** Fires what is due, if anything is; how long to sleep then. */
  async #fireOrNap({ name, fire }: ScheduledWork, plan: Plan): Promise<number> {
    const nowMs = this.#options.clock.nowMs();
    const upcomingMs = plan.upcomingMs ?? Number.POSITIVE_INFINITY;
    if (upcomingMs > nowMs) return Math.min(longestNapMs, upcomingMs - nowMs);
    const dueMs = newestFiring(plan.next, plan.lastMs, nowMs) ?? upcomingMs;
    const lateMs = nowMs - dueMs;
    await fire({ dueMs, lateMs, isLate: lateMs > minuteMs });
    this.#log.done(name, dueMs);
    plan.lastMs = dueMs;
    plan.upcomingMs = plan.next(dueMs);
    return 0;
  }
}

/** How far a schedule has come. */
interface Plan {
  readonly next: NextFiring;
  lastMs: number;
  upcomingMs: number | undefined;
}
