// Whether an input is for the cluster whose settings answer it: functions and flows are made once per cluster, and an input that
// reaches those of another one must change nothing there. Must not judge anything else of the input.

import { PitrError } from '../domain/errors.ts';

/** The cluster that an operation's input names: its field `cluster`, or that of the `request` of a restore, which stands whole in it. */
export function clusterNamedIn(value: unknown): string | undefined {
  const fields: Readonly<Record<string, unknown>> =
    typeof value === 'object' && value !== null ? { ...value } : {};
  const { cluster, request } = fields;
  if (typeof cluster === 'string') return cluster;
  return request === undefined ? undefined : clusterNamedIn(request);
}

/**
 * Call it with an input whose form was checked. An input that names no cluster passes: that is the form's fault. Errors:
 * INVALID_INPUT with both names.
 */
export function checkOwnCluster(operation: string, value: unknown, own: string): void {
  const named = clusterNamedIn(value);
  if (named === undefined || named === own) return;
  throw new PitrError(
    'INVALID_INPUT',
    `cluster of ${operation} is ${JSON.stringify(named)}, expected ${JSON.stringify(own)}: what was called belongs to that one`,
    {
      hint: 'each cluster of the settings has its own functions and flows: call those of the other cluster',
      details: { field: 'cluster', found: named, expected: own },
    },
  );
}
