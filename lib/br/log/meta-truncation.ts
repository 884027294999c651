// A `.meta` without the groups that a truncation took away (FACTS §5.1 step 7): which groups those are, and the bytes that
// br would write. What stays is kept byte for byte, fields that nobody knows included. Reads and writes no storage.
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { damagedObject } from '../../domain/errors.ts';
import { DataFileGroupSchema, DataFileInfoSchema } from '../proto/gen/log_pb.js';
import { concatenate, decodeWithUnknown, type RawField, rawFields } from '../wire.ts';
import type { LogGroup, LogMeta } from './log-metas.ts';

/** Numbers of the fields of Metadata. FACTS §3.10 */
const fieldOf = { files: 1, resolvedTs: 3, maxTs: 4, minTs: 5, fileGroups: 6, largestKnown: 7 } as const;

/**
 * The groups that end before the moment, so that no record from it on is in them: the unit of a truncation is the object. One that
 * another group of the meta still needs stays.
 */
export function expiredGroups(meta: LogMeta, beforeTs: bigint): readonly LogGroup[] {
  const needed = new Set(meta.groups.filter(({ maxTs }) => maxTs >= beforeTs).map(({ path }) => path));
  return meta.groups.filter(({ path }) => !needed.has(path));
}

/**
 * A meta without some of its objects. `empty`: nothing is left, the meta itself is to go; its bytes are for where it
 * cannot, and undefined of V1, whose readers take one without files for damaged.
 */
export type MetaWithout =
  | { readonly kind: 'same' }
  | { readonly kind: 'empty'; readonly bytes: Uint8Array | undefined }
  | { readonly kind: 'rewritten'; readonly bytes: Uint8Array };

/**
 * The meta without the groups whose objects are `gone`, its bounds and its resolved TSO counted again from the others, as br
 * counts them. `name` and `meta` are of these bytes. Errors: OBJECT_DAMAGED.
 */
export function metaWithout(meta: LogMeta, bytes: Uint8Array, gone: ReadonlySet<string>): MetaWithout {
  const left = meta.groups.filter(({ path }) => !gone.has(path));
  if (left.length === meta.groups.length && left.length > 0) return { kind: 'same' };
  const entries: Entry[] = [];
  const others: RawField[] = [];
  for (const field of rawFields(bytes, meta.name, 'Metadata')) {
    if (isBound(field)) continue;
    const entry = entryOf(meta, field);
    if (entry === undefined) others.push(field);
    else if (entry !== 'a copy' && !gone.has(entry.path)) entries.push(entry);
  }
  if (entries.length !== left.length) {
    throw damagedObject(meta.name, `${left.length} groups that stay`, `${entries.length}`);
  }
  if (entries.length === 0) {
    return { kind: 'empty', bytes: meta.version === 1 ? undefined : encode(bytes, others) };
  }
  return { kind: 'rewritten', bytes: encode(bytes, [...entries, ...others, ...boundsOf(entries)]) };
}

/** A file of V1 or a group of V2, as it stands in the bytes. */
interface Entry extends RawField {
  readonly path: string;
  readonly minTs: bigint;
  readonly maxTs: bigint;
  readonly resolvedTs: bigint;
}

function isBound({ number, wireType }: RawField): boolean {
  const { resolvedTs, maxTs, minTs } = fieldOf;
  return wireType === WireType.Varint && (number === resolvedTs || number === maxTs || number === minTs);
}

/** `a copy`: the files of a V1 meta once more, as groups; they are made from the files and need not be kept. */
function entryOf({ name, version }: LogMeta, field: RawField): Entry | 'a copy' | undefined {
  if (field.bytes === undefined) return undefined;
  if (version === 1 && field.number === fieldOf.files) {
    const { path, minTs, maxTs, resolvedTs } = decodeWithUnknown(DataFileInfoSchema, field.bytes, name);
    return { ...field, path, minTs, maxTs, resolvedTs };
  }
  if (field.number !== fieldOf.fileGroups) return undefined;
  if (version === 1) return 'a copy';
  const { path, minTs, maxTs, minResolvedTs } = decodeWithUnknown(DataFileGroupSchema, field.bytes, name);
  return { ...field, path, minTs, maxTs, resolvedTs: minResolvedTs };
}

/** A field whose bytes are new. */
interface NewField {
  readonly number: number;
  readonly written: Uint8Array;
}

function boundsOf(entries: readonly Entry[]): readonly NewField[] {
  const least = (values: readonly bigint[]) => values.reduce((a, b) => (b < a ? b : a));
  const varint = (number: number, value: bigint): readonly NewField[] =>
    // proto3 writes no zeros.
    value === 0n
      ? []
      : [{ number, written: new BinaryWriter().tag(number, WireType.Varint).uint64(value).finish() }];
  return [
    ...varint(fieldOf.resolvedTs, least(entries.map(({ resolvedTs }) => resolvedTs))),
    ...varint(fieldOf.maxTs, -least(entries.map(({ maxTs }) => -maxTs))),
    ...varint(fieldOf.minTs, least(entries.map(({ minTs }) => minTs))),
  ];
}

/** In the order of the numbers, unknown ones last, as TiKV and br write. */
function encode(bytes: Uint8Array, fields: readonly (RawField | NewField)[]): Uint8Array {
  const place = ({ number }: { readonly number: number }) =>
    number > fieldOf.largestKnown ? fieldOf.largestKnown + 1 : number;
  const sorted = [...fields].sort((a, b) => place(a) - place(b));
  return concatenate(
    sorted.map((field) => ('written' in field ? field.written : bytes.subarray(field.start, field.end))),
  );
}
