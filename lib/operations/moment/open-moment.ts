// From a moment that a person wrote to everything that is needed to read it: the plan, the bases, the part of the log,
// and the databases and tables as they were. Reads metadata only; every refusal of a moment comes from here.

import { type BackupMetaHeader, readBackupMeta } from '../../br/backupmeta.ts';
import { readCatalog } from '../../br/catalog.ts';
import type { OlderBaseNeed } from '../../br/codec/older-base.ts';
import type { SchemaAt, SchemaHistory, TableAt } from '../../br/codec/schema-history.ts';
import { physicalIds } from '../../br/codec/table-info.ts';
import { computeShift, type LogMetaEntry, listLogMetas, selectLogMetas } from '../../br/log/log-selection.ts';
import { loadMigrations, mergedCompaction } from '../../br/migrations.ts';
import { snapshotDdlJobs } from '../../br/snapshot-ddl.ts';
import { isBlockedTable } from '../../domain/blocks.ts';
import { PitrError } from '../../domain/errors.ts';
import type { CatalogFacts, SnapshotFacts } from '../../domain/facts.ts';
import { type Moment, parseMoment } from '../../domain/moment.ts';
import { planRestore, type RestorePlan } from '../../domain/restore/restore-plan.ts';
import { parseTableFilter, type TableFilter } from '../../domain/restore/table-filter.ts';
import { describeTs } from '../../domain/ts.ts';
import { computeWindow, latest } from '../../domain/window.ts';
import type { LayerSource, LogSource } from '../../engine/engine-job.ts';
import type { LogReading } from '../../engine/log-files.ts';
import { readBaseline, readSchemaHistory } from '../../engine/schema-reader.ts';
import { checkUnnamedObjects } from '../../engine/unnamed-objects.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { BackupSource, ReadDeps } from '../deps.ts';
import { chainNeeds } from './incremental-chain.ts';
import { refusePastLog } from './past-log.ts';

export interface MomentInput {
  /** As the person wrote it (docs/cli.md). */
  readonly at: string;
  /** `--tables` rules. */
  readonly tables?: readonly string[] | undefined;
  /** A snapshot's name, to force it as base. */
  readonly base?: string | undefined;
}

/** A snapshot of the chain, open. */
export interface OpenLayer extends LayerSource {
  readonly header: BackupMetaHeader;
}

export interface OpenedMoment {
  readonly moment: Moment;
  readonly plan: RestorePlan;
  readonly snapshots: ObjectStore;
  readonly layers: readonly OpenLayer[];
  readonly log: LogSource | undefined;
  /** Metas of the log that the range needs; empty without a log. */
  readonly metas: readonly LogMetaEntry[];
  readonly schema: SchemaAt;
  /** Base tables that the filter selects, without TiDB's own, by database and name. */
  readonly tables: readonly TableAt[];
  readonly notes: readonly string[];
}

/**
 * Errors: INVALID_INPUT, MOMENT_WITHOUT_ZONE, INVALID_TABLE_FILTER; the refusals of planRestore; MOMENT_NOT_IN_WINDOW
 * for tables that this moment does not have whole; UNSUPPORTED; damage with the object's name; those of the storage.
 */
export function openMoment(deps: ReadDeps, input: MomentInput): Promise<OpenedMoment> {
  const filter = parseTableFilter(input.tables ?? []);
  return openMomentFor(deps, input, (tables, ts) => filtered(filter, tables, ts));
}

/** Chooses among the base tables of a moment (without TiDB's own); may refuse. */
export type ChooseTables = (tables: readonly TableAt[], ts: bigint) => readonly TableAt[];

/** openMoment for tables that are chosen otherwise than by a filter. */
export async function openMomentFor(
  { backup }: ReadDeps,
  input: Omit<MomentInput, 'tables'>,
  choose: ChooseTables,
): Promise<OpenedMoment> {
  const facts = await readCatalog(backup);
  const window = computeWindow(facts);
  const moment = parseMoment(input.at, { latest: latest(window), whyNone: window.holes.at(-1) });
  const snapshot = input.base;
  const opened = await openPlan(backup, planRestore(facts, moment, { snapshot }), choose);
  if (opened.needs.length === 0) return opened.moment;
  const older = snapshot === undefined ? await openOlder(backup, facts, moment, choose, opened) : undefined;
  if (older !== undefined) return older;
  throw needsOlder(opened.needs, opened.moment.plan);
}

