// A cluster that stands still in a recorded situation, which also fails when told: what tests of operations put in place of a PD.

import type { ClusterFacts, SafePointFacts } from '../../lib/domain/cluster-facts.ts';
import type { PitrError } from '../../lib/domain/errors.ts';
import type { LogBackupFacts } from '../../lib/domain/log-task/log-task-facts.ts';
import { PlaybackCluster } from '../../lib/local/playback/playback-cluster.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import { type RecordedPd, recordedPd } from './recorded-pd.ts';

const wholeSituation = 'shop/pd/5-before-end';

/** The recording, with stores and members of another where it lacks them. */
export function completeRecording(situation: string): RecordedPd {
  const { keyValues, http } = recordedPd(situation);
  return { keyValues, http: new Map([...recordedPd(wholeSituation).http, ...http]) };
}

export class RecordedCluster extends PlaybackCluster {
  #failure: PitrError | undefined;

  constructor(situation: string, clock: Pick<Clock, 'nowMs'>) {
    super(`recorded ${situation}`, completeRecording(situation), clock);
  }

  /** Every further call throws; undefined ends it. */
  fail(error: PitrError | undefined): void {
    this.#failure = error;
  }

  override readLogTask(): Promise<LogBackupFacts> {
    return this.#failIfTold() ?? super.readLogTask();
  }

  override readSafePoints(): Promise<SafePointFacts> {
    return this.#failIfTold() ?? super.readSafePoints();
  }

  override readStores(): Promise<ClusterFacts> {
    return this.#failIfTold() ?? super.readStores();
  }

  #failIfTold(): Promise<never> | undefined {
    return this.#failure === undefined ? undefined : Promise.reject(this.#failure);
  }
}
