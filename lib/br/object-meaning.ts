// What an object of a backup is, told by its key: the vocabulary of layout.ts. One variant per kind of object that BR,
// TiKV or TiDB write (FACTS §3); fields are exactly what the key holds, so that every variant can be written back.

/** A restore's or a backup's name, a uuid, a hash: text that is kept as it stands. */
type Text = string;

/** Objects below a snapshot's folder (FACTS §3.1, §3.3, §3.4). */
export type SnapshotObject =
  /** `backup.lock`; a log's has the same key. */
  | { readonly kind: 'backup-lock' }
  /** `backupmeta`; a log's has the same key, only the content tells. */
  | { readonly kind: 'backupmeta' }
  | { readonly kind: 'backupmeta-json' }
  | { readonly kind: 'sub-file'; readonly of: 'datafile' | 'schema' | 'ddl'; readonly number: number }
  | { readonly kind: 'stats'; readonly number: number }
  | {
      readonly kind: 'sst';
      readonly storeId: bigint;
      readonly regionId: bigint;
      readonly epochVersion: bigint;
      /** sha256 of the start key, 64 hex digits. */
      readonly startKeySha256: Text;
      readonly writtenMs: number;
      readonly cf: 'default' | 'write';
      /** `/` on S3 and local storage, `_` elsewhere. */
      readonly separator: '/' | '_';
    }
  | { readonly kind: 'backup-checkpoint-meta' }
  | { readonly kind: 'backup-checkpoint-lock' }
  | { readonly kind: 'backup-checkpoint-data'; readonly of: 'data' | 'checksum'; readonly id: Text }
  /** `checkpoints/restore-…`: what a restore leaves in a storage; never read by us. */
  | { readonly kind: 'restore-checkpoint'; readonly task: Text; readonly rest: Text };

/** Objects below a log's folder (FACTS §3.5, §3.11–3.15, §5.6). */
export type LogObject =
  /** `name`: the file's name, which log/meta-name.ts reads. */
  | { readonly kind: 'log-meta'; readonly name: Text }
  | LogDataObject
  | { readonly kind: 'store-checkpoint'; readonly storeId: bigint }
  | { readonly kind: 'central-checkpoint' }
  | { readonly kind: 'truncate-safepoint' }
  | { readonly kind: 'truncating-lock' }
  | { readonly kind: 'truncating-lock-intent'; readonly txn: Text }
  /** `v1/LOCK.WRIT` (no id) and `v1/LOCK.READ.{id}`. */
  | {
      readonly kind: 'migration-lock';
      readonly mode: 'read' | 'write';
      readonly id: Text;
      readonly intent: Text;
    }
  | { readonly kind: 'append-lock'; readonly intent: Text }
  | { readonly kind: 'migration'; readonly number: number; readonly hash: bigint }
  | { readonly kind: 'migration-base' }
  | { readonly kind: 'migration-base-temporary' }
  | { readonly kind: 'compaction-meta'; readonly compaction: Text; readonly name: Text }
  | { readonly kind: 'compaction-sst'; readonly compaction: Text; readonly name: Text }
  | { readonly kind: 'ext-backup-meta'; readonly commitTs: bigint }
  | { readonly kind: 'ext-backup-sst'; readonly commitTs: bigint; readonly name: Text }
  | { readonly kind: 'blocklist'; readonly commitTs: bigint; readonly startTs: bigint }
  | { readonly kind: 'id-map'; readonly clusterId: bigint; readonly restoredTs: bigint }
  | { readonly kind: 'replication-state' }
  | { readonly kind: 'permission-check'; readonly id: Text };

/** A `.log` object in one of its three layouts (FACTS §3.5): 6.1, 6.2, and 6.3 to now. */
export type LogDataObject =
  | {
      readonly kind: 'log-data';
      readonly layout: '6.1';
      readonly owner: LogDataOwner;
      readonly day: Text;
      readonly minTs: bigint;
      readonly uuid: Text;
    }
  | {
      readonly kind: 'log-data';
      readonly layout: '6.2';
      readonly owner: LogDataOwner;
      readonly day: Text;
      readonly hour: Text;
      readonly storeId: bigint;
      readonly minTs: bigint;
      readonly uuid: Text;
    }
  | {
      readonly kind: 'log-data';
      readonly layout: 'merged';
      /** Keys of the schema, or rows and indexes of many tables. */
      readonly owner: 'schema' | 'tables';
      readonly day: Text;
      readonly hour: Text;
      readonly storeId: bigint;
      readonly minTs: bigint;
      readonly uuid: Text;
    };

/** The schema, or one table by its id. */
export type LogDataOwner = 'schema' | { readonly tableId: bigint };

export type ObjectMeaning = SnapshotObject | LogObject | { readonly kind: 'unknown'; readonly key: string };
