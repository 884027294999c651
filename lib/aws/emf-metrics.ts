// Numbers as lines of the function's log in CloudWatch's embedded metric format: CloudWatch makes metrics of those that the line
// names, and the others stay in the log. Needs no network and no right. Calls nobody.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

import { clusterDimension, metricNamespace } from '../config/metric-place.ts';
import type { Metric } from '../domain/metrics.ts';
import type { Metrics } from '../ports/metrics.ts';

/** `write`: one line without its end. */
export function emfMetrics(
  write: (line: string) => void = (line) => void process.stdout.write(`${line}\n`),
): Metrics {
  return {
    put: (cluster, atMs, metrics) => {
      if (metrics.length > 0) write(JSON.stringify(emfDocument(cluster, atMs, metrics)));
    },
  };
}

function emfDocument(cluster: string, atMs: number, metrics: readonly Metric[]): object {
  const directive = {
    Namespace: metricNamespace,
    Dimensions: [[clusterDimension]],
    Metrics: metrics
      .filter(({ isMetric }) => isMetric)
      .map(({ name, unit }) => ({ Name: name, Unit: unit, StorageResolution: 60 })),
  };
  return {
    ...(directive.Metrics.length === 0 ? {} : { _aws: { Timestamp: atMs, CloudWatchMetrics: [directive] } }),
    [clusterDimension]: cluster,
    ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
  };
}
