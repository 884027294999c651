// The runtime of one machine from its start to its end, for whoever runs it in the foreground: what it keeps, what happens, and what
// is left for the next start.

import { bucketUrl } from '../../config/bucket-url.ts';
import { formatSchedule } from '../../config/schedule.ts';
import type { ClusterSettings, Settings } from '../../config/settings-types.ts';
import { formatStorageUrl, parseStorageUrl } from '../../config/storage-url.ts';
import type { Facts } from '../../domain/state/run-identity.ts';
import { nextFiring } from '../firings.ts';
import { runDaemon, scheduledWork } from './daemon.ts';
import { type LocalRuntime, type LocalRuntimeOptions, openLocalRuntime } from './local-runtime.ts';
import { formatEvent, type RuntimeEvent } from './runtime-log.ts';

export interface LocalUp extends Omit<LocalRuntimeOptions, 'log'> {
  readonly settings: Settings;
  readonly once: boolean;
  readonly signal: AbortSignal;
  readonly begun: (view: UpView) => void;
  readonly tell: (line: UpLine) => void;
}

export interface UpView {
  readonly folder: string;
  readonly clusters: readonly {
    readonly name: string;
    readonly bucket: string;
    readonly schedules: readonly {
      readonly name: string;
      readonly schedule: string;
      readonly zone: string;
      /** Unix ms; undefined when it is not known, or never again. */
      readonly nextMs: number | undefined;
    }[];
  }[];
}

export interface UpLine {
  readonly atMs: number;
  readonly kind: RuntimeEvent['kind'];
  readonly cluster: string;
  readonly text: string;
  readonly event: Facts;
}

/** A turn that waits for a network is not waited for longer: it changes nothing that the next start would not find. */
const lastTurnsMs = 3_000;

/**
 * Runs until the signal is aborted, or, with `once`, until nothing is due and nothing runs. Gives the executions that are left, as
 * `FLOW NAME`. Errors: those of `openLocalRuntime` and of the state files.
 */
export async function localUp(up: LocalUp): Promise<{ readonly unfinished: readonly string[] }> {
  const { settings, folder, clock, signal } = up;
  const runtime = await openLocalRuntime({ ...up, log: (event) => up.tell(lineOf(event)) });
  try {
    up.begun({ folder, clusters: settings.clusters.map((one) => clusterView(one, clock.nowMs())) });
    const ending = new AbortController();
    const end = () => ending.abort();
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    const work = runDaemon(runtime, ending.signal);
    const idle = up.once ? untilIdle(runtime, ending.signal).then(end) : undefined;
    await Promise.race([work, aborted(signal).then(() => clock.sleep(lastTurnsMs))]);
    await idle;
    signal.removeEventListener('abort', end);
    return { unfinished: runningOf(runtime).map(({ flow, name }) => `${flow} ${name}`) };
  } finally {
    await runtime.close();
  }
}

function clusterView(cluster: ClusterSettings, nowMs: number): UpView['clusters'][number] {
  const url = bucketUrl(cluster.bucket);
  return {
    name: cluster.name,
    bucket: url === undefined ? 'a bucket without a name' : formatStorageUrl(parseStorageUrl(url)),
    schedules: scheduledWork(cluster).map(({ name, schedule, zone }) => ({
      name: name.slice(cluster.name.length + 1),
      schedule: formatSchedule(schedule),
      zone,
      // A rate counts from the first start of all, which the scheduler alone knows.
      nextMs: schedule.kind === 'rate' ? undefined : nextFiring(schedule, zone, nowMs),
    })),
  };
}

function lineOf(event: RuntimeEvent): UpLine {
  const cluster = 'cluster' in event ? event.cluster : '';
  const { atMs, kind } = event;
  return { atMs, kind, cluster, text: formatEvent(event), event: JSON.parse(JSON.stringify(event)) };
}

/** So often in a row nothing may be under way: what one turn of a loop leads to, the next one has begun. */
const quietTurns = 3;
const turnMs = 1_000;
/** A signal that nobody could answer for so long, as of a webhook that is down, holds nothing up: it waits on disk. */
const answeredWithinMs = 10 * 60_000;

async function untilIdle(runtime: LocalRuntime, signal: AbortSignal): Promise<void> {
  for (let quiet = 0; quiet < quietTurns && !signal.aborted; ) {
    await runtime.options.clock.sleep(turnMs, signal);
    const isQuiet = runningOf(runtime).length === 0 && !(await isAsked(runtime));
    quiet = isQuiet ? quiet + 1 : 0;
  }
}

async function isAsked({ store, options }: LocalRuntime): Promise<boolean> {
  const nowMs = options.clock.nowMs();
  for (const { name } of options.settings.clusters) {
    const { entries } = await store.waitingSignals(name, { nowMs, limit: 1000 });
    if (entries.some(({ atMs }) => atMs > nowMs - answeredWithinMs)) return true;
  }
  return false;
}

function runningOf(runtime: LocalRuntime) {
  return runtime.flows.executions({ limit: 1000 }).filter(({ state }) => state === 'running');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
