// The records that a request of a restore leaves: planned or refused, once per execution of the flow, whoever asks how often.
// Decides nothing about the restore itself.

import { type ErrorCode, errorCodes, PitrError } from '../../../domain/errors.ts';
import { shortName } from '../../../domain/short-name.ts';
import type { PlanRecord } from '../../../domain/state/plan-record.ts';
import type { RestoreRun } from '../../../domain/state/restore-run.ts';
import { type Facts, type Failure, runId } from '../../../domain/state/run-identity.ts';
import { describeTs, isTs } from '../../../domain/ts.ts';
import { everyRecord } from '../../../ports/every-record.ts';
import type { Change } from '../../../ports/task-store.ts';
import type { StateDeps } from '../control-deps.ts';
import { failureOf } from '../failures.ts';
import { signalOf } from '../signals.ts';
import { readPlan } from './restore-records.ts';

export interface NewRestore {
  readonly id: string;
  readonly execution: string;
  readonly nowMs: number;
  readonly who: string;
  readonly restoreTs: bigint;
  readonly targetPd: readonly string[];
  readonly tables: readonly string[];
}

/** A flow asks again within minutes; an execution's name is used once. */
const executionBackMs = 2 * 86_400_000;
/** The plan is read until the flow settles: far longer than that takes. */
const planKeptMs = 60 * 86_400_000;
/** Of a run of br, the runner's name has the cluster's in front, and at most 128 characters. */
const longestName = 40;

/** The id of the restore of this execution, when it is planned now. */
export function restoreId(nowMs: number, execution: string): string {
  return runId(nowMs, suffixOf(execution));
}

function suffixOf(execution: string): string {
  return shortName(execution, longestName);
}

/** The answer of this execution's first call; undefined when there was none. Errors: the refusal, if it was refused. */
export async function restoreOf(deps: StateDeps, execution: string): Promise<Facts | undefined> {
  const suffix = `-${suffixOf(execution)}`;
  const fromMs = Math.max(0, deps.nowMs() - executionBackMs);
  for await (const record of restores(deps, fromMs)) {
    if (record.id.slice('YYYYMMDDHHMMSS'.length) !== suffix) continue;
    if (record.state === 'refused') throw refusalAgain(record.refusal);
    const { record: plan } = await readPlan(deps, record.planId);
    return { cluster: record.cluster, id: record.id, dryRun: false, plan: plan.plan };
  }
  return undefined;
}

/** Newest first. */
async function* restores(
  { store, settings, nowMs }: StateDeps,
  fromMs: number,
): AsyncGenerator<RestoreRun, void, undefined> {
  const query = { nowMs: nowMs(), fromMs, newestFirst: true };
  for await (const { record } of everyRecord(store, 'restore', settings.name, query)) yield record;
}

function refusalAgain({ code, message, hint }: Failure): PitrError {
  const known = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'INTERNAL';
  return new PitrError(known, message, hint === '' ? {} : { hint });
}

/** A restore that died is gone on with only from the snapshot that it began with. Newest failure first, of the last month. */
export async function earlierBase(deps: StateDeps, wanted: NewRestore): Promise<string | undefined> {
  const fromMs = Math.max(0, deps.nowMs() - 31 * 86_400_000);
  for await (const record of restores(deps, fromMs)) {
    if (record.state !== 'failed' || record.attempt === 0) continue;
    if (record.restoreTs !== wanted.restoreTs) continue;
    if (isSame(record.targetPd, wanted.targetPd) && isSame(record.tables, wanted.tables)) return record.base;
  }
  return undefined;
}

/** The order makes no difference for PD, and rules that were written otherwise are other rules for br. */
function isSame(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join('\n') === [...b].sort().join('\n');
}

export async function writePlanned(
  deps: StateDeps,
  wanted: NewRestore,
  base: string,
  plan: Facts,
): Promise<Facts> {
  const cluster = deps.settings.name;
  const { id, nowMs, who } = wanted;
  const record: RestoreRun = {
    ...runOf(cluster, wanted),
    state: 'planned',
    planId: id,
    base,
    plannedMs: nowMs,
  };
  const kept: PlanRecord = {
    ...{ shape: 'plan/v1', state: 'open', cluster, id, work: 'restore' },
    ...{ madeMs: nowMs, madeBy: who, expiresMs: nowMs + planKeptMs, plan },
  };
  const told = { restoreTs: `${wanted.restoreTs}`, base, targetPd: wanted.targetPd, tables: wanted.tables };
  return await writeOnce(
    deps,
    wanted,
    { cluster, id, dryRun: false, plan },
    {
      records: [
        { record, expect: 'absent' },
        { record: kept, expect: 'absent' },
      ],
      signals: [signalOf('restore-planned', { cluster, id, atMs: nowMs }, told)],
      what: 'planned a restore',
      why: `${describeTs(wanted.restoreTs)} was asked for`,
      facts: told,
    },
  );
}

/** Throws the refusal once it is kept; gives the answer of another call of this execution that was faster, and planned. */
export async function writeRefused(deps: StateDeps, wanted: NewRestore, error: PitrError): Promise<Facts> {
  const cluster = deps.settings.name;
  const { id, nowMs } = wanted;
  const refusal = failureOf(error);
  const record: RestoreRun = {
    ...runOf(cluster, wanted),
    state: 'refused',
    refusedMs: nowMs,
    refusal,
    nearestTs: nearestIn(error),
  };
  const told = { restoreTs: `${wanted.restoreTs}`, targetPd: wanted.targetPd, state: 'refused', ...refusal };
  const kept: Facts = {};
  const answer = await writeOnce(deps, wanted, kept, {
    records: [{ record, expect: 'absent' }],
    signals: [signalOf('restore-failed', { cluster, id, atMs: nowMs }, told)],
    what: 'refused a restore',
    why: refusal.message,
    facts: told,
  });
  if (answer === kept) throw error;
  return answer;
}

interface Written {
  readonly records: Change['records'];
  readonly signals: Change['signals'];
  readonly what: string;
  readonly why: string;
  readonly facts: Facts;
}

/** Two calls of one execution at once: one writes, the other answers with what that one wrote. */
async function writeOnce(
  deps: StateDeps,
  { execution, nowMs, who }: NewRestore,
  answer: Facts,
  { records, signals, what, why, facts }: Written,
): Promise<Facts> {
  const cluster = deps.settings.name;
  const id = `plan-restore/${suffixOf(execution)}`;
  const audit = { shape: 'audit/v1', cluster, id, atMs: nowMs, who, what, why, facts } as const;
  try {
    const outcome = await deps.store.commit({ cluster, nowMs, records, signals: signals ?? [], audit });
    if (outcome.kind === 'written') return answer;
  } catch (caught) {
    if (!(caught instanceof PitrError) || caught.code !== 'STATE_CONFLICT') throw caught;
  }
  const first = await restoreOf(deps, execution);
  if (first !== undefined) return first;
  throw new PitrError('STATE_CONFLICT', `the execution ${execution} asked for another restore before`, {
    hint: 'start the flow under a new name',
    details: { execution },
  });
}

function runOf(cluster: string, { id, nowMs, who, restoreTs, targetPd, tables }: NewRestore) {
  const requested = { requestedMs: nowMs, requestedBy: who };
  return { shape: 'restore/v1' as const, cluster, id, ...requested, restoreTs, targetPd, tables };
}

function nearestIn({ details }: PitrError): readonly bigint[] {
  const { before, after }: Readonly<Record<string, unknown>> = Object(details['nearest']);
  return [before, after].filter((ts) => typeof ts === 'bigint' && isTs(ts)).map((ts) => BigInt(String(ts)));
}
