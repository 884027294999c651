// What a seed draws before its world begins: how long it lasts, which version and settings the cluster has, how its stores flush, how
// busy it is, and what goes wrong.

import { drawFaults, type FaultPlan } from '../../../lib/sim/faults.ts';
import { SeededRandom } from '../../../lib/sim/seeded-random.ts';
import type { SimClusterOptions } from '../../../lib/sim/sim-cluster.ts';
import { usualWorkload, type WorkloadOptions } from '../../../lib/sim/workload.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
export const worldStartMs = Date.UTC(2026, 5, 1);
export const bucketPath = 'sim-bucket/backups';
export const clusterName = 'shop';
export const ownPd = '10.0.0.1:2379';

/** Versions that differ in what the simulator shows: names of metas, form of a pause, owners of locks. */
const versions = [
  { version: 'v7.5.4', names: ['decimal'] },
  { version: 'v8.5.4', names: ['hex'] },
  { version: 'v8.5.5', names: ['hex', 'synthetic'] },
  { version: 'v8.5.6', names: ['tagged'] },
  { version: 'v9.0.0', names: ['flagged'] },
] as const;

export interface WorldPlan {
  readonly seed: number;
  readonly settings: string;
  /** By which name the log task goes, and where its first epoch lies. */
  readonly logTask: { readonly name: string; readonly folder: string };
  /** Somebody started it before the control plane came. */
  readonly isLogThere: boolean;
  readonly version: string;
  readonly flushing: SimClusterOptions['flushing'];
  readonly storeCount: number;
  readonly faults: FaultPlan;
  /** Troubles, schedules and restores end then; what is under way comes to its end afterwards. */
  readonly quietFromMs: number;
  readonly workload: Pick<WorkloadOptions, 'steps' | 'restMs' | 'long'>;
  /** Moments at which a person restores something. */
  readonly restoresMs: readonly number[];
  /** Moments at which people pin something, release a pin, refuse a plan of the retention, and cut the log by hand. */
  readonly pinsMs: readonly number[];
  readonly unpinsMs: readonly number[];
  readonly vetoesMs: readonly number[];
  readonly cutsMs: readonly number[];
  /** Moments at which an object of a snapshot is damaged, or goes. */
  readonly damagesMs: readonly number[];
  /** Settings that are deployed in the middle, in order. */
  readonly policies: readonly { readonly atMs: number; readonly settings: string }[];
  /** A person who looks after the task when it is in error, so many ms later. */
  readonly personHealsAfterMs: number;
}

/** What can happen happens in a day or two; the long worlds are for what only time brings, and cost as much as all others together. */
const usualDays = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 5, 7] as const;

export interface PlanOptions {
  /** Days of trouble; drawn when not given. */
  readonly days?: number;
  /** A log task that is there before the control plane; without it the keeper starts its own. */
  readonly logTask?: WorldPlan['logTask'];
}

export function drawPlan(seed: number, options: PlanOptions = {}): WorldPlan {
  const random = new SeededRandom(seed ^ 0x5eed);
  const days = options.days ?? (random.chance(1) ? 14 : random.pick(usualDays));
  const quietFromMs = worldStartMs + days * day;
  const span = { fromMs: worldStartMs + hour, untilMs: quietFromMs };
  const { version, names } = random.pick(versions);
  const steps = random.between(40, 40 + 30 * days);
  const restMs = [minute, Math.floor((5 * (days + 1) * day) / steps)] as const;
  // A long transaction holds back the checkpoint, and values that begin before a cut are needed after it.
  const settings = settingsOf(random, version);
  const long = { percent: random.pick([5, 15, 40]), mostMs: random.pick([2, 8, 25]) * minute };
  return {
    seed,
    logTask: options.logTask ?? { name: 'pitr', folder: 'log-backup' },
    isLogThere: options.logTask !== undefined,
    version,
    settings: settings(retentionOf(random)),
    flushing: {
      // TiKV's own is three minutes; ten without a move count as standing still.
      flushEveryMs: random.pick([3, 6, 8]) * minute,
      regionCount: random.between(1, 4),
      regions: random.between(1, 2),
      names,
      oldMetas: false,
      filesPerObject: random.pick([1, 5, 100]),
      // What compression can break is the matter of other tests, and it costs more than all else of a flush.
      plainPercent: 80,
    },
    storeCount: random.between(1, 3),
    faults: drawFaults(random, span),
    quietFromMs,
    workload: { steps, restMs, long },
    restoresMs: drawTimes(random, 1 + days, span),
    pinsMs: drawTimes(random, 1 + Math.ceil(days / 2), span),
    unpinsMs: drawTimes(random, 1 + Math.ceil(days / 2), span),
    vetoesMs: drawTimes(random, 1 + Math.ceil(days / 2), span),
    cutsMs: drawTimes(random, 1 + days, span),
    damagesMs: random.chance(30) ? drawTimes(random, 1 + Math.ceil(days / 2), span) : [],
    policies: drawTimes(random, random.chance(40) ? 1 + days : 1, span).map((atMs) => ({
      atMs,
      settings: settings(retentionOf(random)),
    })),
    personHealsAfterMs: random.pick([30 * minute, 3 * hour, 12 * hour]),
  };
}

function drawTimes(
  random: SeededRandom,
  limit: number,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
): readonly number[] {
  const times = Array.from({ length: random.below(limit) }, () => random.between(fromMs, untilMs));
  return times.sort((a, b) => a - b);
}

/** The settings with one retention or another. */
function settingsOf(random: SeededRandom, version: string): (retention: string) => string {
  const schedule = random.pick(['rate(4 hours)', 'rate(12 hours)', 'every day at 03:00', 'rate(7 hours)']);
  const onOverlap = random.pick(['skip', 'wait']);
  const retries = random.between(0, 3);
  const maxBackoff = random.pick(['3m', '30m']);
  return (retention) => `
version: 1
clusters:
  - name: ${clusterName}
    tidbVersion: ${version}
    pd: [${ownPd}]
    bucket: { name: sim-bucket, prefix: backups, region: us-east-1 }
    runner: { kind: local, brPath: /br }
    policy:
      snapshot: { schedule: '${schedule}', onOverlap: ${onOverlap} }
      retention: ${retention}
      onFailure: { retries: ${retries}, backoff: 1m, maxBackoff: ${maxBackoff} }
`;
}

function retentionOf(random: SeededRandom): string {
  const window = random.pick(['6h', '12h', '24h', '3d']);
  const coolOff = random.pick(['0s', '1h', '12h']);
  const keepUnfinished = random.pick(['1h', '12h']);
  const engine = random.pick(['br', 'native']);
  return `{ window: ${window}, minBases: ${random.between(1, 3)}, coolOff: ${coolOff}, keepUnfinished: ${keepUnfinished}, engine: ${engine} }`;
}

/** The life of the database of a world. */
export function workloadOf({ workload }: WorldPlan) {
  return {
    ...usualWorkload,
    startMs: worldStartMs - 30 * minute,
    ...workload,
    ddlPercent: 10,
    rowsPerTransaction: 4,
    dropsForGood: true,
  };
}
