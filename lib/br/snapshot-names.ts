// The names of all objects that a backupmeta names: SSTs, sub-files of every kind, statistics (FACTS §3.1). Streamed, one sub-file in
// memory at a time; what is inside of tables is not looked at.
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

/**
 * Keys in the store, with the snapshot's folder; one may come twice. Errors: OBJECT_MISSING and OBJECT_DAMAGED of a sub-file,
 * KEY_WRONG, UNSUPPORTED.
 */
export async function* namesInSnapshot(store: ObjectStore, header: BackupMetaHeader): AsyncGenerator<string> {
  const { prefix, object, inline } = header;
  if (inline !== undefined) {
    for (const { name } of decodeEntries(BackupMetaSchema, 'files', FileSchema, inline, object))
      yield prefix + name;
    for (const schema of decodeEntries(BackupMetaSchema, 'schemas', SchemaSchema, inline, object))
      yield* statsNames(prefix, schema);
  }
  for await (const file of subFiles(store, header, header.fileIndex)) {
    yield file.object;
    for (const { name } of decodeEntries(MetaFileSchema, 'data_files', FileSchema, file.bytes, file.object))
      yield prefix + name;
  }
  for await (const file of subFiles(store, header, header.schemaIndex)) {
    yield file.object;
    for (const schema of decodeEntries(MetaFileSchema, 'schemas', SchemaSchema, file.bytes, file.object))
      yield* statsNames(prefix, schema);
  }
  for await (const file of subFiles(store, header, header.ddlIndex)) yield file.object;
}

/** Small statistics stand in the schema itself and have no name. */
function* statsNames(prefix: string, { statsIndex }: Schema): Generator<string> {
  for (const { name } of statsIndex) if (name !== '') yield prefix + name;
}
