// Operation truncate-log: up to where the log may be cut now, from what is in the bucket; the cut's record and the wish to start its
// flow in one write. Deletes nothing: the flow does, after looking again.

import { holdOfLog } from '../../domain/retention/log-hold.ts';
import { type Facts, runId } from '../../domain/state/run-identity.ts';
import type { TruncationRun } from '../../domain/state/truncation-run.ts';
import { planTruncation, type TruncationPlan } from '../../domain/truncation/truncation-plan.ts';
import { readProvenCatalog } from '../prove-snapshots.ts';
import type { BucketDeps, StateDeps } from './control-deps.ts';
import { currentLogPath } from './keeper/log-place.ts';
import { InputReader, type Operation } from './operation.ts';
import { allPins, allRestores } from './retention/retention-reading.ts';
import { signalOf } from './signals.ts';

export interface TruncateInput {
  /** The time that the schedule named, Unix ms; undefined: now. */
  readonly dueMs: number | undefined;
  readonly who: string;
  /** Only tells what would be done; writes nothing. */
  readonly dryRun: boolean;
}

type Deps = StateDeps & BucketDeps;

/**
 * Input `{cluster, dueAt?, who?, dryRun?}`. Answers `{decision: 'planned' | 'nothing' | 'refused' | 'skipped', id, untilTs, reasons}`.
 * While a cut is planned or running no other is planned. Nobody named, it does nothing where plans of the retention cool off: they cut. Only the epoch that goes on is cut; the older ones stay whole. Errors: INVALID_INPUT; those of storage and state table.
 */
export const truncateLog: Operation<Deps, TruncateInput, Facts> = {
  name: 'truncate-log',
  parseInput: (value) => {
    const input = new InputReader('truncate-log', value);
    input.text('cluster');
    const dueMs = input.optionalTime('dueAt');
    const parsed = { dueMs, who: input.optionalText('who') ?? 'schedule', dryRun: input.bool('dryRun') };
    input.done();
    return parsed;
  },
  run: async (deps, input) => {
    const { settings } = deps;
    const nowMs = deps.nowMs();
    const isScheduled = input.who === 'schedule' && !input.dryRun;
    if (isScheduled && settings.policy.retention.coolOffMs > 0) {
      return { decision: 'skipped', reasons: ['plans of the retention cut the log, after their cool-off'] };
    }
    const dueMs = Math.floor((input.dueMs ?? nowMs) / 1000) * 1000;
    const store = await deps.openBucket();
    const facts = await readProvenCatalog(store);
    const { retention } = settings.policy;
    const path = await currentLogPath(deps);
    const kept = { pins: await allPins(deps), restores: await allRestores(deps) };
    const held = holdOfLog(facts, path, kept, nowMs);
    const plan = planTruncation({ facts, logPath: path, retention, nowMs, held });
    if (plan.kind === 'nothing') {
      return { decision: 'nothing', untilTs: `${plan.untilTs}`, reasons: plan.reasons };
    }
    if (input.dryRun) return shown(plan);
    const open = await openTruncation(deps);
    if (open !== undefined) {
      return { decision: 'skipped', id: open.id, reasons: [`the cut ${open.id} is ${open.state}`] };
    }
    return await write(deps, plan, { dueMs, nowMs, path, who: input.who });
  },
};

function shown(plan: Exclude<TruncationPlan, { readonly kind: 'nothing' }>): Facts {
  if (plan.kind === 'refused') return { decision: 'refused', ...plan.refusal };
  return { decision: 'planned', untilTs: `${plan.untilTs}`, base: plan.base, reasons: plan.reasons };
}

async function openTruncation({ store, settings, nowMs }: StateDeps): Promise<TruncationRun | undefined> {
  const query = { nowMs: nowMs(), newestFirst: true, limit: 100 };
  const page = await store.list('truncation', settings.name, query);
  return page.entries
    .map(({ record }) => record)
    .find(({ state }) => state === 'planned' || state === 'running');
}

interface Write {
  readonly dueMs: number;
  readonly nowMs: number;
  /** The folder of the log. */
  readonly path: string;
  readonly who: string;
}

async function write(
  { settings, store }: Deps,
  plan: Exclude<TruncationPlan, { readonly kind: 'nothing' }>,
  { dueMs, nowMs, path, who }: Write,
): Promise<Facts> {
  const cluster = settings.name;
  const id = runId(dueMs);
  const run = { shape: 'truncation/v1', cluster, id, dueMs } as const;
  const record: TruncationRun =
    plan.kind === 'cut'
      ? { ...run, state: 'planned', path, untilTs: plan.untilTs, plannedMs: nowMs, reasons: plan.reasons }
      : { ...run, state: 'refused', refusedMs: nowMs, refusal: plan.refusal };
  const answer = shown(plan);
  const topic = plan.kind === 'cut' ? 'truncation-planned' : 'truncation-refused';
  await store.commit({
    cluster,
    nowMs,
    records: [{ record, expect: 'absent' }],
    signals: [signalOf(topic, { cluster, id, atMs: nowMs }, answer)],
    audit: {
      shape: 'audit/v1',
      cluster,
      id: `truncate-log/${id}`,
      atMs: nowMs,
      who,
      what: plan.kind === 'cut' ? 'planned a cut of the log' : 'refused to cut the log',
      why: plan.kind === 'cut' ? plan.reasons.join('; ') : plan.refusal.message,
      facts: answer,
    },
  });
  return { id, ...answer };
}
