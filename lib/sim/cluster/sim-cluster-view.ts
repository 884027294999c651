// The port `Cluster` over a simulated PD: every look goes through the readers of keys and answers that a real PD is read with.

import type { ClockFacts, ClusterFacts, SafePointFacts, StoreFacts } from '../../domain/cluster-facts.ts';
import { PitrError } from '../../domain/errors.ts';
import type { LogBackupFacts } from '../../domain/log-task/log-task-facts.ts';
import { parseMembers, parseStores } from '../../pd/cluster.ts';
import { logBackupFacts } from '../../pd/log-backup.ts';
import { parseSafePoints } from '../../pd/safe-points.ts';
import type { Cluster, ClusterObservation, StoreSetting } from '../../ports/cluster.ts';
import type { SimPd } from './sim-pd.ts';

export class SimClusterView implements Cluster {
  readonly name: string;
  readonly #pd: SimPd;
  readonly #isHidden: () => boolean;
  readonly #localMs: () => number;
  /** What was read last, at its revision: the same keys say the same. */
  #read: LogBackupFacts | undefined;
  readonly #answers = new Map<string, { readonly bytes: Uint8Array; readonly facts: unknown }>();

  /** `isHidden`: PD cannot be reached from here now. `localMs`: our own clock, which may differ from PD's. */
  constructor(
    name: string,
    pd: SimPd,
    { isHidden, localMs }: { readonly isHidden: () => boolean; readonly localMs: () => number },
  ) {
    this.name = name;
    this.#pd = pd;
    this.#isHidden = isHidden;
    this.#localMs = localMs;
  }

  async readLogTask(): Promise<LogBackupFacts> {
    this.#ask();
    const { etcd } = this.#pd;
    if (this.#read?.revision !== etcd.revision) this.#read = logBackupFacts(etcd.keyValues(), etcd.revision);
    return this.#read;
  }

  async readSafePoints(): Promise<SafePointFacts> {
    this.#ask();
    const answer = this.#parsed('gc/safepoint', (bytes) => parseSafePoints('safepoint', bytes));
    return { ...answer, savedSafePoint: undefined };
  }

  async readStores(): Promise<ClusterFacts> {
    this.#ask();
    return {
      ...this.#parsed('members', (bytes) => parseMembers('members', bytes)),
      stores: this.#parsed('stores', (bytes) => parseStores('stores', bytes)),
    };
  }

  async readClock(): Promise<ClockFacts> {
    this.#ask();
    const serverMs = Math.floor(this.#pd.nowMs() / 1000) * 1000 + 500;
    return { serverMs, localMs: this.#localMs(), uncertaintyMs: 500 };
  }

  async observe(): Promise<ClusterObservation> {
    return {
      logBackup: await this.readLogTask(),
      safePoints: await this.readSafePoints(),
      cluster: await this.readStores(),
      clock: await this.readClock(),
    };
  }

  async readStoreSetting({ id }: StoreFacts, name: string): Promise<StoreSetting> {
    const value = this.#isHidden() ? undefined : this.#pd.settings.get(`${id} ${name}`);
    return value === undefined
      ? { kind: 'unknown', problem: 'the store does not answer' }
      : { kind: 'value', value };
  }

  /** What an answer says; the same answer says the same. */
  #parsed<T>(what: string, parse: (bytes: Uint8Array) => T): T {
    const bytes = this.#pd.answer(`/pd/api/v1/${what}`);
    const before = this.#answers.get(what);
    if (before?.bytes === bytes) return before.facts as T;
    const facts = parse(bytes);
    this.#answers.set(what, { bytes, facts });
    return facts;
  }

  #ask(): void {
    this.#pd.etcd.expire(this.#pd.nowMs());
    if (!this.#isHidden()) return;
    throw new PitrError('PD_UNREACHABLE', `${this.name} does not answer: the network is cut`, {
      hint: 'it passes by itself',
    });
  }
}
