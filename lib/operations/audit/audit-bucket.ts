// `pitr audit`: what is in a bucket (and, with a cluster, in PD) that nothing refers to, what is referred to and gone, and what dead runs
// left, each with its proof. Reads alone: nothing is deleted from here.

import { readCatalog } from '../../br/catalog.ts';
import { isObjectProblem } from '../../br/catalog-snapshot.ts';
import { loadMigrations, type MigrationState } from '../../br/migrations.ts';
import { type AuditFinding, sortFindings } from '../../domain/audit/audit-finding.ts';
import { logFindings, type OpenUpload, uploadFinding } from '../../domain/audit/bucket-judgement.ts';
import { clusterFindings } from '../../domain/audit/cluster-judgement.ts';
import { groupFinding } from '../../domain/audit/group-judgement.ts';
import { ObjectGroups } from '../../domain/audit/object-groups.ts';
import { snapshotFinding } from '../../domain/audit/snapshot-judgement.ts';
import { PitrError } from '../../domain/errors.ts';
import type { CatalogFacts, LogFacts } from '../../domain/facts.ts';
import type { ClusterLook } from '../../domain/status/status.ts';
import type { IncompleteUploads } from '../../ports/incomplete-uploads.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { BackupSource } from '../deps.ts';
import { type Collected, type CollectOptions, Collector } from './audit-collected.ts';
import { lockFindings } from './audit-locks.ts';
import { isElsewhere, nameOfPlace, type Place } from './audit-places.ts';
import type { KnownRuns } from './audit-runs.ts';
import { type AuditProgress, auditStore, type StoreAudit } from './audit-store.ts';

export interface AuditDeps {
  readonly backup: BackupSource;
  /** Per store, by its URL; a store that has none is a folder. */
  readonly uploads: ReadonlyMap<string, IncompleteUploads>;
  /** undefined: no state was given. */
  readonly runs: KnownRuns | undefined;
  /** Why the state could not be read, when it was given. */
  readonly runsProblem?: string;
  /** undefined: no cluster was given. */
  readonly look: ClusterLook | undefined;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  readonly progress: (event: AuditProgress) => void;
}

export interface AuditOptions {
  /** For the names that are held at once: about 20 for a name. */
  readonly nameBytes: number;
  /** Of a finding, at most. */
  readonly keysOfFinding: number;
  readonly parallel: number;
  /** Of what may be removed, each object; undefined: nobody removes anything. */
  readonly collect?: CollectOptions;
}

export interface AuditReport {
  readonly storage: readonly string[];
  readonly atMs: number;
  readonly objects: number;
  readonly bytes: bigint;
  readonly findings: readonly AuditFinding[];
  /** What was not looked at, and why, a sentence each. */
  readonly notes: readonly string[];
  /** Metas and backupmetas that were read. */
  readonly read: number;
  /** How often the metadata was read, since the names were more than memory was given for. */
  readonly parts: number;
  /** Where `collect` asked for it. */
  readonly collected?: Collected;
}

/** Errors: those of the storage; INTERRUPTED. */
export async function auditBucket(deps: AuditDeps, options: AuditOptions): Promise<AuditReport> {
  const { backup, nowMs, look } = deps;
  const facts = await readCatalog(backup);
  const stores = [...new Set([backup.snapshots, backup.log])].filter((store) => store !== undefined);
  const findings: AuditFinding[] = [...logFindings(facts.logs), ...pdFindings(look)];
  const notes: string[] = notesOf(deps, stores);
  const sums: StoreAudit[] = [];
  const collector = options.collect === undefined ? undefined : new Collector(options.collect, facts.logs);
  for (const store of stores) {
    const groups = new ObjectGroups(options.keysOfFinding, collector?.of(store));
    const places = await placesOf(store, backup, facts);
    const { signal, progress } = deps;
    const { nameBytes, parallel } = options;
    const { keys } = backup;
    const elsewhere = (key: string) => isElsewhere(key, store, backup);
    const limits = { nameBytes, parallel, nowMs };
    const parts = { store, keys, places, isElsewhere: elsewhere, groups, ...limits };
    const sum = await auditStore({ ...parts, signal, progress });
    sums.push(sum);
    collector?.addStore(store, sum);
    findings.push(
      ...groupFindings(groups, facts.logs),
      ...snapshotFindings(places, groups, sum, deps.runs),
      ...(await lockFindings(store, sum.locks, deps.runs)),
      ...(await uploadFindings(deps.uploads.get(store.url), nowMs, notes, collector?.uploadsOf(store))),
    );
  }
  return {
    storage: stores.map(({ url }) => url),
    atMs: nowMs,
    objects: sums.reduce((sum, { objects }) => sum + objects, 0),
    bytes: sums.reduce((sum, { bytes }) => sum + bytes, 0n),
    findings: sortFindings(findings),
    notes,
    read: sums.reduce((sum, { read }) => sum + read, 0),
    parts: sums.reduce((most, { parts }) => Math.max(most, parts), 1),
    ...(collector === undefined ? {} : { collected: collector.collected }),
  };
}