interface Opened {
  readonly moment: OpenedMoment;
  /** Tables whose rows the base does not hold and the log does not repeat (CODEC §8.5). */
  readonly needs: readonly OlderBaseNeed[];
}

/** Rows that a RECOVER brought back are in a base from before their table was dropped: older ones are tried in turn. */
async function openOlder(
  backup: BackupSource,
  facts: CatalogFacts,
  moment: Moment,
  choose: ChooseTables,
  newest: Opened,
): Promise<OpenedMoment | undefined> {
  let before = baseOf(newest.moment.plan).backupTs;
  for (;;) {
    const plan = planRestore(facts, moment, { preferOlderThan: before });
    const base = baseOf(plan);
    if (base.backupTs >= before) return undefined;
    const opened = await openPlan(backup, plan, choose);
    if (opened.needs.length === 0) {
      const first = newest.needs[0];
      const note = `${base.name} is the base, because ${first.database}.${first.table} was brought back after a newer one: ${first.reason}`;
      return { ...opened.moment, notes: [...opened.moment.notes, note] };
    }
    before = base.backupTs;
  }
}

async function openPlan(backup: BackupSource, plan: RestorePlan, choose: ChooseTables): Promise<Opened> {
  const { snapshots } = backup;
  if (snapshots === undefined) throw new PitrError('INTERNAL', 'a plan without a store of snapshots');
  const layers: OpenLayer[] = [];
  for (const { name } of plan.chain) {
    const prefix = name === '' ? '' : `${name}/`;
    const header = await readBackupMeta(snapshots, prefix, backup.keys.snapshot);
    layers.push({ prefix, encrypted: header.encrypted, header });
  }
  const baselines = [];
  const jobs = [];
  for (const { header } of layers) {
    baselines.push(await readBaseline(snapshots, header));
    jobs.push(await snapshotDdlJobs(snapshots, header));
  }
  const baseline = baselines[baselines.length - 1];
  const { log, metas, listed, reading } = await openLog(backup, plan);
  const history = await readSchemaHistory(baseline, log, reading, metas);
  refuseBarrier(history, plan);
  const schema = history.at(plan.moment.ts);
  const user = schema.tables.filter(({ table, system }) => !system && table.kind === 'table');
  const tables = choose(user, plan.moment.ts);
  refuseBlocked(plan, tables);
  refusePastLog(history, tables, baseline.ts, plan.moment.ts);
  const wanted = new Set(tables.flatMap(({ table }) => [table.id, ...physicalIds(table)]));
  if (log !== undefined && reading !== undefined) await checkUnnamedObjects(reading, log, listed, wanted);
  const needs = [
    ...chainNeeds(baselines, jobs),
    ...history.needsOlderBase(baseline.ts, plan.moment.ts),
  ].filter(({ tableId, physicalId }) => wanted.has(tableId) || wanted.has(physicalId));
  const { moment, notes } = plan;
  return { needs, moment: { moment, plan, snapshots, layers, log, metas, schema, tables, notes } };
}

interface OpenLog {
  readonly log: LogSource | undefined;
  /** Metas that the range needs. */
  readonly metas: readonly LogMetaEntry[];
  /** All that there are. */
  readonly listed: readonly LogMetaEntry[];
  readonly reading: LogReading | undefined;
}

