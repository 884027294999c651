// `pitr inspect`: any object of a backup, decoded for reading. Tables and log data need a second object to be read
// (the key of an encrypted table, the ranges of a log file), which is looked for beside them.

import { readBackupMeta } from '../../br/backupmeta.ts';
import type { BackupKeys } from '../../br/encryption.ts';
import { inspectObject as inspectBytes } from '../../br/inspect.ts';
import { meaningOf } from '../../br/layout.ts';
import type { PlainDocument } from '../../br/message-document.ts';
import { snapshotFiles, subFiles } from '../../br/snapshot-contents.ts';
import { PitrError } from '../../domain/errors.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { inspectLogData } from './inspect-log-data.ts';
import { inspectSst } from './inspect-sst.ts';

/** The object, in the store of the snapshot or log that it belongs to where the path tells. */
export interface ObjectPlace {
  readonly store: ObjectStore;
  readonly key: string;
}

export interface InspectReport {
  readonly object: string;
  readonly kind: string;
  readonly document: PlainDocument;
}

/**
 * limit: how many entries of a table or a log file are shown. Errors: OBJECT_MISSING, and those of the readers: what is
 * damaged is told as they tell it.
 */
export async function inspectObject(
  { store, key }: ObjectPlace,
  keys: BackupKeys,
  limit: number,
): Promise<InspectReport> {
  const object = `${store.url}/${key}`;
  const meaning = meaningOf(key);
  switch (meaning.kind) {
    case 'sst':
    case 'ext-backup-sst':
    case 'compaction-sst': {
      const encryption = meaning.kind === 'sst' ? await sstEncryption(store, key, keys) : undefined;
      return { object, kind: meaning.kind, document: await inspectSst(store, key, encryption, limit) };
    }
    case 'log-data':
      return { object, kind: meaning.kind, document: await inspectLogData(store, key, keys.log, limit) };
    default: {
      const bytes = (await openedSubFile(store, key, keys)) ?? (await store.get(key));
      if (bytes === undefined) throw notThere(object);
      const { kind, name, content, problem } = inspectBytes(key, bytes, keys);
      return {
        object,
        kind,
        document: {
          ...(Object.keys(name).length > 0 ? { name } : {}),
          ...(problem === undefined ? {} : { problem }),
          ...(content === undefined ? { bytes: bytes.length } : { content }),
        },
      };
    }
  }
}

/** The iv of an encrypted table is in its snapshot's metadata. */
async function sstEncryption(store: ObjectStore, key: string, keys: BackupKeys) {
  if (keys.snapshot === undefined || (await store.head('backupmeta')) === undefined) return undefined;
  const header = await readBackupMeta(store, '', keys.snapshot);
  if (!header.encrypted) return undefined;
  for await (const file of snapshotFiles(store, header))
    if (file.name === key) return { key: keys.snapshot, iv: file.cipherIv };
  return undefined;
}

/** A sub-file of an encrypted snapshot, opened as its metadata says; undefined when it is none. */
async function openedSubFile(
  store: ObjectStore,
  key: string,
  keys: BackupKeys,
): Promise<Uint8Array | undefined> {
  if (meaningOf(key).kind !== 'sub-file' || keys.snapshot === undefined) return undefined;
  if ((await store.head('backupmeta')) === undefined) return undefined;
  const header = await readBackupMeta(store, '', keys.snapshot);
  if (!header.encrypted) return undefined;
  for (const index of [header.fileIndex, header.schemaIndex])
    for await (const { object, bytes } of subFiles(store, header, index)) if (object === key) return bytes;
  return undefined;
}

/** Nothing but the person's word says that it should be there: no damage. */
function notThere(object: string): PitrError {
  return new PitrError('INVALID_INPUT', `there is no object ${object}, expected one to decode`, {
    hint: 'check the path; pitr window --storage URL tells what a backup holds',
    details: { object },
  });
}
