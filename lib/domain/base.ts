// Which base and which log bring one moment back, or the refusal that says why none does and which moments can be
// had instead. Decides from facts alone; the same moment from any base it allows is the same database.

import { blocks, findBlocks, type TableBlock } from './blocks.ts';
import { type Chain, compareNames, findChains, findReaches, type Reach } from './chain.ts';
import { type ErrorCode, PitrError } from './errors.ts';
import type { CatalogFacts, LogFacts, SnapshotFacts } from './facts.ts';
import { errorCodeOfGap, explainGap, type Gap, nearerExclusions } from './gap.ts';
import { contains, union } from './intervals.ts';
import { compareTs, describeTs, formatTs } from './ts.ts';
import { describeNearest, type Nearest, nearestMoments } from './window.ts';

export interface BaseOptions {
  /** Only this base: a folder's name, with or without a trailing slash. */
  readonly snapshot?: string | undefined;
  /** Only this log: an epoch's folder. */
  readonly log?: string | undefined;
  /** Bases with a BackupTS before it are taken first, where one reaches the moment; others still count. */
  readonly preferOlderThan?: bigint | undefined;
}

export interface Choice {
  readonly kind: 'choice';
  readonly moment: bigint;
  readonly chain: Chain;
  /** The log that holds (chain.endTs, moment]; undefined when the moment is the base's own BackupTS. */
  readonly log: LogFacts | undefined;
  /** 0n = unknown. */
  readonly clusterId: bigint;
  /** Tables that this choice cannot read at this moment. */
  readonly blocked: readonly TableBlock[];
  /** Snapshots nearer to the moment that could not be taken, a sentence each. */
  readonly notes: readonly string[];
}

export interface Refusal {
  readonly kind: 'refusal';
  /** details: moment, reason, nearest: { before?, after? } as TSOs. */
  readonly error: PitrError;
}

/**
 * The newest base with BackupTS ≤ moment whose log leads to the moment without a gap; at its own BackupTS a base needs
 * no log. Of equal bases the one with fewer snapshots, then without a log, then the log that reaches furthest.
 *
 * Refusals: MOMENT_NOT_IN_WINDOW, BASE_MISSING, LOG_TRUNCATED, CLUSTER_MISMATCH (also when backups of two clusters
 * reach the moment: they would give two different databases), OBJECT_DAMAGED when a damaged object is the cause,
 * KEY_MISSING, KEY_WRONG or UNSUPPORTED when a snapshot that cannot be read is, INVALID_INPUT for a log that is not there.
 */
export function chooseBase(facts: CatalogFacts, moment: bigint, options: BaseOptions = {}): Choice | Refusal {
  const named = findNamed(facts, options);
  if ('kind' in named) return named;
  const { chains, excluded } = findChains(facts);
  const allowed =
    named.snapshot === undefined ? chains : chains.filter(({ name }) => name === named.snapshot?.name);
  const excludedBase = excluded.find((one) => one.name === named.snapshot?.name);
  if (excludedBase !== undefined) return refuseNamed(named.snapshot as SnapshotFacts, excludedBase.reason);
  const reaches = findReaches(allowed, named.logs);
  const reaching = reaches.filter((reach) => contains([reach], moment));
  if (reaching.length === 0) {
    // Other snapshots are no cause when one was asked for by name.
    const snapshots = named.snapshot === undefined ? facts.snapshots : [];
    const gap = explainGap({ ...facts, snapshots, logs: named.logs }, allowed, moment);
    return refuse(moment, gap, nearestMoments(union(reaches), moment));
  }
  const clusters = new Set(reaching.map((reach) => reach.clusterId).filter((id) => id !== 0n));
  if (clusters.size > 1) return refuseClusters(moment, [...clusters]);
  const best = pick(reaching, options.preferOlderThan);
  const base = { endTs: best.chain.endTs, clusterId: best.clusterId };
  const nearer = nearerExclusions(facts, excluded, { after: base.endTs, upTo: moment });
  return {
    kind: 'choice',
    moment,
    chain: best.chain,
    log: best.log,
    clusterId: best.clusterId,
    blocked: findBlocks(facts).filter((block) => blocks(block, base, moment)),
    notes: options.snapshot === undefined ? nearer.map((one) => one.reason) : [],
  };
}

