// Object key ⇄ meaning, both directions, for everything that BR, TiKV and TiDB put below a snapshot's or a log's folder
// (FACTS §3.1, §3.3–3.5, §3.11–3.15, §5.6). Keys are relative to that folder; no object is opened here.
import { PitrError } from '../domain/errors.ts';
import { logDataKey, logDataMeaning } from './layout-log-data.ts';
import type { ObjectMeaning } from './object-meaning.ts';

export const backupLockKey = 'backup.lock';
export const backupMetaKey = 'backupmeta';
export const backupCheckpointMetaKey = 'checkpoints/backup/checkpoint.meta';
export const backupCheckpointLockKey = 'checkpoints/backup/checkpoint.lock';
/** Really spelled like this, in every version (FACTS §0.1). */
export const truncateSafepointKey = 'v1_stream_trancate_safepoint.txt';
export const truncatingLockKey = 'truncating.lock';
export const migrationBaseKey = 'v1/migrations/BASE';
export const replicationStateKey = 'crr-checkpoint/resume-state.json';
export const logMetaPrefix = 'v1/backupmeta/';
export const checkpointPrefix = 'v1/global_checkpoint/';
export const migrationPrefix = 'v1/migrations/';
export const extBackupPrefix = 'v1/ext_backups/';
export const blocklistPrefix = 'v1/log_restore_tables_blocklists/';

type Rule = (key: string) => ObjectMeaning | undefined;

const fixed: Readonly<Record<string, ObjectMeaning>> = {
  [backupLockKey]: { kind: 'backup-lock' },
  [backupMetaKey]: { kind: 'backupmeta' },
  'backupmeta.json': { kind: 'backupmeta-json' },
  [backupCheckpointMetaKey]: { kind: 'backup-checkpoint-meta' },
  [backupCheckpointLockKey]: { kind: 'backup-checkpoint-lock' },
  [truncateSafepointKey]: { kind: 'truncate-safepoint' },
  [truncatingLockKey]: { kind: 'truncating-lock' },
  [migrationBaseKey]: { kind: 'migration-base' },
  'v1/migrations/BASE_TMP': { kind: 'migration-base-temporary' },
  'v1/global_checkpoint/central_global.ts': { kind: 'central-checkpoint' },
  [replicationStateKey]: { kind: 'replication-state' },
};

const largest = 0xffff_ffff_ffff_ffffn;

/** A decimal u64 without leading zeros, or undefined. */
function decimal(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^(?:0|[1-9][0-9]{0,19})$/.test(text)) return undefined;
  const value = BigInt(text);
  return value > largest ? undefined : value;
}

/** A rule from a pattern; `read` gets the groups, a missing optional one as an empty text. */
function rule(pattern: RegExp, read: (groups: readonly string[]) => ObjectMeaning | undefined): Rule {
  return (key) => {
    const found = pattern.exec(key);
    return found === null ? undefined : read(found.slice(1).map((group) => group ?? ''));
  };
}

const hex16 = '[0-9A-F]{16}';

