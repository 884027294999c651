// `pitr audit`: what is in the bucket that nothing refers to, and the other way round; `--plan` and `--apply` remove what is proven to be
// nobody's. Exit code 4 when something that a restore needs is gone or damaged; of --apply 1 when something stayed.

import { join } from 'node:path';
import { PitrError } from '../../domain/errors.ts';
import { clusterOf, stateFolderOf } from '../cluster-request.ts';
import { type CommandContext, printNotes, printReport } from '../command-context.ts';
import type { AuditRequest, ClusterRequest, SourceRequest } from '../operations.ts';
import { parseMemory, parseWholeNumber } from '../option-values.ts';
import { auditJson } from '../render/audit-json.ts';
import { auditText } from '../render/audit-text.ts';
import { cleanUpJson, cleanupPlanJson } from '../render/cleanup-json.ts';
import { cleanUpText, cleanupPlanText } from '../render/cleanup-text.ts';
import { sourceOf } from '../source-request.ts';

/** Errors: INVALID_INPUT for wrong usage; those of lib/operations/audit/audit-bucket.ts. */
export async function run(context: CommandContext): Promise<number> {
  const { options, progress } = context;
  if (options.plan === true && options.apply !== undefined) throw bothGiven();
  const keysOfFinding = parseWholeNumber('--limit', options.limit ?? '1000', 0, 1_000_000);
  const memoryBytes = parseMemory(options.memory ?? '512MiB');
  const cluster = await clusterIfGiven(context);
  const request: AuditRequest = {
    ...(await placeOf(context, cluster)),
    ...{ cluster, keysOfFinding, memoryBytes, progress: (event) => progress.report(event) },
  };
  if (options.apply !== undefined) return await apply(context, request);
  if (options.unsafeRemoveLock !== undefined) throw withoutApply();
  if (options.plan === true) return await plan(context, request);
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

async function plan(context: CommandContext, request: AuditRequest): Promise<number> {
  const operations = await context.operations();
  const planned = await operations.planCleanup({ ...request, plansFolder: plansFolderOf(context) });
  const { report } = planned;
  await printReport(
    context,
    'pitr.audit-plan/v1',
    () => cleanupPlanJson(planned, request.keysOfFinding),
    (page) => cleanupPlanText(planned, page),
  );
  await printNotes(context, report.notes);
  return report.findings.some(({ level }) => level === 'fail') ? 4 : 0;
}

async function apply(context: CommandContext, request: AuditRequest): Promise<number> {
  const { apply: planId = '', unsafeRemoveLock } = context.options;
  const operations = await context.operations();
  const report = await operations.cleanUp({
    ...{ ...request, planId, plansFolder: plansFolderOf(context) },
    deadOwners: unsafeRemoveLock === undefined ? [] : [unsafeRemoveLock],
  });
  await printReport(
    context,
    'pitr.audit-apply/v1',
    () => cleanUpJson(report),
    (page) => cleanUpText(report, page),
  );
  await printNotes(context, report.notes);
  return report.steps.some(({ keptCount }) => keptCount > 0) ? 1 : 0;
}

function plansFolderOf({ options }: CommandContext): string {
  return join(stateFolderOf(options), 'audit-plans');
}

function bothGiven(): PitrError {
  return new PitrError('INVALID_INPUT', '--plan and --apply are both given, expected one of them', {
    hint: 'make the plan with --plan, look at it, and carry it out with --apply and its id',
    details: { option: '--apply', expected: 'one of --plan, --apply' },
  });
}

function withoutApply(): PitrError {
  return new PitrError('INVALID_INPUT', '--unsafe-remove-lock is given without --apply', {
    hint: 'an audit alone takes no locks, and none stands in its way',
    details: { option: '--unsafe-remove-lock' },
  });
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
