// Everything that the operations of the control plane are given, in memory and under the test's own clock: settings, state,
// a copy of the recorded bucket, a runner that plays recordings, and flows that only note how they were answered.

import { parseSettings } from '../../lib/config/settings.ts';
import type { ClusterSettings } from '../../lib/config/settings-types.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import type {
  BrPlace,
  BrWorkDeps,
  CallbackDeps,
  MetricsDeps,
} from '../../lib/operations/control/control-deps.ts';
import { taskStoreOn } from '../../lib/ports/state/table-task-store.ts';
import type { TaskStore } from '../../lib/ports/task-store.ts';
import { FakeCallbacks } from './fake-callbacks.ts';
import { FakeRunner } from './fake-runner.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryObjectStore } from './memory-object-store.ts';
import { MemoryStateTable } from './memory-task-store.ts';
import { NotedMetrics } from './noted-metrics.ts';

export const stageText = `
version: 1
clusters:
  - name: shop
    tidbVersion: v9.0.0-beta.2
    pd: [127.0.0.1:2379]
    bucket: { folder: /backups/shop }
    runner: { kind: local, brPath: /opt/br }
    policy:
      snapshot: { schedule: every 2 days at 00:00, zone: UTC }
      retention: { window: 7d, minBases: 1 }
      onFailure: { retries: 2, backoff: 1m, maxBackoff: 3m }
`;

export interface Stage extends BrWorkDeps, CallbackDeps, MetricsDeps {
  readonly clock: ManualClock;
  readonly runner: FakeRunner;
  readonly callbacks: FakeCallbacks;
  readonly bucket: MemoryObjectStore;
  readonly table: MemoryStateTable;
  readonly store: TaskStore;
  readonly metrics: NotedMetrics;
}

export interface StageOptions {
  readonly settings?: string;
  readonly bucket?: MemoryObjectStore;
  readonly nowMs?: number;
  readonly table?: MemoryStateTable;
}

export const stageNow = Date.UTC(2026, 10, 22, 12);

export function controlStage(options: StageOptions = {}): Stage {
  const clock = new ManualClock(options.nowMs ?? stageNow);
  const runner = new FakeRunner(() => clock.nowMs());
  const bucket = options.bucket ?? new MemoryObjectStore();
  const table = options.table ?? new MemoryStateTable();
  const brPlace: BrPlace = { runnerKind: 'local', program: ['/opt/br'], tls: undefined, region: undefined };
  return {
    clock,
    runner,
    bucket,
    table,
    brPlace,
    settings: clusterOf(options.settings ?? stageText),
    store: taskStoreOn(table),
    nowMs: () => clock.nowMs(),
    openBucket: async () => bucket,
    bucketName: undefined,
    openRunner: async () => runner,
    callbacks: new FakeCallbacks(),
    metrics: new NotedMetrics(),
  };
}

export function clusterOf(text: string): ClusterSettings {
  const [cluster] = parseSettings(text).clusters;
  if (cluster === undefined) throw new Error('the settings of the stage hold no cluster');
  return cluster;
}

/** The same with a window shorter than the settings may have it: recordings are minutes long. */
export function withWindow(settings: ClusterSettings, windowMs: number): ClusterSettings {
  const { policy } = settings;
  return { ...settings, policy: { ...policy, retention: { ...policy.retention, windowMs } } };
}

/** What an asynchronous call is refused with. */
export async function refusalOf(call: Promise<unknown>): Promise<PitrError> {
  try {
    const answer = await call;
    throw new Error(`it was not refused, and answered ${JSON.stringify(answer)}`);
  } catch (caught) {
    if (caught instanceof PitrError) return caught;
    throw caught;
  }
}
