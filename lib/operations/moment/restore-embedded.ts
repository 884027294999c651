// `pitr restore`: the database as of a moment into files on this machine, without a cluster. Plans from metadata, has the
// engine make every table in a staging place, and publishes all of it in one step.

import type { TableAt } from '../../br/codec/schema-history.ts';
import { showCreateDatabase, showCreateTable } from '../../br/codec/show-create.ts';
import { physicalIds, visibleColumns } from '../../br/codec/table-info.ts';
import { formatTs } from '../../domain/ts.ts';
import { runEngine, type TableOutcome } from '../../engine/coordinator.ts';
import { type EngineJob, partName, type TableJob } from '../../engine/engine-job.ts';
import { planMemory } from '../../engine/memory.ts';
import { mapColumn } from '../../engine/output/column-mapping.ts';
import type { SnapshotFile } from '../../engine/shards.ts';
import type { RestoreTarget, StagedTable } from '../../ports/restore-target.ts';
import type { WorkDeps } from '../deps.ts';
import { type MomentInput, type OpenedMoment, openMoment } from './open-moment.ts';
import { layerFiles } from './snapshot-layers.ts';

export interface RestoredTable {
  readonly database: string;
  readonly name: string;
  readonly rows: bigint;
  /** Relative to the target; undefined where all tables are in one file. */
  readonly file: string | undefined;
}

export interface RestoreReport {
  readonly moment: bigint;
  readonly base: string;
  readonly tables: readonly RestoredTable[];
  readonly rows: bigint;
  readonly bytesRead: bigint;
  readonly elapsedMs: number;
  readonly notes: readonly string[];
}

/**
 * Restores into `target`, which is open, and cleans it up. Errors: those of openMoment and of the engine (damage names
 * the object); INTERRUPTED; LOCAL_IO. After an error nothing of the result is there.
 */
export async function restoreEmbedded(
  deps: WorkDeps,
  input: MomentInput,
  target: RestoreTarget,
): Promise<RestoreReport> {
  const startedMs = deps.monotonicMs();
  try {
    const opened = await openMoment(deps, input);
    const restored = await restoreOpened(deps, opened, target);
    return { ...restored, elapsedMs: deps.monotonicMs() - startedMs };
  } finally {
    await target.cleanUp();
  }
}

/** The same for a moment that is open; the target is the caller's to clean up. */
export async function restoreOpened(
  deps: WorkDeps,
  opened: OpenedMoment,
  target: RestoreTarget,
): Promise<Omit<RestoreReport, 'elapsedMs'>> {
  const files = await layerFiles(opened.snapshots, opened.layers);
  const jobs = opened.tables.map(tableJob);
  const { outcomes, bytesRead } = await materialize(deps, opened, jobs, files, target);
  const notes = [...opened.notes, ...tableNotes(jobs, outcomes)];
  const staged = jobs.map((table, i) => stagedTable(table, i, outcomes[i]));
  const rows = outcomes.reduce((sum, outcome) => sum + outcome.rows, 0);
  const count = { bytesDone: 0, bytesTotal: 0, rows, tablesTotal: staged.length };
  const placed = await target.publish(
    { tables: staged, otherDdl: otherDdl(opened), manifest: manifest(opened, staged, notes) },
    (tablesDone) => deps.progress({ phase: 'load', tablesDone, ...count }),
  );
  deps.progress({ phase: 'done', tablesDone: staged.length, ...count });
  return {
    moment: opened.moment.ts,
    base: baseName(opened),
    tables: staged.map(({ database, name }, i) => ({
      database,
      name,
      rows: BigInt(outcomes[i].rows),
      file: placed[i],
    })),
    rows: BigInt(rows),
    bytesRead: BigInt(bytesRead),
    notes,
  };
}

