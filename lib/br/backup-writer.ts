// The metadata objects of snapshots and logs as BR and TiKV write them, for tests, benchmarks and a simulator: the inverse
// of the readers beside it. Data (SSTs, `.log`) is written elsewhere. Randomness (ivs, uuids) is an argument.
import { createHash } from 'node:crypto';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type CipherKey, decryptAt } from './encryption.ts';
import { keyOf, logMetaPrefix } from './layout.ts';
import { type MetaNameParts, metaFileName } from './log/meta-name.ts';
import { type DataFileGroupSchema, MetadataSchema, MetaVersion } from './proto/gen/log_pb.js';
import {
  BackupMetaSchema,
  type FileSchema,
  MetaFileSchema,
  type SchemaSchema,
} from './proto/gen/snapshot_pb.js';
import { concatenate } from './wire.ts';

/** An object to put. */
export interface WrittenObject {
  /** Relative to the snapshot's or the log's folder. */
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** How a snapshot is encrypted; `nextIv` gives 16 fresh bytes. */
export interface SnapshotCipher {
  readonly key: CipherKey;
  readonly nextIv: () => Uint8Array;
}

export interface SnapshotToWrite {
  readonly version: 1 | 2;
  readonly clusterId: bigint;
  readonly clusterVersion: string;
  /** 0n for a full snapshot. */
  readonly startTs: bigint;
  readonly backupTs: bigint;
  readonly newCollations: 'True' | 'False';
  /** Their versions are set to the snapshot's. */
  readonly files: readonly MessageInitShape<typeof FileSchema>[];
  readonly schemas: readonly MessageInitShape<typeof SchemaSchema>[];
  /** JSON of the DDL jobs since startTs, for an incremental snapshot. */
  readonly ddlJobs?: readonly Uint8Array[];
  /** Entries of a sub-file (V2); br cuts at 128 MiB. */
  readonly entriesPerSubFile?: number;
  readonly cipher?: SnapshotCipher;
}

const lockText = "DO NOT DELETE\nThis file exists to remind other backup jobs won't use this path";

/** `backup.lock`, the sub-files and, last, `backupmeta`: in the order in which br writes them (FACTS §3.1). */
export function snapshotObjects(snapshot: SnapshotToWrite): readonly WrittenObject[] {
  const { startTs, backupTs, cipher, ddlJobs: jobs = [] } = snapshot;
  const files = snapshot.files.map((file) => ({ ...file, startVersion: startTs, endVersion: backupTs }));
  const head: MessageInitShape<typeof BackupMetaSchema> = {
    clusterId: snapshot.clusterId,
    clusterVersion: snapshot.clusterVersion,
    startVersion: startTs,
    endVersion: backupTs,
    ddls: Buffer.from('[]'),
    brVersion: 'BR\nRelease Version: none\n',
    newCollationsEnabled: snapshot.newCollations,
    version: snapshot.version - 1,
    backupSchemaVersion: 1,
  };
  const lock = { key: 'backup.lock', bytes: Buffer.from(lockText) };
  if (snapshot.version === 1) {
    const ddls = Buffer.from(`[${jobs.map((job) => Buffer.from(job).toString()).join(',')}]`);
    return [lock, headObject({ ...head, ddls, files, schemas: [...snapshot.schemas] }, cipher)];
  }
  const size = snapshot.entriesPerSubFile ?? 10_000;
  const counter = { next: 1 };
  const dataFiles = inPieces(files, size).map((piece) =>
    subFile('datafile', counter, { dataFiles: [...piece] }, cipher),
  );
  const schemas = inPieces(snapshot.schemas, size).map((piece) =>
    subFile('schema', counter, { schemas: [...piece] }, cipher),
  );
  const ddls = inPieces(jobs, size).map((piece) => subFile('ddl', counter, { ddls: [...piece] }, cipher));
  // br makes an index only of what there is.
  const indexOf = (entries: typeof ddls) => ({ metaFiles: entries.map(({ entry }) => entry) });
  const indexes = {
    schemaIndex: indexOf(schemas),
    ...(dataFiles.length > 0 ? { fileIndex: indexOf(dataFiles) } : {}),
    ...(ddls.length > 0 ? { ddlIndexes: indexOf(ddls) } : {}),
  };
  const objects = [...dataFiles, ...schemas, ...ddls].map(({ object }) => object);
  return [lock, ...objects, headObject({ ...head, ...indexes }, cipher)];
}

function headObject(head: MessageInitShape<typeof BackupMetaSchema>, cipher?: SnapshotCipher): WrittenObject {
  const bytes = toBinary(BackupMetaSchema, create(BackupMetaSchema, head));
  if (cipher === undefined) return { key: 'backupmeta', bytes };
  const iv = cipher.nextIv();
  return { key: 'backupmeta', bytes: concatenate([iv, decryptAt(cipher.key, iv, 0, bytes)]) };
}

function subFile(
  of: 'datafile' | 'schema' | 'ddl',
  counter: { next: number },
  content: MessageInitShape<typeof MetaFileSchema>,
  cipher: SnapshotCipher | undefined,
): { readonly object: WrittenObject; readonly entry: MessageInitShape<typeof FileSchema> } {
  const key = keyOf({ kind: 'sub-file', of, number: counter.next });
  counter.next += 1;
  const bytes = toBinary(MetaFileSchema, create(MetaFileSchema, content));
  const sha256 = createHash('sha256').update(bytes).digest();
  const entry = { name: key, sha256, size: BigInt(bytes.length) };
  if (cipher === undefined) return { object: { key, bytes }, entry };
  const cipherIv = cipher.nextIv();
  return { object: { key, bytes: decryptAt(cipher.key, cipherIv, 0, bytes) }, entry: { ...entry, cipherIv } };
}

function inPieces<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const pieces: (readonly T[])[] = [];
  for (let at = 0; at < items.length; at += size) pieces.push(items.slice(at, at + size));
  return pieces;
}

