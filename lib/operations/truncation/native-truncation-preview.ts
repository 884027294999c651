// The dry run of a native truncation: every object that would go or change, with its bytes and the reason, by the very code
// that does it. Writes nothing and takes no lock.

import { truncateSafepointKey } from '../../br/layout.ts';
import { lockPrefixes } from '../../br/lock-protocol.ts';
import { describeTs } from '../../domain/ts.ts';
import { type MetaCut, readCuts } from './native-truncation-page.ts';
import { type NativePlan, type PlanDeps, planNativeTruncation } from './native-truncation-plan.ts';

export interface PlannedChange {
  /** With the log's folder. */
  readonly key: string;
  readonly action: 'write' | 'rewrite' | 'delete';
  readonly kind: 'safepoint' | 'blocklist' | 'data' | 'meta';
  /** Of the object as it is; 0 for one that is new or whose size nobody told. */
  readonly bytes: number;
  readonly reason: string;
}

export interface TruncationPreview {
  readonly plan: NativePlan;
  readonly changes: readonly PlannedChange[];
  /** Locks that stand in the way now. */
  readonly locks: readonly string[];
}

const pageMetas = 256;

/** In the order in which it would be done. Errors: those of planNativeTruncation and readCuts. */
export async function previewTruncation(deps: PlanDeps, untilTs: bigint): Promise<TruncationPreview> {
  const plan = await planNativeTruncation(deps, untilTs);
  const { logPrefix } = deps;
  const changes: PlannedChange[] = [];
  if (plan.movesSafepoint) {
    const key = `${logPrefix}${truncateSafepointKey}`;
    const reason = `the log begins at ${describeTs(untilTs)} from then on`;
    changes.push({ key, action: 'write', kind: 'safepoint', bytes: 0, reason });
  }
  for (const key of plan.blocklists) {
    const reason = 'the restore that it tells of ended before the cut';
    changes.push({ key, action: 'delete', kind: 'blocklist', bytes: 0, reason });
  }
  const { toOpen } = plan;
  for (let at = 0; at < toOpen.length; at += pageMetas) {
    const page = toOpen.slice(at, at + pageMetas);
    const keys = page.map(({ key }) => key);
    for (const cut of await readCuts(deps, keys, plan.shiftTs)) {
      changes.push(...changesOf(logPrefix, cut, plan.shiftTs));
    }
    deps.progress({ step: 'objects', done: at + page.length, total: toOpen.length, bytes: 0 });
  }
  for (const { key, size } of plan.empty) {
    const reason = 'it tells of an idle store before the cut, and names nothing';
    changes.push({ key, action: 'delete', kind: 'meta', bytes: size, reason });
  }
  return { plan, changes, locks: await locksOf(deps) };
}

function changesOf(
  logPrefix: string,
  { key, meta, bytes, expired }: MetaCut,
  shiftTs: bigint,
): readonly PlannedChange[] {
  if (expired.length === 0) return [];
  const data = expired.map(
    ({ path, length, maxTs }): PlannedChange => ({
      key: `${logPrefix}${path}`,
      action: 'delete',
      kind: 'data',
      bytes: length,
      reason: `its newest record is of ${describeTs(maxTs)}, and nothing before ${describeTs(shiftTs)} is needed`,
    }),
  );
  const all = meta.groups.length;
  const isWhole = expired.length === all;
  return [
    ...data,
    {
      key,
      action: isWhole ? 'delete' : 'rewrite',
      kind: 'meta',
      bytes: bytes.length,
      reason: isWhole ? 'nothing that it names stays' : `${expired.length} of its ${all} objects go`,
    },
  ];
}

async function locksOf({ store, logPrefix }: PlanDeps): Promise<readonly string[]> {
  const locks: string[] = [];
  for (const prefix of lockPrefixes) {
    for await (const { key } of store.list(`${logPrefix}${prefix}`)) locks.push(key);
  }
  return locks;
}
