// Tables that are not what BR writes, made by changing one that is: each is refused by its name, or is damage.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { maskedCrc32c } from '../../../lib/br/checksum/crc32c.ts';
import { decodeFooter, footerLength, VarintReader } from '../../../lib/br/sst/sst-format.ts';
import { readMetaBlock } from '../../../lib/br/sst/sst-index.ts';
import { SstReader } from '../../../lib/br/sst/sst-reader.ts';
import { bytesSource } from '../../../lib/br/sst/sst-source.ts';
import { buildSst, SstWriter } from '../../../lib/br/sst/sst-writer.ts';
import { userKey } from '../../support/arbitrary-sst-entries.ts';

const rows = Array.from({ length: 300 }, (_, i) => {
  const raw = Uint8Array.of(0x74, i >> 8, i & 255);
  return [userKey(raw, 400n), Uint8Array.from(Buffer.from(`value ${i}`))] as const;
});
const { bytes: good, facts } = buildSst(rows, { cf: 'default', blockBytes: 500 });

async function readAll(bytes: Uint8Array, sha256?: Uint8Array): Promise<number> {
  const reader = await SstReader.open(bytesSource('x.sst', bytes), { sha256 });
  let count = 0;
  for await (const block of reader.blocks()) while (block.next()) count++;
  return count;
}

const sum = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** The table with one byte of its footer changed. */
function withFooterByte(at: number, value: number): Uint8Array {
  const bytes = Uint8Array.from(good);
  bytes[bytes.length - footerLength + at] = value;
  return bytes;
}

/** The table with another first byte in a property, and the checksum that belongs to it. */
function withProperty(name: string, value: number): Uint8Array {
  const bytes = Uint8Array.from(good);
  const footer = decodeFooter(bytes.subarray(-footerLength), bytes.length, 'x');
  const block = (offset: number, size: number) =>
    readMetaBlock(bytes.subarray(offset, offset + size), offset, 'x');
  const where = block(footer.metaIndex.offset, footer.metaIndex.size).get('rocksdb.properties')!;
  const { offset, size } = new VarintReader(where, 0, where.length, 'x').handle();
  block(offset, size).get(name)!.set([value]);
  const view = new DataView(bytes.buffer);
  view.setUint32(offset + size + 1, maskedCrc32c(bytes, offset, offset + size + 1), true);
  return bytes;
}

test('the table that the others are made from is read, and its properties say what is in it', async () => {
  assert.equal(await readAll(good, facts.sha256), 300);
  const reader = await SstReader.open(bytesSource('x.sst', good));
  assert.equal(reader.entryCount, 300);
  assert.equal(reader.properties.compression, 'ZSTD');
  assert.ok(reader.blockCount > 10);
});

const refused: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['a format version of the future', withFooterByte(41, 6), /format version 6/],
  ['a format version with other size prefixes', withFooterByte(41, 1), /format version 1,/],
  ['a block checksum other than crc32c', withFooterByte(0, 4), /checksum type 4/],
  ['a two-level index', withProperty('rocksdb.block.based.table.index.type', 2), /two-level/],
  ['a hash index', withProperty('rocksdb.block.based.table.index.type', 1), /hash/],
  ['an index of deltas', withProperty('rocksdb.index.value.is.delta.encoded', 1), /delta/],
  ['another comparator', withProperty('rocksdb.comparator', 0x4c), /comparator Leveldb/],
  ['range deletions', withProperty('rocksdb.num.range-deletions', 2), /range-deletions = 2/],
];
for (const [what, bytes, message] of refused) {
  test(`a table with ${what} is refused by name when its sha256 is right, and is damage when it is not`, async () => {
    await assert.rejects(readAll(bytes), { code: 'UNSUPPORTED', message });
    await assert.rejects(readAll(bytes, sum(bytes)), { code: 'UNSUPPORTED', message });
    await assert.rejects(readAll(bytes, facts.sha256), { code: 'OBJECT_DAMAGED', message: /sha256/ });
  });
}

test('a table without block checksums is read by its sha256 alone', async () => {
  const bytes = withFooterByte(0, 0);
  assert.equal(await readAll(bytes, sum(bytes)), 300);
});

test('another number of entries than the properties promise is damage, at the end of the table', async () => {
  await assert.rejects(readAll(withProperty('rocksdb.num.entries', 0x80 | 45)), {
    code: 'OBJECT_DAMAGED',
    message: 'x.sst is damaged: expected 301 entries, found 300',
  });
});

test('a block above the limit is damage, whether its stored or its decompressed size says so', async () => {
  const options = { maxBlockBytes: 2000 };
  const huge = [[userKey(Uint8Array.of(1), 1n), new Uint8Array(4000)]] as const;
  for (const compression of ['none', 'zstd'] as const) {
    const { bytes } = buildSst(huge, { cf: 'default', compression });
    const reader = await SstReader.open(bytesSource('x.sst', bytes), options);
    await assert.rejects(reader.blocks().next(), {
      code: 'OBJECT_DAMAGED',
      message: /at most 2000 (decompressed )?bytes/,
    });
  }
});

test('a table without entries has no blocks and is whole', async () => {
  const { bytes, facts: empty } = buildSst([], { cf: 'write' });
  assert.equal(await readAll(bytes, empty.sha256), 0);
  assert.deepEqual([empty.entries, empty.totalKvs, empty.crc64xor], [0, 0n, 0n]);
});

test('a caller who leaves a block unread still gets the next one, and the whole table is checked', async () => {
  const reader = await SstReader.open(bytesSource('x.sst', good), { sha256: facts.sha256 });
  let blocks = 0;
  for await (const block of reader.blocks()) {
    assert.ok(block.next());
    blocks++;
  }
  assert.equal(blocks, reader.blockCount);
  const other = await SstReader.open(bytesSource('x.sst', good), { sha256: new Uint8Array(32) });
  await assert.rejects(
    async () => {
      for await (const block of other.blocks()) block.next();
    },
    { code: 'OBJECT_DAMAGED', message: /sha256 0000/ },
  );
});

test('the writer refuses keys that do not ascend', () => {
  const writer = new SstWriter({ cf: 'default' }, () => undefined);
  writer.add(userKey(Uint8Array.of(2), 5n), new Uint8Array(1));
  for (const key of [
    userKey(Uint8Array.of(2), 5n),
    userKey(Uint8Array.of(1), 5n),
    userKey(Uint8Array.of(2), 6n),
  ]) {
    assert.throws(() => writer.add(key, new Uint8Array(1)), { code: 'INTERNAL' });
  }
});
