// The DDL jobs that an incremental snapshot carries: what ran between its parent and itself (FACTS §3.8: BackupMeta.ddls
// is a JSON array, MetaFile.ddls one job each). Not recorded on a real cluster: both forms are taken in both places.
import type { ObjectStore } from '../ports/object-store.ts';
import type { BackupMetaHeader } from './backupmeta.ts';
import { type DdlEvent, ddlJob } from './codec/ddl-job.ts';
import { parseDocument } from './codec/json-node.ts';
import { MetaFileSchema } from './proto/gen/snapshot_pb.js';
import { subFiles } from './snapshot-contents.ts';
import { decodeMessage } from './wire.ts';

/** The jobs, in the order of the snapshot; none in a full one. Errors: those of subFiles, ROW_DAMAGED for a job. */
export async function snapshotDdlJobs(
  store: ObjectStore,
  header: BackupMetaHeader,
): Promise<readonly DdlEvent[]> {
  const jobs = [...jobsOf(header.ddls, `${header.object} ddls`, header.backupTs)];
  for await (const { object, bytes } of subFiles(store, header, header.ddlIndex)) {
    const { ddls } = decodeMessage(MetaFileSchema, bytes, object);
    for (const [i, one] of ddls.entries()) jobs.push(...jobsOf(one, `${object} ddl ${i}`, header.backupTs));
  }
  return jobs;
}

function jobsOf(bytes: Uint8Array, where: string, backupTs: bigint): readonly DdlEvent[] {
  if (bytes.length === 0) return [];
  const document = parseDocument(bytes, where);
  const nodes = Array.isArray(document.value) ? document.items() : [document];
  return nodes.map((node) => ddlJob(node, backupTs));
}
