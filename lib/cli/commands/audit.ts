// `pitr audit`: what is in the bucket that nothing refers to, and the other way round. Deletes nothing. Exit code 4 when something that a
// restore needs is gone or damaged.

import { PitrError } from '../../domain/errors.ts';
import { clusterOf } from '../cluster-request.ts';
import { type CommandContext, printNotes, printReport } from '../command-context.ts';
import type { AuditRequest, ClusterRequest, SourceRequest } from '../operations.ts';
import { parseMemory, parseWholeNumber } from '../option-values.ts';
import { auditJson } from '../render/audit-json.ts';
import { auditText } from '../render/audit-text.ts';
import { sourceOf } from '../source-request.ts';

/** Errors: INVALID_INPUT for wrong usage; those of lib/operations/audit/audit-bucket.ts. */
export async function run(context: CommandContext): Promise<number> {
  const { options, progress } = context;
  const keysOfFinding = parseWholeNumber('--limit', options.limit ?? '1000', 0, 1_000_000);
  const memoryBytes = parseMemory(options.memory ?? '512MiB');
  const cluster = await clusterIfGiven(context);
  const request: AuditRequest = {
    ...(await placeOf(context, cluster)),
    ...{ cluster, keysOfFinding, memoryBytes, progress: (event) => progress.report(event) },
  };
  const operations = await context.operations();
  const report = await operations.auditBucket(request);
  await printReport(
    context,
    'pitr.audit/v1',
    () => auditJson(report),
    (page) => auditText(report, page),
  );
  await printNotes(context, report.notes);
  return report.findings.some(({ level }) => level === 'fail') ? 4 : 0;
}

/** Without a word about a cluster the bucket is looked at alone, also where a settings file lies around. */
async function clusterIfGiven(context: CommandContext): Promise<ClusterRequest | undefined> {
  const { settings, cluster, pd } = context.options;
  return settings === undefined && cluster === undefined && pd === undefined
    ? undefined
    : await clusterOf(context);
}

async function placeOf(context: CommandContext, cluster: ClusterRequest | undefined): Promise<SourceRequest> {
  const { snapshots, log } = context.options;
  if (cluster === undefined || snapshots !== undefined || log !== undefined) return await sourceOf(context);
  const { storage, keys, signal, onRetry } = cluster;
  if (storage.kind === 'told') {
    return { storage: storage.url, snapshots: undefined, log: undefined, keys, signal, onRetry };
  }
  throw new PitrError(
    'INVALID_INPUT',
    `--storage is missing, and ${storage.reason ?? 'no settings name the bucket'}`,
    {
      hint: "give the bucket with --storage 's3://bucket/prefix?region=REGION'",
      details: { option: '--storage', expected: 'a folder or an s3:// URL' },
    },
  );
}
