// What compactions, truncations and restores have changed about a log after TiKV wrote it (FACTS §3.11–3.13): BASE and
// the numbered migrations as one state. A version that is not known is refused: skipping an edit would be wrong data.
import { missingObject, PitrError } from '../domain/errors.ts';
import { mapBounded } from '../ports/bounded-parallel.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { logMetaPrefix, meaningOf, migrationBaseKey, migrationPrefix } from './layout.ts';
import type { LogFile, LogGroup } from './log/log-metas.ts';
import {
  type LogFileCompaction,
  type MetaEdit,
  MigrationSchema,
  MigrationVersion,
} from './proto/gen/log_pb.js';
import { decodeMessage } from './wire.ts';

/** Everything that the migrations of a log say, merged. */
export interface MigrationState {
  /** Largest truncated_to; undefined without any migration object. */
  readonly truncatedTo: bigint | undefined;
  /** Keys are paths of metas relative to the log's folder. */
  readonly editsByMeta: ReadonlyMap<string, MetaEdits>;
  readonly compactions: readonly Compaction[];
  /** Folders (relative to the log's) that hold an `extbackupmeta`. */
  readonly extBackupPaths: readonly string[];
  /** Prefixes that a cleanup may delete at any time. */
  readonly destructPrefixes: readonly string[];
}

/** All edits of one meta, merged. */
export interface MetaEdits {
  /** The whole meta is to be ignored. */
  readonly destructSelf: boolean;
  /** Every file that is not of the schema was compacted. */
  readonly allDataFilesCompacted: boolean;
  readonly deletedObjects: ReadonlySet<string>;
  /** Offsets of deleted ranges, by path of the object. */
  readonly deletedSpans: ReadonlyMap<string, ReadonlySet<number>>;
}

/** One run of the compactor. */
export interface Compaction {
  readonly name: string;
  readonly fromTs: bigint;
  readonly untilTs: bigint;
  readonly inputMinTs: bigint;
  readonly inputMaxTs: bigint;
  /** Prefixes below the log's folder. */
  readonly artifacts: string;
  readonly generatedFiles: string;
  readonly sstBytes: bigint;
  /** Stands in BASE: a cleanup took it over, and may have deleted its inputs with the metas that named them. */
  readonly merged: boolean;
}

const newestVersion = MigrationVersion.M2;

export interface LoadMigrationsOptions {
  /** Names below `v1/migrations/` that no version known to us writes; by default they are left alone. */
  readonly unknownNames?: 'refuse';
}

/**
 * Reads BASE and every `.mgrt` of a log, in their order. Errors: OBJECT_DAMAGED, OBJECT_MISSING, and UNSUPPORTED for
 * a version above M2, as br refuses it, and for unknown names when they are refused. BASE_TMP of a crash is left alone.
 */
export async function loadMigrations(
  store: ObjectStore,
  logPrefix: string,
  options: LoadMigrationsOptions = {},
): Promise<MigrationState> {
  const found: { readonly key: string; readonly order: number }[] = [];
  for await (const { key } of store.list(`${logPrefix}${migrationPrefix}`)) {
    const meaning = meaningOf(key.slice(logPrefix.length));
    if (meaning.kind === 'migration-base') found.push({ key, order: 0 });
    else if (meaning.kind === 'migration') found.push({ key, order: meaning.number });
    else if (meaning.kind === 'unknown' && options.unknownNames === 'refuse') throw unknownMigration(key);
  }
  found.sort((a, b) => a.order - b.order);
  const merge = new MigrationMerge();
  for await (const { key, bytes } of mapBounded(found, 16, async ({ key }) => ({
    key,
    bytes: await store.get(key),
  }))) {
    if (bytes === undefined) throw missingObject(key, 'the listing of v1/migrations/');
    merge.add(key, bytes);
  }
  return merge.state();
}

function unknownMigration(object: string): PitrError {
  return new PitrError('UNSUPPORTED', `${object} is no migration that this version knows by its name`, {
    hint: 'the log was changed by a newer br or tikv-ctl, or by hand; use a newer version of this program, or br itself',
    details: { object },
  });
}

class MigrationMerge {
  #truncatedTo: bigint | undefined;
  readonly #edits = new Map<string, MetaEdit[]>();
  readonly #compactions: Compaction[] = [];
  readonly #extBackupPaths = new Set<string>();
  readonly #destructPrefixes = new Set<string>();

