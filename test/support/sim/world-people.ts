// The people of a simulated world: they pause, stop, resume and restart the log task with br by hand, heal what nobody heals, remove
// locks of dead processes, and restore moments into clusters of their own.

import { msOfTs } from '../../../lib/domain/ts.ts';
import { isAtLeast } from '../../../lib/domain/versions.ts';
import { latest } from '../../../lib/domain/window.ts';
import { SimPd } from '../../../lib/sim/cluster/sim-pd.ts';
import { SimTarget } from '../../../lib/sim/commands/sim-target.ts';
import type { SimRun } from '../../../lib/sim/sim-br.ts';
import type { SimWorld } from './sim-world.ts';
import { bucketPath, clusterName, hour, minute } from './world-plan.ts';

export class WorldPeople {
  readonly #world: SimWorld;
  readonly targets = new Map<string, SimTarget>();
  /** A person wants the task to be paused; whether it is so, br said. */
  wantsPause = false;
  /** It is: a task that was in error already is not paused by anybody's wish. */
  hasPaused = false;
  /** A person stopped it, and wants it so. */
  wantsStop = false;
  #runs = 0;
  #restores = 0;

  constructor(world: SimWorld) {
    this.#world = world;
  }

  /** The log task as people know it. */
  get #task(): SimWorld['plan']['logTask'] {
    return this.#world.plan.logTask;
  }

  /** A log task that was there before the control plane: started by hand, and running. */
  async startBefore(): Promise<void> {
    const { clock, cluster } = this.#world;
    await this.startTask();
    for (let count = 0; cluster.keys.names().length === 0 && count < 60; count++) await clock.sleep(minute);
  }

  begin(): void {
    for (const atMs of this.#world.plan.restoresMs) void this.#restoreAt(atMs);
    void this.#lookAfterTheTask();
  }

  /** br by hand, on a machine of their own; what it answers is theirs. */
  async #br(...words: readonly string[]): Promise<void> {
    this.#runs += 1;
    const { br, record } = this.#world;
    record.note(`a person runs br ${words.join(' ')}`);
    await br.start({ runId: `person-${this.#runs}`, argv: ['/br', ...words], env: {} });
  }

  async pause(): Promise<void> {
    if (this.#world.cluster.keys.names().length === 0) return;
    this.wantsPause = true;
    await this.#br(
      'log',
      'pause',
      `--task-name=${this.#task.name}`,
      '--gc-ttl=86400',
      '--message=maintenance',
    );
  }

  /** A run of theirs is over. */
  ended({ kind, over, stderr }: SimRun): void {
    const isDone = over?.state === 'ended' && 'exitCode' in over.end && over.end.exitCode === 0;
    if (kind === 'log pause' && isDone && this.wantsPause) this.hasPaused = true;
    if (kind === 'log stop' && isDone) this.hasPaused = false;
    // History is gone: this task has no future, and makes way for another.
    const isHopeless = kind === 'log resume' && /has been gc/.test(stderr);
    if (isHopeless) void this.#br('log', 'stop', `--task-name=${this.#task.name}`);
  }

  async resume(why: string): Promise<void> {
    this.wantsPause = false;
    this.hasPaused = false;
    if (!this.#world.cluster.keys.isPaused(this.#task.name)) return;
    this.#world.record.note(`a person resumes the task: ${why}`);
    await this.#br('log', 'resume', `--task-name=${this.#task.name}`);
  }

  async stopTask(): Promise<void> {
    if (this.#world.cluster.keys.names().length === 0) return;
    this.wantsStop = true;
    await this.#br('log', 'stop', `--task-name=${this.#task.name}`);
  }

  async startTask(): Promise<void> {
    this.wantsStop = false;
    if (this.#world.cluster.keys.names().length > 0) return;
    await this.#clearDeadStart();
    await this.#br(
      'log',
      'start',
      `--task-name=${this.#task.name}`,
      `--storage=s3://${bucketPath}/${this.#task.folder}`,
    );
  }

  /** A start that died before its task was in PD leaves a path that no later start can use once garbage was collected. */
  async #clearDeadStart(): Promise<void> {
    const { bucket, record } = this.#world;
    const { folder } = this.#task;
    for await (const { key } of bucket.list(`${folder}/v1/`)) if (key !== '') return;
    if ((await bucket.head(`${folder}/backup.lock`)) === undefined) return;
    record.note('a person removes what a dead start left in the path of the log');
    await bucket.deleteMany([`${folder}/backup.lock`, `${folder}/backupmeta`]);
  }

  /** A task that is in error, or gone, for hours; and a lock of a cut whose process is long dead. */
  async #lookAfterTheTask(): Promise<void> {
    const { clock, cluster, plan, bucket, br } = this.#world;
    const seen = { errorMs: Number.POSITIVE_INFINITY, lockMs: Number.POSITIVE_INFINITY };
    const since = (is: boolean, before: number) =>
      is ? Math.min(before, clock.nowMs()) : Number.POSITIVE_INFINITY;
    for (;;) {
      await clock.sleep(10 * minute);
      const isThere = cluster.keys.names().length > 0;
      const isHalted = isThere ? cluster.keys.isPaused(this.#task.name) && !this.wantsPause : !this.wantsStop;
      seen.errorMs = since(isHalted, seen.errorMs);
      if (clock.nowMs() - seen.errorMs >= plan.personHealsAfterMs) {
        seen.errorMs = Number.POSITIVE_INFINITY;
        if (isThere) await this.#heal();
        else await this.startTask();
      }
      const lock = `${this.#task.folder}/truncating.lock`;
      const isCutting = [...br.runs.values()].some(
        ({ kind, over }) => kind === 'log truncate' && over === undefined,
      );
      seen.lockMs = since((await bucket.head(lock)) !== undefined && !isCutting, seen.lockMs);
      if (clock.nowMs() - seen.lockMs < 6 * hour) continue;
      this.#world.record.note('a person removes the lock of a dead cut');
      await bucket.delete(lock);
    }
  }

  /** A task that lags beyond TiDB's patience is halted again at once: the limit is raised, or, before 8.5.5, the task given up. */
  async #heal(): Promise<void> {
    const { cluster, record, clock } = this.#world;
    const lagMs = clock.nowMs() - msOfTs(cluster.keys.advanced(this.#task.name) ?? 0n);
    if (lagMs > cluster.tidb.lagLimitMs) {
      if (!isAtLeast(cluster.version, '8.5.5'))
        return await this.#br('log', 'stop', `--task-name=${this.#task.name}`);
      record.note('a person raises the limit of the lag');
      cluster.tidb.lagLimitMs = Number.POSITIVE_INFINITY;
    }
    await this.resume('it is in error');
  }

  async #restoreAt(atMs: number): Promise<void> {
    const { clock, random, flows, plan, record } = this.#world;
    await clock.sleep(atMs - clock.nowMs());
    const window = await this.#world.window();
    const part = window.merged.at(random.below(Math.max(1, window.merged.length)));
    if (part === undefined) return;
    const ts = random.chance(30) ? (latest(window) ?? part.to) : random.bigBetween(part.from, part.to);
    this.#restores += 1;
    const host = `10.0.1.${this.#restores}`;
    const options = { clusterId: 900n + BigInt(this.#restores), version: plan.version, host, stores: [1n] };
    this.targets.set(`${host}:2379`, new SimTarget(new SimPd(clock, options)));
    const request = { cluster: clusterName, restoreTo: `${ts}`, target: { pd: [`${host}:2379`] } };
    record.note(`a person restores ${ts} to ${host}`);
    await flows.start('restore-to-point', `by-hand-${this.#restores}`, request);
    this.#world.stir();
  }
}
