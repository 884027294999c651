// A cluster that stands still in a recorded situation, for the demo and for tests: the whole port, through the same readers of keys
// and answers as PD itself. It never moves on, goes away halfway, or answers slowly.

import type { ClockFacts, ClusterFacts, SafePointFacts, StoreFacts } from '../../domain/cluster-facts.ts';
import { PitrError } from '../../domain/errors.ts';
import type { LogBackupFacts } from '../../domain/log-task/log-task-facts.ts';
import { parseMembers, parseStores } from '../../pd/cluster.ts';
import { logBackupFacts } from '../../pd/log-backup.ts';
import { parseSafePoints, parseSavedSafePoint, savedSafePointKey } from '../../pd/safe-points.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Cluster, ClusterObservation, StoreSetting } from '../../ports/cluster.ts';
import type { PdRecording } from './pd-recording.ts';

/** Of every look: nothing ever changes. */
const revision = 900n;

export class PlaybackCluster implements Cluster {
  readonly name: string;
  /** `STORE-ID NAME` → what that store says; `unknown` where nothing is given. */
  readonly settings = new Map<string, StoreSetting>();
  readonly #recording: PdRecording;
  readonly #clock: Pick<Clock, 'nowMs'>;

  constructor(name: string, recording: PdRecording, clock: Pick<Clock, 'nowMs'>) {
    this.name = name;
    this.#recording = recording;
    this.#clock = clock;
  }

  async readLogTask(): Promise<LogBackupFacts> {
    return logBackupFacts(this.#recording.keyValues, revision);
  }

  async readSafePoints(): Promise<SafePointFacts> {
    const saved = this.#recording.keyValues.find(
      ({ key }) => Buffer.from(key).toString('latin1') === savedSafePointKey,
    );
    return {
      ...parseSafePoints('safepoint', this.#answer('/pd/api/v1/gc/safepoint')),
      savedSafePoint: saved === undefined ? undefined : parseSavedSafePoint(savedSafePointKey, saved.value),
    };
  }

  async readStores(): Promise<ClusterFacts> {
    return {
      ...parseMembers('members', this.#answer('/pd/api/v1/members')),
      stores: parseStores('stores', this.#answer('/pd/api/v1/stores')),
    };
  }

  async readClock(): Promise<ClockFacts> {
    const now = this.#clock.nowMs();
    return { serverMs: now, localMs: now, uncertaintyMs: 500 };
  }

  async observe(): Promise<ClusterObservation> {
    return {
      logBackup: await this.readLogTask(),
      safePoints: await this.readSafePoints(),
      cluster: await this.readStores(),
      clock: await this.readClock(),
    };
  }

  async readStoreSetting(store: StoreFacts, name: string): Promise<StoreSetting> {
    return this.settings.get(`${store.id} ${name}`) ?? { kind: 'unknown', problem: 'nothing was recorded' };
  }

  #answer(path: string): Uint8Array {
    const answer = this.#recording.http.get(path);
    if (answer !== undefined) return answer;
    throw new PitrError('PD_REFUSED', `${this.name} has no answer to ${path}: it was not recorded`);
  }
}
