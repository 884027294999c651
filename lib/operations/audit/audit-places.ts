// To which log or snapshot an object belongs, and what it is there: certainly a part of it, something that must be named by its
// metadata, a lock, or left over. Goes by keys and by what was read of the log's migrations; opens nothing.

import { meaningOf } from '../../br/layout.ts';
import type { MigrationState } from '../../br/migrations.ts';
import type { ObjectMeaning } from '../../br/object-meaning.ts';
import type { AuditKind } from '../../domain/audit/audit-finding.ts';
import type { LogFacts, SnapshotFacts } from '../../domain/facts.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { BackupSource } from '../deps.ts';

export interface LogPlace {
  readonly kind: 'log';
  /** With its `/`, or empty. */
  readonly prefix: string;
  readonly facts: LogFacts;
  /** undefined when they cannot be read. */
  readonly migrations: MigrationState | undefined;
}

export interface SnapshotPlace {
  readonly kind: 'snapshot';
  readonly prefix: string;
  readonly facts: SnapshotFacts;
}

export type Place = LogPlace | SnapshotPlace;

/** The innermost folder that an object is in, of those that were found. */
export class Places {
  readonly all: readonly Place[];
  readonly #byPrefix: ReadonlyMap<string, Place>;
  readonly #deepest: number;

  constructor(places: readonly Place[]) {
    this.all = places;
    this.#byPrefix = new Map(places.map((place) => [place.prefix, place]));
    this.#deepest = places.reduce((most, { prefix }) => Math.max(most, prefix.split('/').length - 1), 0);
  }

  of(key: string): Place | undefined {
    let found = this.#byPrefix.get('');
    for (let depth = 0, at = -1; depth < this.#deepest; depth++) {
      at = key.indexOf('/', at + 1);
      if (at < 0) break;
      found = this.#byPrefix.get(key.slice(0, at + 1)) ?? found;
    }
    return found;
  }
}

/**
 * Whether an object of a store is of the other part of the backup, which was given apart or not at all: it is nobody's here, and no
 * stranger.
 */
export function isElsewhere(key: string, store: ObjectStore, { snapshots, log }: BackupSource): boolean {
  if (store !== log && (key.startsWith('log-backup/') || isBelow(key, store, log))) return true;
  return store !== snapshots && (/^snapshot-[^/]*\//.test(key) || isBelow(key, store, snapshots));
}

function isBelow(key: string, { url }: ObjectStore, other: ObjectStore | undefined): boolean {
  return other?.url.startsWith(`${url}/`) === true && `${url}/${key}`.startsWith(`${other.url}/`);
}

export type Role =
  | { readonly kind: 'belongs' }
  /** Something must name it: see unnamedKind. */
  | { readonly kind: 'data' }
  | { readonly kind: 'lock' }
  /** Counted as it is, at a place. */
  | { readonly kind: 'left'; readonly as: AuditKind; readonly at: string };

const belongs: Role = { kind: 'belongs' };
const data: Role = { kind: 'data' };

/** `key`: relative to the storage root. */
export function roleOf(place: Place | undefined, key: string): Role {
  if (place === undefined) return strayRole(key);
  const meaning = meaningOf(key.slice(place.prefix.length));
  return (
    sharedRole(meaning, place.prefix) ??
    (place.kind === 'log' ? logRole(place, meaning) : snapshotRole(place, meaning))
  );
}

/** For pages: the folder without its slash. */
export function nameOfPlace({ prefix }: Pick<Place, 'prefix'>): string {
  return prefix === '' ? '/' : prefix.slice(0, -1);
}

function strayRole(key: string): Role {
  const slash = key.indexOf('/');
  const at = slash < 0 ? '/' : key.slice(0, slash);
  return sharedRole(meaningOf(key), '') ?? { kind: 'left', as: 'unknown-object', at };
}

/** What br leaves in folders of every kind. */
function sharedRole(meaning: ObjectMeaning, prefix: string): Role | undefined {
  switch (meaning.kind) {
    case 'truncating-lock':
    case 'truncating-lock-intent':
    case 'migration-lock':
    case 'append-lock':
      return { kind: 'lock' };
    case 'restore-checkpoint':
      return { kind: 'left', as: 'restore-checkpoint', at: `${prefix}checkpoints/restore-${meaning.task}` };
    case 'permission-check':
      return { kind: 'left', as: 'permission-check', at: `${prefix}perm-check` };
    default:
      return undefined;
  }
}

function snapshotRole(place: SnapshotPlace, meaning: ObjectMeaning): Role {
  const at = nameOfPlace(place);
  const { state } = place.facts;
  if (state.kind === 'unfinished') return { kind: 'left', as: 'unfinished-snapshot', at };
  if (state.kind === 'damaged') return { kind: 'left', as: 'damaged-snapshot', at };
  switch (meaning.kind) {
    case 'backup-lock':
    case 'backupmeta':
    case 'backupmeta-json':
      return belongs;
    case 'backup-checkpoint-meta':
    case 'backup-checkpoint-lock':
    case 'backup-checkpoint-data':
      return { kind: 'left', as: 'finished-checkpoint', at };
    // What no rule of ours knows may be named all the same, by a newer br.
    default:
      return data;
  }
}

function logRole(place: LogPlace, meaning: ObjectMeaning): Role {
  const { prefix, migrations } = place;
  switch (meaning.kind) {
    case 'log-data':
    case 'unknown':
    case 'sst':
    case 'sub-file':
    case 'stats':
    case 'backup-checkpoint-meta':
    case 'backup-checkpoint-lock':
    case 'backup-checkpoint-data':
      return data;
    case 'migration-base-temporary':
      return { kind: 'left', as: 'migration-temporary', at: `${prefix}v1/migrations` };
    case 'compaction-meta':
    case 'compaction-sst': {
      const folder = meaning.compaction === '' ? 'v1/compaction_out' : `v1/compactions/${meaning.compaction}`;
      return roleByMigrations(place, folder, 'unnamed-compaction', isCompactionNamed(migrations, folder));
    }
    case 'ext-backup-meta':
    case 'ext-backup-sst': {
      const folder = `v1/ext_backups/backup-${meaning.commitTs.toString(16).padStart(16, '0')}`;
      return roleByMigrations(place, folder, 'unnamed-ext-backup', isExtBackupNamed(migrations, folder));
    }
    default:
      return belongs;
  }
}

function roleByMigrations(place: LogPlace, folder: string, as: AuditKind, isNamed: boolean): Role {
  if (isNamed) return belongs;
  const at = place.prefix + folder;
  return { kind: 'left', as: place.migrations === undefined ? 'not-judged' : as, at };
}

function isCompactionNamed(migrations: MigrationState | undefined, folder: string): boolean {
  const named = (migrations?.compactions ?? []).flatMap(({ artifacts, generatedFiles }) => [
    artifacts,
    generatedFiles,
  ]);
  return [...named, ...(migrations?.destructPrefixes ?? [])].some((prefix) => isWithin(prefix, folder));
}

function isExtBackupNamed(migrations: MigrationState | undefined, folder: string): boolean {
  // The hexadecimal digits of the folder's name are written in both cases.
  return (migrations?.extBackupPaths ?? []).some((path) => isWithin(path.toLowerCase(), folder));
}

/** Whether a migration that names `path` (a folder or an object in it, with or without a slash) speaks of the folder. */
function isWithin(path: string, folder: string): boolean {
  return path !== '' && `${path.replace(/^\/+|\/+$/g, '')}/`.startsWith(`${folder}/`);
}
