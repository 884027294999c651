// A stage for restores: the control stage with the recorded bucket of a shop, and a target that stands still in a recorded
// situation of PD, with settings of its stores as a test puts them.

import type { PitrError } from '../../lib/domain/errors.ts';
import type { RestoreRun } from '../../lib/domain/state/restore-run.ts';
import type { Facts } from '../../lib/domain/state/run-identity.ts';
import type { ClusterDeps } from '../../lib/operations/control/control-deps.ts';
import { checkTarget } from '../../lib/operations/control/restore/check-target.ts';
import { planRestore } from '../../lib/operations/control/restore/plan-restore.ts';
import { runRestore } from '../../lib/operations/control/restore/run-restore.ts';
import { settleRestore } from '../../lib/operations/control/restore/settle-restore.ts';
import { verifyRestore } from '../../lib/operations/control/restore/verify-restore.ts';
import { brEnded } from '../../lib/operations/control/runs/br-ended.ts';
import type { Cluster } from '../../lib/ports/cluster.ts';
import { controlStage, type Stage, type StageOptions } from './control-stage.ts';
import { RecordedCluster } from './recorded-cluster.ts';
import { recordedCopy, shopBucket } from './recorded-store.ts';

export interface RestoreStage extends Stage, ClusterDeps {
  /** PD of the target. */
  readonly target: RecordedCluster;
  /** Addresses that were opened, in order. */
  readonly opened: (readonly string[])[];
}

/** t5 of the recorded shop, which the recorded restores went to. */
export const t5 = 470632761065996290n;
export const targetPd = '127.0.0.1:3479';
export const faults = 'test/fixtures/faults';
/** The log's folder as the recorded dead restore left its lock there. */
export const readLock = 'log-backup/v1/LOCK.READ.5ebd8b83014050e7';

/** PD of a fresh cluster: no import, no task; the one of the recordings has another id. */
const quiet = 'shop/pd/0-no-task';

export async function restoreStage(
  options: StageOptions & { readonly situation?: string } = {},
): Promise<RestoreStage> {
  const bucket = options.bucket ?? (await recordedCopy(shopBucket));
  // After the recording of the real restore, so that its times are past.
  const stage = controlStage({ nowMs: Date.UTC(2026, 10, 22, 5, 17, 40), ...options, bucket });
  const target = new RecordedCluster(options.situation ?? quiet, { nowMs: stage.nowMs });
  const opened: (readonly string[])[] = [];
  return {
    ...stage,
    target,
    opened,
    openCluster: async (pd = stage.settings.pd) => {
      opened.push(pd);
      return { cluster: asAnotherCluster(target), close: () => undefined };
    },
  };
}

/** The recordings are all of one cluster: a target has another id than the backup's. */
export const otherClusterId = 7_700_000_000_000_000_001n;
function asAnotherCluster(target: RecordedCluster): Cluster {
  return {
    name: target.name,
    readLogTask: () => target.readLogTask(),
    readSafePoints: () => target.readSafePoints(),
    readStores: async () => ({ ...(await target.readStores()), clusterId: otherClusterId }),
    readClock: () => target.readClock(),
    observe: () => target.observe(),
    readStoreSetting: (store, name) => target.readStoreSetting(store, name),
  };
}

/** gc.ratio-threshold of the one store of the recordings. */
export function setGcRatio(stage: RestoreStage, value: string): void {
  stage.target.settings.set('1 gc.ratio-threshold', { kind: 'value', value });
}

export const request = { cluster: 'shop', restoreTo: `${t5}`, target: { pd: [targetPd] } };
export const runId = (id: string, attempt = 1) => `shop.${id}-restore-${attempt}`;

/** As the flow calls it: through the input's check. */
export async function plan(
  stage: RestoreStage,
  over: Readonly<Record<string, unknown>> = {},
  execution = 'execution-1',
): Promise<Facts> {
  const input = planRestore.parseInput({ request: { ...request, ...over }, execution });
  return await planRestore.run(stage, input);
}

export const check = (stage: RestoreStage, id: string, execution = 'execution-1') =>
  checkTarget.run(stage, checkTarget.parseInput({ cluster: 'shop', id, execution }));

export const begin = (stage: RestoreStage, id: string, token = 'token-1', execution = 'execution-1') =>
  runRestore.run(stage, runRestore.parseInput({ cluster: 'shop', id, execution, token }));

export const sweep = (stage: RestoreStage) => brEnded.run(stage, brEnded.parseInput({ cluster: 'shop' }));

export const verify = (stage: RestoreStage, id: string, purpose: 'verify' | 'settle' = 'verify') =>
  verifyRestore.run(
    stage,
    verifyRestore.parseInput({ cluster: 'shop', id, execution: 'execution-1', purpose }),
  );

export const settle = (stage: RestoreStage, id: string, error: unknown = null, execution = 'execution-1') =>
  settleRestore.run(stage, settleRestore.parseInput({ cluster: 'shop', id, execution, error }));

export async function recordOf(stage: RestoreStage, id: string): Promise<RestoreRun> {
  const found = await stage.store.get({ cluster: 'shop', kind: 'restore', id }, stage.nowMs());
  if (found === undefined) throw new Error(`there is no restore ${id}`);
  return found.record;
}

export async function putReadLock(stage: RestoreStage, change: (text: string) => string = (text) => text) {
  const { readFileSync } = await import('node:fs');
  const place = `${faults}/restore-1-left-objects/backup-data/log-backup/v1/LOCK.READ.5ebd8b83014050e7`;
  await stage.bucket.put(readLock, Buffer.from(change(readFileSync(place, 'utf8'))));
}

/** What Step Functions hands on of an error of ours. */
export const caught = ({ code, message }: Pick<PitrError, 'code' | 'message'>) => ({
  Error: code,
  Cause: JSON.stringify({ errorType: code, errorMessage: message }),
});