async function placesOf(
  store: ObjectStore,
  { snapshots, log }: BackupSource,
  facts: CatalogFacts,
): Promise<readonly Place[]> {
  const places: Place[] = [];
  for (const one of store === log ? facts.logs : []) {
    const prefix = withSlash(one.path);
    const migrations = one.problem === undefined ? await migrationsOf(store, prefix) : undefined;
    places.push({ kind: 'log', prefix, facts: one, migrations });
  }
  for (const one of store === snapshots ? facts.snapshots : []) {
    places.push({ kind: 'snapshot', prefix: withSlash(one.name), facts: one });
  }
  return places;
}

function withSlash(folder: string): string {
  return folder === '' ? '' : `${folder}/`;
}

async function migrationsOf(store: ObjectStore, prefix: string): Promise<MigrationState | undefined> {
  try {
    return await loadMigrations(store, prefix, { unknownNames: 'refuse' });
  } catch (caught) {
    if (caught instanceof PitrError && isObjectProblem(caught)) return undefined;
    throw caught;
  }
}

function groupFindings(groups: ObjectGroups, logs: readonly LogFacts[]): readonly AuditFinding[] {
  return groups
    .all()
    .filter(({ kind }) => kind !== 'unfinished-snapshot' && kind !== 'damaged-snapshot')
    .map((group) => groupFinding(group, logOf(group.place, logs)));
}

function logOf(place: string, logs: readonly LogFacts[]): LogFacts | undefined {
  return logs.find(({ path }) => path === '' || place === path || place.startsWith(`${path}/`));
}

function snapshotFindings(
  places: readonly Place[],
  groups: ObjectGroups,
  { clock, damaged }: StoreAudit,
  runs: KnownRuns | undefined,
): readonly AuditFinding[] {
  return places.flatMap((place) => {
    if (place.kind === 'log') return [];
    const problem = damaged.find((one) => one.place === place)?.problem;
    const object = String(problem?.details['object'] ?? place.prefix);
    const facts =
      problem === undefined
        ? place.facts
        : { ...place.facts, state: { kind: 'damaged' as const, object, problem: problem.message } };
    const sum =
      groups.at('unfinished-snapshot', nameOfPlace(place)) ??
      groups.at('damaged-snapshot', nameOfPlace(place));
    const nothing = { count: 0, bytes: 0n, newestWriteMs: 0, keys: [] };
    const finding = snapshotFinding(facts, sum ?? nothing, runs?.folders.get(facts.name), clock);
    return finding === undefined ? [] : [finding];
  });
}

function pdFindings(look: ClusterLook | undefined): readonly AuditFinding[] {
  if (look === undefined || look.kind !== 'read') return [];
  const { logBackup, safePoints, clock } = look;
  return clusterFindings({ logBackup, safePoints, nowMs: clock.serverMs });
}

/** Asking for the parts of an upload is a request: of the first ones alone. */
const measuredUploads = 100;

async function uploadFindings(
  uploads: IncompleteUploads | undefined,
  nowMs: number,
  notes: string[],
  told: (upload: OpenUpload) => void = () => {},
): Promise<readonly AuditFinding[]> {
  const found: OpenUpload[] = [];
  try {
    for await (const upload of uploads?.list() ?? []) {
      const bytes = found.length < measuredUploads ? await uploads?.bytesOf(upload) : undefined;
      found.push({ ...upload, bytes });
    }
  } catch (caught) {
    // A server that has no such request, or a role without the right to it, must not keep the rest from being told.
    if (!(caught instanceof PitrError) || !caught.code.startsWith('STORAGE_')) throw caught;
    notes.push(`incomplete uploads were not looked for: ${caught.message}`);
  }
  for (const upload of found) told(upload);
  return found.map((upload) => uploadFinding(upload, nowMs));
}

function notesOf({ runs, runsProblem, look, uploads }: AuditDeps, stores: readonly ObjectStore[]): string[] {
  const notes: string[] = [];
  if (look === undefined) notes.push('no cluster was given: PD was not looked at');
  else if (look.kind === 'unreachable') notes.push(`PD was not looked at: ${look.problem}`);
  if (runs === undefined) {
    const why = runsProblem === undefined ? 'no state of runs was given' : `the state: ${runsProblem}`;
    notes.push(`${why}: whose a lock is cannot be proven`);
  }
  if (stores.some(({ url }) => url.startsWith('s3:') && !uploads.has(url))) {
    notes.push('incomplete uploads were not looked for');
  }
  return notes;
}
