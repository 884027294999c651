// The names of all objects that a backupmeta names, with their sizes: SSTs, sub-files of every kind, statistics (FACTS §3.1). Streamed,
// one sub-file in memory at a time; what is inside of tables is not looked at.
import type { ObjectStore } from '../ports/object-store.ts';
import type { BackupMetaHeader } from './backupmeta.ts';
import {
  BackupMetaSchema,
  FileSchema,
  MetaFileSchema,
  type Schema,
  SchemaSchema,
} from './proto/gen/snapshot_pb.js';
import { subFiles } from './snapshot-contents.ts';
import { decodeEntries } from './wire.ts';

export interface NamedObject {
  /** In the store, with the snapshot's folder. */
  readonly key: string;
  /** Bytes of the object as stored; undefined where nothing says it, and of sub-files, which are read for their names. */
  readonly size: bigint | undefined;
}

/** Each may come twice. Errors: OBJECT_MISSING and OBJECT_DAMAGED of a sub-file, KEY_WRONG, UNSUPPORTED. */
export async function* objectsInSnapshot(
  store: ObjectStore,
  header: BackupMetaHeader,
): AsyncGenerator<NamedObject> {
  const { prefix, object, inline } = header;
  if (inline !== undefined) {
    for (const file of decodeEntries(BackupMetaSchema, 'files', FileSchema, inline, object))
      yield named(prefix, file.name, file.size);
    for (const schema of decodeEntries(BackupMetaSchema, 'schemas', SchemaSchema, inline, object))
      yield* statsObjects(prefix, schema);
  }
  for await (const file of subFiles(store, header, header.fileIndex)) {
    yield { key: file.object, size: undefined };
    for (const one of decodeEntries(MetaFileSchema, 'data_files', FileSchema, file.bytes, file.object))
      yield named(prefix, one.name, one.size);
  }
  for await (const file of subFiles(store, header, header.schemaIndex)) {
    yield { key: file.object, size: undefined };
    for (const schema of decodeEntries(MetaFileSchema, 'schemas', SchemaSchema, file.bytes, file.object))
      yield* statsObjects(prefix, schema);
  }
  for await (const file of subFiles(store, header, header.ddlIndex))
    yield { key: file.object, size: undefined };
}

/** Small statistics stand in the schema itself and have no name. */
function* statsObjects(prefix: string, { statsIndex }: Schema): Generator<NamedObject> {
  for (const { name, sizeEnc } of statsIndex) if (name !== '') yield named(prefix, name, sizeEnc);
}

function named(prefix: string, name: string, size: bigint): NamedObject {
  return { key: prefix + name, size: size === 0n ? undefined : size };
}
