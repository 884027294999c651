// A simulated cluster with its bucket, its br and a virtual clock, without any control plane: for tests of the simulator itself.

import { VirtualClock } from '../../lib/local/virtual-clock.ts';
import { SimPd } from '../../lib/sim/cluster/sim-pd.ts';
import type { RestoredContents } from '../../lib/sim/commands/sim-target.ts';
import { SimTarget } from '../../lib/sim/commands/sim-target.ts';
import { SeededRandom } from '../../lib/sim/seeded-random.ts';
import { type BrFault, SimBr, type SimRun } from '../../lib/sim/sim-br.ts';
import { SimBucket } from '../../lib/sim/sim-bucket.ts';
import { SimCluster, type SimClusterOptions } from '../../lib/sim/sim-cluster.ts';
import { SimHistory } from '../../lib/sim/sim-history.ts';
import { usualWorkload } from '../../lib/sim/workload.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const stageStartMs = Date.UTC(2026, 5, 1, 12);
export const bucketPath = 'sim-bucket/backups';

export interface SimStageOptions {
  readonly seed?: number;
  readonly version?: string;
  readonly flushing?: Partial<SimClusterOptions['flushing']>;
}

export class SimStage {
  readonly clock = new VirtualClock(stageStartMs);
  readonly random: SeededRandom;
  readonly bucket: SimBucket;
  readonly history: SimHistory;
  readonly cluster: SimCluster;
  readonly br: SimBr;
  readonly target: SimTarget;
  readonly restored: RestoredContents[] = [];
  /** For the next runs, by kind. */
  readonly faults = new Map<string, BrFault>();
  isPdHidden = false;
  #runs = 0;

  constructor({ seed = 1, version = 'v9.0.0', flushing = {} }: SimStageOptions = {}) {
    const { clock } = this;
    this.random = new SeededRandom(seed);
    this.bucket = new SimBucket(clock, `s3://${bucketPath}`);
    this.history = new SimHistory(
      seed,
      {
        ...usualWorkload,
        startMs: stageStartMs - 30 * minute,
        steps: 60,
        restMs: [minute, 10 * minute],
        dropsForGood: true,
      },
      { noisePercent: 20 },
    );
    const stores = this.bucket.as('stores');
    this.cluster = new SimCluster(
      { clock, random: this.random, history: this.history, bucket: stores },
      {
        clusterId: 7_654_321_098_765_432_109n,
        version,
        storeIds: [1n, 2n, 3n],
        bucketPath,
        flushing: {
          flushEveryMs: 3 * minute,
          regionCount: 4,
          regions: 2,
          names: ['flagged'],
          oldMetas: false,
          filesPerObject: 5,
          ...flushing,
        },
      },
    );
    this.target = new SimTarget(
      new SimPd(clock, { clusterId: 99n, version, host: '10.0.1.1', stores: [1n] }),
    );
    this.br = new SimBr({
      clock,
      random: this.random,
      cluster: this.cluster,
      bucket: this.bucket.as('br'),
      isPdHidden: () => this.isPdHidden,
      targetAt: (pd) => (pd === '10.0.1.1:2379' ? this.target : undefined),
      faultOf: (kind) => this.faults.get(kind),
      receive: async (contents) => void this.restored.push(contents),
    });
    this.cluster.touch();
  }

  /** Starts br; it lives as the clock moves. */
  async start(...words: readonly string[]): Promise<SimRun> {
    this.#runs += 1;
    const runId = `run-${this.#runs}`;
    await this.br.start({ runId, argv: ['/br', ...words], env: {} });
    const run = this.br.runs.get(runId);
    if (run === undefined) throw new Error('the run was not started');
    return run;
  }

  /** Runs br to its end, for so long at most. */
  async run(...words: readonly string[]): Promise<SimRun> {
    const run = await this.start(...words);
    for (let waited = 0; run.over === undefined && waited < 600; waited++) await this.clock.advance(minute);
    return run;
  }

  folderUrl(name: string): string {
    return `s3://${bucketPath}/${name}`;
  }

  /** Ends what would go on for ever. */
  stop(): void {
    this.cluster.stop();
  }
}
