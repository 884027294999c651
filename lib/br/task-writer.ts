// The two protobuf messages that log backup keeps in PD's etcd, as br and TiKV write them: the inverse of task-message.ts, for
// tests and a simulator. Writes no key.

import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { StreamBackupErrorSchema, StreamBackupTaskInfoSchema } from './proto/gen/task_pb.js';

/** The value of `/tidb/br-stream/info/<task>`. FACTS §3.9 */
export function encodeTaskInfo(info: MessageInitShape<typeof StreamBackupTaskInfoSchema>): Uint8Array {
  return toBinary(StreamBackupTaskInfoSchema, create(StreamBackupTaskInfoSchema, info));
}

/** The value of `/tidb/br-stream/last-error/<task>/<store>`, and the payload of a pause by a store. FACTS §2.4 */
export function encodeTaskError(error: MessageInitShape<typeof StreamBackupErrorSchema>): Uint8Array {
  return toBinary(StreamBackupErrorSchema, create(StreamBackupErrorSchema, error));
}
