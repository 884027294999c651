// A cluster in memory that stands still in a recorded situation: what tests of operations put in place of a PD.
//
// What it does: the whole port, through the same readers of keys and answers as the real adapter. A situation that was
// recorded without stores or members takes those of another. `fail()` makes every further call throw.
// What it does not: move on, go away halfway, or answer slowly (test/support/fake-pd.ts does the last two).

import type { ClockFacts, ClusterFacts, SafePointFacts, StoreFacts } from '../../lib/domain/cluster-facts.ts';
import type { PitrError } from '../../lib/domain/errors.ts';
import type { LogBackupFacts } from '../../lib/domain/log-task-facts.ts';
import { parseMembers, parseStores } from '../../lib/pd/cluster.ts';
import { logBackupFacts } from '../../lib/pd/log-backup.ts';
import { parseSafePoints, parseSavedSafePoint, savedSafePointKey } from '../../lib/pd/safe-points.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import type { Cluster, ClusterObservation, StoreSetting } from '../../lib/ports/cluster.ts';
import { type RecordedPd, recordedPd } from './recorded-pd.ts';

const wholeSituation = 'shop/pd/5-before-end';

/** The recording, with stores and members of another where it lacks them. */
export function completeRecording(situation: string): RecordedPd {
  const { keyValues, http } = recordedPd(situation);
  return { keyValues, http: new Map([...recordedPd(wholeSituation).http, ...http]) };
}

export class RecordedCluster implements Cluster {
  readonly name: string;
  readonly settings = new Map<string, StoreSetting>();
  readonly #recorded: RecordedPd;
  readonly #clock: Pick<Clock, 'nowMs'>;
  #failure: PitrError | undefined;

  constructor(situation: string, clock: Pick<Clock, 'nowMs'>) {
    this.name = `recorded ${situation}`;
    this.#recorded = completeRecording(situation);
    this.#clock = clock;
  }

  fail(error: PitrError | undefined): void {
    this.#failure = error;
  }

  async readLogTask(): Promise<LogBackupFacts> {
    this.#failIfTold();
    return logBackupFacts(this.#recorded.keyValues, 900n);
  }

  async readSafePoints(): Promise<SafePointFacts> {
    this.#failIfTold();
    const saved = this.#recorded.keyValues.find(
      ({ key }) => Buffer.from(key).toString('latin1') === savedSafePointKey,
    );
    return {
      ...parseSafePoints('safepoint', this.#answer('/pd/api/v1/gc/safepoint')),
      savedSafePoint: saved === undefined ? undefined : parseSavedSafePoint(savedSafePointKey, saved.value),
    };
  }

  async readStores(): Promise<ClusterFacts> {
    this.#failIfTold();
    return {
      ...parseMembers('members', this.#answer('/pd/api/v1/members')),
      stores: parseStores('stores', this.#answer('/pd/api/v1/stores')),
    };
  }

  async readClock(): Promise<ClockFacts> {
    this.#failIfTold();
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
    return this.#recorded.http.get(path)!;
  }

  #failIfTold(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
