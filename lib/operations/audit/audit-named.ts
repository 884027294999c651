// What the metadata of a bucket names: every meta of a log and every backupmeta is read, each name is told to the join, and what is
// named and was not listed is asked for by name. Reads after the listing, so that nothing that was listed can be named too late.

import { readBackupMeta } from '../../br/backupmeta.ts';
import { isObjectProblem } from '../../br/catalog-snapshot.ts';
import type { BackupKeys } from '../../br/encryption.ts';
import { backupMetaKey, logMetaPrefix, meaningOf, truncateSafepointKey } from '../../br/layout.ts';
import { parseSafepoint } from '../../br/locks.ts';
import { decodeLogMeta, type LogGroup, type LogMeta } from '../../br/log/log-metas.ts';
import { isEmptyMeta, parseMetaName } from '../../br/log/meta-name.ts';
import { guessMetaBorders } from '../../br/log/meta-ranges.ts';
import { loadMigrations, type MigrationState, migrationVerdict } from '../../br/migrations.ts';
import { objectsInSnapshot } from '../../br/snapshot-names.ts';
import type { NameJoin } from '../../domain/audit/name-join.ts';
import type { ObjectGroups } from '../../domain/audit/object-groups.ts';
import { PitrError } from '../../domain/errors.ts';
import { maxTs } from '../../domain/ts.ts';
import { mapBounded } from '../../ports/bounded-parallel.ts';
import { listInRanges } from '../../ports/listing-in-ranges.ts';
import { checkNamedKey } from '../../ports/named-object.ts';
import type { ObjectInfo, ObjectStore } from '../../ports/object-store.ts';
import { type LogPlace, nameOfPlace, type SnapshotPlace } from './audit-places.ts';
import { dayOf } from './audit-unnamed.ts';

export interface NamingDeps {
  readonly store: ObjectStore;
  readonly keys: BackupKeys;
  readonly groups: ObjectGroups;
  readonly join: NameJoin;
  /** What does not depend on the part is counted with the first one alone. */
  readonly isFirstPart: boolean;
  readonly parallel: number;
  /** Told of each meta and backupmeta that was read. */
  readonly onRead: () => void;
}

/** True when all that names objects of the log could be read. Errors: those of the storage. */
export async function nameLogData(deps: NamingDeps, place: LogPlace): Promise<boolean> {
  const { store, join } = deps;
  if (place.migrations === undefined) return false;
  // A cleanup that could not delete them keeps them named here until it can (FACTS §5.1).
  for (const { deletedObjects } of place.migrations.editsByMeta.values())
    for (const path of deletedObjects) join.name(place.prefix + path);
  const missing = new MissingLogData(deps, place);
  const metas = listMetas(deps, place);
  let allRead = true;
  for await (const { info, meta } of mapBounded(metas, deps.parallel, (info) => openMeta(store, info))) {
    deps.onRead();
    if (meta === 'gone') continue;
    if (meta === 'damaged') allRead = false;
    else
      for (const group of meta.groups)
        if (join.name(place.prefix + group.path) === 'unknown') await missing.add(info.key, group);
    if (deps.isFirstPart) countMeta(deps.groups, place, info, meta);
  }
  await missing.flush();
  return allRead;
}

function countMeta(groups: ObjectGroups, place: LogPlace, info: ObjectInfo, meta: LogMeta | 'damaged'): void {
  if (meta === 'damaged') groups.add('damaged-meta', nameOfPlace(place), foundOf(info));
  else if (meta.groups.length === 0) groups.add('empty-metas', nameOfPlace(place), foundOf(info));
}

export function foundOf({ key, size, modifiedMs }: ObjectInfo) {
  return { key, bytes: BigInt(size), writtenMs: modifiedMs };
}

/** Those that must be opened: a name that says that nothing is inside is believed, as br does. */
async function* listMetas(
  { store, groups, isFirstPart }: NamingDeps,
  place: LogPlace,
): AsyncGenerator<ObjectInfo> {
  const prefix = `${place.prefix}${logMetaPrefix}`;
  const guess = guessMetaBorders(prefix, store.pageKeys ?? 0, Promise.resolve(place.facts.maxTs));
  for await (const info of listInRanges(store, prefix, guess)) {
    if (meaningOf(info.key.slice(place.prefix.length)).kind !== 'log-meta') continue;
    if (!isEmptyMeta(parseMetaName(info.key))) yield info;
    else if (isFirstPart) groups.add('empty-metas', nameOfPlace(place), foundOf(info));
  }
}

interface OpenedMeta {
  readonly info: ObjectInfo;
  /** gone: removed since it was listed, with what it named. */
  readonly meta: LogMeta | 'gone' | 'damaged';
}

async function openMeta(store: ObjectStore, info: ObjectInfo): Promise<OpenedMeta> {
  const bytes = await store.get(info.key);
  if (bytes === undefined) return { info, meta: 'gone' };
  try {
    return { info, meta: decodeLogMeta(info.key, bytes, { unknownFields: 'keep' }) };
  } catch (caught) {
    if (caught instanceof PitrError && isObjectProblem(caught)) return { info, meta: 'damaged' };
    throw caught;
  }
}

