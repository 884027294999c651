// The loops of the local runtime: schedules, the minute's look at each cluster, the sweep over running br, the answers to signals.
// Every turn stands alone: one that fails is logged, and the next one does its work.

import { join } from 'node:path';
import type { Schedule } from '../../config/schedule.ts';
import type { ClusterSettings } from '../../config/settings-types.ts';
import { openScheduler, type Scheduler } from '../scheduler.ts';
import type { LocalRuntime } from './local-runtime.ts';

/** How often each thing is done, in milliseconds of the runtime's clock. */
const paceMs = {
  /** As the schedule on AWS. */
  observe: 60_000,
  /** A child process of this machine costs nothing to look at. */
  sweep: 5_000,
  /** What the stream is on AWS. */
  react: 1_000,
  tidy: 3_600_000,
  /** A plan that has cooled off waits no longer. */
  retention: 600_000,
} as const;
/** After a turn that failed the pause doubles up to here: a webhook that is down is not asked every second. */
const longestPauseMs = 60_000;

/** By UTC, which leaves no hour out. */
const dailyPlan: Schedule = { kind: 'every', days: 1, hour: 1, minute: 0 };
/** As long as Step Functions shows them. */
const executionsForMs = 90 * 86_400_000;

/** Works until the signal is aborted: takes up what a dead one left, and goes on. Errors: those of the state files. */
export async function runDaemon(runtime: LocalRuntime, signal: AbortSignal): Promise<void> {
  const { settings } = runtime.options;
  const scheduler = openSchedules(runtime);
  try {
    await runtime.flows.resumeAll();
    const loops = settings.clusters.flatMap(({ name: cluster }) => [
      every(runtime, paceMs.observe, signal, () => runtime.run('observe', { cluster })),
      every(runtime, paceMs.sweep, signal, () => runtime.run('br-ended', { cluster })),
      every(runtime, paceMs.react, signal, () => runtime.run('react', { cluster, all: true })),
      every(runtime, paceMs.retention, signal, () => runtime.run('retention-apply', { cluster })),
    ]);
    await Promise.all([...loops, every(runtime, paceMs.tidy, signal, () => tidy(runtime))]);
  } finally {
    await scheduler.close();
  }
}

/** What `pitr local up` tells at its start: each schedule by the name that its firings are logged with. */
export function scheduledWork({ name, policy }: ClusterSettings) {
  const { schedule, zone } = policy.snapshot;
  const snapshots = { name: `${name}/take-snapshot`, schedule, zone };
  return [snapshots, { name: `${name}/retention-plan`, schedule: dailyPlan, zone: 'UTC' }];
}

function openSchedules(runtime: LocalRuntime): Scheduler {
  const { settings, folder, clock, log } = runtime.options;
  const works = settings.clusters.flatMap((cluster) =>
    scheduledWork(cluster).map((work) => ({
      ...work,
      fire: async ({ dueMs }: { readonly dueMs: number }) => {
        const input = { cluster: cluster.name, dueAt: new Date(dueMs).toISOString() };
        const isSnapshot = work.name.endsWith('/take-snapshot');
        const answer = isSnapshot
          ? await runtime.functions['take-snapshot']({ ...input, trigger: 'schedule' })
          : await runtime.functions['retention-plan'](input);
        const operation = isSnapshot ? 'take-snapshot' : 'retention-plan';
        log({ kind: 'operation', cluster: cluster.name, operation, answer, atMs: clock.nowMs() });
      },
    })),
  );
  return openScheduler({
    path: join(folder, 'schedules.sqlite'),
    clock,
    works,
    onFailure: (name, error) => runtime.trouble('', name, error),
  });
}

async function every(
  { options }: LocalRuntime,
  everyMs: number,
  signal: AbortSignal,
  turn: () => Promise<unknown>,
): Promise<void> {
  for (let pauseMs = everyMs; !signal.aborted; ) {
    const hasFailed = (await turn()) === undefined;
    pauseMs = hasFailed ? Math.max(everyMs, Math.min(2 * pauseMs, longestPauseMs)) : everyMs;
    await options.clock.sleep(pauseMs, signal);
  }
}

/** What has expired, and executions that nobody looks at any more. */
async function tidy(runtime: LocalRuntime): Promise<void> {
  const nowMs = runtime.options.clock.nowMs();
  try {
    await runtime.store.removeExpired(nowMs);
    await runtime.flows.removeEnded(nowMs - executionsForMs);
  } catch (error) {
    runtime.trouble('', 'tidying up', error);
  }
}
