// From the facts of the bucket to the plan of one restore by br: the base, the log, sizes, an estimate, the words that br gets,
// and what a person should know. Reads sizes only; writes nothing.

import type { ClusterSettings } from '../../../config/settings-types.ts';
import { PitrError } from '../../../domain/errors.ts';
import type { CatalogFacts, SnapshotFacts } from '../../../domain/facts.ts';
import type { Moment } from '../../../domain/moment.ts';
import { planForBr } from '../../../domain/restore/restore-base.ts';
import { estimateRestore, type RestoreSizes } from '../../../domain/restore/restore-estimate.ts';
import { fitsSystemTables, notesForBr, refuseBlockedTables } from '../../../domain/restore/restore-limits.ts';
import type { LogRange, RestorePlan } from '../../../domain/restore/restore-plan.ts';
import { checkFilteredLog } from '../../../domain/restore/restore-tables.ts';
import { parseTableFilter } from '../../../domain/restore/table-filter.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import { describeTs, formatTs, msOfTs } from '../../../domain/ts.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';
import { type Disproven, markDisproven } from '../../prove-snapshots.ts';
import type { BrPlace } from '../control-deps.ts';
import { logBytesBetween } from '../keeper/log-size.ts';
import { callOf } from '../runs/br-call.ts';
import { type RestoreAim, restoreDecision } from './restore-decision.ts';
import { factsOfPlanned, type PlannedRestore } from './restore-plan-facts.ts';

export interface RestoreWish {
  readonly moment: Moment;
  readonly tables: readonly string[];
  /** `host:port`. */
  readonly targetPd: readonly string[];
  /** Of the same restore that failed before: it is gone on with from the same base. */
  readonly earlierBase: string | undefined;
}

export interface PlanSurroundings {
  readonly settings: ClusterSettings;
  readonly bucketName: string | undefined;
  /** Where br runs, as far as the settings tell. */
  readonly brPlace: BrPlace;
}

export interface ChosenPlan {
  readonly plan: RestorePlan;
  readonly base: SnapshotFacts;
  /** Newer bases that were passed over, with what each lacks. */
  readonly passedOver: Disproven;
}

/**
 * The base and the log for a wish. A base that lacks an object is none: the next older one is chosen then. Errors: those of planForBr;
 * INVALID_TABLE_FILTER for tables that this br cannot choose; MOMENT_NOT_IN_WINDOW for a log that br would refuse; those of `look`.
 */
export async function choosePlan(
  catalog: CatalogFacts,
  wish: RestoreWish,
  settings: ClusterSettings,
  look: (chain: readonly SnapshotFacts[]) => Promise<Disproven>,
): Promise<ChosenPlan> {
  let passedOver: Disproven = new Map();
  for (;;) {
    const facts = markDisproven(catalog, passedOver);
    const plan = planForBr(facts, wish.moment, wish.earlierBase);
    const [base] = plan.chain;
    if (base === undefined) throw new PitrError('INTERNAL', 'a plan without a base');
    const disproven = await look(plan.chain);
    if (disproven.size > 0) {
      passedOver = new Map([...passedOver, ...disproven]);
      continue;
    }
    const withTables = { ...plan, tables: parseTableFilter(wish.tables) };
    if (plan.log !== undefined) checkFilteredLog(wish.tables, settings.version, 'tables');
    refuseBlockedTables(withTables);
    return { plan: withTables, base, passedOver };
  }
}

/** What is kept of the plan. */
export function plannedRestore(
  plan: RestorePlan,
  base: SnapshotFacts,
  settings: ClusterSettings,
): PlannedRestore {
  return {
    restoreTs: plan.moment.ts,
    asked: plan.moment.text,
    base: base.name,
    backupTs: base.backupTs,
    sourceClusterId: plan.clusterId,
    backupVersion: base.clusterVersion,
    logPath: plan.log?.path,
    withSystemTables: fitsSystemTables(base.clusterVersion, settings.version),
  };
}

/** Sizes, as far as a listing tells them. Errors: those of the storage. */
export async function sizesOf(
  store: ObjectStore,
  plan: RestorePlan,
  base: SnapshotFacts,
): Promise<RestoreSizes> {
  const logBytes = plan.log === undefined ? 0n : await logBytesBetween(store, plan.log.path, plan.log);
  return { snapshotBytes: base.sizeBytes, logBytes };
}

/** The whole plan as facts. Errors: those of the words for br. */
export function answerFacts(
  { plan, passedOver }: ChosenPlan,
  aim: RestoreAim,
  sizes: RestoreSizes,
  { settings, bucketName, brPlace }: PlanSurroundings,
): Facts {
  const { planned, tables, targetPd } = aim;
  const call = callOf(restoreDecision(aim, settings, bucketName), settings, brPlace, targetPd);
  const estimate = estimateRestore(sizes);
  return {
    ...factsOfPlanned(planned),
    restoreAt: formatTs(planned.restoreTs),
    chain: plan.chain.map(({ name }) => name),
    log: plan.log === undefined ? null : logFacts(plan.log),
    targetPd,
    tables,
    snapshotBytes: textOf(sizes.snapshotBytes),
    logBytes: textOf(sizes.logBytes),
    estimate: { seconds: estimate.seconds ?? null, sentence: estimate.sentence },
    argv: call.argv,
    steps: stepsOf(plan, aim),
    notes: [...passedNotes(passedOver), ...notesForBr(plan), ...ownNotes(plan, aim, settings)],
  };
}

const textOf = (bytes: bigint | undefined) => (bytes === undefined ? null : `${bytes}`);

function logFacts({ path, afterTs, toTs }: LogRange): Facts {
  const seconds = Math.ceil((msOfTs(toTs) - msOfTs(afterTs)) / 1000);
  return { path, afterTs: `${afterTs}`, toTs: `${toTs}`, seconds };
}

function stepsOf({ log }: RestorePlan, { planned, tables, targetPd }: RestoreAim): readonly string[] {
  const what = tables.length === 0 ? 'everything' : tables.join(', ');
  const from = `the snapshot ${planned.base} (${describeTs(planned.backupTs)})`;
  return [
    `look at the cluster at ${targetPd.join(', ')}: another one, of the right version, in good health`,
    log === undefined
      ? `br restore full: ${what} from ${from}`
      : `br restore point: ${what} from ${from}, then the log ${log.path} up to ${describeTs(planned.restoreTs)}`,
    'read back from the target what br left, and hold it against the plan',
    'write down how it ended, and give the lease back',
  ];
}

function passedNotes(passedOver: Disproven): readonly string[] {
  return [...passedOver].map(
    ([name, why]) => `${name} was passed over, because it is not whole (${why}), and an older base serves`,
  );
}

function ownNotes(
  { log }: RestorePlan,
  { planned, tables }: RestoreAim,
  settings: ClusterSettings,
): readonly string[] {
  const notes = [
    'whether the target is empty br sees itself, before it writes anything: PD does not tell',
    'the region and the program are those of the settings here; where br runs, it gets its own',
  ];
  if (!planned.withSystemTables) {
    notes.push(
      `accounts and other system tables of ${planned.backupVersion} do not fit ${settings.version.text}, and are left out: make the accounts by hand`,
    );
  }
  if (tables.length > 0) notes.push('accounts and other system tables are not restored with chosen tables');
  if (log !== undefined) {
    notes.push(
      'take a snapshot of the target at once afterwards: its own log does not hold what was restored',
    );
  }
  return notes;
}
