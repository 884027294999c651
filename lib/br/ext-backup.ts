// Ext backups: SSTs that a restore ingested past the log, in the words of their `extbackupmeta` (FACTS §3.13). Says what
// was ingested and when it counts; the SSTs themselves are not read.
import type { ExtBackupFacts } from '../domain/facts.ts';
import { IngestedSstsSchema } from './proto/gen/log_pb.js';
import { decodeMessage } from './wire.ts';

/** The key of an ext backup's `extbackupmeta`: a migration names the folder or the object. */
export function extBackupMetaKey(logPrefix: string, path: string): string {
  return `${logPrefix}${path.replace(/\/?(?:extbackupmeta)?$/, '')}/extbackupmeta`;
}

/** One `extbackupmeta`. Errors: OBJECT_DAMAGED. */
export function parseExtBackup(object: string, bytes: Uint8Array): ExtBackupFacts {
  const message = decodeMessage(IngestedSstsSchema, bytes, object);
  const tableIds = message.rewrittenTables.map((table) => table.upstream);
  return { object, finished: message.finished, asIfTs: message.asIfTs, tableIds };
}
