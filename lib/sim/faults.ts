// What goes wrong in a simulated world, drawn from a seed before it begins: spans of trouble with their kinds, and the odds of what
// happens call by call. Does nothing by itself: the world carries it out.

import type { SeededRandom } from './seeded-random.ts';
import type { BrFault, BrKind } from './sim-br.ts';

export const troubleKinds = [
  /** TiKV cannot write to the bucket. */
  'storage-down-for-stores',
  /** Nobody can. */
  'storage-down',
  /** The functions get a 503 now and then. */
  'storage-throttles',
  /** PD cannot be reached from outside the cluster: functions and br. */
  'pd-hidden',
  /** PD is away for everybody. */
  'pd-down',
  /** No TiDB server. */
  'tidb-gone',
  /** The advancer stands, and PD calls the task normal. */
  'advancer-stuck',
  'store-lost',
  /** The table of state does not answer now and then, before or after it did what was asked. */
  'state-throttles',
  /** So does the platform that runs br. */
  'runner-throttles',
  /** No channel takes a message. */
  'channels-down',
  /** The storage keeps some of the objects that the functions delete. */
  'deletes-refused',
  /** The clock of the functions is wrong by up to an hour and a half. */
  'clock-wrong',
  /** A person pauses the task, and resumes it later. */
  'person-pauses',
  /** A person stops the task, and starts it again later. */
  'person-stops',
] as const;
export type TroubleKind = (typeof troubleKinds)[number];

export interface Trouble {
  readonly kind: TroubleKind;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Chances in a hundred of what may happen at each turn. */
export interface Odds {
  /** An invocation of a function dies at one of its calls. */
  readonly crash: number;
  /** A minute's look comes twice, at once. */
  readonly twice: number;
  /** A minute's look comes minutes late. */
  readonly late: number;
  /** The stream loses a signal, which the sweep finds. */
  readonly lost: number;
  /** A run of br goes wrong. */
  readonly br: number;
  /** The clock of the functions is off, for one invocation, by up to two minutes. */
  readonly clock: number;
}

export interface FaultPlan {
  /** By their begin. They may overlap. */
  readonly troubles: readonly Trouble[];
  readonly odds: Odds;
}

const minute = 60_000;
const hour = 60 * minute;
/** Troubles are short, long, or longer than history is held without anybody's help. */
const lengths: readonly (readonly [number, number])[] = [
  [minute, 10 * minute],
  [10 * minute, 2 * hour],
  [2 * hour, 12 * hour],
  [12 * hour, 72 * hour],
];

/** `calm` seeds have no trouble at all, and show what is wrong in peace. */
export function drawFaults(
  random: SeededRandom,
  span: { readonly fromMs: number; readonly untilMs: number },
): FaultPlan {
  const isCalm = random.chance(10);
  const days = Math.max(1, Math.round((span.untilMs - span.fromMs) / (24 * hour)));
  const count = isCalm ? 0 : random.between(0, 2 * days);
  const troubles = Array.from({ length: count }, () => drawTrouble(random, span));
  const odds = isCalm || random.chance(25) ? quiet : drawOdds(random);
  return { troubles: troubles.sort((a, b) => a.fromMs - b.fromMs), odds };
}

const quiet: Odds = { crash: 0, twice: 0, late: 0, lost: 0, br: 0, clock: 0 };

function drawOdds(random: SeededRandom): Odds {
  return {
    crash: random.pick([0, 1, 5, 15]),
    twice: random.pick([0, 2, 20]),
    late: random.pick([0, 2, 10]),
    lost: random.pick([0, 5, 50]),
    br: random.pick([0, 10, 40]),
    clock: random.pick([0, 2, 10]),
  };
}

function drawTrouble(
  random: SeededRandom,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
): Trouble {
  const kind = random.pick(troubleKinds);
  const [least, most] = lengths[Math.min(random.below(5), 3)] ?? [minute, hour];
  const begin = random.between(fromMs, untilMs);
  return { kind, fromMs: begin, untilMs: Math.min(untilMs, begin + random.between(least, most)) };
}

/** How a run of br goes wrong, or undefined. The first steps are where most is decided. */
export function drawBrFault(random: SeededRandom, odds: Odds, kind: BrKind): BrFault | undefined {
  if (!random.chance(odds.br)) return undefined;
  const atStep = random.below(random.pick([3, 8, 30]));
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2:
      return { kind: 'die', atStep };
    case 3:
    case 4:
      return { kind: 'lose', atStep };
    case 5:
    case 6:
      return { kind: 'hang', atStep, forMs: random.pick([10 * minute, 90 * minute, 9 * hour]) };
    case 7:
      return { kind: 'refuse', text: random.pick(refusals) };
    default:
      // A backup that lies is what its object says; what a restore did is for people to look at.
      return kind.startsWith('restore') ? { kind: 'die', atStep } : { kind: 'lie' };
  }
}

const refusals = [
  'rpc error: code = Unavailable desc = connection refused',
  'SlowDown: Please reduce your request rate: [BR:KV:ErrKVStorage]tikv storage occur I/O error',
  'context deadline exceeded: [BR:Common:ErrUnknown]internal error',
];
