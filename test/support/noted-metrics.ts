// Metrics that are noted, for a test to look at.

import type { Metric } from '../../lib/domain/metrics.ts';
import type { Metrics } from '../../lib/ports/metrics.ts';

export interface NotedNumbers {
  readonly cluster: string;
  readonly atMs: number;
  readonly metrics: readonly Metric[];
}

export class NotedMetrics implements Metrics {
  readonly noted: NotedNumbers[] = [];

  put(cluster: string, atMs: number, metrics: readonly Metric[]): void {
    this.noted.push({ cluster, atMs, metrics });
  }

  /** The numbers of the last look, by name. */
  last(): ReadonlyMap<string, number> {
    return new Map(this.noted.at(-1)?.metrics.map(({ name, value }) => [name, value]));
  }
}
