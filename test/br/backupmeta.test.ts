import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { snapshotObjects } from '../../lib/br/backup-writer.ts';
import { decodeBackupMeta, readBackupMeta } from '../../lib/br/backupmeta.ts';
import { type CipherKey, parseKey } from '../../lib/br/encryption.ts';
import {
  type BackupMeta,
  BackupMetaSchema,
  BackupMode,
  BackupRangeSchema,
  MetaFileSchema,
} from '../../lib/br/proto/gen/snapshot_pb.js';
import { snapshotFiles, snapshotSchemas } from '../../lib/br/snapshot-contents.ts';
import { MemoryObjectStore } from '../support/memory-object-store.ts';
import {
  collect,
  recordedCopy,
  recordedStore,
  shopBucket,
  variantsStorage,
} from '../support/recorded-store.ts';

const history = JSON.parse(
  readFileSync(new URL('../fixtures/variants/history.json', import.meta.url), 'utf8'),
) as { key: string; log_key: string; lastbackupts: string };
const key128 = parseKey(history.key);
const key256 = parseKey(history.log_key);
const keyOfFolder: Readonly<Record<string, CipherKey>> = {
  'snapshot-aes128/': key128,
  'snapshot-aes256/': key256,
};

async function snapshotFolders(folder: string) {
  const store = await recordedStore(folder);
  const folders = (await store.listFolders('')).filter((name) => name.startsWith('snapshot-'));
  return { store, folders };
}

for (const folder of [shopBucket, variantsStorage]) {
  test(`every recorded snapshot of ${folder} is read, and the names and sizes of its files are those of the bucket`, async () => {
    const { store, folders } = await snapshotFolders(folder);
    assert.ok(folders.length >= 3);
    for (const prefix of folders) {
      const header = await readBackupMeta(store, prefix, keyOfFolder[prefix]);
      assert.equal(header.encrypted, prefix in keyOfFolder);
      assert.equal(header.version, prefix === 'snapshot-v1/' ? 1 : 2);
      assert.equal(header.newCollations, 'True');
      const files = await collect(snapshotFiles(store, header));
      const stored = (await collect(store.list(prefix))).filter(({ key }) => key.endsWith('.sst'));
      const named = files.map(({ name, size }) => `${prefix}${name} ${size}`).sort();
      assert.deepEqual(named, stored.map(({ key, size }) => `${key} ${size}`).sort(), prefix);
    }
  });
}

test('the sums of the files of a snapshot with checksums equal the sums of its tables', async () => {
  const { store, folders } = await snapshotFolders(shopBucket);
  for (const prefix of folders) {
    const header = await readBackupMeta(store, prefix);
    const files = await collect(snapshotFiles(store, header));
    const schemas = await collect(snapshotSchemas(store, header));
    const sums = (items: readonly { totalKvs: bigint; totalBytes: bigint; crc64xor: bigint }[]) =>
      items.reduce(
        (sum, item) => [sum[0]! + item.totalKvs, sum[1]! + item.totalBytes, sum[2]! ^ item.crc64xor],
        [0n, 0n, 0n],
      );
    assert.deepEqual(sums(files), sums(schemas), prefix);
    assert.ok(
      schemas.some(
        ({ tableBytes }) => Buffer.from(tableBytes).includes('"L":"orders"') || tableBytes.length > 0,
      ),
    );
  }
});

test('an incremental snapshot says where it begins', async () => {
  const store = await recordedStore(variantsStorage);
  const header = await readBackupMeta(store, 'snapshot-incremental/');
  assert.equal(header.startTs, BigInt(history.lastbackupts));
});

test('the same contents come from V1, lz4, snappy and encrypted forms', async () => {
  const store = await recordedStore(variantsStorage);
  const schemasOf = async (prefix: string) => {
    const header = await readBackupMeta(store, prefix, keyOfFolder[prefix]);
    const schemas = await collect(snapshotSchemas(store, header));
    return schemas
      .map(({ dbBytes, tableBytes }) => `${Buffer.from(dbBytes)} ${Buffer.from(tableBytes)}`)
      .sort();
  };
  const expected = await schemasOf('snapshot-v1/');
  assert.equal(expected.length, 2);
  for (const prefix of ['snapshot-lz4/', 'snapshot-aes128/', 'snapshot-aes256/', 'snapshot-stats/']) {
    assert.deepEqual(await schemasOf(prefix), expected, prefix);
  }
});

test('an encrypted backupmeta without a key names the object and the option', async () => {
  const store = await recordedStore(variantsStorage);
  for (const prefix of ['snapshot-aes128/', 'snapshot-aes256/']) {
    await assert.rejects(readBackupMeta(store, prefix), {
      name: 'KEY_MISSING',
      message: /backupmeta/,
      hint: /--key-file/,
    });
  }
});