function pick(reaching: readonly Reach[], preferOlderThan: bigint | undefined): Reach {
  const older = reaching.filter(
    (reach) => preferOlderThan !== undefined && reach.chain.endTs < preferOlderThan,
  );
  const best = [...(older.length > 0 ? older : reaching)].sort(betterFirst)[0];
  if (best === undefined) throw new PitrError('INTERNAL', 'no base to pick from, expected one at least');
  return best;
}

function betterFirst(a: Reach, b: Reach): number {
  return (
    compareTs(b.chain.endTs, a.chain.endTs) ||
    a.chain.snapshots.length - b.chain.snapshots.length ||
    Number(a.log !== undefined) - Number(b.log !== undefined) ||
    compareTs(b.to, a.to) ||
    compareNames(a.chain.name, b.chain.name) ||
    compareNames(a.log?.path ?? '', b.log?.path ?? '')
  );
}

interface Named {
  readonly snapshot: SnapshotFacts | undefined;
  readonly logs: readonly LogFacts[];
}

/** The snapshot and log that the caller insists on; a refusal when there is no such thing. */
function findNamed(facts: CatalogFacts, options: BaseOptions): Named | Refusal {
  const wanted = options.snapshot === undefined ? undefined : withoutSlash(options.snapshot);
  const snapshot = facts.snapshots.find((one) => withoutSlash(one.name) === wanted);
  if (wanted !== undefined && snapshot === undefined) {
    const names = facts.snapshots.map((one) => one.name);
    return refusal(
      'BASE_MISSING',
      `there is no snapshot ${wanted}, expected one of: ${names.join(', ') || 'none'}`,
      {
        hint: 'pitr snapshots lists them',
        details: { snapshot: wanted, snapshots: names },
      },
    );
  }
  const path = options.log === undefined ? undefined : withoutSlash(options.log);
  const logs = path === undefined ? facts.logs : facts.logs.filter((log) => withoutSlash(log.path) === path);
  if (path !== undefined && logs.length === 0) {
    const paths = facts.logs.map((log) => log.path);
    return refusal(
      'INVALID_INPUT',
      `there is no log ${path}, expected one of: ${paths.join(', ') || 'none'}`,
      {
        hint: 'pitr window lists them',
        details: { log: path, logs: paths },
      },
    );
  }
  return { snapshot, logs };
}

function withoutSlash(name: string): string {
  return name.endsWith('/') ? name.slice(0, -1) : name;
}

/** The snapshot that was asked for is there, but is no base. */
function refuseNamed({ name, state }: SnapshotFacts, reason: string): Refusal {
  const damaged = state.kind === 'damaged' ? { object: state.object } : undefined;
  const unreadable = state.kind === 'unreadable' ? (state.code ?? 'UNSUPPORTED') : 'BASE_MISSING';
  return refusal(damaged === undefined ? unreadable : 'OBJECT_DAMAGED', reason, {
    hint: 'choose another snapshot, or none: then the newest that reaches the moment is taken',
    details: { snapshot: name, ...damaged },
  });
}

function refuse(moment: bigint, gap: Gap, nearest: Nearest): Refusal {
  const hint = describeNearest(nearest);
  return refusal(errorCodeOfGap(gap), `the moment ${describeTs(moment)} cannot be restored: ${gap.reason}`, {
    hint,
    details: {
      moment,
      clock: formatTs(moment),
      gap: gap.code,
      reason: gap.reason,
      nearest,
      ...(gap.object === undefined ? {} : { object: gap.object }),
    },
  });
}

function refuseClusters(moment: bigint, clusters: readonly bigint[]): Refusal {
  return refusal(
    'CLUSTER_MISMATCH',
    `backups of ${clusters.length} clusters (${clusters.join(', ')}) reach the moment ${describeTs(moment)}, expected one`,
    { hint: 'name the snapshot and the log that are meant', details: { moment, clusters, nearest: {} } },
  );
}

function refusal(
  code: ErrorCode,
  message: string,
  options: { hint: string; details: Readonly<Record<string, unknown>> },
): Refusal {
  return { kind: 'refusal', error: new PitrError(code, message, options) };
}