async function openLog(backup: BackupSource, plan: RestorePlan): Promise<OpenLog> {
  if (plan.log === undefined || backup.log === undefined)
    return { log: undefined, metas: [], listed: [], reading: undefined };
  const { path, afterTs: after, toTs: until } = plan.log;
  const prefix = path === '' ? '' : `${path}/`;
  const migrations = await loadMigrations(backup.log, prefix);
  const refusal = mergedCompaction(migrations, prefix, { after, until });
  if (refusal !== undefined) throw refusal;
  const listed = await listLogMetas(backup.log, prefix);
  const range = { start: after + 1n, until };
  const shift = await computeShift(backup.log, listed, range);
  const metas = selectLogMetas(listed, { shift, until });
  const reading = { store: backup.log, prefix, key: backup.keys.log, migrations };
  return { log: { prefix, after, until, shift, migrations }, metas, listed, reading };
}

function baseOf({ chain }: RestorePlan): SnapshotFacts {
  return chain[chain.length - 1];
}

/** FLASHBACK CLUSTER rewrites all keys to an older state, partly past the log (CODEC §8.5, FACTS §4.7). */
function refuseBarrier(history: SchemaHistory, { chain, moment }: RestorePlan): void {
  const base = chain[chain.length - 1];
  const [barrier] = history.barriers(base.backupTs, moment.ts);
  if (barrier === undefined) return;
  throw new PitrError(
    'UNSUPPORTED',
    `${describeTs(moment.ts)} lies behind a ${barrier.reason} at ${describeTs(barrier.commitTs)}, and no snapshot was taken between them`,
    {
      hint: 'choose a moment before it or after the next snapshot',
      details: { moment: moment.ts, barrier: barrier.commitTs },
    },
  );
}

function refuseBlocked(plan: RestorePlan, tables: readonly TableAt[]): void {
  const found = tables.flatMap(({ db, table }) => {
    const block = isBlockedTable(plan.blocked, { dbId: db.id, ids: [table.id, ...physicalIds(table)] });
    return block === undefined ? [] : [{ name: `${db.name}.${table.name}`, block }];
  });
  if (found.length === 0) return;
  const { name, block } = found[0];
  const others = found.length > 1 ? ` and ${found.length - 1} more` : '';
  throw new PitrError(
    'MOMENT_NOT_IN_WINDOW',
    `${name}${others} cannot be read at ${describeTs(plan.moment.ts)}: ${block.reason} (${block.object})`,
    {
      hint: `leave them out with --tables '${found.map((one) => `!${one.name}`).join(',')}', or choose a moment that pitr window shows for them`,
      details: { tables: found.map((one) => one.name), object: block.object },
    },
  );
}

function filtered(filter: TableFilter, tables: readonly TableAt[], ts: bigint): readonly TableAt[] {
  const selected = tables.filter(({ db, table }) => filter.selects(db.name, table.name));
  if (selected.length > 0 || filter.text.length === 0) return selected;
  throw new PitrError(
    'INVALID_TABLE_FILTER',
    `--tables ${filter.text.join(',')} selects no table of ${describeTs(ts)}`,
    {
      hint: `there are ${someNames(tables)}; a table that was dropped or renamed is there at an earlier moment`,
    },
  );
}

function someNames(tables: readonly TableAt[]): string {
  if (tables.length === 0) return 'no tables at all';
  const names = tables.slice(0, 12).map(({ db, table }) => `${db.name}.${table.name}`);
  return `${names.join(', ')}${tables.length > 12 ? ` and ${tables.length - 12} more` : ''}`;
}

function needsOlder(needs: readonly OlderBaseNeed[], plan: RestorePlan): PitrError {
  const [first] = needs;
  const others = needs.length > 1 ? ` (and ${needs.length - 1} more)` : '';
  const names = [...new Set(needs.map(({ database, table }) => `!${database}.${table}`))];
  return new PitrError(
    'BASE_MISSING',
    `the rows of ${first.database}.${first.table}${others} at ${describeTs(plan.moment.ts)} are not in the base ${baseOf(plan).name} nor in the log after it: ${first.reason}`,
    {
      hint: `a snapshot from before the table was dropped would hold them; leave them out with --tables '${names.join(',')}'`,
      details: { tables: needs.map(({ database, table }) => `${database}.${table}`), moment: plan.moment.ts },
    },
  );
}
