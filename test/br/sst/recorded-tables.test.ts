// Every table of every recorded snapshot, against what backupmeta says of it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { parseKey } from '../../../lib/br/encryption.ts';
import { FileTotals } from '../../../lib/br/sst/file-totals.ts';
import { SstReader } from '../../../lib/br/sst/sst-reader.ts';
import { bytesSource, type SstSource } from '../../../lib/br/sst/sst-source.ts';
import { PitrError } from '../../../lib/domain/errors.ts';
import { openFixtures, recordedSnapshots, recordedTables } from '../../support/recorded-backups.ts';

const store = await openFixtures();

async function dump(source: SstSource, sha256?: Uint8Array, from?: Uint8Array): Promise<string[]> {
  const reader = await SstReader.open(source, { sha256 });
  const entries: string[] = [];
  for await (const block of reader.blocks(from)) {
    while (block.next()) {
      const key = Buffer.from(block.key.subarray(0, block.keyLength)).toString('hex');
      entries.push(
        `${key} ${Buffer.from(block.data.subarray(block.valueStart, block.valueEnd)).toString('hex')}`,
      );
    }
  }
  return entries;
}

for (const prefix of recordedSnapshots) {
  test(`every table of ${prefix} has the sha256, sums and timestamps that its metadata promises`, async () => {
    let tables = 0;
    for await (const { file, open } of recordedTables(store, prefix)) {
      tables++;
      const reader = await SstReader.open(await open(), { sha256: file.sha256 });
      const totals = new FileTotals(file.cf);
      let entries = 0;
      for await (const block of reader.blocks()) {
        while (block.next()) {
          entries++;
          assert.equal(block.key[0], 0x7a);
          totals.add(block.key, block.keyLength, block.data, block.valueStart, block.valueEnd);
        }
      }
      assert.equal(entries, reader.entryCount);
      assert.equal(BigInt(totals.totalKvs), file.totalKvs);
      assert.equal(BigInt(totals.totalBytes), file.totalBytes);
      assert.equal(totals.crc64xor, file.crc64xor);
      const { minTs, maxTs } = reader.properties;
      if (file.cf === 'default') assert.equal(maxTs, undefined);
      else assert.ok(minTs! > file.startVersion && minTs! <= maxTs! && maxTs! <= file.endVersion, file.name);
    }
    assert.ok(tables > 0);
  });
}

test('a table read in small chunks, encrypted or not, gives what it gives when read at once', async () => {
  for (const prefix of recordedSnapshots.slice(-8)) {
    for await (const { file, open } of recordedTables(store, prefix)) {
      const expected = await dump(await open(), file.sha256);
      for (const chunkBytes of [97, 512, 4096]) {
        assert.deepEqual(await dump(await open({ chunkBytes }), file.sha256), expected);
      }
    }
  }
});

test('a read from a key on gives that key and everything behind it', async () => {
  for await (const { file, open } of recordedTables(store, recordedSnapshots[0]!)) {
    if (file.size < 20_000) continue;
    const all = await dump(await open(), file.sha256);
    for (const [i, entry] of all.entries()) {
      const key = entry.slice(0, entry.indexOf(' '));
      const some = await dump(await open(), file.sha256, Buffer.from(key, 'hex'));
      const at = some.indexOf(entry);
      assert.ok(at >= 0);
      assert.deepEqual(some.slice(at), all.slice(i));
    }
    assert.deepEqual(await dump(await open(), file.sha256, Uint8Array.of(0xff)), []);
  }
});

test('a wrong key for an encrypted table is named as such, and damage under the right key is not', async () => {
  const wrong = parseKey('ffffffffffffffffffffffffffffffff');
  for await (const { file, open } of recordedTables(store, 'variants/storage/snapshot-aes128/')) {
    await assert.rejects(dump(await open({ key: wrong }), file.sha256), { code: 'KEY_WRONG' });
    const source = await open();
    const bad: SstSource = { ...bare(source), sha256: () => Promise.resolve('00') };
    await assert.rejects(dump(bad, file.sha256), (error) => {
      assert.ok(error instanceof PitrError && error.code === 'OBJECT_DAMAGED');
      assert.match(error.message, /sha256/);
      return true;
    });
  }
});

test('the bytes of an encrypted table without a key are no table', async () => {
  for await (const { file, prefix } of recordedTables(store, 'variants/storage/snapshot-aes256/')) {
    const bytes = (await store.get(prefix + file.name))!;
    await assert.rejects(dump(bytesSource(file.name, bytes), file.sha256), { code: 'OBJECT_DAMAGED' });
  }
});

function bare(source: SstSource): SstSource {
  return {
    name: source.name,
    size: source.size,
    encrypted: source.encrypted,
    read: (offset, length) => source.read(offset, length),
    sha256: () => source.sha256(),
  };
}
