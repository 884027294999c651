// One log folder → facts, from its head, checkpoints, safepoint, migrations, blocklists and locks, and from the names of
// its metas (FACTS §0.5, §1.9, §3.5–3.7). No meta is opened. What cannot be read makes the log useless, and is said.
import { missingObject, PitrError } from '../domain/errors.ts';
import type {
  BlocklistFacts,
  CheckpointFacts,
  ExtBackupFacts,
  LockFacts,
  LogFacts,
} from '../domain/facts.ts';
import { mapBounded } from '../ports/bounded-parallel.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { openBackupMeta } from './backupmeta.ts';
import { parseBlocklist } from './blocklist.ts';
import { isObjectProblem } from './catalog-snapshot.ts';
import { extBackupMetaKey, parseExtBackup } from './ext-backup.ts';
import {
  backupMetaKey,
  blocklistPrefix,
  checkpointPrefix,
  extBackupPrefix,
  meaningOf,
  replicationStateKey,
  truncateSafepointKey,
  truncatingLockKey,
} from './layout.ts';
import {
  describeLock,
  parseCheckpointTs,
  parseLock,
  parseReplicationState,
  parseSafepoint,
} from './locks.ts';
import { type LogMetaEntry, listLogMetas } from './log/log-selection.ts';
import { loadMigrations, type MigrationState } from './migrations.ts';

const parallel = 8;

/** The facts of the log in the folder `prefix` (with `/`, or empty). Errors: only those of the storage. */
export async function readLogFacts(store: ObjectStore, prefix: string): Promise<LogFacts> {
  const reader = new LogFactsReader(store, prefix);
  const end = `${prefix}${replicationStateKey}`;
  const reading = reader.attempt(() => reader.checkpoints(), []);
  const endTs = reading.then(
    (found) => logEnd(found, end),
    () => undefined,
  );
  const [head, safepointTs, checkpoints, migrations, blocklists, locks, metas] = await Promise.all([
    reader.attempt(() => reader.head(), undefined),
    reader.attempt(() => reader.safepoint(), undefined),
    reading,
    reader.attempt(() => loadMigrations(store, prefix), undefined),
    reader.attempt(() => reader.blocklists(), []),
    reader.locks(),
    listLogMetas(store, prefix, endTs),
  ]);
  const extBackups = await reader.attempt(() => reader.extBackups(migrations), []);
  const startTs = head?.startVersion ?? 0n;
  const truncatedTo = migrations?.truncatedTo;
  return {
    path: prefix.replace(/\/$/, ''),
    clusterId: head?.clusterId ?? 0n,
    clusterVersion: head?.clusterVersion.trim() ?? '',
    startTs,
    safepointTs,
    truncatedTo,
    minTs: largest([startTs, safepointTs ?? 0n, truncatedTo ?? 0n]) ?? 0n,
    checkpoints,
    maxTs: logEnd(checkpoints, end),
    blocklists,
    extBackups,
    compactions: migrations?.compactions.length ?? 0,
    locks,
    ...metaFacts(metas),
    ...(reader.problem === undefined ? {} : { problem: reader.problem }),
  };
}

function largest(values: readonly bigint[]): bigint | undefined {
  return values.reduce<bigint | undefined>(
    (max, ts) => (max === undefined || ts > max ? ts : max),
    undefined,
  );
}

/** The replication's own state when there is one, else the largest checkpoint (FACTS §1.9). 6.1 writes none: unknown. */
function logEnd(checkpoints: readonly CheckpointFacts[], replication: string): bigint | undefined {
  const state = checkpoints.find(({ source }) => source === replication);
  return state === undefined ? largest(checkpoints.map(({ ts }) => ts)) : state.ts;
}

function metaFacts(
  metas: readonly LogMetaEntry[],
): Pick<LogFacts, 'metaCount' | 'metaBytes' | 'firstFlushTs' | 'lastFlushTs'> {
  let bytes = 0;
  let firstFlushTs: bigint | undefined;
  let lastFlushTs: bigint | undefined;
  for (const { size, name } of metas) {
    bytes += size;
    const flushTs = name.flushTs ?? name.resolvedTs;
    if (flushTs === undefined) continue;
    if (firstFlushTs === undefined || flushTs < firstFlushTs) firstFlushTs = flushTs;
    if (lastFlushTs === undefined || flushTs > lastFlushTs) lastFlushTs = flushTs;
  }
  return { metaCount: metas.length, metaBytes: BigInt(bytes), firstFlushTs, lastFlushTs };
}

interface LogHead {
  readonly clusterId: bigint;
  readonly clusterVersion: string;
  readonly startVersion: bigint;
}

/** The reads of one log; keeps the first problem that a reader of this log cannot pass. */
export class LogFactsReader {
  readonly #store: ObjectStore;
  readonly #prefix: string;
  problem: LogFacts['problem'];