test('a wrong key of any length is called wrong, never a document', async () => {
  const store = await recordedStore(variantsStorage);
  for (const key of [key256, parseKey('11'.repeat(16)), parseKey('22'.repeat(24))]) {
    await assert.rejects(readBackupMeta(store, 'snapshot-aes128/', key), { name: 'KEY_WRONG' });
  }
});

test('a key that is not needed is no harm', async () => {
  const store = await recordedStore(variantsStorage);
  assert.equal((await readBackupMeta(store, 'snapshot-lz4/', key128)).encrypted, false);
});

test('a missing, shortened or changed sub-file is named', async () => {
  const prefix = 'snapshot-20261122042442/';
  const name = 'backupmeta.schema.000000002';
  const read = async (change: (bytes: Uint8Array) => Uint8Array | undefined) => {
    const store = await recordedCopy(shopBucket, prefix);
    const bytes = change((await store.get(name))!);
    if (bytes === undefined) await store.delete(name);
    else await store.put(name, bytes);
    return collect(snapshotSchemas(store, await readBackupMeta(store, '')));
  };
  await assert.rejects(
    read(() => undefined),
    { name: 'OBJECT_MISSING', message: /schema\.000000002/ },
  );
  await assert.rejects(
    read((bytes) => bytes.subarray(1)),
    { name: 'OBJECT_DAMAGED', message: /schema\.000000002.*bytes/ },
  );
  const flip = (bytes: Uint8Array) => bytes.with(1000, bytes[1000]! ^ 1);
  await assert.rejects(
    read((bytes) => Uint8Array.from(flip(bytes))),
    { name: 'OBJECT_DAMAGED', message: /sha256/ },
  );
});

function changed(change: (meta: BackupMeta) => void): Uint8Array {
  const url = new URL(`../fixtures/${shopBucket}/snapshot-20261122042442/backupmeta`, import.meta.url);
  const meta = fromBinary(BackupMetaSchema, readFileSync(url));
  change(meta);
  return toBinary(BackupMetaSchema, meta);
}

test('kinds of backups that are not read are refused by name', () => {
  const refused = (change: (meta: BackupMeta) => void, expected: object) =>
    assert.throws(() => decodeBackupMeta('backupmeta', changed(change)), expected);
  refused(
    (meta) => {
      meta.isRawKv = true;
    },
    { name: 'UNSUPPORTED', message: /raw/ },
  );
  refused(
    (meta) => {
      meta.isTxnKv = true;
    },
    { name: 'UNSUPPORTED', message: /transactional/ },
  );
  refused(
    (meta) => {
      meta.mode = BackupMode.FILE;
    },
    { name: 'UNSUPPORTED', message: /FILE/ },
  );
  refused(
    (meta) => {
      meta.ranges = [create(BackupRangeSchema)];
    },
    { name: 'UNSUPPORTED', message: /by ranges/ },
  );
  refused(
    (meta) => {
      meta.apiVersion = 2;
    },
    { name: 'UNSUPPORTED', message: /API version 2/ },
  );
  refused(
    (meta) => {
      meta.backupSchemaVersion = 2;
    },
    { name: 'UNSUPPORTED', message: /version 2/ },
  );
  refused(
    (meta) => {
      meta.endVersion = 0n;
    },
    { name: 'OBJECT_DAMAGED' },
  );
  refused(
    (meta) => {
      meta.version = 0;
    },
    { name: 'OBJECT_DAMAGED' },
  );
  refused(
    (meta) => {
      meta.newCollationsEnabled = 'Trve';
    },
    { name: 'OBJECT_DAMAGED' },
  );
});

test('an index that lists files by ranges is refused rather than left out', async () => {
  const index = create(MetaFileSchema, { backupRanges: [{ files: [{ name: '1/1.sst' }] }] });
  const bytes = toBinary(MetaFileSchema, index);
  const sha256 = createHash('sha256').update(bytes).digest();
  const name = 'backupmeta.datafile.000000001';
  const store = new MemoryObjectStore();
  await store.put(name, bytes);
  const head = changed((meta) => {
    meta.fileIndex = create(MetaFileSchema, { metaFiles: [{ name, sha256, size: BigInt(bytes.length) }] });
  });
  await assert.rejects(collect(snapshotFiles(store, decodeBackupMeta('backupmeta', head))), {
    name: 'UNSUPPORTED',
    message: /000000001.*by ranges/,
  });
});

