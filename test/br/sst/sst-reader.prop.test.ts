import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import fc from 'fast-check';
import type { BlockCompression } from '../../../lib/br/block-codec.ts';
import { SstReader, type SstReaderOptions } from '../../../lib/br/sst/sst-reader.ts';
import { bytesSource, openObjectSource, type SstSource } from '../../../lib/br/sst/sst-source.ts';
import { buildSst } from '../../../lib/br/sst/sst-writer.ts';
import { PitrError } from '../../../lib/domain/errors.ts';
import { defaultEntries, type Entry, writeEntries } from '../../support/arbitrary-sst-entries.ts';
import { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { openFixtures, recordedSnapshots, recordedTables } from '../../support/recorded-backups.ts';

const settings = { seed: 20261122, numRuns: 60 };
const compression = fc.constantFrom<BlockCompression>('none', 'snappy', 'lz4', 'zstd');

async function entriesOf(source: SstSource, options: SstReaderOptions, from?: Uint8Array): Promise<Entry[]> {
  const reader = await SstReader.open(source, options);
  const entries: Entry[] = [];
  for await (const block of reader.blocks(from)) {
    while (block.next()) {
      entries.push([block.key.slice(0, block.keyLength), block.data.slice(block.valueStart, block.valueEnd)]);
    }
  }
  return entries;
}

const text = (entries: readonly Entry[]): string[] =>
  entries.map(([key, value]) => `${Buffer.from(key).toString('hex')} ${Buffer.from(value).toString('hex')}`);

test('what is written is read: every entry, for every compression, block size and size of request', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        defaultEntries.map((entries) => ({ cf: 'default' as const, entries })),
        writeEntries.map((entries) => ({ cf: 'write' as const, entries })),
      ),
      compression,
      fc.constantFrom(1, 100, 2000, 32 * 1024),
      fc.integer({ min: 60, max: 5000 }),
      async ({ cf, entries }, chosen, blockBytes, chunkBytes) => {
        const { bytes, facts } = buildSst(entries, { cf, compression: chosen, blockBytes });
        assert.deepEqual(createHash('sha256').update(bytes).digest(), Buffer.from(facts.sha256));
        const store = new MemoryObjectStore();
        await store.put('x.sst', bytes);
        const source = await openObjectSource(store, 'x.sst', { chunkBytes, namedBy: 'backupmeta' });
        const read = await entriesOf(source, { sha256: facts.sha256 });
        assert.deepEqual(text(read), text(entries));
        assert.equal(facts.entries, entries.length);
      },
    ),
    settings,
  );
});

test('a read from any key on gives every entry at or behind it', async () => {
  await fc.assert(
    fc.asyncProperty(defaultEntries, fc.nat(59), fc.nat(40), async (entries, chosen, cut) => {
      const from = (entries[chosen % Math.max(entries.length, 1)]?.[0] ?? new Uint8Array(0)).subarray(0, cut);
      const { bytes } = buildSst(entries, { cf: 'default', blockBytes: 100 });
      const read = await entriesOf(bytesSource('x.sst', bytes), {}, from);
      const wanted = entries.filter(([key]) => Buffer.compare(key, from) >= 0);
      assert.deepEqual(text(read).slice(-wanted.length || read.length), text(wanted));
    }),
    settings,
  );
});

/** Damage must end in an error that names the table, or must not have touched what was read. */
async function checkDamage(
  name: string,
  bad: Uint8Array,
  good: readonly string[],
  sha256?: Uint8Array,
): Promise<void> {
  try {
    assert.deepEqual(text(await entriesOf(bytesSource(name, bad), { sha256 })), good);
  } catch (error) {
    assert.ok(error instanceof PitrError, String(error));
    assert.ok(error.message.includes(name), error.message);
    if (sha256 === undefined)
      assert.ok(['OBJECT_DAMAGED', 'OBJECT_UNRECOGNIZED', 'UNSUPPORTED'].includes(error.code));
    else assert.equal(error.exitCode, 4);
    return;
  }
  assert.equal(sha256, undefined, 'damage was not noticed although the sha256 was known');
}

test('a flipped byte anywhere in a recorded table is noticed, with sha256, or else leaves the entries as they are', async () => {
  const store = await openFixtures();
  for (const prefix of recordedSnapshots.filter((p) => /-(lz4|snappy|v1)\/$/.test(p))) {
    for await (const { file } of recordedTables(store, prefix)) {
      const bytes = (await store.get(prefix + file.name))!;
      const good = text(await entriesOf(bytesSource(file.name, bytes), {}));
      for (let at = 0; at < bytes.length; at += file.cf === 'default' ? 1 : 13) {
        const bad = Uint8Array.from(bytes);
        bad[at]! ^= 1 << (at % 8);
        await checkDamage(file.name, bad, good);
        await checkDamage(file.name, bad, good, file.sha256);
      }
    }
  }
});

test('a table cut off at any length is damaged, and so is one with bytes behind it', async () => {
  const store = await openFixtures();
  for await (const { file, prefix } of recordedTables(store, 'variants/storage/snapshot-base/')) {
    const bytes = (await store.get(prefix + file.name))!;
    for (let length = 0; length < bytes.length; length += 7) {
      const source = bytesSource(file.name, bytes.slice(0, length));
      await assert.rejects(entriesOf(source, {}), { code: 'OBJECT_DAMAGED' });
    }
    const longer = bytesSource(file.name, Uint8Array.from([...bytes, 0]));
    await assert.rejects(entriesOf(longer, {}), { code: 'OBJECT_DAMAGED' });
    const shorter = openObjectSource(store, prefix + file.name, {
      size: bytes.length + 1,
      namedBy: 'backupmeta',
    });
    await assert.rejects(entriesOf(await shorter, {}), { code: 'OBJECT_DAMAGED' });
  }
});

test('random bytes are no table, also with a footer that looks like one', async () => {
  const footer = buildSst([], { cf: 'default' }).bytes.slice(-53);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (bytes, withFooter) => {
      const source = bytesSource('random.sst', withFooter ? Uint8Array.from([...bytes, ...footer]) : bytes);
      await assert.rejects(entriesOf(source, {}), (error) => {
        assert.ok(error instanceof PitrError && error.message.includes('random.sst'), String(error));
        return true;
      });
    }),
    { ...settings, numRuns: 300 },
  );
});
