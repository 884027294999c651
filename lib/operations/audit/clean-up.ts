// `pitr audit --apply`: carries out the plan of a cleanup. Audits again first and refuses a plan whose facts do not hold, looks at each object
// once more right before it goes, and is harmless wherever it dies: nothing that it removes is named by anything.

import { type LockHolder, removeLocksOf } from '../../br/lock-protocol.ts';
import type { CleanupObject, CleanupStep } from '../../domain/audit/cleanup-plan.ts';
import { type CleanupRecord, checkCleanupUsable } from '../../domain/audit/cleanup-record.ts';
import { PitrError } from '../../domain/errors.ts';
import type { CleanupPlans } from '../../ports/cleanup-plans.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { type AuditDeps, type AuditOptions, auditBucket } from './audit-bucket.ts';
import { type LogGuard, logGuardOf } from './clean-up-locks.ts';
import { sameAsPlanned, staleLines } from './clean-up-staleness.ts';
import { type Witnesses, whatStays, witnessesOf } from './clean-up-witnesses.ts';
import { cleanupIn } from './plan-cleanup.ts';

export interface CleanUpDeps extends AuditDeps {
  readonly plans: CleanupPlans;
  readonly holder: LockHolder;
  /** Owners of locks whom a person knows to be dead: of an earlier run of this command. */
  readonly deadOwners: readonly string[];
  /** Unix ms, for the text of locks. */
  readonly clockMs: () => number;
}

export interface CleanedStep extends Omit<CleanupStep, 'objects'> {
  readonly planned: number;
  readonly removed: number;
  readonly bytes: bigint;
  /** Gone before: an earlier run did it, or somebody else. */
  readonly gone: number;
  readonly keptCount: number;
  /** What stayed after all, the first ones. */
  readonly kept: readonly { readonly key: string; readonly reason: string }[];
}

export interface CleanUpReport {
  readonly planId: string;
  readonly storage: readonly string[];
  readonly steps: readonly CleanedStep[];
  readonly notes: readonly string[];
}

/** S3 takes so many keys in one deletion. */
const objectsAtOnce = 1000;
/** More say nothing new. */
const toldKept = 100;

/**
 * Errors: PLAN_UNUSABLE for a plan that is not there, is over, was carried out, or is of another storage; PLAN_STALE when something of it is
 * there and may not be removed any more, and then nothing is; BR_LOCKED where metas go and another run holds the log; INTERRUPTED; those of
 * the audit and of the storage, after which the same command goes on.
 */
export async function cleanUp(
  deps: CleanUpDeps,
  planId: string,
  options: Omit<AuditOptions, 'collect'>,
): Promise<CleanUpReport> {
  const stores = storesOf(deps);
  const record = checkCleanupUsable(await deps.plans.read(planId), planId, [...stores.keys()], deps.nowMs);
  for (const { kind, store, place } of record.steps) {
    const log = kind === 'empty-metas' ? stores.get(store) : undefined;
    if (log !== undefined) await removeLocksOf(log, folderOf(place), deps.deadOwners);
  }
  const only = new Set(record.steps.flatMap(({ objects }) => objects.map(({ key }) => key)));
  // Before the audit, so that whatever comes after them is looked at again.
  const witnesses = await witnessesOf(stores, record.steps);
  const report = await auditBucket(deps, { ...options, collect: { most: Number.MAX_SAFE_INTEGER, only } });
  const stale = await staleLines(stores, deps.uploads, record.steps, cleanupIn(report, []).steps);
  if (stale.length > 0) {
    await deps.plans.write({ ...record, state: 'done' });
    throw new PitrError('PLAN_STALE', `the plan ${planId} does not hold any more: ${stale.join('; ')}`, {
      hint: 'nothing was removed; pitr audit --plan makes a plan of what is there now',
      details: { plan: planId, stale },
    });
  }
  await deps.plans.write({ ...record, state: 'used' });
  const steps = await new Cleaner(deps, stores, witnesses).run(record);
  await deps.plans.write({ ...record, state: 'done' });
  return { planId, storage: report.storage, steps, notes: report.notes };
}

function storesOf({ backup }: AuditDeps): ReadonlyMap<string, ObjectStore> {
  const all = [backup.snapshots, backup.log].filter((store) => store !== undefined);
  return new Map(all.map((store) => [store.url, store]));
}

