// Operation rebuild: makes the state of a cluster again from its bucket, which is the truth: records of snapshots, the newest
// checkpoint, the log task and its epochs as far as the bucket tells. Shows its plan first; touches no object, and forgets no record.

import { PitrError } from '../../domain/errors.ts';
import type { LogFacts } from '../../domain/facts.ts';
import { isLogOfOurs } from '../../domain/keeper/rebuilt-epochs.ts';
import { planRebuild, type RebuildPlan, type RebuildWrite } from '../../domain/rebuild-plan.ts';
import { checkpointsOf } from '../../domain/state/checkpoint.ts';
import type { LogTaskState } from '../../domain/state/log-task-state.ts';
import type { Facts } from '../../domain/state/run-identity.ts';
import { maxTs, msOfTs } from '../../domain/ts.ts';
import { readProvenCatalog } from '../prove-snapshots.ts';
import { toldOf } from './adopt.ts';
import type { BucketDeps, StateDeps } from './control-deps.ts';
import { withWriteTimes } from './found-snapshots.ts';
import { logTaskKey } from './keeper/log-task-signals.ts';
import { type KeeperRebuild, keeperFromBucket } from './keeper/rebuild-keeper.ts';
import { InputReader, type Operation } from './operation.ts';
import { brStorageUrl, logFolder } from './runs/br-call.ts';
import { knownSnapshots, workInProgress } from './runs/recorded-work.ts';

export interface RebuildInput {
  /** Only tells what would be written. */
  readonly dryRun: boolean;
  readonly who: string;
}

type Deps = StateDeps & BucketDeps;

/**
 * Input `{cluster, dryRun?, who?}`. Answers `{planned, added, corrected, agreeing, told, logTask, epochs, checkpointTs, plan, written,
 * inProgress}`: counts, and the plan as sentences. Doing it again writes nothing. Errors: WORK_IN_PROGRESS while a run of br is not proven over or a lease
 * is held (a dry run tells of them instead); INVALID_INPUT; those of storage and state table.
 */
export const rebuild: Operation<Deps, RebuildInput, Facts> = {
  name: 'rebuild',
  parseInput: (value) => {
    const input = new InputReader('rebuild', value);
    input.text('cluster');
    const parsed = { dryRun: input.bool('dryRun'), who: input.optionalText('who') ?? 'a person' };
    input.done();
    return parsed;
  },
  run: async (deps, input) => {
    const nowMs = deps.nowMs();
    const inProgress = await workInProgress(deps);
    if (inProgress.length > 0 && !input.dryRun) throw inProgressError(deps, inProgress);
    const store = await deps.openBucket();
    const { snapshots, logs } = await readProvenCatalog(store);
    const log = newestLog(logs);
    const found = await withWriteTimes(store, snapshots);
    const known = await knownSnapshots(deps, inProgress.length === 0);
    const plan = planRebuild(deps.settings.name, found, known, { clusterId: log?.clusterId, nowMs });
    const logTask = await missingLogTask(deps, log, nowMs);
    const keeper = await keeperFromBucket(deps, logs, nowMs);
    const toApply = { plan, logTask, keeper, log };
    const written = input.dryRun ? 0 : await apply(deps, toApply, { ...input, nowMs });
    return { ...answerOf(toApply), written, inProgress };
  },
};

/** Of the epochs, the one that began last: it is what a task would go on with. */
function newestLog(logs: readonly LogFacts[]): LogFacts | undefined {
  return logs
    .filter(({ path }) => isLogOfOurs(logFolder, path))
    .reduce<LogFacts | undefined>(
      (best, log) => (best === undefined || log.startTs > best.startTs ? log : best),
      undefined,
    );
}

function inProgressError({ settings }: Deps, inProgress: readonly string[]): PitrError {
  return new PitrError(
    'WORK_IN_PROGRESS',
    `work goes on for ${settings.name}: ${inProgress.join('; ')}; expected none while its state is made again`,
    {
      hint: 'wait until it is over, or stop it; with dryRun the plan is shown meanwhile',
      details: { inProgress },
    },
  );
}

/** How many sentences are shown: a person reads no more. */
const mostSentences = 500;

