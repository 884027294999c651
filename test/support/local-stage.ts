// The runtime of one machine under a virtual clock: the recorded bucket in memory, a recorded PD, and a runner that plays recordings.
// Its state files are real, so that it can be closed and opened again as after a kill.

import { parseSettings } from '../../lib/config/settings.ts';
import { runDaemon } from '../../lib/local/control/daemon.ts';
import { type LocalRuntime, openLocalRuntime } from '../../lib/local/control/local-runtime.ts';
import type { RuntimeEvent } from '../../lib/local/control/runtime-log.ts';
import type { PdRecording } from '../../lib/local/playback/pd-recording.ts';
import { PlaybackCluster } from '../../lib/local/playback/playback-cluster.ts';
import { VirtualClock } from '../../lib/local/virtual-clock.ts';
import { FakeRunner } from './fake-runner.ts';
import type { MemoryObjectStore } from './memory-object-store.ts';
import { completeRecording, RecordedCluster } from './recorded-cluster.ts';
import { recordedCopy, shopBucket } from './recorded-store.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const localStageText = `
version: 1
clusters:
  - name: shop
    tidbVersion: v9.0.0-beta.2
    pd: [127.0.0.1:2379]
    bucket: { name: tidb-pitr-bucket, prefix: backup-data, region: us-east-1, endpoint: 'http://127.0.0.1:9000' }
    runner: { kind: local, brPath: /opt/br }
    policy:
      snapshot: { schedule: cron(26 4 * * ? *), zone: UTC }
      retention: { window: 7d }
      onFailure: { retries: 2, backoff: 1m, maxBackoff: 3m }
`;

/** Two seconds before the schedule of the stage fires. */
export const localStageStart = Date.UTC(2026, 10, 22, 4, 25, 58);

const shopClusterId = '7710846925929674311';
const otherClusterId = '7710846925929674312';

/** A recorded situation as that of a cluster with another id. */
function anotherCluster(situation: string): PdRecording {
  const { keyValues, http } = completeRecording(situation);
  const renamed = (bytes: Uint8Array) =>
    new TextEncoder().encode(new TextDecoder().decode(bytes).replaceAll(shopClusterId, otherClusterId));
  return { keyValues, http: new Map([...http].map(([path, body]) => [path, renamed(body)])) };
}

export interface LocalStageOptions {
  readonly settings?: string;
  /** What PD of our cluster shows. */
  readonly situation?: string;
  readonly startMs?: number;
}

export class LocalStage {
  readonly clock: VirtualClock;
  readonly runner: FakeRunner;
  readonly bucket: MemoryObjectStore;
  readonly events: RuntimeEvent[] = [];
  readonly own: RecordedCluster;
  /** The target of restores: an empty cluster with an id of its own. */
  readonly other: PlaybackCluster;
  readonly #options: LocalStageOptions;
  readonly #folder: Awaited<ReturnType<typeof temporaryFolder>>;
  #open: { runtime: LocalRuntime; stop: AbortController; done: Promise<void> } | undefined;

  static async make(options: LocalStageOptions = {}): Promise<LocalStage> {
    const bucket = await recordedCopy(`${shopBucket}`, '');
    return new LocalStage(options, bucket, await temporaryFolder());
  }

  private constructor(
    options: LocalStageOptions,
    bucket: MemoryObjectStore,
    folder: Awaited<ReturnType<typeof temporaryFolder>>,
  ) {
    this.#options = options;
    this.#folder = folder;
    this.bucket = bucket;
    this.clock = new VirtualClock(options.startMs ?? localStageStart);
    this.runner = new FakeRunner(() => this.clock.nowMs());
    this.own = new RecordedCluster(options.situation ?? 'shop/pd/5-before-end', this.clock);
    this.other = new PlaybackCluster('the target', anotherCluster('shop/pd/0-no-task'), this.clock);
    this.other.settings.set('1 gc.ratio-threshold', { kind: 'value', value: '1.1' });
  }

  get runtime(): LocalRuntime {
    if (this.#open === undefined) throw new Error('the runtime is not open');
    return this.#open.runtime;
  }

  /** Opens the runtime; with `daemon` its loops and schedules work as the clock moves. */
  async open({ daemon = true }: { readonly daemon?: boolean } = {}): Promise<LocalRuntime> {
    const runtime = await openLocalRuntime({
      settings: parseSettings(this.#options.settings ?? localStageText),
      folder: this.#folder.path,
      clock: this.clock,
      random: () => 0.5,
      log: (event) => this.events.push(event),
      standIns: {
        runner: this.runner,
        openBucket: async () => this.bucket,
        openCluster: async (settings, pd) => ({
          cluster: pd.join() === settings.pd.join() ? this.own : this.other,
          close: () => undefined,
        }),
      },
    });
    const stop = new AbortController();
    const done = daemon ? runDaemon(runtime, stop.signal) : Promise.resolve();
    this.#open = { runtime, stop, done };
    return runtime;
  }

  /** As a kill: what was under way stays as it is on disk. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    open?.stop.abort();
    await open?.runtime.close();
    await open?.done.catch(() => undefined);
  }

  async remove(): Promise<void> {
    await this.close();
    await this.#folder.remove();
  }

  /** Titles of the messages that people got. */
  messages(): readonly string[] {
    return this.events.flatMap((event) => (event.kind === 'message' ? [event.title] : []));
  }

  troubles(): readonly string[] {
    return this.events.flatMap((event) =>
      event.kind === 'trouble' ? [`${event.what}: ${event.code}: ${event.message}`] : [],
    );
  }
}
