// Every recorded range of the plain and the encrypted log, and what becomes of damaged ones.
import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeVersionedKey } from '../../../lib/br/codec/keys.ts';
import { encodeWriteRecord } from '../../../lib/br/codec/write-record.ts';
import { logObject } from '../../../lib/br/data-writer.ts';
import { parseKey } from '../../../lib/br/encryption.ts';
import { forEachEvent } from '../../../lib/br/log/event-stream.ts';
import type { LogFile } from '../../../lib/br/log/log-metas.ts';
import { type LogRangeOptions, readLogRange } from '../../../lib/br/log/log-range.ts';
import { listLogMetas, readLogMeta } from '../../../lib/br/log/log-selection.ts';
import { PitrError } from '../../../lib/domain/errors.ts';
import type { ObjectStore } from '../../../lib/ports/object-store.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { logKey, openFixtures } from '../../support/recorded-backups.ts';

interface Range {
  readonly path: string;
  readonly file: LogFile;
}

const plainLog = 'shop/bucket/backup-data/log-backup/';
const encryptedLog = 'variants/storage/log-aes256/';
const store = await openFixtures();

async function rangesOf(prefix: string): Promise<Range[]> {
  const ranges: Range[] = [];
  for (const entry of await listLogMetas(store, prefix)) {
    const meta = await readLogMeta(store, entry.key);
    for (const { path, files } of meta.groups)
      for (const file of files) ranges.push({ path: prefix + path, file });
  }
  return ranges;
}

/** A store with one object, changed. */
async function storeWith(path: string, change: (bytes: Uint8Array) => Uint8Array): Promise<ObjectStore> {
  const memory = new MemoryObjectStore();
  await memory.put(path, change((await store.get(path))!));
  return memory;
}

const plainRanges = await rangesOf(plainLog);
const encryptedRanges = await rangesOf(encryptedLog);
const all: readonly (readonly [string, readonly Range[], LogRangeOptions])[] = [
  ['plain', plainRanges, {}],
  ['encrypted', encryptedRanges, { key: logKey }],
];

for (const [name, ranges, options] of all) {
  test(`every range of the recorded ${name} log opens with all of its checks, and its keys have the times it promises`, async () => {
    assert.ok(ranges.length > 10);
    for (const { path, file } of ranges) {
      const plain = await readLogRange(store, path, file, options);
      assert.equal(plain.length, file.length);
      const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
      let [min, max] = [0xffff_ffff_ffff_ffffn, 0n];
      const count = forEachEvent(
        plain,
        (_start, end) => {
          const ts = BigInt.asUintN(64, ~view.getBigUint64(end - 8));
          if (ts < min) min = ts;
          if (ts > max) max = ts;
        },
        path,
      );
      assert.deepEqual([count, min, max], [file.numberOfEntries, file.minTs, file.maxTs]);
      assert.notEqual(file.crc64xor, undefined);
    }
  });

  test(`a flipped byte anywhere in a range of the ${name} log is damage that names path and range, or changes nothing`, async () => {
    const { path, file } = ranges.toSorted((a, b) => a.file.rangeLength - b.file.rangeLength)[3]!;
    const good = await readLogRange(store, path, file, options);
    let unnoticed = 0;
    for (let at = 0; at < file.rangeLength; at++) {
      const bad = await storeWith(path, (bytes) => {
        bytes[file.rangeOffset + at]! ^= 1 << (at % 8);
        return bytes;
      });
      try {
        assert.deepEqual(await readLogRange(bad, path, file, options), good);
        unnoticed++;
      } catch (error) {
        assert.ok(error instanceof PitrError && error.code === 'OBJECT_DAMAGED', String(error));
        assert.ok(
          error.message.startsWith(`${path} range ${file.rangeOffset}+${file.rangeLength} is damaged`),
        );
      }
    }
    // The window's size and an unused bit of the frame's header mean nothing to the content; ciphertext has its own sum.
    assert.ok(unnoticed <= (file.encryption === undefined ? 2 : 0), `${unnoticed} flips were not noticed`);
  });

  test(`an object of the ${name} log that is cut off is damage for the ranges behind the cut, and only for them`, async () => {
    const { path } = ranges[0]!;
    const inside = ranges.filter((range) => range.path === path);
    const size = Math.max(...inside.map(({ file }) => file.rangeOffset + file.rangeLength));
    for (let length = 0; length < size; length += 211) {
      const cut = await storeWith(path, (bytes) => bytes.slice(0, length));
      for (const { file } of inside) {
        const reading = readLogRange(cut, path, file, options);
        if (file.rangeOffset + file.rangeLength <= length) assert.equal((await reading).length, file.length);
        else await assert.rejects(reading, { code: 'OBJECT_DAMAGED' });
      }
    }
  });
}