const rules: readonly Rule[] = [
  rule(/^v1\/backupmeta\/([^/]+\.meta)$/, ([name = '']) => ({ kind: 'log-meta', name })),
  logDataMeaning,
  rule(
    /^(\d+)([/_])(\d+)_(\d+)_([0-9a-f]{64})_(\d{1,15})_(default|write)\.sst$/,
    ([store, separator, region, epoch, startKeySha256 = '', ms, cf]) => {
      const [storeId, regionId, epochVersion, written] = [store, region, epoch, ms].map(decimal);
      if (storeId === undefined || regionId === undefined || epochVersion === undefined) return undefined;
      if (written === undefined) return undefined;
      return {
        kind: 'sst',
        storeId,
        regionId,
        epochVersion,
        startKeySha256,
        writtenMs: Number(written),
        cf: cf === 'write' ? 'write' : 'default',
        separator: separator === '/' ? '/' : '_',
      };
    },
  ),
  rule(/^backupmeta\.(datafile|schema|ddl)\.(\d{9})$/, ([of, number]) => ({
    kind: 'sub-file',
    of: of === 'schema' || of === 'ddl' ? of : 'datafile',
    number: Number(number),
  })),
  rule(/^backupmeta\.schema\.stats\.(\d{9})$/, ([number]) => ({ kind: 'stats', number: Number(number) })),
  rule(/^checkpoints\/backup\/(data|checksum)\/([0-9a-fA-F]{32})\.cpt$/, ([of, id = '']) => ({
    kind: 'backup-checkpoint-data',
    of: of === 'data' ? 'data' : 'checksum',
    id,
  })),
  rule(/^checkpoints\/restore-([^/]+)\/(.+)$/, ([task = '', rest = '']) => ({
    kind: 'restore-checkpoint',
    task,
    rest,
  })),
  rule(/^v1\/global_checkpoint\/(\d+)\.ts$/, ([store]) => {
    const storeId = decimal(store);
    return storeId === undefined ? undefined : { kind: 'store-checkpoint', storeId };
  }),
  rule(/^truncating\.lock\.INTENT\.([0-9a-fA-F]{32})$/, ([txn = '']) => ({
    kind: 'truncating-lock-intent',
    txn,
  })),
  rule(/^v1\/LOCK\.WRIT(?:\.INTENT\.([0-9a-fA-F]{32}))?$/, ([intent = '']) => ({
    kind: 'migration-lock',
    mode: 'write',
    id: '',
    intent,
  })),
  rule(/^v1\/LOCK\.READ\.([0-9a-fA-F]{16})(?:\.INTENT\.([0-9a-fA-F]{32}))?$/, ([id = '', intent = '']) => ({
    kind: 'migration-lock',
    mode: 'read',
    id,
    intent,
  })),
  rule(/^v1\/APPEND_LOCK\.WRIT(?:\.INTENT\.([0-9a-fA-F]{32}))?$/, ([intent = '']) => ({
    kind: 'append-lock',
    intent,
  })),
  rule(new RegExp(`^v1/migrations/(\\d{8})_(${hex16})\\.mgrt$`), ([number, hash]) => ({
    kind: 'migration',
    number: Number(number),
    hash: BigInt(`0x${hash}`),
  })),
  rule(
    /^v1\/(?:compactions\/([^/]+)|compaction_out)\/(?:metas\/)?([^/]+\.cmeta)$/,
    ([compaction = '', name = '']) => ({
      kind: 'compaction-meta',
      compaction,
      name,
    }),
  ),
  rule(
    /^v1\/(?:compactions\/([^/]+)|compaction_out)\/(?:outputs\/)?([^/]+\.sst)$/,
    ([compaction = '', name = '']) => ({
      kind: 'compaction-sst',
      compaction,
      name,
    }),
  ),
  rule(new RegExp(`^v1/ext_backups/backup-(${hex16})/extbackupmeta$`, 'i'), ([commit]) => ({
    kind: 'ext-backup-meta',
    commitTs: BigInt(`0x${commit}`),
  })),
  rule(new RegExp(`^v1/ext_backups/backup-(${hex16})/sst_files/(.+)$`, 'i'), ([commit, name = '']) => ({
    kind: 'ext-backup-sst',
    commitTs: BigInt(`0x${commit}`),
    name,
  })),
  rule(
    new RegExp(`^v1/log_restore_tables_blocklists/R(${hex16})_S(${hex16})\\.meta$`),
    ([commit, start]) => ({
      kind: 'blocklist',
      commitTs: BigInt(`0x${commit}`),
      startTs: BigInt(`0x${start}`),
    }),
  ),
  rule(/^pitr_id_maps\/pitr_id_map\.cluster_id:(\d+)\.restored_ts:(\d+)$/, ([cluster, restored]) => {
    const [clusterId, restoredTs] = [decimal(cluster), decimal(restored)];
    if (clusterId === undefined || restoredTs === undefined) return undefined;
    return { kind: 'id-map', clusterId, restoredTs };
  }),
  rule(/^perm-check\/([^/]+)$/, ([id = '']) => ({ kind: 'permission-check', id })),
];