function answerOf({ plan, logTask, keeper, log }: ToApply): Facts {
  return {
    planned: plan.writes.length,
    added: plan.writes.filter(({ expect }) => expect === 'absent').length,
    corrected: plan.writes.filter(({ expect }) => expect !== 'absent').length,
    agreeing: plan.agreeing,
    told: toldOf(plan.told),
    logTask: logTask?.state ?? '',
    epochs: keeper?.why.length ?? 0,
    checkpointTs: log?.maxTs === undefined ? '' : `${log.maxTs}`,
    plan: [...plan.writes.map(({ why }) => why), ...(keeper?.why ?? [])].slice(0, mostSentences),
  };
}

/**
 * Where the state knows nothing of a task and the bucket holds a log, there was one: `stopped`, as of the log's end. If it runs,
 * the next look at PD says so within a minute; if it does not, nobody starts another one on this log unasked.
 */
async function missingLogTask(
  deps: Deps,
  log: LogFacts | undefined,
  nowMs: number,
): Promise<LogTaskState | undefined> {
  if (log === undefined || log.problem !== undefined) return undefined;
  if ((await deps.store.get(logTaskKey(deps), nowMs)) !== undefined) return undefined;
  const { settings, bucketName } = deps;
  const checkpointTs = maxTs(log.startTs, log.maxTs ?? 0n);
  return {
    shape: 'log-task/v1',
    state: 'stopped',
    cluster: settings.name,
    observedMs: nowMs,
    task: settings.policy.log.kind === 'on' ? settings.policy.log.taskName : '',
    storage: brStorageUrl(settings, bucketName, log.path),
    startTs: log.startTs,
    checkpointTs,
    stoppedMs: msOfTs(checkpointTs),
  };
}

interface ToApply {
  readonly plan: RebuildPlan;
  readonly logTask: LogTaskState | undefined;
  readonly keeper: KeeperRebuild | undefined;
  readonly log: LogFacts | undefined;
}

/** How many records were written. One that somebody else wrote meanwhile is left to them. */
async function apply(
  deps: Deps,
  { plan, logTask, keeper, log }: ToApply,
  { nowMs, who }: { readonly nowMs: number; readonly who: string },
): Promise<number> {
  const { store, settings } = deps;
  if (log?.maxTs !== undefined) {
    const seen = { cluster: settings.name, atMs: nowMs, checkpointTs: log.maxTs };
    const keep = { minutesForMs: 86_400_000, hoursForMs: settings.policy.retention.windowMs };
    await store.addCheckpoints(checkpointsOf(seen, keep), nowMs);
  }
  let written = 0;
  for (const write of plan.writes) if (await writeRecord(deps, write, { nowMs, who })) written += 1;
  if (keeper !== undefined) written += Number(await writeKeeper(deps, keeper, { nowMs, who }));
  if (logTask === undefined) return written;
  const records = [{ record: logTask, expect: 'absent' }] as const;
  return written + Number(await isCommitted(() => store.commit({ cluster: settings.name, nowMs, records })));
}

async function writeKeeper(
  { store, settings: { name: cluster } }: Deps,
  { record, expect, why }: KeeperRebuild,
  { nowMs, who }: { readonly nowMs: number; readonly who: string },
): Promise<boolean> {
  return await isCommitted(() =>
    store.commit({
      ...{ cluster, nowMs, records: [{ record, expect }] },
      audit: {
        ...{
          shape: 'audit/v1',
          cluster,
          id: `rebuild/keeper/${expect === 'absent' ? 0 : expect}`,
          atMs: nowMs,
        },
        ...{ who, what: 'made the epochs of the log again', why: why.join('; ') },
        facts: { epochs: record.epochs.map(({ path }) => path) },
      },
    }),
  );
}

async function writeRecord(
  { store, settings }: Deps,
  { record, expect, why }: RebuildWrite,
  { nowMs, who }: { readonly nowMs: number; readonly who: string },
): Promise<boolean> {
  return await isCommitted(() =>
    store.commit({
      cluster: settings.name,
      nowMs,
      records: [{ record, expect }],
      audit: {
        shape: 'audit/v1',
        cluster: settings.name,
        id: `rebuild/${record.id}/${expect === 'absent' ? 0 : expect}`,
        atMs: nowMs,
        who,
        what:
          expect === 'absent' ? 'made the record of a snapshot again' : 'corrected the record of a snapshot',
        why,
        facts: { folder: record.folder, state: record.state },
      },
    }),
  );
}

async function isCommitted(commit: () => Promise<{ readonly kind: string }>): Promise<boolean> {
  try {
    return (await commit()).kind === 'written';
  } catch (caught) {
    if (caught instanceof PitrError && caught.code === 'STATE_CONFLICT') return false;
    throw caught;
  }
}