test('a byte before or behind the range is not looked at', async () => {
  const { path, file } = plainRanges.find(({ file: f }) => f.rangeOffset > 0)!;
  const other = await storeWith(path, (bytes) => {
    bytes[file.rangeOffset - 1]! ^= 0xff;
    return bytes;
  });
  assert.equal((await readLogRange(other, path, file)).length, file.length);
});

test('metadata that does not fit the bytes is damage, whichever of its fields it is', async () => {
  const { path, file } = plainRanges[0]!;
  const changes: readonly Partial<LogFile>[] = [
    { sha256: new Uint8Array(32) },
    { crc64xor: file.crc64xor! ^ 1n },
    { numberOfEntries: file.numberOfEntries + 1 },
    { length: file.length - 1 },
    { length: file.length + 1 },
    { rangeLength: file.rangeLength - 1 },
    { rangeOffset: file.rangeOffset + 1 },
    { compression: 'none' },
  ];
  for (const change of changes) {
    await assert.rejects(readLogRange(store, path, { ...file, ...change }), { code: 'OBJECT_DAMAGED' });
  }
  assert.equal((await readLogRange(store, path, { ...file, crc64xor: undefined })).length, file.length);
});

test('a long value is one that is not empty, however short: very old TiKV kept few values inline', async () => {
  const path = 'v1/a.log';
  const keyTs = 470_632_757_998_649_345n;
  const read = async (value: Uint8Array) => {
    const key = encodeVersionedKey(new Uint8Array(19).fill(0x74), keyTs);
    const events = [{ key, value, ts: keyTs }];
    const common = { isMeta: false, tableId: 1n, regionId: 1n, resolvedTs: 5n, crc64: false } as const;
    const { bytes, group } = logObject(path, [
      { ...common, cf: 'default', type: 'put', events, compression: 'none' },
    ]);
    const memory = new MemoryObjectStore();
    await memory.put(path, bytes);
    const { sha256 } = group.dataFilesInfo![0]! as { sha256: Uint8Array };
    const length = bytes.length;
    const file = { rangeOffset: 0, rangeLength: length, length, numberOfEntries: 1, sha256 } as const;
    const more = { crc64xor: undefined, compression: 'none', encryption: undefined } as const;
    return readLogRange(memory, path, { ...file, ...more, cf: 'default', type: 'put' });
  };
  assert.ok((await read(new Uint8Array(65))).length > 65);
  const shortValue = new Uint8Array(200).fill(0x80);
  const record = encodeWriteRecord({ type: 'P', startTs: keyTs - 4n, shortValue });
  for (const damaged of [new Uint8Array(0), record])
    await assert.rejects(read(damaged), { code: 'OBJECT_DAMAGED', message: /expected values/ });
  const likeRecord = Uint8Array.from([0x50, 0x35, ...new Array(298).fill(7)]);
  assert.ok((await read(likeRecord)).length > 300, 'a value may begin as a write record does');
});

test('a range that claims more than a gigabyte is refused before it is fetched', async () => {
  const { path, file } = plainRanges[0]!;
  const nothing = new MemoryObjectStore();
  for (const change of [{ length: 2 ** 31 }, { rangeLength: 2 ** 31 }]) {
    await assert.rejects(readLogRange(nothing, path, { ...file, ...change }), { code: 'UNSUPPORTED' });
  }
});

test('an object that is not there is missing, and the meta that names it is said', async () => {
  const { path, file } = plainRanges[0]!;
  await assert.rejects(
    readLogRange(new MemoryObjectStore(), path, file, { namedBy: 'v1/backupmeta/a.meta' }),
    {
      code: 'OBJECT_MISSING',
      message: /v1\/backupmeta\/a\.meta names it/,
    },
  );
});

test('an encrypted range without key, or with a wrong one, says so and names the option', async () => {
  const { path, file } = encryptedRanges[0]!;
  const hint = /--log-key-file/;
  await assert.rejects(readLogRange(store, path, file), { code: 'KEY_MISSING', hint });
  const wrong = [parseKey('ab'.repeat(32)), parseKey('0123456789abcdef0123456789abcdef')];
  for (const key of wrong)
    await assert.rejects(readLogRange(store, path, file, { key }), { code: 'KEY_WRONG', hint });
});

test('a data key wrapped by a master key is refused by name', async () => {
  const { path, file } = encryptedRanges[0]!;
  const wrapped = { ...file, encryption: { ...file.encryption!, mode: 'master-key' as const } };
  await assert.rejects(readLogRange(store, path, wrapped, { key: logKey }), {
    code: 'UNSUPPORTED',
    message: /master key/,
  });
});
