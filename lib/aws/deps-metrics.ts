// Where the numbers of a look go: into the log of the function, of which CloudWatch makes metrics. Writes nothing yet.

import type { MetricsDeps } from '../operations/control/control-deps.ts';
import { emfMetrics } from './emf-metrics.ts';

export function metricsDeps(): MetricsDeps {
  return { metrics: emfMetrics() };
}