  constructor(store: ObjectStore, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  async attempt<T, F>(read: () => Promise<T>, otherwise: F): Promise<T | F> {
    try {
      return await read();
    } catch (caught) {
      if (!(caught instanceof PitrError) || !isObjectProblem(caught)) throw caught;
      const object = String(caught.details['object'] ?? this.#prefix);
      const code = caught.code === 'UNSUPPORTED' ? 'UNSUPPORTED' : 'OBJECT_DAMAGED';
      this.problem ??= { object, problem: caught.message, code };
      return otherwise;
    }
  }

  /** start_version without end_version: a log's. It is never encrypted. */
  async head(): Promise<LogHead> {
    const object = `${this.#prefix}${backupMetaKey}`;
    const bytes = await this.#store.get(object);
    if (bytes === undefined) throw missingObject(object, 'a log backup');
    const { message } = openBackupMeta(object, bytes);
    if (message.startVersion > 0n && message.endVersion === 0n) return message;
    const found = `start_version ${message.startVersion} and end_version ${message.endVersion}`;
    throw new PitrError('OBJECT_UNRECOGNIZED', `${object} is not the head of a log backup: ${found}`, {
      hint: 'a log and a snapshot never share a folder; give the right one with --log',
      details: { object },
    });
  }

  async safepoint(): Promise<bigint | undefined> {
    const object = `${this.#prefix}${truncateSafepointKey}`;
    const bytes = await this.#store.get(object);
    return bytes === undefined ? undefined : parseSafepoint(object, bytes);
  }

  async checkpoints(): Promise<readonly CheckpointFacts[]> {
    const checkpoints: CheckpointFacts[] = [];
    const state = `${this.#prefix}${replicationStateKey}`;
    const bytes = await this.#store.get(state);
    if (bytes !== undefined) checkpoints.push({ source: state, ts: parseReplicationState(state, bytes) });
    for await (const { key, bytes } of this.#objects(`${this.#prefix}${checkpointPrefix}`, '.ts')) {
      checkpoints.push({ source: key, ts: parseCheckpointTs(key, bytes) });
    }
    return checkpoints;
  }

  async blocklists(): Promise<readonly BlocklistFacts[]> {
    const blocklists: BlocklistFacts[] = [];
    for await (const { key, bytes } of this.#objects(`${this.#prefix}${blocklistPrefix}`, '.meta')) {
      blocklists.push(parseBlocklist(key, bytes));
    }
    return blocklists;
  }

  /** Those that migrations name, and those that lie there without one (a restore under way, or dead). */
  async extBackups(migrations: MigrationState | undefined): Promise<readonly ExtBackupFacts[]> {
    const named = (migrations?.extBackupPaths ?? []).map((path) => extBackupMetaKey(this.#prefix, path));
    const folders = await this.#store.listFolders(`${this.#prefix}${extBackupPrefix}`);
    const keys = new Set([...named, ...folders.map((folder) => extBackupMetaKey('', folder))]);
    const facts: ExtBackupFacts[] = [];
    for (const key of keys) {
      const bytes = await this.#store.get(key);
      if (bytes !== undefined) facts.push(parseExtBackup(key, bytes));
      else if (named.includes(key)) throw missingObject(key, 'a migration');
    }
    return facts;
  }

  /** Locks and intents. One that cannot be read is a lock all the same, and says so. */
  async locks(): Promise<readonly LockFacts[]> {
    const locks: LockFacts[] = [];
    for (const start of [truncatingLockKey, 'v1/APPEND_LOCK', 'v1/LOCK']) {
      for await (const { key, bytes } of this.#objects(`${this.#prefix}${start}`, '')) {
        const { kind } = meaningOf(key.slice(this.#prefix.length));
        if (kind !== 'unknown') locks.push({ object: key, description: lockText(key, bytes) });
      }
    }
    return locks;
  }

  async *#objects(prefix: string, ending: string): AsyncGenerator<{ key: string; bytes: Uint8Array }> {
    const keys: string[] = [];
    for await (const { key } of this.#store.list(prefix)) if (key.endsWith(ending)) keys.push(key);
    const read = async (key: string) => ({ key, bytes: await this.#store.get(key) });
    for await (const { key, bytes } of mapBounded(keys, parallel, read)) {
      // Gone between the two requests: locks and checkpoints come and go under a running cluster.
      if (bytes !== undefined) yield { key, bytes };
    }
  }
}

function lockText(key: string, bytes: Uint8Array): string {
  if (key.includes('.INTENT.')) return 'an intent: somebody is taking the lock, or died doing so';
  try {
    return describeLock(parseLock(key, bytes));
  } catch (caught) {
    if (caught instanceof PitrError) return caught.message;
    throw caught;
  }
}