  add(key: string, bytes: Uint8Array): void {
    const migration = decodeMessage(MigrationSchema, bytes, key);
    const merged = key.endsWith(migrationBaseKey);
    if (migration.version > newestVersion) {
      throw new PitrError(
        'UNSUPPORTED',
        `${key} has migration version ${migration.version}, newest known is 2`,
        {
          hint: 'the log was changed by a newer br or tikv-ctl; use a newer version of this program',
          details: { object: key },
        },
      );
    }
    const { truncatedTo } = migration;
    if (this.#truncatedTo === undefined || truncatedTo > this.#truncatedTo) this.#truncatedTo = truncatedTo;
    for (const edit of migration.editMeta) {
      const earlier = this.#edits.get(edit.path);
      if (earlier === undefined) this.#edits.set(edit.path, [edit]);
      else earlier.push(edit);
    }
    for (const compaction of migration.compactions) this.#compactions.push(compactionOf(compaction, merged));
    for (const path of migration.ingestedSstPaths) this.#extBackupPaths.add(path);
    for (const prefix of migration.destructPrefix) this.#destructPrefixes.add(prefix);
  }

  state(): MigrationState {
    return {
      truncatedTo: this.#truncatedTo,
      editsByMeta: new Map([...this.#edits].map(([path, edits]) => [path, mergeEdits(edits)])),
      compactions: this.#compactions,
      extBackupPaths: [...this.#extBackupPaths],
      destructPrefixes: [...this.#destructPrefixes],
    };
  }
}

function compactionOf(compaction: LogFileCompaction, merged: boolean): Compaction {
  return {
    merged,
    name: compaction.name,
    fromTs: compaction.compactionFromTs,
    untilTs: compaction.compactionUntilTs,
    inputMinTs: compaction.inputMinTs,
    inputMaxTs: compaction.inputMaxTs,
    artifacts: compaction.artifacts,
    generatedFiles: compaction.generatedFiles,
    sstBytes: compaction.generatedSstFilesTotalSize,
  };
}

function mergeEdits(edits: readonly MetaEdit[]): MetaEdits {
  const deletedObjects = new Set<string>();
  const deletedSpans = new Map<string, Set<number>>();
  for (const edit of edits) {
    for (const path of edit.deletePhysicalFiles) deletedObjects.add(path);
    for (const { path, spans } of edit.deleteLogicalFiles) {
      const offsets = deletedSpans.get(path) ?? new Set<number>();
      for (const span of spans) offsets.add(Number(span.offset));
      deletedSpans.set(path, offsets);
    }
  }
  return {
    destructSelf: edits.some((edit) => edit.destructSelf),
    allDataFilesCompacted: edits.some((edit) => edit.allDataFilesCompacted),
    deletedObjects,
    deletedSpans,
  };
}

/** Why a migration lets a reader leave a file out; undefined = it is not touched. */
export type MigrationVerdict = 'deleted' | 'compacted' | undefined;

/**
 * What the migrations say about one file of a meta. `metaPath` is relative to the log's folder. A file that is left
 * out still says the same as what replaced it, as long as the object exists (FACTS §3.11): a reader may read it, and
 * must when it does not read compactions.
 */
export function migrationVerdict(
  state: MigrationState,
  metaPath: string,
  group: Pick<LogGroup, 'path'>,
  file: Pick<LogFile, 'isMeta' | 'rangeOffset'>,
): MigrationVerdict {
  const edits = state.editsByMeta.get(metaPath);
  if (edits === undefined) return undefined;
  if (edits.destructSelf || edits.deletedObjects.has(group.path)) return 'deleted';
  if (edits.deletedSpans.get(group.path)?.has(file.rangeOffset) === true) return 'compacted';
  return edits.allDataFilesCompacted && !file.isMeta ? 'compacted' : undefined;
}

/**
 * The compactions whose inputs a cleanup has begun to delete: their outputs are then the only place of the data. Give
 * it the verdict of an object that was named and is gone. Error to throw: UNSUPPORTED, never wrong data.
 */
export function compactedAway(
  state: MigrationState,
  object: string,
  minTs: bigint,
  maxTs: bigint,
): PitrError {
  const names = state.compactions
    .filter((compaction) => compaction.inputMinTs <= maxTs && compaction.inputMaxTs >= minTs)
    .map((compaction) => compaction.name);
  const where = names.length === 0 ? 'a compaction' : `the compactions ${names.join(', ')}`;
  return new PitrError(
    'UNSUPPORTED',
    `${object} was deleted after ${where}, and compacted logs are not read`,
    {
      hint: 'choose a moment before or after the compacted time, or restore with br, which reads compactions',
      details: { object, compactions: names },
    },
  );
}

/**
 * The refusal of a range for which a cleanup may have removed whole metas after a compaction: nothing in the listing
 * tells what they named. undefined when there is none.
 */
export function mergedCompaction(
  state: MigrationState,
  logPrefix: string,
  range: { readonly after: bigint; readonly until: bigint },
): PitrError | undefined {
  const merged = { ...state, compactions: state.compactions.filter((compaction) => compaction.merged) };
  const hit = merged.compactions.find(
    (compaction) => compaction.inputMaxTs > range.after && compaction.inputMinTs <= range.until,
  );
  return hit === undefined
    ? undefined
    : compactedAway(merged, `${logPrefix}${logMetaPrefix}*`, hit.inputMinTs, hit.inputMaxTs);
}
