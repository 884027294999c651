// Keys of encrypted backups: a missing or wrong one is named, with the object it was for and the option that gives it.
import assert from 'node:assert/strict';
import test, { before, describe } from 'node:test';
import { parseKey } from '../../../lib/br/encryption.ts';
import { describeWindow } from '../../../lib/operations/describe-window.ts';
import type { MemoryObjectStore } from '../../support/memory-object-store.ts';
import { restoreInMemory } from '../../support/memory-restore.ts';
import { logKey } from '../../support/recorded-backups.ts';
import { recordedCopy, variantsStorage } from '../../support/recorded-store.ts';
import { readTruth } from '../../support/truth.ts';
import { sourceOf } from './recorded-moments.ts';

const rightKey = parseKey('0123456789abcdef0123456789abcdef');
const wrongKeys = [
  ['of the same length', parseKey('ffffffffffffffffffffffffffffffff')],
  ['of another length', logKey],
] as const;

describe('keys', () => {
  let encrypted: MemoryObjectStore;
  let storage: MemoryObjectStore;
  let at: string;
  before(async () => {
    encrypted = await recordedCopy(variantsStorage, 'snapshot-aes128/');
    storage = await recordedCopy(variantsStorage);
    const source = { snapshots: encrypted, log: undefined, keys: { snapshot: rightKey } };
    at = String((await describeWindow({ backup: source })).facts.snapshots[0]?.backupTs);
  });

  for (const moment of ['latest', 'its own BackupTS'])
    test(`without a key the moment "${moment}" of an encrypted snapshot asks for --key-file`, async () => {
      const backup = { snapshots: encrypted, log: undefined, keys: {} };
      const input = { at: moment === 'latest' ? moment : at };
      await assert.rejects(restoreInMemory(backup, input), {
        code: 'KEY_MISSING',
        exitCode: 2,
        message: /backupmeta is encrypted and no key was given; .* --key-file$/,
      });
    });

  for (const [which, key] of wrongKeys)
    test(`a key ${which} is said not to open the backupmeta`, async () => {
      const backup = { snapshots: encrypted, log: undefined, keys: { snapshot: key } };
      for (const input of [{ at: 'latest' }, { at }]) {
        await assert.rejects(restoreInMemory(backup, input), {
          code: 'KEY_WRONG',
          exitCode: 2,
          message: /the key does not open backupmeta.* --key-file;/,
        });
      }
    });

  test('an encrypted snapshot that was asked for by name asks for its key', async () => {
    const input = { at: readTruth('variants', 't3').tso, base: 'snapshot-aes128' };
    await assert.rejects(restoreInMemory(sourceOf(storage), input), {
      code: 'KEY_MISSING',
      message: /snapshot-aes128\/backupmeta .* --key-file$/,
    });
  });

  test('tables of a snapshot name themselves and --key-file when the key does not open them', async () => {
    const backup = { snapshots: encrypted, log: undefined, keys: { snapshot: rightKey } };
    for (const [, wrong] of wrongKeys)
      await assert.rejects(restoreInMemory(backup, { at }, { workerKeys: { snapshot: wrong } }), {
        code: 'KEY_WRONG',
        message: /the key does not open 1\/.*\.sst/,
        hint: / --key-file(;|$)/,
      });
    await assert.rejects(restoreInMemory(backup, { at }, { workerKeys: {} }), {
      code: 'KEY_MISSING',
      message: /1\/.*\.sst is encrypted and no key was given/,
      hint: / --key-file(;|$)/,
    });
  });

  for (const [which, key] of [
    ['no key', undefined],
    ['a shorter key', rightKey],
    ['a wrong key', parseKey('ee'.repeat(32))],
  ] as const)
    test(`an encrypted log with ${which} names its object and --log-key-file`, async () => {
      const input = { at: readTruth('variants', 't3').tso };
      await assert.rejects(restoreInMemory(sourceOf(storage, { log: key }), input), {
        code: key === undefined ? 'KEY_MISSING' : 'KEY_WRONG',
        exitCode: 2,
        message: /log-aes256\/v1\/.*\.log range \d+\+\d+/,
        hint: / --log-key-file(;|$)/,
      });
      // The schema came through; now the rows ask.
      const source = sourceOf(storage, { log: logKey });
      await assert.rejects(restoreInMemory(source, input, { workerKeys: { log: key } }), {
        code: key === undefined ? 'KEY_MISSING' : 'KEY_WRONG',
        message: /log-aes256\/v1\/(?!.*schema-meta).*\.log range \d+\+\d+/,
        hint: / --log-key-file(;|$)/,
      });
    });

  test('the key of the snapshots is not tried on the log', async () => {
    const input = { at: readTruth('variants', 't3').tso };
    await assert.rejects(restoreInMemory(sourceOf(storage, { snapshot: logKey }), input), {
      code: 'KEY_MISSING',
      hint: / --log-key-file(;|$)/,
    });
  });

  test('a snapshot that is not encrypted does not mind a key', async () => {
    const snapshots = await recordedCopy(variantsStorage, 'snapshot-v1/');
    const plain = await restoreInMemory({ snapshots, log: undefined, keys: {} }, { at: 'latest' });
    const keyed = await restoreInMemory(
      { snapshots, log: undefined, keys: { snapshot: logKey } },
      { at: 'latest' },
    );
    assert.deepEqual(keyed.tables, plain.tables);
  });
});
