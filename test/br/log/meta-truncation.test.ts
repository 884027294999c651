import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { logMetaObject } from '../../../lib/br/backup-writer.ts';
import { decodeLogMeta } from '../../../lib/br/log/log-metas.ts';
import { expiredGroups, metaWithout } from '../../../lib/br/log/meta-truncation.ts';
import {
  DataFileGroupSchema,
  type DataFileInfoSchema,
  FileType,
  MetadataSchema,
} from '../../../lib/br/proto/gen/log_pb.js';

type FileInit = MessageInitShape<typeof DataFileInfoSchema>;
const uuid = '201c0b0b-e1c4-4b67-8355-a6ee0aa6adda';

function file(minTs: bigint, maxTs: bigint, parts: FileInit = {}): FileInit {
  const common = { sha256: new Uint8Array(32), cf: 'write', type: FileType.PUT, length: 5n };
  return { ...common, rangeLength: 5n, minTs, maxTs, resolvedTs: maxTs + 1n, ...parts };
}

const path = (n: number) => `v1/20261122/04/1/${n}-${uuid}.log`;

/** Objects 0, 1, 2 of the times 10–20, 30–40 and 15–50. */
function meta(version: 1 | 2) {
  const files = [file(10n, 20n), file(30n, 40n), file(15n, 50n)];
  const groups = files.map((one, n) => ({ path: path(n), length: 5n, dataFilesInfo: [one] }));
  const object = logMetaObject({ storeId: 3n, resolvedTs: 9n, groups, version }, { format: 'decimal', uuid });
  return { ...object, meta: decodeLogMeta(object.key, object.bytes) };
}

function without(
  object: { readonly key: string; readonly bytes: Uint8Array },
  ...gone: readonly number[]
): Uint8Array {
  const decoded = decodeLogMeta(object.key, object.bytes, { unknownFields: 'keep' });
  const result = metaWithout(decoded, object.bytes, new Set(gone.map(path)));
  assert.ok(result.kind === 'rewritten');
  return result.bytes;
}

describe('the groups that expire', () => {
  test('end before the moment; one that ends at it stays', () => {
    const expired = (beforeTs: bigint) => expiredGroups(meta(2).meta, beforeTs).map((group) => group.path);
    assert.deepEqual(expired(20n), []);
    assert.deepEqual(expired(21n), [path(0)]);
    assert.deepEqual(expired(40n), [path(0)]);
    assert.deepEqual(expired(41n), [path(0), path(1)]);
    assert.deepEqual(expired(51n), [path(0), path(1), path(2)]);
  });

  test('do not take an object that another group of the meta still needs', () => {
    const decoded = meta(2).meta;
    const twice = { ...decoded, groups: decoded.groups.map((group) => ({ ...group, path: path(0) })) };
    assert.deepEqual(expiredGroups(twice, 45n), []);
    assert.equal(expiredGroups(twice, 51n).length, 3);
  });
});

describe('a meta without some of its groups', () => {
  for (const version of [1, 2] as const) {
    test(`of version ${version} has the bounds of what is left, and all else as it was`, () => {
      const object = meta(version);
      const left = fromBinary(MetadataSchema, without(object, 0));
      const { files, fileGroups, ...head } = fromBinary(MetadataSchema, object.bytes);
      const kept = { files: files.slice(1), fileGroups: fileGroups.slice(1) };
      const expected = create(MetadataSchema, {
        ...head,
        ...kept,
        minTs: 15n,
        maxTs: 50n,
        resolvedTs: 41n,
      });
      assert.deepEqual(toBinary(MetadataSchema, left), toBinary(MetadataSchema, expected));
      assert.deepEqual(decodeLogMeta(object.key, without(object, 0, 2)).groups.length, 1);
    });
  }

  test('is the very bytes that an encoder of the whole would write', () => {
    const object = meta(2);
    const bytes = without(object, 1);
    assert.deepEqual(toBinary(MetadataSchema, fromBinary(MetadataSchema, bytes)), bytes);
  });

  test('is the same when nothing went, and none when everything did', () => {
    const { meta: decoded, bytes } = meta(2);
    assert.equal(metaWithout(decoded, bytes, new Set()).kind, 'same');
    assert.equal(metaWithout(decoded, bytes, new Set(['v1/other.log'])).kind, 'same');
    assert.equal(metaWithout(decoded, bytes, new Set([0, 1, 2].map(path))).kind, 'empty');
  });

  test('keeps fields that nobody knows, of the meta and of its groups', () => {
    const strange = (number: number, text: string) =>
      new BinaryWriter().tag(number, WireType.LengthDelimited).string(text).finish();
    const { key, bytes } = meta(2);
    const message = fromBinary(MetadataSchema, bytes);
    const unknown = (no: number, text: string) => ({
      no,
      wireType: WireType.LengthDelimited,
      data: new BinaryWriter().string(text).finish(),
    });
    message.$unknown = [unknown(99, 'of the meta')];
    for (const [n, group] of message.fileGroups.entries()) group.$unknown = [unknown(77, `of group ${n}`)];
    const written = without({ key, bytes: toBinary(MetadataSchema, message) }, 0);
    const text = Buffer.from(written).toString('latin1');
    assert.ok(text.endsWith(Buffer.from(strange(99, 'of the meta')).toString('latin1')));
    assert.ok(!text.includes('of group 0'));
    for (const n of [1, 2]) assert.ok(text.includes(`of group ${n}`));
    assert.throws(() => decodeLogMeta(key, written), { code: 'OBJECT_UNRECOGNIZED' });
  });

  test("of version 1 loses the copy of its files that a truncation by today's br leaves, and is read with it", () => {
    const { key, bytes } = meta(1);
    const message = fromBinary(MetadataSchema, bytes);
    const { length } = message.files[0];
    message.fileGroups = message.files.map((one) => {
      const { path, minTs, maxTs, resolvedTs: minResolvedTs } = one;
      return create(DataFileGroupSchema, { path, dataFilesInfo: [one], minTs, maxTs, minResolvedTs, length });
    });
    const doubled = toBinary(MetadataSchema, message);
    assert.deepEqual(decodeLogMeta(key, doubled), decodeLogMeta(key, bytes));
    assert.deepEqual(without({ key, bytes: doubled }, 0), without({ key, bytes }, 0));
    message.fileGroups.shift();
    assert.throws(() => decodeLogMeta(key, toBinary(MetadataSchema, message)), { code: 'OBJECT_DAMAGED' });
  });

  test('has no field for a bound of zero', () => {
    const groups = [file(0n, 5n, { resolvedTs: 0n }), file(7n, 9n)].map((one, n) => ({
      ...{ path: path(n), length: 5n, dataFilesInfo: [one] },
    }));
    const { key, bytes } = logMetaObject(
      { storeId: 3n, resolvedTs: 1n, groups },
      { format: 'decimal', uuid },
    );
    const decoded = { ...meta(2).meta, name: key, groups: meta(2).meta.groups.slice(0, 2) };
    const result = metaWithout(decoded, bytes, new Set([path(1)]));
    assert.ok(result.kind === 'rewritten');
    const canonical = toBinary(MetadataSchema, fromBinary(MetadataSchema, result.bytes));
    assert.deepEqual(result.bytes, canonical);
  });
});
