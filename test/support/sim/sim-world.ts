// A whole simulated world: a cluster with its br, the real operations and flows of the control plane, what calls them, people, and
// troubles, on one virtual clock and one seed. Rules that must hold are looked at each hour and at the end.

import type { ClusterSettings } from '../../../lib/config/settings-types.ts';
import { msOfTs } from '../../../lib/domain/ts.ts';
import type { Window } from '../../../lib/domain/window.ts';
import { functionsOfCluster } from '../../../lib/local/control/local-functions.ts';
import { type FlowRunner, openFlowRunner } from '../../../lib/local/flow-runner.ts';
import { VirtualClock } from '../../../lib/local/virtual-clock.ts';
import { taskStoreOn } from '../../../lib/ports/state/table-task-store.ts';
import type { TaskStore } from '../../../lib/ports/task-store.ts';
import { BrRefusal } from '../../../lib/sim/commands/br-script.ts';
import type { RestoredContents } from '../../../lib/sim/commands/sim-target.ts';
import { drawBrFault, type Odds } from '../../../lib/sim/faults.ts';
import { SeededRandom } from '../../../lib/sim/seeded-random.ts';
import { SimBr, type SimRun } from '../../../lib/sim/sim-br.ts';
import { SimBucket } from '../../../lib/sim/sim-bucket.ts';
import { SimCluster } from '../../../lib/sim/sim-cluster.ts';
import { SimHistory } from '../../../lib/sim/sim-history.ts';
import { SimStateTable } from '../../../lib/sim/sim-state-table.ts';
import type { Invariant } from './invariant.ts';
import { WorldCuts } from './world-cuts.ts';
import { WorldDamage } from './world-damage.ts';
import { streamedStore, WorldDeps } from './world-deps.ts';
import { type Invocation, WorldFunctions } from './world-functions.ts';
import { WorldHolds } from './world-holds.ts';
import { WorldPeople } from './world-people.ts';
import { bucketPath, clusterName, hour, type WorldPlan, workloadOf, worldStartMs } from './world-plan.ts';
import { WorldPolicies } from './world-policies.ts';
import { WorldRecord } from './world-record.ts';
import { longestEndMs, WorldRhythm } from './world-rhythm.ts';
import { WorldTroubles } from './world-troubles.ts';
import { WorldWindow } from './world-window.ts';

const calmOdds: Odds = { crash: 0, twice: 0, late: 0, lost: 0, br: 0, clock: 0 };

/** All of a world is in memory: what is asked is answered within the same turn, but for what flows put off. */
const turnsOfWorld = 4;

export class SimWorld {
  readonly plan: WorldPlan;
  readonly clock = new VirtualClock(worldStartMs, turnsOfWorld);
  readonly random: SeededRandom;
  readonly record = new WorldRecord(() => this.clock.nowMs());
  readonly bucket: SimBucket;
  readonly history: SimHistory;
  readonly cluster: SimCluster;
  readonly br: SimBr;
  readonly store: TaskStore;
  readonly functions: WorldFunctions;
  readonly rhythm: WorldRhythm;
  readonly people: WorldPeople;
  readonly policies: WorldPolicies;
  readonly holds: WorldHolds;
  readonly cuts: WorldCuts;
  readonly damage: WorldDamage;
  readonly #windows = new WorldWindow(this);
  readonly troubles: WorldTroubles;
  readonly invariants: readonly Invariant[];
  /** What restores of br brought, with the bucket as it was then, to be judged while nothing moves. */
  readonly restored: { readonly contents: RestoredContents; readonly bucket: SimBucket }[] = [];
  /** Messages that no channel took, and when they were tried last, unix ms: after a day they are given up. */
  readonly refused = new Map<string, number>();
  flows!: FlowRunner;
  readonly #deps = new WorldDeps(this);
  #isQuiet = false;

  constructor(plan: WorldPlan, invariants: readonly Invariant[]) {
    const { clock } = this;
    this.plan = plan;
    this.invariants = invariants;
    this.random = new SeededRandom(plan.seed);
    this.policies = new WorldPolicies(this);
    this.bucket = new SimBucket(clock, `s3://${bucketPath}`);
    this.history = new SimHistory(
      plan.seed,
      { ...workloadOf(plan), newCollation: true },
      { noisePercent: 15 },
    );
    this.cluster = this.#makeCluster();
    this.br = this.#makeBr();
    this.store = streamedStore(taskStoreOn(new SimStateTable()), (change) => this.rhythm.streamed(change));
    this.functions = new WorldFunctions({
      nowMs: () => clock.nowMs(),
      offMs: () => this.troubles.clockOffMs,
      random: this.random,
      record: this.record,
      odds: () => this.odds(),
      depsOf: (invocation) => this.#deps.of(invocation),
    });
    this.rhythm = new WorldRhythm(this);
    this.people = new WorldPeople(this);
    this.holds = new WorldHolds(this);
    this.cuts = new WorldCuts(this);
    this.damage = new WorldDamage(this);
    this.troubles = new WorldTroubles(this);
  }

  get settings(): ClusterSettings {
    return this.policies.current;
  }

  odds(): Odds {
    return this.#isQuiet ? calmOdds : this.plan.faults.odds;
  }

  /** What the bucket makes restorable. */
  window(): Promise<Window> {
    return this.#windows.window();
  }