function folderOf(place: string): string {
  return place === '/' ? '' : `${place}/`;
}

class Cleaner {
  readonly #deps: CleanUpDeps;
  readonly #stores: ReadonlyMap<string, ObjectStore>;
  readonly #witnesses: Witnesses;

  constructor(deps: CleanUpDeps, stores: ReadonlyMap<string, ObjectStore>, witnesses: Witnesses) {
    this.#deps = deps;
    this.#stores = stores;
    this.#witnesses = witnesses;
  }

  async run({ steps }: CleanupRecord): Promise<readonly CleanedStep[]> {
    const done: CleanedStep[] = [];
    for (const step of steps) {
      const store = this.#stores.get(step.store);
      if (store !== undefined) done.push(await this.#step(store, step));
    }
    return done;
  }

  async #step(store: ObjectStore, step: CleanupStep): Promise<CleanedStep> {
    const { objects, ...told } = step;
    let sum = { planned: objects.length, removed: 0, bytes: 0n, gone: 0, keptCount: 0 };
    const kept: { key: string; reason: string }[] = [];
    const guard = await this.#guardOf(store, step);
    try {
      for (let at = 0; at < objects.length; at += objectsAtOnce) {
        this.#checkStopped();
        await guard?.check();
        const result = await this.#batch(store, step, objects.slice(at, at + objectsAtOnce));
        sum = {
          ...sum,
          removed: sum.removed + result.removed.length,
          bytes: result.removed.reduce((all, { bytes }) => all + bytes, sum.bytes),
          gone: sum.gone + result.gone,
          keptCount: sum.keptCount + result.kept.length,
        };
        kept.push(...result.kept.slice(0, toldKept - kept.length));
      }
    } catch (caught) {
      // The first failure is the one to tell; a lock that stays names this run.
      await guard?.release().catch(() => undefined);
      throw caught;
    }
    await guard?.release();
    return { ...told, ...sum, kept };
  }

  /** Readers of the log that take br's locks do not read metas while some of them go. */
  async #guardOf(store: ObjectStore, { kind, place }: CleanupStep): Promise<LogGuard | undefined> {
    if (kind !== 'empty-metas') return undefined;
    const { holder, clockMs } = this.#deps;
    return await logGuardOf(store, folderOf(place), holder, clockMs());
  }

  #checkStopped(): void {
    if (!this.#deps.signal.aborted) return;
    throw new PitrError('INTERRUPTED', 'stopped between two steps of the cleanup', {
      hint: 'what is gone was named by nothing; run the same command again to do the rest',
    });
  }

  async #batch(
    store: ObjectStore,
    step: CleanupStep,
    objects: readonly CleanupObject[],
  ): Promise<{
    readonly removed: readonly CleanupObject[];
    readonly gone: number;
    readonly kept: readonly { readonly key: string; readonly reason: string }[];
  }> {
    const { uploads } = this.#deps;
    const seen = await sameAsPlanned(store, uploads.get(store.url), step.kind, objects);
    const stays = await whatStays(this.#witnesses, store, step, seen.same);
    const going = seen.same.filter(({ key }) => !stays.has(key));
    const refused =
      step.kind === 'incomplete-upload'
        ? await this.#abort(store, going)
        : (await store.deleteMany(going.map(({ key }) => key))).map(({ key, error }) => ({
            key,
            reason: error.message,
          }));
    const left = new Set(refused.map(({ key }) => key));
    const changed = seen.changed.map(({ key }) => ({ key, reason: 'it was written again since' }));
    return {
      removed: going.filter(({ key }) => !left.has(key)),
      gone: objects.length - seen.same.length - seen.changed.length,
      kept: [...changed, ...[...stays].map(([key, reason]) => ({ key, reason })), ...refused],
    };
  }

  async #abort({ url }: ObjectStore, going: readonly CleanupObject[]) {
    const refused: { key: string; reason: string }[] = [];
    for (const { key, uploadId = '', writtenMs } of going) {
      const refusal = await this.#deps.uploads.get(url)?.abort({ key, id: uploadId, begunMs: writtenMs });
      if (refusal !== undefined) refused.push({ key, reason: refusal.message });
    }
    return refused;
  }
}
