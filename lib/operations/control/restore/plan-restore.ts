// Operation plan-restore: reads the request of a restore, and answers with the plan or with the sentence that helps. The plan,
// its run and what is told of it are one write; a dry run writes nothing.

import { readCatalog } from '../../../br/catalog.ts';
import { refusedCodes } from '../../../config/flow-lists.ts';
import { PitrError } from '../../../domain/errors.ts';
import { parseMoment } from '../../../domain/moment.ts';
import { refuseSource } from '../../../domain/restore/restore-limits.ts';
import type { Facts } from '../../../domain/state/run-identity.ts';
import { computeWindow, latest } from '../../../domain/window.ts';
import { disprovenOf } from '../../prove-snapshots.ts';
import type { BucketDeps, StateDeps } from '../control-deps.ts';
import { nominalPlace } from '../keeper/nominal-place.ts';
import { InputReader, type Operation } from '../operation.ts';
import { answerFacts, choosePlan, plannedRestore, type RestoreWish, sizesOf } from './restore-planning.ts';
import { type RestoreRequest, readRestoreRequest } from './restore-request.ts';
import {
  earlierBase,
  type NewRestore,
  restoreId,
  restoreOf,
  writePlanned,
  writeRefused,
} from './restore-writing.ts';

export interface PlanRestoreInput {
  readonly request: RestoreRequest;
  /** Name of the flow's execution: of one there is one restore. */
  readonly execution: string;
}

type Deps = StateDeps & BucketDeps;

/**
 * Input `{request: {cluster, restoreTo, target: {pd}, tables?, dryRun?, who?}, execution}`. Answers `{cluster, id, dryRun, plan}`;
 * asked again for the same execution it answers the same, and plans nothing new. Errors: INVALID_INPUT, MOMENT_WITHOUT_ZONE,
 * INVALID_TABLE_FILTER, MOMENT_NOT_IN_WINDOW, BASE_MISSING, LOG_TRUNCATED, CLUSTER_MISMATCH, UNSUPPORTED, damage of the bucket:
 * each is kept as a refused restore once the moment is known. Those of storage and state table.
 */
export const planRestore: Operation<Deps, PlanRestoreInput, Facts> = {
  name: 'plan-restore',
  parseInput: (value) => {
    const input = new InputReader('plan-restore', value);
    const execution = input.text('execution');
    const request = readRestoreRequest(input.value('request'));
    input.done();
    return { request, execution };
  },
  run: async (deps, { request, execution }) => {
    checkScheme(deps, request);
    if (!request.dryRun) {
      const before = await restoreOf(deps, execution);
      if (before !== undefined) return before;
    }
    return await plan(deps, request, execution);
  },
};

/** The target is reached with the certificate of the settings, or without TLS where they have none. */
function checkScheme({ settings }: Deps, { targetPd }: RestoreRequest): void {
  const scheme = settings.tls === undefined ? 'http' : 'https';
  const other = targetPd.find((one) => one.scheme !== undefined && one.scheme !== scheme);
  if (other === undefined) return;
  const why =
    scheme === 'http' ? 'the settings name no certificate (tls)' : 'the settings name a certificate (tls)';
  throw new PitrError(
    'INVALID_INPUT',
    `target.pd of the request has ${other.scheme}://${other.address}, expected ${scheme}:// or none, since ${why}`,
    {
      hint: 'the target is reached with the certificate of the settings, or, without one there, without TLS',
      details: { field: 'target.pd' },
    },
  );
}

async function plan(deps: Deps, request: RestoreRequest, execution: string): Promise<Facts> {
  const { settings } = deps;
  const nowMs = deps.nowMs();
  const store = await deps.openBucket();
  const catalog = await readCatalog({ snapshots: store, log: store, keys: {} });
  const window = computeWindow(catalog);
  const moment = parseMoment(request.restoreTo, {
    latest: latest(window),
    whyNone: window.holes.at(-1),
    nowMs,
  });
  const targetPd = request.targetPd.map(({ address }) => address);
  const { tables, dryRun } = request;
  const id = restoreId(nowMs, execution);
  const wanted: NewRestore = {
    ...{ id, execution, nowMs, who: request.who ?? execution },
    ...{ restoreTs: moment.ts, targetPd, tables },
  };
  try {
    refuseSource(targetPd, settings.pd, settings.name);
    const wish: RestoreWish = { moment, tables, targetPd, earlierBase: await earlierBase(deps, wanted) };
    const chosen = await choosePlan(catalog, wish, settings, (chain) => disprovenOf(store, chain));
    const { plan, base } = chosen;
    const aim = { planned: plannedRestore(plan, base, settings), tables, targetPd };
    const sizes = await sizesOf(store, plan, base);
    const surroundings = { settings, bucketName: deps.bucketName, brPlace: nominalPlace(settings) };
    const answer = answerFacts(chosen, aim, sizes, surroundings);
    if (dryRun) return { cluster: settings.name, id, dryRun, plan: answer };
    return await writePlanned(deps, wanted, base.name, answer);
  } catch (caught) {
    if (!(caught instanceof PitrError) || dryRun || !refusedCodes.includes(caught.code)) throw caught;
    return await writeRefused(deps, wanted, caught);
  }
}
