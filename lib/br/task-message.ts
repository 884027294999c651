// The two protobuf messages that log backup keeps in PD's etcd. Fields that only a later version knows are stepped over:
// who watches a cluster must not go blind when it is upgraded. The decoded task still holds secrets: see pd/task-info.ts.
import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import { damagedObject } from '../domain/errors.ts';
import {
  type StreamBackupError,
  StreamBackupErrorSchema,
  type StreamBackupTaskInfo,
  StreamBackupTaskInfoSchema,
} from './proto/gen/task_pb.js';

/** `/tidb/br-stream/info/<task>`. FACTS §3.9. Errors: OBJECT_DAMAGED. */
export function decodeTaskInfo(bytes: Uint8Array, object: string): StreamBackupTaskInfo {
  return decodeKnownFields(StreamBackupTaskInfoSchema, bytes, object);
}

/** `/tidb/br-stream/last-error/<task>/<store>` and the payload of a pause. FACTS §3.9. Errors: OBJECT_DAMAGED. */
export function decodeTaskError(bytes: Uint8Array, object: string): StreamBackupError {
  return decodeKnownFields(StreamBackupErrorSchema, bytes, object);
}

function decodeKnownFields<D extends DescMessage>(
  schema: D,
  bytes: Uint8Array,
  object: string,
): MessageShape<D> {
  try {
    return fromBinary(schema, bytes);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw damagedObject(object, `a protobuf message ${schema.name}`, `bytes that are none (${problem})`);
  }
}
