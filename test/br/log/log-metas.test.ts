import assert from 'node:assert/strict';
import test from 'node:test';
import { fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { logMetaObject } from '../../../lib/br/backup-writer.ts';
import { decodeLogMeta } from '../../../lib/br/log/log-metas.ts';
import {
  computeShift,
  listLogMetas,
  readLogMetas,
  selectLogFiles,
  selectLogMetas,
} from '../../../lib/br/log/log-selection.ts';
import { type DataFileInfoSchema, FileType, MetadataSchema } from '../../../lib/br/proto/gen/log_pb.js';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { collect, recordedStore, shopBucket, variantsStorage } from '../../support/recorded-store.ts';

const uuid = '201c0b0b-e1c4-4b67-8355-a6ee0aa6adda';
type FileInit = MessageInitShape<typeof DataFileInfoSchema>;

function file(parts: FileInit): FileInit {
  return {
    sha256: new Uint8Array(32),
    cf: 'write',
    type: FileType.PUT,
    length: 5n,
    minTs: 10n,
    maxTs: 20n,
    ...parts,
  };
}

function meta(files: readonly FileInit[], length = 100n) {
  const groups = [{ path: 'v1/a.log', length, dataFilesInfo: [...files] }];
  return logMetaObject({ storeId: 1n, resolvedTs: 5n, groups }, { format: 'tagged', flushTs: 30n });
}

function decode(files: readonly FileInit[], length?: bigint) {
  const { key, bytes } = meta(files, length);
  return decodeLogMeta(key, bytes);
}

for (const [folder, prefix] of [
  [shopBucket, 'log-backup/'],
  [variantsStorage, 'log-aes256/'],
] as const) {
  test(`every recorded meta of ${prefix} decodes and its ranges tile the objects of the bucket`, async () => {
    const store = await recordedStore(folder);
    const metas = await collect(readLogMetas(store, await listLogMetas(store, prefix)));
    const named = new Map<string, number>();
    for (const { groups, version } of metas) {
      assert.equal(version, 2);
      for (const { path, length, files } of groups) {
        named.set(`${prefix}${path}`, length);
        assert.equal(
          files.reduce((sum, { rangeLength }) => sum + rangeLength, 0),
          length,
        );
        for (const { compression, crc64xor, encryption } of files) {
          assert.equal(compression, 'zstd');
          assert.notEqual(crc64xor, undefined);
          assert.equal(encryption?.method, prefix === 'log-aes256/' ? 'aes256-ctr' : undefined);
        }
      }
    }
    const stored = (await collect(store.list(prefix))).filter(({ key }) => key.endsWith('.log'));
    assert.deepEqual([...named].sort(), stored.map(({ key, size }) => [key, size]).sort());
  });
}

test('a V1 meta reads as one group per file', () => {
  const groups = [1n, 2n].map((tableId) => ({
    path: `v1/t0000000${tableId}/x.log`,
    dataFilesInfo: [file({ tableId, length: 77n })],
  }));
  const { key, bytes } = logMetaObject(
    { storeId: 3n, resolvedTs: 9n, groups, version: 1 },
    { format: 'decimal', uuid },
  );
  const read = decodeLogMeta(key, bytes);
  assert.equal(read.version, 1);
  assert.deepEqual(
    read.groups.map(({ path, length }) => [path, length]),
    groups.map(({ path }) => [path, 77]),
  );
  assert.deepEqual([read.groups[1]?.files[0]?.rangeOffset, read.groups[1]?.files[0]?.rangeLength], [0, 77]);
  assert.equal(read.groups[1]?.files[0]?.compression, 'none');
  assert.equal(read.groups[1]?.files[0]?.crc64xor, undefined);
});

test('a missing type is a delete, and a missing range is the whole object', () => {
  const read = decode([{ ...file({}), type: FileType.DELETE }]).groups[0]?.files[0];
  assert.deepEqual([read?.type, read?.rangeOffset, read?.rangeLength], ['delete', 0, 100]);
});

test('an encryption that says nothing is none; with an iv but no method it is damage', () => {
  const read = (fileEncryptionInfo: FileInit['fileEncryptionInfo'] & object) =>
    decode([file({ fileEncryptionInfo })]).groups[0]?.files[0]?.encryption;
  assert.equal(read({}), undefined);
  assert.equal(read({ encryptionMethod: 1 }), undefined);
  for (const damaged of [{ fileIv: new Uint8Array(16) }, { checksum: new Uint8Array(32) }])
    assert.throws(() => read(damaged), { name: 'OBJECT_DAMAGED', message: /an encryption method/ });
});

test('a meta that contradicts itself is damaged and says where', () => {
  const damaged = (files: readonly FileInit[], message: RegExp) =>
    assert.throws(() => decode(files), { name: 'OBJECT_DAMAGED', message });
  damaged([file({ rangeOffset: 90n, rangeLength: 20n })], /ranges inside the 100 bytes/);
  damaged(
    [file({ rangeLength: 60n }), file({ rangeOffset: 50n, rangeLength: 50n })],
    /from 60 on, found one at 50/,
  );
  damaged([file({ cf: 'lock' })], /column family/);
  damaged([file({ sha256: new Uint8Array(31) })], /sha256 of 32 bytes/);
  damaged([file({ minTs: 20n, maxTs: 10n })], /min_ts ≤ max_ts/);
  damaged([file({ compressionType: 1 })], /compression/);
  damaged([file({ length: 1n << 60n })], /2\^53/);
});

test('the table and the time of a file are held against its keys', async () => {
  const store = await recordedStore(shopBucket);
  for await (const recorded of readLogMetas(store, await listLogMetas(store, 'log-backup/'))) {
    for (const { files } of recorded.groups) {
      for (const { tableId, isMeta, startKey, minTs, maxTs } of files) {
        const same = file({ tableId, isMeta, startKey, minTs, maxTs });
        decode([same]);
        assert.throws(() => decode([{ ...same, tableId: tableId + 1n }]), { name: 'OBJECT_DAMAGED' });
        assert.throws(() => decode([{ ...same, isMeta: !isMeta }]), { name: 'OBJECT_DAMAGED' });
        assert.throws(() => decode([{ ...same, minTs: maxTs + 1n, maxTs: maxTs + 2n }]), {
          name: 'OBJECT_DAMAGED',
        });
      }
    }
  }
});

test('content outside of the bounds of the name is damage, inside is a truncated meta', () => {
  const wide = meta([file({ minTs: 10n, maxTs: 20n, minBeginTsInDefaultCf: 8n })]);
  const narrow = meta([file({ minTs: 12n, maxTs: 18n, minBeginTsInDefaultCf: 8n })]);
  assert.equal(decodeLogMeta(wide.key, narrow.bytes).minTs, 12n);
  assert.throws(() => decodeLogMeta(narrow.key, wide.bytes), {
    name: 'OBJECT_DAMAGED',
    message: /as its name says/,
  });
});

test('a meta from which an old br truncated files without counting its bounds again still reads', () => {
  for (const version of [1, 2] as const) {
    const groups = [10n, 30n].map((ts) => ({
      path: `v1/${ts}.log`,
      length: 5n,
      dataFilesInfo: [file({ minTs: ts, maxTs: ts + 1n })],
    }));
    const { key, bytes } = logMetaObject(
      { storeId: 3n, resolvedTs: 9n, groups, version },
      { format: 'decimal', uuid },
    );
    const meta = fromBinary(MetadataSchema, bytes);
    meta.files.shift();
    meta.fileGroups.shift();
    const left = decodeLogMeta(key, toBinary(MetadataSchema, meta));
    assert.deepEqual(
      left.groups.map(({ path }) => path),
      ['v1/30.log'],
    );
    meta.minTs = 31n;
    assert.throws(() => decodeLogMeta(key, toBinary(MetadataSchema, meta)), { name: 'OBJECT_DAMAGED' });
  }
});

test('a meta that was cut short or emptied is damaged', () => {
  const groups = [1n, 2n].map((tableId) => ({
    path: `v1/${tableId}.log`,
    dataFilesInfo: [file({ tableId })],
  }));
  for (const version of [1, 2] as const) {
    const { key, bytes } = logMetaObject(
      { storeId: 3n, resolvedTs: 9n, groups, version },
      { format: 'decimal', uuid },
    );
    const whole = decodeLogMeta(key, bytes);
    assert.equal(whole.groups.length, 2);
    for (let length = 0; length < bytes.length; length += 1) {
      assert.throws(
        () => decodeLogMeta(key, bytes.subarray(0, length)),
        { name: /OBJECT_/ },
        `${version} ${length}`,
      );
    }
  }
});

/** A bucket with one meta per line, in every format of names. */
async function mixedBucket() {
  const store = new MemoryObjectStore();
  const put = async (naming: Parameters<typeof logMetaObject>[1], files: readonly FileInit[]) => {
    const groups = [{ path: 'v1/a.log', length: 0n, dataFilesInfo: [...files] }];
    const object = logMetaObject({ storeId: 1n, resolvedTs: 5n, groups }, naming);
    await store.put(`log/${object.key}`, object.bytes);
  };
  const at = (minTs: bigint, maxTs: bigint, begin: bigint, cf = 'write') =>
    file({ minTs, maxTs, minBeginTsInDefaultCf: begin, cf });
  await put({ format: 'decimal', uuid }, [at(100n, 110n, 70n), at(60n, 75n, 60n, 'default')]);
  await put({ format: 'hex', flushTs: 1n }, [at(120n, 130n, 65n)]);
  await put({ format: 'synthetic', flushTs: 2n, syntheticId: 9n }, [at(20n, 30n, 3n)]);
  await put({ format: 'tagged', flushTs: 3n }, [at(140n, 150n, 90n), at(200n, 210n, 139n)]);
  await put({ format: 'flagged', flushTs: 4n }, [at(300n, 310n, 40n)]);
  return store;
}

test('the shift is the smallest begin of the write records that overlap, from names where they tell', async () => {
  const store = await mixedBucket();
  const entries = await listLogMetas(store, 'log/');
  assert.equal(entries.length, 5);
  const shift = (start: bigint, until: bigint) => computeShift(store, entries, { start, until });
  assert.equal(await shift(105n, 135n), 65n);
  assert.equal(await shift(105n, 115n), 70n);
  assert.equal(await shift(111n, 119n), 111n);
  assert.equal(await shift(131n, 400n), 40n);
  assert.equal(await shift(25n, 50n), 3n);
});

test('puts of a V1 meta that do not tell their begin may need any long value of before', async () => {
  const shiftOf = async (version: 1 | 2, parts: FileInit) => {
    const store = new MemoryObjectStore();
    const groups = [{ path: 'v1/a.log', dataFilesInfo: [file({ minTs: 100n, maxTs: 110n, ...parts })] }];
    const object = logMetaObject(
      { storeId: 1n, resolvedTs: 5n, groups, version },
      { format: 'decimal', uuid },
    );
    await store.put(`log/${object.key}`, object.bytes);
    return computeShift(store, await listLogMetas(store, 'log/'), { start: 105n, until: 135n });
  };
  assert.equal(await shiftOf(1, {}), 0n);
  assert.equal(await shiftOf(1, { minBeginTsInDefaultCf: 99n }), 99n);
  assert.equal(await shiftOf(1, { minTs: 136n, maxTs: 140n }), 105n);
  assert.equal(await shiftOf(1, { cf: 'default' }), 105n);
  assert.equal(await shiftOf(1, { type: FileType.DELETE }), 105n);
  assert.equal(await shiftOf(2, {}), 105n);
});

test('metas and files of a range are those that the filter rules keep', async () => {
  const store = await mixedBucket();
  const entries = await listLogMetas(store, 'log/');
  const range = { start: 105n, until: 135n, shift: 65n };
  const late = selectLogMetas(entries, { shift: 311n, until: 400n });
  assert.deepEqual(late.map(({ name }) => name.format).sort(), ['decimal', 'synthetic']);
  const kept = selectLogMetas(entries, range);
  assert.deepEqual(kept.map(({ name }) => name.format).sort(), [
    'decimal',
    'flagged',
    'hex',
    'synthetic',
    'tagged',
  ]);
  const files: string[] = [];
  for await (const read of readLogMetas(store, kept)) {
    for (const {
      file: { cf, minTs },
    } of selectLogFiles(read, range))
      files.push(`${cf} ${minTs}`);
  }
  assert.deepEqual(files.sort(), ['default 60', 'write 100', 'write 120']);
});

test('files are chosen by table and by being of the schema', () => {
  const read = decode([
    file({ tableId: 5n, rangeLength: 1n }),
    file({ tableId: 6n, rangeOffset: 1n, rangeLength: 1n }),
    file({ isMeta: true, rangeOffset: 2n, rangeLength: 1n }),
  ]);
  const range = { start: 1n, until: 50n, shift: 1n };
  const ids = (options: object) =>
    selectLogFiles(read, { ...range, ...options }).map((one) => [one.file.isMeta, one.file.tableId]);
  assert.equal(ids({}).length, 3);
  assert.deepEqual(ids({ meta: true }), [[true, 0n]]);
  assert.deepEqual(ids({ meta: false, tableIds: new Set([6n]) }), [[false, 6n]]);
  assert.deepEqual(ids({ tableIds: new Set([6n]) }), [
    [false, 6n],
    [true, 0n],
  ]);
});

test('both ends of the range and the shift are inclusive', () => {
  const one = (parts: FileInit, range: { start: bigint; until: bigint; shift: bigint }) =>
    selectLogFiles(decode([file(parts)]), range).length;
  assert.equal(one({}, { start: 20n, until: 30n, shift: 1n }), 1);
  assert.equal(one({}, { start: 21n, until: 30n, shift: 1n }), 0);
  assert.equal(one({}, { start: 1n, until: 10n, shift: 1n }), 1);
  assert.equal(one({}, { start: 1n, until: 9n, shift: 1n }), 0);
  assert.equal(one({ cf: 'default' }, { start: 50n, until: 60n, shift: 20n }), 1);
  assert.equal(one({ cf: 'default' }, { start: 50n, until: 60n, shift: 21n }), 0);
});

test('a meta that disappears after the listing is missing, and named', async () => {
  const store = await mixedBucket();
  const entries = await listLogMetas(store, 'log/');
  await store.delete(entries[2]!.key);
  await assert.rejects(collect(readLogMetas(store, entries)), {
    name: 'OBJECT_MISSING',
    message: new RegExp(entries[2]!.key),
  });
});
