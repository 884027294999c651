// The port by which numbers about a cluster leave, once a minute. Adapters: lib/aws/emf-metrics.ts (lines of the log that CloudWatch
// makes metrics of), lib/local/control/last-metrics.ts (the last values).

import type { Metric } from '../domain/metrics.ts';

export interface Metrics {
  /**
   * All numbers of one look, at `atMs` (Unix milliseconds by our clock). Waits for nobody and never fails: a number that is lost
   * harms nothing, and the next minute brings new ones.
   */
  put(cluster: string, atMs: number, metrics: readonly Metric[]): void;
}
