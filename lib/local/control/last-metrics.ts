// The numbers of one machine: the last ones of each cluster, for whoever shows them. Keeps no history.

import type { Metric } from '../../domain/metrics.ts';
import type { Metrics } from '../../ports/metrics.ts';

export interface LastNumbers {
  /** Unix ms. */
  readonly atMs: number;
  readonly metrics: readonly Metric[];
}

export interface LastMetrics extends Metrics {
  /** Undefined: nobody looked at it since the start. */
  readonly of: (cluster: string) => LastNumbers | undefined;
}

export function lastMetrics(): LastMetrics {
  const last = new Map<string, LastNumbers>();
  return {
    put: (cluster, atMs, metrics) => {
      const before = last.get(cluster);
      if (before === undefined || before.atMs <= atMs) last.set(cluster, { atMs, metrics });
    },
    of: (cluster) => last.get(cluster),
  };
}