/** What an object is, by its key below a snapshot's or a log's folder. Never throws. */
export function meaningOf(key: string): ObjectMeaning {
  const known = Object.hasOwn(fixed, key) ? fixed[key] : undefined;
  if (known !== undefined) return known;
  for (const read of rules) {
    const meaning = read(key);
    if (meaning !== undefined) return meaning;
  }
  return { kind: 'unknown', key };
}

const upperHex = (value: bigint): string => value.toString(16).toUpperCase().padStart(16, '0');
const nineDigits = (value: number): string => String(value).padStart(9, '0');
const intentTail = (intent: string): string => (intent === '' ? '' : `.INTENT.${intent}`);

/** The key of an object, the inverse of meaningOf for everything that today's versions write. */
export function keyOf(meaning: ObjectMeaning): string {
  switch (meaning.kind) {
    case 'sub-file':
      return `backupmeta.${meaning.of}.${nineDigits(meaning.number)}`;
    case 'stats':
      return `backupmeta.schema.stats.${nineDigits(meaning.number)}`;
    case 'sst': {
      const { storeId, separator, regionId, epochVersion, startKeySha256, writtenMs, cf } = meaning;
      return `${storeId}${separator}${regionId}_${epochVersion}_${startKeySha256}_${writtenMs}_${cf}.sst`;
    }
    case 'backup-checkpoint-data':
      return `checkpoints/backup/${meaning.of}/${meaning.id}.cpt`;
    case 'restore-checkpoint':
      return `checkpoints/restore-${meaning.task}/${meaning.rest}`;
    case 'log-data':
      return logDataKey(meaning);
    case 'log-meta':
      return `${logMetaPrefix}${meaning.name}`;
    case 'store-checkpoint':
      return `${checkpointPrefix}${meaning.storeId}.ts`;
    case 'unknown':
      return meaning.key;
    default:
      return rareKeyOf(meaning);
  }
}

type RareMeaning = Exclude<
  ObjectMeaning,
  {
    kind:
      | 'sub-file'
      | 'stats'
      | 'sst'
      | 'backup-checkpoint-data'
      | 'restore-checkpoint'
      | 'log-data'
      | 'log-meta'
      | 'store-checkpoint'
      | 'unknown';
  }
>;

function rareKeyOf(meaning: RareMeaning): string {
  switch (meaning.kind) {
    case 'truncating-lock-intent':
      return `${truncatingLockKey}.INTENT.${meaning.txn}`;
    case 'migration-lock':
      return `v1/LOCK.${meaning.mode === 'read' ? `READ.${meaning.id}` : 'WRIT'}${intentTail(meaning.intent)}`;
    case 'append-lock':
      return `v1/APPEND_LOCK.WRIT${intentTail(meaning.intent)}`;
    case 'migration':
      return `${migrationPrefix}${String(meaning.number).padStart(8, '0')}_${upperHex(meaning.hash)}.mgrt`;
    case 'compaction-meta':
      return `${compactionFolder(meaning.compaction, 'metas/')}${meaning.name}`;
    case 'compaction-sst':
      return `${compactionFolder(meaning.compaction, 'outputs/')}${meaning.name}`;
    case 'ext-backup-meta':
      return `${extBackupPrefix}backup-${upperHex(meaning.commitTs)}/extbackupmeta`;
    case 'ext-backup-sst':
      return `${extBackupPrefix}backup-${upperHex(meaning.commitTs)}/sst_files/${meaning.name}`;
    case 'blocklist':
      return `${blocklistPrefix}R${upperHex(meaning.commitTs)}_S${upperHex(meaning.startTs)}.meta`;
    case 'id-map':
      return `pitr_id_maps/pitr_id_map.cluster_id:${meaning.clusterId}.restored_ts:${meaning.restoredTs}`;
    case 'permission-check':
      return `perm-check/${meaning.id}`;
    default:
      return fixedKeyOf(meaning.kind);
  }
}

function compactionFolder(compaction: string, part: string): string {
  return compaction === '' ? `v1/compaction_out/${part}` : `v1/compactions/${compaction}/${part}`;
}

function fixedKeyOf(kind: ObjectMeaning['kind']): string {
  for (const [key, meaning] of Object.entries(fixed)) if (meaning.kind === kind) return key;
  throw new PitrError('INTERNAL', `no key for objects of the kind ${kind}`);
}
