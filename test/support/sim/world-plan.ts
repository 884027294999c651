// What a seed draws before its world begins: how long it lasts, which version and settings the cluster has, how its stores flush, how
// busy it is, and what goes wrong.

import { drawFaults, type FaultPlan } from '../../../lib/sim/faults.ts';
import { SeededRandom } from '../../../lib/sim/seeded-random.ts';
import type { SimClusterOptions } from '../../../lib/sim/sim-cluster.ts';
import type { WorkloadOptions } from '../../../lib/sim/workload.ts';

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
  readonly version: string;
  readonly flushing: SimClusterOptions['flushing'];
  readonly storeCount: number;
  readonly faults: FaultPlan;
  /** Troubles, schedules and restores end then; what is under way comes to its end afterwards. */
  readonly quietFromMs: number;
  readonly workload: Pick<WorkloadOptions, 'steps' | 'restMs' | 'long'>;
  /** Moments at which a person restores something. */
  readonly restoresMs: readonly number[];
  /** Moments at which a person pins something. */
  readonly pinsMs: readonly number[];
  /** A person who looks after the task when it is in error, so many ms later. */
  readonly personHealsAfterMs: number;
}

export interface PlanOptions {
  /** Days of trouble; drawn when not given. */
  readonly days?: number;
}

export function drawPlan(seed: number, options: PlanOptions = {}): WorldPlan {
  const random = new SeededRandom(seed ^ 0x5eed);
  const days = options.days ?? (random.chance(4) ? 14 : random.pick([1, 1, 2, 2, 3, 3, 4, 7]));
  const quietFromMs = worldStartMs + days * day;
  const span = { fromMs: worldStartMs + hour, untilMs: quietFromMs };
  const { version, names } = random.pick(versions);
  const steps = random.between(40, 40 + 30 * days);
  const restMs = [minute, Math.floor((5 * (days + 1) * day) / steps)] as const;
  // A long transaction holds back the checkpoint, and values that begin before a cut are needed after it.
  const long = { percent: random.pick([5, 15, 40]), mostMs: random.pick([2, 8, 25]) * minute };
  return {
    seed,
    version,
    settings: settingsOf(random, version),
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

function settingsOf(random: SeededRandom, version: string): string {
  const schedule = random.pick(['rate(4 hours)', 'rate(12 hours)', 'every day at 03:00', 'rate(7 hours)']);
  const window = random.pick(['6h', '12h', '24h', '3d']);
  return `
version: 1
clusters:
  - name: ${clusterName}
    tidbVersion: ${version}
    pd: [${ownPd}]
    bucket: { name: sim-bucket, prefix: backups, region: us-east-1 }
    runner: { kind: local, brPath: /br }
    policy:
      snapshot: { schedule: '${schedule}', onOverlap: ${random.pick(['skip', 'wait'])} }
      retention:
        window: ${window}
        minBases: ${random.between(1, 3)}
        coolOff: ${random.pick(['0s', '1h', '12h'])}
        keepUnfinished: ${random.pick(['1h', '12h'])}
      onFailure: { retries: ${random.between(0, 3)}, backoff: 1m, maxBackoff: ${random.pick(['3m', '30m'])} }
`;
}