const missingAtOnce = 256;

/** Names that were not listed, asked for again a page at a time: a flush may have ended, a truncation may be at work. */
class MissingLogData {
  readonly #deps: NamingDeps;
  readonly #place: LogPlace;
  #page: { readonly meta: string; readonly group: LogGroup }[] = [];

  constructor(deps: NamingDeps, place: LogPlace) {
    this.#deps = deps;
    this.#place = place;
  }

  async add(meta: string, group: LogGroup): Promise<void> {
    if (isExplained(this.#place, meta, group)) return;
    this.#page.push({ meta, group });
    if (this.#page.length >= missingAtOnce) await this.flush();
  }

  async flush(): Promise<void> {
    const { store, groups, parallel } = this.#deps;
    const { prefix } = this.#place;
    const page = this.#page;
    this.#page = [];
    const gone: typeof page = [];
    const ask = async (one: (typeof page)[number]) =>
      (await isThere(store, prefix + one.group.path, one.meta)) ? undefined : one;
    for await (const one of mapBounded(page, parallel, ask)) if (one !== undefined) gone.push(one);
    if (gone.length === 0) return;
    // In this order: a truncation moves the safepoint before it deletes, so that what it took is never called lost.
    const named = await this.#namedNow(new Set(gone.map(({ meta }) => meta)));
    const minTs = await beginNow(store, this.#place);
    for (const { meta, group } of gone) {
      if (named.get(meta)?.has(group.path) !== true) continue;
      const kind = group.maxTs < minTs ? 'missing-expired' : 'missing-log-data';
      const key = prefix + group.path;
      groups.add(kind, placeOfData(this.#place, group.path), { key, bytes: 0n, writtenMs: 0, namedBy: meta });
    }
  }

  async #namedNow(metas: ReadonlySet<string>): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const named = new Map<string, ReadonlySet<string>>();
    const info = { size: 0, modifiedMs: 0 };
    const open = (key: string) => openMeta(this.#deps.store, { key, ...info });
    for await (const { info, meta } of mapBounded(metas, this.#deps.parallel, open)) {
      if (typeof meta !== 'string') named.set(info.key, new Set(meta.groups.map(({ path }) => path)));
    }
    return named;
  }
}

/** Where the log begins by now. Its first reading was before all listings. */
async function beginNow(store: ObjectStore, { prefix, facts }: LogPlace): Promise<bigint> {
  const object = `${prefix}${truncateSafepointKey}`;
  const bytes = await store.get(object);
  const safepoint = bytes === undefined ? 0n : parseSafepoint(object, bytes);
  const { truncatedTo = 0n } = await loadMigrations(store, prefix);
  return [facts.minTs, safepoint, truncatedTo].reduce(maxTs);
}

function placeOfData(place: LogPlace, path: string): string {
  const meaning = meaningOf(path);
  return meaning.kind === 'log-data' ? dayOf(place, meaning.day) : nameOfPlace(place);
}

/** A migration says that it was deleted, or that a compaction holds all of it: then it is not missed (FACTS §3.11). */
function isExplained({ prefix, migrations }: LogPlace, meta: string, group: LogGroup): boolean {
  const path = meta.slice(prefix.length);
  const verdict = (file: LogGroup['files'][number]) => verdictOf(migrations, path, group, file);
  return group.files.length > 0 && group.files.every((file) => verdict(file) !== undefined);
}

function verdictOf(
  migrations: MigrationState | undefined,
  meta: string,
  group: LogGroup,
  file: LogGroup['files'][number],
): ReturnType<typeof migrationVerdict> {
  return migrations === undefined ? undefined : migrationVerdict(migrations, meta, group, file);
}

/** A name that no store takes names nothing. */
async function isThere(store: ObjectStore, key: string, namedBy: string): Promise<boolean> {
  try {
    checkNamedKey(key, namedBy);
  } catch {
    return false;
  }
  return (await store.head(key)) !== undefined;
}

/**
 * As nameLogData, for a snapshot: what keeps it from being judged, or undefined when all was read. Without its key an encrypted one
 * cannot be.
 */
export async function nameSnapshotObjects(
  deps: NamingDeps,
  { prefix, facts }: SnapshotPlace,
): Promise<PitrError | undefined> {
  const { store, groups, join, keys } = deps;
  if (facts.state.kind !== 'complete') return undefined;
  const place = nameOfPlace({ prefix });
  const head = `${prefix}${backupMetaKey}`;
  try {
    for await (const { key } of objectsInSnapshot(
      store,
      await readBackupMeta(store, prefix, keys.snapshot),
    )) {
      if (join.name(key) !== 'unknown' || (await isThere(store, key, head))) continue;
      groups.add('missing-snapshot-object', place, { key, bytes: 0n, writtenMs: 0, namedBy: head });
    }
    return undefined;
  } catch (caught) {
    if (!(caught instanceof PitrError) || !isObjectProblem(caught)) throw caught;
    return caught;
  } finally {
    deps.onRead();
  }
}
