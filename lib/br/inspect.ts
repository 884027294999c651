// Any object of a backup decoded for reading, from its key and its bytes alone. SSTs and `.log` data are only named here:
// their readers need more than one object, and the caller adds what they say.
import type { DescMessage } from '@bufbuild/protobuf';
import { PitrError } from '../domain/errors.ts';
import { openBackupMeta } from './backupmeta.ts';
import { parseBlocklist } from './blocklist.ts';
import type { BackupKeys } from './encryption.ts';
import { parseJson } from './json-u64.ts';
import { meaningOf } from './layout.ts';
import { parseCheckpointTs, parseSafepoint } from './locks.ts';
import { decodeLogMeta } from './log/log-metas.ts';
import { parseMetaName } from './log/meta-name.ts';
import { messageDocument, type PlainDocument, plainJson } from './message-document.ts';
import type { ObjectMeaning } from './object-meaning.ts';
import {
  IngestedSstsSchema,
  LogFileSubcompactionsSchema,
  MetadataSchema,
  MigrationSchema,
  RestoreBlocklistSchema,
} from './proto/gen/log_pb.js';
import { BackupMetaSchema, MetaFileSchema, StatsFileSchema } from './proto/gen/snapshot_pb.js';
import { decodeMessage } from './wire.ts';

/** An object for reading; plain JSON. */
export interface InspectDocument {
  /** As in object-meaning.ts. */
  readonly kind: ObjectMeaning['kind'];
  /** What the key says. */
  readonly name: PlainDocument;
  /** What the bytes say; undefined for SSTs, `.log` data and unknown objects. */
  readonly content: PlainDocument | undefined;
  /** Why the content does not pass the checks of a reader, if so; the content is shown all the same. */
  readonly problem: string | undefined;
}

/** The meaning of a key with any folders before it: the longest tail that is the key of something. */
export function meaningOfPath(path: string): ObjectMeaning {
  for (let at = 0; at >= 0; ) {
    const meaning = meaningOf(path.slice(at));
    if (meaning.kind !== 'unknown') return meaning;
    const slash = path.indexOf('/', at);
    at = slash < 0 ? -1 : slash + 1;
  }
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (parseMetaName(name).format !== 'unknown') return { kind: 'log-meta', name };
  return { kind: 'unknown', key: path };
}

/**
 * Decodes one object. `key` may have any folders before the part that has a meaning. Errors: OBJECT_DAMAGED,
 * OBJECT_UNRECOGNIZED, KEY_MISSING, KEY_WRONG, naming the object.
 */
export function inspectObject(key: string, bytes: Uint8Array, keys: BackupKeys): InspectDocument {
  const meaning = meaningOfPath(key);
  const content = contentOf(meaning, key, bytes, keys);
  return { kind: meaning.kind, name: nameOf(meaning), content, problem: problemOf(meaning, key, bytes) };
}

function nameOf(meaning: ObjectMeaning): PlainDocument {
  const { kind: _kind, ...parts } = meaning;
  const all: Record<string, unknown> =
    meaning.kind === 'log-meta' ? { ...parts, ...parseMetaName(meaning.name) } : parts;
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, plainPart(value)]));
}

function plainPart(value: unknown): string | number | PlainDocument {
  if (typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, String(part)]));
}

/** Documents that are one protobuf message. */
const messages: Partial<Record<ObjectMeaning['kind'], DescMessage>> = {
  'sub-file': MetaFileSchema,
  stats: StatsFileSchema,
  'log-meta': MetadataSchema,
  migration: MigrationSchema,
  'migration-base': MigrationSchema,
  'migration-base-temporary': MigrationSchema,
  'compaction-meta': LogFileSubcompactionsSchema,
  'ext-backup-meta': IngestedSstsSchema,
  blocklist: RestoreBlocklistSchema,
  'id-map': BackupMetaSchema,
};

function contentOf(
  meaning: ObjectMeaning,
  key: string,
  bytes: Uint8Array,
  keys: BackupKeys,
): PlainDocument | undefined {
  const schema = messages[meaning.kind];
  if (schema !== undefined) return messageDocument(schema, decodeMessage(schema, bytes, key));
  switch (meaning.kind) {
    case 'backupmeta': {
      const { plaintext, encrypted } = openBackupMeta(key, bytes, keys.snapshot);
      const document = messageDocument(BackupMetaSchema, decodeMessage(BackupMetaSchema, plaintext, key));
      return { encrypted, ...document };
    }
    case 'store-checkpoint':
    case 'central-checkpoint':
      return { ts: String(parseCheckpointTs(key, bytes)) };
    case 'truncate-safepoint':
      return { ts: String(parseSafepoint(key, bytes)) };
    case 'backup-lock':
      return { text: Buffer.from(bytes).toString('utf8') };
    case 'truncating-lock-intent':
    case 'permission-check':
    case 'unknown':
    case 'sst':
    case 'log-data':
    case 'ext-backup-sst':
    case 'compaction-sst':
      return undefined;
    default:
      return jsonContent(meaning, key, bytes);
  }
}

/** Locks and checkpoints; the intents of locks are empty. */
function jsonContent(meaning: ObjectMeaning, key: string, bytes: Uint8Array): PlainDocument | undefined {
  if ('intent' in meaning && meaning.intent !== '') return undefined;
  if (meaning.kind === 'restore-checkpoint' && bytes.length === 0) return undefined;
  const value = plainJson(parseJson(key, bytes));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as PlainDocument;
  return { value };
}

/** The checks of the real readers, for objects that can be shown although they fail them. */
function problemOf(meaning: ObjectMeaning, key: string, bytes: Uint8Array): string | undefined {
  try {
    if (meaning.kind === 'log-meta') decodeLogMeta(key, bytes);
    if (meaning.kind === 'blocklist') parseBlocklist(key, bytes);
    return undefined;
  } catch (error) {
    if (error instanceof PitrError) return error.message;
    throw error;
  }
}
