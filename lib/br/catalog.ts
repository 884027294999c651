// The bucket → domain facts: which snapshots and logs are there and what they say of themselves. Few requests, and no
// `.meta` is opened. An object that cannot be read becomes a fact with its problem; it is never skipped.
import { toPitrError } from '../domain/errors.ts';
import type { CatalogFacts, LogFacts, SnapshotFacts } from '../domain/facts.ts';
import { mapBounded } from '../ports/bounded-parallel.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { openBackupMeta } from './backupmeta.ts';
import { readLogFacts } from './catalog-log.ts';
import { isObjectProblem, readSnapshotFacts, snapshotWith } from './catalog-snapshot.ts';
import type { BackupKeys } from './encryption.ts';
import { backupLockKey, backupMetaKey } from './layout.ts';

/** Where to look. One `--storage` is given as both; `--snapshots` and `--log` name them apart. */
export interface CatalogSources {
  /** Holds snapshot folders, or is itself one snapshot. */
  readonly snapshots: ObjectStore | undefined;
  /** Holds `log-backup/` and perhaps other logs beside it, or is itself a log, or holds one log per epoch. */
  readonly log: ObjectStore | undefined;
  readonly keys: BackupKeys;
}

const logFolder = 'log-backup/';
const parallel = 8;

/**
 * Reads the facts of a bucket. Snapshots by name, logs by path. Errors: only those of the storage; whatever is wrong
 * with an object stands in the facts of its snapshot or log.
 */
export async function readCatalog(sources: CatalogSources): Promise<CatalogFacts> {
  const { snapshots: snapshotStore, log: logStore, keys } = sources;
  const foundLogs = logStore === undefined ? nothing : await findLogs(logStore);
  const logs: LogFacts[] = [];
  if (logStore !== undefined) {
    const read = (prefix: string) => readLogFacts(logStore, prefix);
    for await (const facts of mapBounded(foundLogs.found, parallel, read)) logs.push(facts);
  }
  const taken = new Set(snapshotStore === logStore ? foundLogs.found : []);
  const found = snapshotStore === undefined ? nothing : await findSnapshots(snapshotStore, keys, taken);
  const unknown = new Set(found.unknown.filter((folder) => !isAround(folder, taken)));
  const names = new Set(found.found.map(({ name }) => `${name}/`));
  for (const folder of foundLogs.unknown) if (!names.has(folder)) unknown.add(folder);
  return { snapshots: found.found, logs, unknown: [...unknown].sort() };
}

interface Found<T> {
  readonly found: readonly T[];
  readonly unknown: readonly string[];
}

const nothing: Found<never> = { found: [], unknown: [] };

/** Whether a log stands at the folder or below it, or the folder belongs to a log that is the store itself. */
function isAround(folder: string, logs: ReadonlySet<string>): boolean {
  return (logs.has('') && logOwnFolders.has(folder)) || [...logs].some((log) => log.startsWith(folder));
}

/**
 * The folders of logs: `log-backup/` itself and folders in it, or the store itself and folders in it. Beside `log-backup/` stands the log of
 * a task that was adopted in a folder of its own.
 */
async function findLogs(store: ObjectStore): Promise<Found<string>> {
  const top = await store.listFolders('');
  if (!top.includes(logFolder)) return await findLogsIn(store, '', top);
  const inside = await findLogsIn(store, logFolder, await store.listFolders(logFolder));
  const beside = top.filter((folder) => folder !== logFolder && !isSnapshotName(folder));
  const others: string[] = [];
  for await (const [folder, isLog] of mapBounded(beside, parallel, async (folder) => {
    return [folder, await isLogFolder(store, folder)] as const;
  })) {
    if (isLog) others.push(folder);
  }
  return { found: [...inside.found, ...others], unknown: inside.unknown };
}

async function findLogsIn(
  store: ObjectStore,
  root: string,
  folders: readonly string[],
): Promise<Found<string>> {
  const isLogItself = folders.includes(`${root}v1/`) || (await hasLogHead(store, root));
  const logs = isLogItself ? [root] : [];
  const unknown: string[] = [];
  const candidates = folders.filter((folder) => {
    if (isSnapshotName(folder)) return false;
    return !isLogItself || !logOwnFolders.has(folder.slice(root.length));
  });
  for await (const [folder, isLog] of mapBounded(candidates, parallel, async (folder) => {
    return [folder, await isLogFolder(store, folder)] as const;
  })) {
    if (isLog) logs.push(folder);
    else unknown.push(folder);
  }
  // A folder of that name is a log even when its head is gone or damaged: a problem to show, not a folder to skip.
  if (root === logFolder && logs.length === 0) logs.push(root);
  return { found: logs, unknown };
}

/** Folders that belong to a log itself; every other folder in a log's is somebody else's, such as the log of a later epoch. */
export const logOwnFolders: ReadonlySet<string> = new Set([
  'v1/',
  'pitr_id_maps/',
  'crr-checkpoint/',
  'perm-check/',
  'checkpoints/',
]);

function isSnapshotName(folder: string): boolean {
  return folder.startsWith('snapshot-');
}

async function isLogFolder(store: ObjectStore, folder: string): Promise<boolean> {
  const inside = await store.listFolders(folder);
  return inside.includes(`${folder}v1/`) || (await hasLogHead(store, folder));
}

/** A log that has just begun has no `v1/` yet, only its head: start_version without end_version. */
async function hasLogHead(store: ObjectStore, prefix: string): Promise<boolean> {
  const object = `${prefix}${backupMetaKey}`;
  const bytes = await store.get(object);
  if (bytes === undefined) return false;
  try {
    const { message } = openBackupMeta(object, bytes);
    return message.endVersion === 0n && message.startVersion > 0n && message.fileIndex === undefined;
  } catch (caught) {
    if (isObjectProblem(toPitrError(caught))) return false;
    throw caught;
  }
}

/** Every folder named `snapshot-…`, every other that holds a head or a lock of a snapshot, or the store itself. */
async function findSnapshots(
  store: ObjectStore,
  keys: BackupKeys,
  logs: ReadonlySet<string>,
): Promise<Found<SnapshotFacts>> {
  const itself = logs.has('') ? undefined : await snapshotAt(store, '', keys);
  if (itself !== undefined) return { found: [itself], unknown: [] };
  const folders = await store.listFolders('');
  const candidates = folders.filter((folder) => folder !== logFolder && !logs.has(folder));
  const found: SnapshotFacts[] = [];
  const unknown: string[] = [];
  for await (const [folder, facts] of mapBounded(candidates, parallel, async (folder) => {
    return [folder, await snapshotAt(store, folder, keys)] as const;
  })) {
    if (facts === undefined) unknown.push(folder);
    else found.push(facts);
  }
  return { found, unknown };
}

async function snapshotAt(
  store: ObjectStore,
  prefix: string,
  keys: BackupKeys,
): Promise<SnapshotFacts | undefined> {
  const facts = await readSnapshotFacts(store, prefix, keys);
  if (facts !== undefined || !isSnapshotName(prefix)) return facts;
  const problem = `neither ${backupMetaKey} nor ${backupLockKey} is there`;
  return snapshotWith(prefix, { kind: 'damaged', object: `${prefix}${backupMetaKey}`, problem });
}
