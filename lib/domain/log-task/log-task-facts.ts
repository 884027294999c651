// What PD's etcd says about log backup, as plain values: tasks, their state, checkpoints, the advancer, running imports.
// `pd/` fills these from the keys; nothing here judges them, and nothing here ever holds a secret.

import { maxTs, minTs } from '../ts.ts';

/** Where a task writes to. FACTS §3.9. Credentials that the task carries are told, never shown. */
export interface TaskStorageFacts {
  /** `s3://bucket/prefix`, `file:///folder`, `gcs://…`, `azure://…`, `hdfs://…`; empty when the task names none. */
  readonly url: string;
  /** Of S3-like storage that is not the cloud's own; empty otherwise. Without user and password. */
  readonly endpoint: string;
  readonly region: string;
  readonly roleArn: string;
  /** The task holds keys or tokens in clear: whoever reads PD can read the bucket. */
  readonly hasCredentials: boolean;
}

/** How the log's data keys are kept. The keys themselves are never here. */
export type TaskEncryptionFacts =
  | { readonly kind: 'none' }
  /** One data key, in clear in etcd. */
  | { readonly kind: 'data-key'; readonly method: string }
  /** Data keys are wrapped by these: `file`, `kms aws key-id`, `plaintext`. */
  | { readonly kind: 'master-key'; readonly method: string; readonly masterKeys: readonly string[] };

/** Who paused a task. FACTS §2.4. */
export interface PauseFacts {
  /** person: `br log pause`; system: TiKV or the advancer; unknown: a version before 8.5.5 wrote no author. */
  readonly by: 'person' | 'system' | 'unknown';
  /** Unix ms; undefined when the key does not tell. */
  readonly sinceMs: number | undefined;
  /** What the writer left; may be empty. */
  readonly message: string;
  readonly host: string;
  readonly pid: number | undefined;
  /** The severity as written: `MANUAL`, `ERROR`, what a later version invents; empty before 8.5.5. */
  readonly severity: string;
}

/** A `last-error` of one store. */
export interface StoreErrorFacts {
  /** 0n when the error does not name its store. */
  readonly storeId: bigint;
  /** `KV:LogBackup:Io` …; empty when the bytes of the error could not be read. */
  readonly code: string;
  readonly message: string;
  /** Unix ms; undefined when the error does not tell. */
  readonly atMs: number | undefined;
}

/** FACTS §2.5: a task that is paused is in error iff a store left an error or the pause has severity ERROR. */
export type TaskState =
  /** Not paused; says nothing about lag (FACTS §2.5): look at the checkpoints. */
  | { readonly kind: 'normal' }
  | ({ readonly kind: 'paused' } & PauseFacts)
  | {
      readonly kind: 'error';
      readonly stores: readonly StoreErrorFacts[];
      readonly pause: PauseFacts;
    };

export interface StoreCheckpointFacts {
  readonly storeId: bigint;
  /** `storage-checkpoint/…`: what this store saw saved in the storage (6.2 and later). */
  readonly persisted: bigint | undefined;
  /** The store's own checkpoint: 6.1 to 6.5. */
  readonly advanced: bigint | undefined;
}

export interface CheckpointFacts {
  /** Greatest storage checkpoint: everything up to it is in the bucket. Undefined before the first flush. */
  readonly persisted: bigint | undefined;
  /** `central_global`: how far the advancer is. */
  readonly advanced: bigint | undefined;
  readonly perStore: readonly StoreCheckpointFacts[];
  /** Region checkpoints of 6.2 and 6.3: how many, and the least. */
  readonly regions: { readonly count: number; readonly min: bigint } | undefined;
  /** Greatest of `v1/global_checkpoint/*.ts`; only who also read the bucket knows it. */
  readonly objects?: bigint;
}

export interface LogTaskFacts {
  readonly kind: 'task';
  readonly name: string;
  readonly storage: TaskStorageFacts;
  readonly startTs: bigint;
  /** 999999999999999999 means: no end. */
  readonly endTs: bigint;
  readonly tableFilter: readonly string[];
  /** `LZ4`, `SNAPPY`, `ZSTD`, or `UNKNOWN`. */
  readonly compression: string;
  readonly encryption: TaskEncryptionFacts;
  readonly state: TaskState;
  /** All `last-error` keys, also of a task that is not paused (an older br leaves them behind). */
  readonly storeErrors: readonly StoreErrorFacts[];
  readonly checkpoints: CheckpointFacts;
  /** Raw keys, hex; `6d`–`6e` and `74`–`75` for a whole cluster. */
  readonly ranges: readonly { readonly startHex: string; readonly endHex: string }[];
  /** etcd's mod_revision of the task's own key: changes iff somebody started or replaced the task (FACTS §2.3). */
  readonly revision: bigint;
}

/** `none`: no task at all. br allows one per cluster. */
export type TaskFacts = { readonly kind: 'none' } | LogTaskFacts;

/** Keys of a task that is not there any more: a later task of that name would start with them. FACTS §2.3 */
export interface LeftoverTaskFacts {
  readonly name: string;
  /** As text, bytes outside printable ASCII escaped. */
  readonly keys: readonly string[];
  readonly centralGlobal: bigint | undefined;
}

/** A restore or import that is running, or died within the last three minutes. FACTS §2.2 */
export interface ImportLeaseFacts {
  readonly kind: 'restore' | 'lightning' | 'import-into' | 'other';
  /** After `/tidb/brie/import/`. */
  readonly name: string;
  /** Without a lease the key never goes by itself. */
  readonly hasLease: boolean;
}

/** A key that no rule of ours explains, or whose value is not of its form. Kept, never fatal. */
export interface UnexplainedKey {
  readonly key: string;
  readonly problem: string;
}

export interface LogBackupFacts {
  /** The oldest task, where there are several. */
  readonly task: TaskFacts;
  /** Further tasks: br would never make them, and TiKV runs them all. */
  readonly otherTasks: readonly LogTaskFacts[];
  readonly leftovers: readonly LeftoverTaskFacts[];
  /** TiDB servers that stand for advancer, the elected one first; none means that no checkpoint advances (FACTS §9.1). */
  readonly advancers: readonly string[];
  readonly imports: readonly ImportLeaseFacts[];
  readonly unexplained: readonly UnexplainedKey[];
  /** etcd's revision at which all of this was true at once. */
  readonly revision: bigint;
}

/** What `br log status` shows as checkpoint: max(start, storage checkpoints). FACTS §2.5 */
export function displayedCheckpoint(task: LogTaskFacts): bigint {
  return maxTs(task.startTs, task.checkpoints.persisted ?? 0n);
}

/** What `br log pause` and `resume` take as the task's global checkpoint. FACTS §2.5 */
export function globalCheckpoint(task: LogTaskFacts): bigint {
  const { advanced, persisted, perStore } = task.checkpoints;
  if (advanced !== undefined) return advanced;
  const stores = perStore.flatMap((store) => (store.advanced === undefined ? [] : [store.advanced]));
  const [first, ...rest] = stores;
  const least = first === undefined ? task.startTs : rest.reduce(minTs, first);
  return maxTs(persisted ?? 0n, least);
}