  /** Something happened that is worth a closer look for some minutes. */
  stir(): void {
    this.rhythm.stir();
  }

  /** Lives from the first minute to the end, or to the first broken rule. */
  async live(): Promise<void> {
    const { clock } = this;
    const names = Object.keys(functionsOfCluster(this.#deps.of(nobody)));
    this.flows = await openFlowRunner({
      path: ':memory:',
      functions: Object.fromEntries(
        names.map((name) => [name, (payload: unknown) => this.functions.forFlow(name as 'observe', payload)]),
      ),
      clock,
      random: () => this.random.below(1000) / 1000,
      onFault: (key, error) =>
        this.record.violate('a flow never has a fault of its own', `${key.name}: ${error}`),
    });
    this.cluster.touch();
    if (this.plan.isLogThere) await clock.advanceUntil(this.people.startBefore());
    this.rhythm.stir();
    this.rhythm.begin();
    for (const part of [this.people, this.holds, this.cuts, this.damage, this.policies, this.troubles])
      part.begin();
    await this.#hours(this.plan.quietFromMs);
    this.#isQuiet = true;
    this.rhythm.quieten();
    await this.#comeToTheEnd();
    this.cluster.stop();
    await this.flows.close();
  }

  async #hours(untilMs: number): Promise<void> {
    while (this.clock.nowMs() < untilMs && this.record.violations.length === 0) {
      await this.clock.advance(Math.min(hour, untilMs - this.clock.nowMs()));
      await this.#look('hourly');
    }
  }

  async #comeToTheEnd(): Promise<void> {
    const endMs = this.clock.nowMs() + longestEndMs;
    await this.#hours(this.clock.nowMs() + 3 * hour);
    const isSound = () => this.record.violations.length === 0;
    while (isSound() && this.clock.nowMs() < endMs && (await this.#isBusy())) {
      await this.#hours(this.clock.nowMs() + hour);
    }
    if (isSound()) await this.#look('atEnd');
  }

  async #look(when: 'hourly' | 'atEnd'): Promise<void> {
    for (const invariant of this.invariants) await this.hold(invariant.rule, () => invariant[when]?.(this));
  }

  /** Holds the world to one rule. */
  async hold(rule: string, look: () => Promise<void> | undefined): Promise<void> {
    try {
      await look();
    } catch (caught) {
      this.record.violate(rule, caught instanceof Error ? `${caught.message}` : `${caught}`);
    }
  }

  /** Whether anything that was begun is not over. */
  async #isBusy(): Promise<boolean> {
    if (this.flows.executions({ limit: 100 }).some(({ state }) => state === 'running')) return true;
    if ([...this.br.runs.values()].some(({ over }) => over === undefined) || this.cuts.open > 0) return true;
    const { entries } = await this.store.waitingSignals(clusterName, { nowMs: this.clock.nowMs() });
    return entries.length > 0 || !this.isLogSound();
  }

  /** The log follows the clock, or people want it otherwise. */
  isLogSound(): boolean {
    const { hasPaused, wantsStop } = this.people;
    const [task] = this.cluster.keys.names();
    const checkpointTs = task === undefined ? undefined : this.cluster.keys.persisted(task);
    const lagMs = this.clock.nowMs() - msOfTs(checkpointTs ?? 0n);
    return hasPaused || wantsStop || lagMs < hour;
  }

  #makeCluster(): SimCluster {
    const { plan, clock, random, history } = this;
    const storeIds = [1n, 2n, 3n].slice(0, plan.storeCount);
    const bucket = this.bucket.as('stores');
    return new SimCluster(
      { clock, random, history, bucket },
      {
        clusterId: 7_654_321_098_765_432_109n,
        version: plan.version,
        storeIds,
        bucketPath,
        flushing: plan.flushing,
      },
    );
  }

  #makeBr(): SimBr {
    return new SimBr({
      clock: this.clock,
      random: this.random,
      cluster: this.cluster,
      bucket: this.bucket.as('br'),
      isPdHidden: () => this.troubles.isInForce('pd-hidden', 'pd-down'),
      targetAt: (pd) => this.people.targets.get(pd),
      faultOf: (kind, runId) =>
        runId.startsWith('person-') ? undefined : drawBrFault(this.random, this.odds(), kind),
      receive: async (contents) => this.#receive(contents),
      onChange: (run) => this.#onRun(run),
    });
  }

  #receive(contents: RestoredContents): void {
    const base = contents.snapshotFolder.replace(/\/$/, '');
    if (this.damage.damaged.has(base)) throw new BrRefusal(`[BR:Restore:ErrRestoreChecksumMismatch] ${base}`);
    this.restored.push({ contents, bucket: this.bucket.frozen() });
  }

  #onRun(run: SimRun): void {
    const { runId, kind, over, fault } = run;
    const state =
      over === undefined ? `begins${fault === undefined ? '' : `, will ${fault.kind}`}` : over.state;
    const end = over?.state === 'ended' ? ` ${JSON.stringify(over.end)}` : '';
    this.record.note(`br ${kind} ${runId} ${state}${end}`);
    for (const invariant of this.invariants) invariant.onRun?.(this, run);
    if (over !== undefined && runId.startsWith('person-')) this.people.ended(run);
    if (over !== undefined) this.rhythm.ended(run);
  }
}

const nobody: Invocation = { number: 0, name: 'observe', startedMs: 0, end: undefined };
