// What a damaged object may do: give what the sound one gives, or a PitrError of it. Seeded; fast-check prints the seed.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decodeBackupMeta, readBackupMeta } from '../../lib/br/backupmeta.ts';
import { parseBlocklist } from '../../lib/br/blocklist.ts';
import { parseKey } from '../../lib/br/encryption.ts';
import { parseExtBackup } from '../../lib/br/ext-backup.ts';
import { inspectObject } from '../../lib/br/inspect.ts';
import { keyOf, meaningOf } from '../../lib/br/layout.ts';
import {
  parseCheckpointLock,
  parseCheckpointMeta,
  parseCheckpointTs,
  parseLock,
  parseReplicationState,
  parseSafepoint,
} from '../../lib/br/locks.ts';
import { decodeLogMeta } from '../../lib/br/log/log-metas.ts';
import { snapshotFiles, snapshotSchemas } from '../../lib/br/snapshot-contents.ts';
import { PitrError } from '../../lib/domain/errors.ts';
import {
  collect,
  recordedCopy,
  recordedStore,
  shopBucket,
  variantsStorage,
} from '../support/recorded-store.ts';

const settings = { seed: 20261122, numRuns: 300 };

/** The result, or the code of its error; any other error than ours fails the test. */
function outcome<T>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof PitrError, String((error as Error).stack));
    assert.notEqual(error.code, 'INTERNAL');
    return error.code;
  }
}

const key = parseKey('11'.repeat(16));
const decoders: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  backupmeta: (bytes) => decodeBackupMeta('backupmeta', bytes, key),
  meta: (bytes) => decodeLogMeta('v1/backupmeta/x.meta', bytes),
  blocklist: (bytes) => parseBlocklist('v1/x', bytes),
  'ext backup': (bytes) => parseExtBackup('x', bytes),
  lock: (bytes) => parseLock('x', bytes),
  'checkpoint lock': (bytes) => parseCheckpointLock('x', bytes),
  'checkpoint meta': (bytes) => parseCheckpointMeta('x', bytes),
  'replication state': (bytes) => parseReplicationState('x', bytes),
  safepoint: (bytes) => parseSafepoint('x', bytes),
  '.ts': (bytes) => parseCheckpointTs('x', bytes),
};

for (const [name, decode] of Object.entries(decoders)) {
  test(`random bytes read as a ${name} are refused by name or read, never a crash`, () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string().map((text) => new TextEncoder().encode(text)),
    );
    fc.assert(
      fc.property(bytes, (random) => void outcome(() => decode(random))),
      settings,
    );
  });
}

test('deeply nested groups and endless lengths are refused, not followed', () => {
  const nested = new Uint8Array(200_000).fill(0x0b);
  const endless = Uint8Array.from([0x22, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3]);
  for (const bytes of [nested, endless]) {
    for (const decode of Object.values(decoders)) assert.equal(typeof outcome(() => decode(bytes)), 'string');
  }
});

test('a bit flipped in a recorded backupmeta changes nothing that is read, or is refused', async () => {
  const prefix = 'snapshot-20261122042442/';
  const store = await recordedCopy(shopBucket, prefix);
  const sound = (await store.get('backupmeta'))!;
  const read = async () => {
    const header = await readBackupMeta(store, '');
    const files = await collect(snapshotFiles(store, header));
    const schemas = await collect(snapshotSchemas(store, header));
    return { at: header.backupTs, from: header.startTs, collations: header.newCollations, files, schemas };
  };
  const expected = await read();
  for (let at = 0; at < sound.length; at += 1) {
    await store.put('backupmeta', sound.with(at, sound[at]! ^ (1 << (at % 8))));
    try {
      const found = await read();
      assert.deepEqual(found, expected, `byte ${at}`);
    } catch (error) {
      assert.ok(error instanceof PitrError, `byte ${at}: ${String((error as Error).stack)}`);
    }
  }
});

test('a recorded backupmeta cut at any length is refused', async () => {
  const bytes = (await (await recordedStore(shopBucket)).get('snapshot-20261122042442/backupmeta'))!;
  for (let length = 0; length < bytes.length; length += 1) {
    const result = outcome(() => decodeBackupMeta('backupmeta', bytes.subarray(0, length)));
    assert.equal(typeof result, 'string', `${length} of ${bytes.length} bytes`);
  }
});

test('an encrypted backupmeta with a flipped bit or cut short is refused or says the same', async () => {
  const bytes = (await (await recordedStore(variantsStorage)).get('snapshot-aes128/backupmeta'))!;
  const right = parseKey('0123456789abcdef0123456789abcdef');
  const expected = decodeBackupMeta('backupmeta', bytes, right);
  for (let length = 0; length < bytes.length; length += 1) {
    const cut = outcome(() => decodeBackupMeta('backupmeta', bytes.subarray(0, length), right));
    assert.equal(typeof cut, 'string');
    const flipped = outcome(() =>
      decodeBackupMeta('backupmeta', bytes.with(length, bytes[length]! ^ 0x10), right),
    );
    if (typeof flipped !== 'string') assert.equal(flipped.encrypted, expected.encrypted);
  }
});

test('a bit flipped in a recorded meta is refused, or leaves every table, range and checksum of it', async () => {
  const store = await recordedStore(shopBucket);
  const name =
    'log-backup/v1/backupmeta/06880604668C00010000000000000001-d06880603CA4C0002l06880603CA4C0002u06880603D53C0005.meta';
  const bytes = (await store.get(name))!;
  const facts = (read: ReturnType<typeof decodeLogMeta>) =>
    read.groups.map(({ path, files }) =>
      files.map(({ tableId, isMeta, rangeLength, cf }) => [path.length, tableId, isMeta, rangeLength, cf]),
    );
  const sound = facts(decodeLogMeta(name, bytes));
  let refused = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const result = outcome(() => decodeLogMeta(name, bytes.with(at, bytes[at]! ^ (1 << (at % 8)))));
    if (typeof result === 'string') refused += 1;
    else
      assert.deepEqual(
        facts(result).map((files) => files.map(([, id, isMeta]) => [id, isMeta])),
        sound.map((files) => files.map(([, id, isMeta]) => [id, isMeta])),
        `byte ${at}`,
      );
  }
  assert.ok(refused > bytes.length / 5, `${refused} of ${bytes.length}`);
});

test('any key has a meaning, and what we write for a meaning has the same meaning', () => {
  const piece = fc.constantFrom(
    'v1',
    'backupmeta',
    '.meta',
    'LOCK',
    '.READ.',
    '00000001',
    '20261122',
    '04',
    '/',
    '_',
    't',
    '.log',
    'ABCDEF0123456789',
    'sst',
    'INTENT',
    '1',
  );
  const anyKey = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(anyKey, (text) => {
      const meaning = meaningOf(text);
      assert.deepEqual(meaningOf(keyOf(meaning)), meaning);
    }),
    { seed: 20261122, numRuns: 2000 },
  );
});

test('inspecting random bytes under any recorded name never crashes', async () => {
  const store = await recordedStore(shopBucket);
  const names = (await collect(store.list(''))).map((info) => info.key);
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.uint8Array({ maxLength: 100 }),
      (name, bytes) => void outcome(() => inspectObject(name, bytes, {})),
    ),
    settings,
  );
});