async function materialize(
  deps: WorkDeps,
  opened: OpenedMoment,
  tables: readonly TableJob[],
  files: readonly SnapshotFile[],
  target: RestoreTarget,
): Promise<{ outcomes: readonly TableOutcome[]; bytesRead: number }> {
  const plan = planMemory(deps.memoryBytes, deps.workers);
  const { layers, log, metas, moment } = opened;
  const job: EngineJob = {
    moment: moment.ts,
    layers: layers.map(({ prefix, encrypted }) => ({ prefix, encrypted })),
    log,
    wantedIds: tables.flatMap(({ physicalIds }) => physicalIds),
    form: target.form,
    newCollation: layers[layers.length - 1].header.newCollations !== 'False',
    memory: plan.perWorker,
  };
  const bytes = [...files, ...metas].reduce((sum, { size }) => sum + size, 0);
  const crew = deps.hire(job, target, plan.workers, bytes);
  try {
    const metaKeys = metas.map(({ key }) => key);
    const { signal, progress } = deps;
    const outcomes = await runEngine(crew, { job, tables, files, metaKeys, signal, progress });
    return { outcomes, bytesRead: crew.stats().bytes };
  } finally {
    await crew.close();
  }
}

function tableJob({ db, table, autoIncrement, autoRandomBase }: TableAt): TableJob {
  return {
    database: db.name,
    name: table.name,
    table: { ...table, raw: undefined },
    physicalIds: physicalIds(table),
    ddl: showCreateTable(db, table, { autoIncrement, autoRandomBase }),
  };
}

/** Visible columns that have a value in the rows: all but the virtual generated ones. */
function storedColumns({ table }: TableJob) {
  return visibleColumns(table).filter(
    ({ generatedExpr, generatedStored }) => generatedExpr === '' || generatedStored,
  );
}

function stagedTable(job: TableJob, index: number, outcome: TableOutcome): StagedTable {
  const asText = new Set(outcome.asText);
  return {
    database: job.database,
    name: job.name,
    ddl: job.ddl,
    rows: outcome.rows,
    parts: Array.from({ length: outcome.parts }, (_, part) => partName(index, part)),
    columns: storedColumns(job).map(({ name, type }, i) => {
      const { duckdbType, duckdbExpression } = mapColumn(name, type, asText.has(i));
      return { name, duckdbType, duckdbExpression };
    }),
  };
}

function tableNotes(jobs: readonly TableJob[], outcomes: readonly TableOutcome[]): string[] {
  return jobs.flatMap((job, i) => {
    const columns = storedColumns(job);
    const left = visibleColumns(job.table).filter((column) => !columns.includes(column));
    const texts = outcomes[i].asText.map((column) => columns[column].name);
    const table = `${job.database}.${job.name}`;
    const notes: string[] = [];
    if (left.length > 0) {
      const names = left.map(({ name }) => name).join(', ');
      notes.push(
        `${table} comes without ${names}: virtual generated columns are computed by TiDB and stored nowhere`,
      );
    }
    if (texts.length > 0)
      notes.push(
        `${table} has ${texts.join(', ')} as text: some values are no real dates, such as 0000-00-00`,
      );
    return notes;
  });
}

/** Databases, then views and sequences: what has no rows is still part of the database. */
function otherDdl({ schema, tables }: OpenedMoment): string[] {
  const databases = new Set(tables.map(({ db }) => db.id));
  const made = schema.databases.filter(
    ({ info, system }) => !system && (tables.length === 0 || databases.has(info.id)),
  );
  const others = schema.tables.filter(
    ({ db, table, system }) =>
      !system && databases.has(db.id) && (table.kind === 'view' || table.kind === 'sequence'),
  );
  return [
    ...made.map(({ info }) => showCreateDatabase(info)),
    ...others.map(({ db, table }) => showCreateTable(db, table)),
  ];
}

function baseName({ plan }: OpenedMoment): string {
  return plan.chain[plan.chain.length - 1].name;
}

/** What is kept beside the data: where it comes from, and what a reader should know. */
function manifest(
  opened: OpenedMoment,
  tables: readonly StagedTable[],
  notes: readonly string[],
): Readonly<Record<string, unknown>> {
  const { moment, plan, log } = opened;
  return {
    schema: 'pitr.restored/v1',
    moment: { tso: String(moment.ts), utc: formatTs(moment.ts) },
    base: baseName(opened),
    chain: plan.chain.map(({ name }) => name),
    log: log === undefined ? null : log.prefix,
    clusterId: String(plan.clusterId),
    tables: tables.map(({ database, name, rows, columns }) => ({
      database,
      name,
      rows,
      columns: columns.map((column) => column.name),
    })),
    notes,
  };
}