/** `backup.lock` and `backupmeta` of a log: what `br log start` writes on a fresh path. */
export function logHeadObjects(log: {
  readonly clusterId: bigint;
  readonly clusterVersion: string;
  readonly startTs: bigint;
}): readonly WrittenObject[] {
  const { clusterId, clusterVersion, startTs: startVersion } = log;
  const head = {
    clusterId,
    clusterVersion,
    startVersion,
    ddls: Buffer.from('[]'),
    version: 1,
    backupSchemaVersion: 1,
  };
  return [{ key: 'backup.lock', bytes: Buffer.from(lockText) }, headObject(head)];
}

export interface LogMetaToWrite {
  readonly storeId: bigint;
  readonly resolvedTs: bigint;
  /** min_ts, max_ts and min_resolved_ts of groups are set from their files. */
  readonly groups: readonly MessageInitShape<typeof DataFileGroupSchema>[];
  /** V1: one file per group, its path the group's. */
  readonly version?: 1 | 2;
}

/** What the name says besides the bounds, which come from the files. */
export type LogMetaNaming =
  | { readonly format: 'decimal'; readonly uuid: string }
  | { readonly format: 'hex'; readonly flushTs: bigint }
  | { readonly format: 'synthetic'; readonly flushTs: bigint; readonly syntheticId: bigint }
  | { readonly format: 'tagged'; readonly flushTs: bigint }
  | { readonly format: 'flagged'; readonly flushTs: bigint };

/** One `.meta` with its name in the given format (FACTS §3.7, §3.10). */
export function logMetaObject(meta: LogMetaToWrite, naming: LogMetaNaming): WrittenObject {
  const groups = meta.groups.map((group) => {
    const files = group.dataFilesInfo ?? [];
    const bounds = {
      minTs: least(files.map((file) => file.minTs)),
      maxTs: most(files.map((file) => file.maxTs)),
    };
    return { ...group, ...bounds, minResolvedTs: least(files.map((file) => file.resolvedTs)) };
  });
  const files = groups.flatMap((group) => group.dataFilesInfo ?? []);
  const bounds = {
    minTs: least(groups.map((group) => group.minTs)),
    maxTs: most(groups.map((group) => group.maxTs)),
  };
  const common = { storeId: meta.storeId, resolvedTs: meta.resolvedTs, ...bounds };
  const content =
    meta.version === 1
      ? { ...common, metaVersion: MetaVersion.V1, files: groups.flatMap(ownFiles) }
      : { ...common, metaVersion: MetaVersion.V2, fileGroups: groups };
  const minBeginTs = least(files.map((file) => file.minBeginTsInDefaultCf));
  const flags = (files.some((file) => file.isMeta === true) ? 0n : 1n) | (groups.length === 0 ? 2n : 0n);
  const told = { ...bounds, minBeginTs, storeId: meta.storeId, resolvedTs: meta.resolvedTs, flags };
  const name = metaFileName({ ...told, ...naming } as MetaNameParts);
  return { key: `${logMetaPrefix}${name}`, bytes: toBinary(MetadataSchema, create(MetadataSchema, content)) };
}

function ownFiles(group: MessageInitShape<typeof DataFileGroupSchema>) {
  return (group.dataFilesInfo ?? []).map((file) => ({ ...file, path: group.path ?? '' }));
}

function least(values: readonly (bigint | undefined)[]): bigint {
  return values.reduce<bigint>((min, ts = 0n) => (ts < min ? ts : min), values[0] ?? 0n);
}

function most(values: readonly (bigint | undefined)[]): bigint {
  return values.reduce<bigint>((max, ts = 0n) => (ts > max ? ts : max), 0n);
}