test('an incremental snapshot in which only DDL ran has no files, and is whole', () => {
  const head = (jobBytes: bigint) =>
    changed((meta) => {
      delete meta.fileIndex;
      meta.startVersion = 1n;
      meta.ddlIndexes = create(MetaFileSchema, { metaFiles: [{ name: 'backupmeta.ddl.1', size: jobBytes }] });
      const schemas = meta.schemaIndex!.metaFiles.reduce((sum, { size }) => sum + size, 0n);
      meta.backupSize = schemas + 90_000n;
    });
  assert.equal(decodeBackupMeta('backupmeta', head(90_000n)).fileIndex, undefined);
  assert.throws(() => decodeBackupMeta('backupmeta', head(10n)), { name: 'OBJECT_DAMAGED' });
});

test('a head without a schema version is whole from a br that wrote none, and cut short from a newer one', () => {
  const head = (release: string) =>
    changed((meta) => {
      meta.brVersion = `BR\nRelease Version: ${release}\nGit Commit Hash: none\n`;
      meta.backupSchemaVersion = 0;
    });
  for (const release of ['v6.1.0', 'v8.5.2', 'v9.0.0-alpha-12', 'v9.0.0-beta.1', 'v9.0.0-beta.1.pre-8'])
    assert.equal(decodeBackupMeta('backupmeta', head(release)).version, 2, release);
  for (const release of ['v9.0.0-beta.2', 'v9.0.0-beta.10', 'v9.0.0', 'v9.1.0-alpha'])
    assert.throws(() => decodeBackupMeta('backupmeta', head(release)), { name: 'OBJECT_DAMAGED' }, release);
});

test('the head of a log is no snapshot', async () => {
  const store = await recordedStore(shopBucket);
  await assert.rejects(readBackupMeta(store, 'log-backup/'), { name: 'OBJECT_UNRECOGNIZED', hint: /--log/ });
});

test('a BackupTS that differs from the one of the files is damage', async () => {
  const prefix = 'snapshot-20261122042442/';
  const store = await recordedCopy(shopBucket, prefix);
  await store.put(
    'backupmeta',
    changed((meta) => {
      meta.endVersion += 1n;
    }),
  );
  const header = await readBackupMeta(store, '');
  await assert.rejects(collect(snapshotFiles(store, header)), {
    name: 'OBJECT_DAMAGED',
    message: /versions 0 to/,
  });
});

test('an unknown field is refused, as br refuses it', () => {
  const bytes = Buffer.concat([changed(() => undefined), Buffer.from([0xf8, 0x07, 0x01])]);
  assert.throws(() => decodeBackupMeta('backupmeta', bytes), {
    name: 'OBJECT_UNRECOGNIZED',
    message: /BackupMeta\.127/,
  });
});

test('a damaged plain backupmeta is damaged, not encrypted', () => {
  const bytes = changed(() => undefined);
  for (const damaged of [bytes.subarray(0, 10), bytes.subarray(0, bytes.length - 3), new Uint8Array(0)]) {
    assert.throws(() => decodeBackupMeta('backupmeta', damaged), { name: 'OBJECT_DAMAGED' });
  }
});

for (const version of [1, 2] as const) {
  for (const cipher of [undefined, key256]) {
    test(`a written V${version} snapshot${cipher ? ' with a key' : ''} reads back file by file`, async () => {
      const files = Array.from({ length: 25 }, (_, n) => ({
        name: `1/${n}.sst`,
        sha256: new Uint8Array(32).fill(n),
        cf: n % 2 === 0 ? 'default' : 'write',
        size: BigInt(n),
        totalKvs: BigInt(n),
        cipherIv: new Uint8Array(16),
      }));
      const schemas = Array.from({ length: 7 }, (_, n) => ({
        db: Buffer.from(`{"id":${n}}`),
        table: Buffer.from('{}'),
      }));
      let counter = 0;
      const objects = snapshotObjects({
        version,
        files,
        schemas,
        clusterId: 7n,
        clusterVersion: '8.5.0',
        startTs: 3n,
        backupTs: 9n,
        newCollations: 'False',
        entriesPerSubFile: 10,
        ...(cipher ? { cipher: { key: cipher, nextIv: () => new Uint8Array(16).fill(++counter) } } : {}),
      });
      const store = new MemoryObjectStore();
      for (const { key, bytes } of objects) await store.put(key, bytes);
      const header = await readBackupMeta(store, '', cipher);
      assert.deepEqual([header.backupTs, header.startTs, header.newCollations], [9n, 3n, 'False']);
      const read = await collect(snapshotFiles(store, header));
      assert.deepEqual(
        read.map(({ name, size }) => [name, BigInt(size)]),
        files.map(({ name, size }) => [name, size]),
      );
      assert.equal((await collect(snapshotSchemas(store, header))).length, 7);
    });
  }
}
