// What the table's stream sends, as the input of react: the ids of the signals that are new. Must not judge them: react reads each
// again, and passes over what waits no more.

import { type StreamRecord, signalOfStreamRecord } from './dynamo-item.ts';

/**
 * `{cluster, ids}` for records of the stream, which are of one cluster (lib/stack/reactions.ts); any other event as it is. Errors:
 * STATE_SHAPE_UNKNOWN for a signal of a form that this version does not read.
 */
export function reactInputOf(event: unknown): unknown {
  const records = recordsOf(event);
  if (records === undefined) return event;
  const signals = records.flatMap((record) => signalOfStreamRecord(record) ?? []);
  return { cluster: signals[0]?.cluster ?? clusterOf(records), ids: signals.map(({ id }) => id) };
}

function recordsOf(event: unknown): readonly StreamRecord[] | undefined {
  const records: unknown =
    typeof event === 'object' && event !== null ? Reflect.get(event, 'Records') : undefined;
  return Array.isArray(records) ? (records as readonly StreamRecord[]) : undefined;
}

/** Of records that bring no signal. */
function clusterOf(records: readonly StreamRecord[]): string | undefined {
  const pk = records[0]?.dynamodb?.Keys?.['pk']?.S;
  return pk?.startsWith('cluster/') ? pk.slice('cluster/'.length) : undefined;
}
