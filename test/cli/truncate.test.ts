// `pitr truncate` from words to exit code, on a copy of the recorded bucket.

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { bindTruncate } from '../../lib/cli/bind-truncate.ts';
import { openFileObjectStore } from '../../lib/local/file-object-store.ts';
import { lockHolder } from '../../lib/local/lock-holder.ts';
import { openBackup } from '../../lib/local/open-backup.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { contentsOf, withLockedObjects } from '../support/truncation-stage.ts';
import { truncateView } from './control-views.ts';
import { pitr } from './fake-host.ts';

/** The BackupTS of the first snapshot is 470632754787647489, of the second 470632758116614145. */
const needed = '470632758116614145';

async function stage(t: TestContext) {
  const folder = await temporaryFolder();
  t.after(() => folder.remove());
  const source = new URL('../fixtures/shop/bucket/backup-data', import.meta.url);
  cpSync(source, folder.path, { recursive: true });
  const hands = { openBackup, lockHolder: async (detail: string) => lockHolder(detail), wallMs: Date.now };
  const run = (...words: readonly string[]) =>
    pitr(['truncate', '--storage', folder.path, ...words], { operations: bindTruncate(hands) });
  const keys = async () => [...(await contentsOf(await openFileObjectStore(folder.path))).keys()];
  return { folder: folder.path, hands, run, keys };
}

const native = (until: string, ...more: readonly string[]) => [
  '--engine',
  'native',
  '--until',
  until,
  ...more,
];

describe('pitr truncate', () => {
  test('refuses what it was not told clearly, and says what to write', async () => {
    const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
      [['--until', needed, '--yes'], /--engine is missing, expected native/],
      [
        ['--engine', 'br', '--until', needed, '--yes'],
        /which this command does not run.*\n.*br log truncate/,
      ],
      [['--engine', 'fast', '--until', needed, '--yes'], /--engine is `fast`/],
      [['--engine', 'native', '--yes'], /--until is missing/],
      [native(needed), /neither --dry-run nor --yes is given/],
      [native(needed, '--yes', '--dry-run'), /--dry-run and --yes are both given/],
    ];
    for (const [words, says] of mistakes) {
      const { exit, stderr } = await pitr(['truncate', '--storage', 'x', ...words]);
      assert.equal(exit, 2, words.join(' '));
      assert.match(stderr, says);
    }
  });

  test('a cut past a snapshot that stays is refused with exit 3, dry or not, and nothing is written', async (t) => {
    const { run, keys } = await stage(t);
    const before = await keys();
    for (const how of ['--dry-run', '--yes']) {
      const { exit, stderr } = await run(...native(needed, how));
      assert.equal(exit, 3);
      assert.match(stderr, /snapshot-20261122042442 needs the log from 470632754787647489/);
    }
    assert.deepEqual(await keys(), before);
  });

  test('cuts at the oldest snapshot, and past it for who insists; then at the second without insisting', async (t) => {
    const { folder, run, keys } = await stage(t);
    const safepoint = join(folder, 'log-backup/v1_stream_trancate_safepoint.txt');
    assert.equal((await run(...native('470632754787647489', '--yes'))).exit, 0);
    assert.equal(await readFile(safepoint, 'utf8'), '470632754787647489');
    const insisted = await run(
      ...native('470632757998649345', '--yes', '--unsafe-ignore-snapshots', '--json'),
    );
    assert.equal(insisted.exit, 0, insisted.stderr);
    const { objects, metasDeleted, metasRewritten } = JSON.parse(insisted.stdout);
    assert.deepEqual([objects, metasDeleted, metasRewritten], [2, 1, 1]);
    const next = await run(...native(needed, '--yes'));
    assert.equal(next.exit, 0, next.stderr);
    assert.match(next.stdout, /^Cut: 0 objects of data/);
    assert.equal(await readFile(safepoint, 'utf8'), needed);
    assert.deepEqual(
      (await keys()).filter((key) => /LOCK|truncating/.test(key)),
      [],
    );
  });

  test('names the owner of a lock in its way, and removes it for who says that he is dead', async (t) => {
    const { folder, run } = await stage(t);
    const killed = new URL('../fixtures/faults/truncate-1-left-objects/log/truncating.lock', import.meta.url);
    await writeFile(join(folder, 'log-backup/truncating.lock'), await readFile(killed));
    const until = native('470632754787647489', '--yes');
    const refused = await run(...until);
    assert.equal(refused.exit, 1);
    const owner = /owner (\S+)/.exec(refused.stderr)?.[1] ?? '';
    assert.match(refused.stderr, /truncating\.lock is there.*pid 9701/);
    const done = await run(...until, '--unsafe-remove-lock', owner);
    assert.equal(done.exit, 0, done.stderr);
    assert.match(done.stdout, /log-backup\/truncating\.lock was removed/);
  });

  test('ends with 1 when the storage keeps something, and lists it', async (t) => {
    const { hands } = await stage(t);
    const folder = await temporaryFolder();
    t.after(() => folder.remove());
    cpSync(new URL('../fixtures/shop/bucket/backup-data', import.meta.url), folder.path, { recursive: true });
    const store = withLockedObjects(await openFileObjectStore(folder.path), (key) => key.endsWith('.log'));
    const operations = bindTruncate({
      ...hands,
      openBackup: async () => ({
        snapshots: store,
        log: store,
        keys: { snapshot: undefined, log: undefined },
      }),
    });
    const words = native('470632757998649345', '--yes', '--unsafe-ignore-snapshots');
    const { exit, stdout } = await pitr(['truncate', '--storage', folder.path, ...words], { operations });
    assert.equal(exit, 1);
    assert.match(stdout, /2 objects could not be deleted; each stays named/);
    assert.match(stdout, /\.log: .* is locked/);
  });

  test('wants one log: several are told, and how to name one', async (t) => {
    const { folder, run } = await stage(t);
    await mkdir(join(folder, 'log-backup/epoch-2'));
    const head = await readFile(join(folder, 'log-backup/backupmeta'));
    await writeFile(join(folder, 'log-backup/epoch-2/backupmeta'), head);
    const { exit, stderr } = await run(...native('470632754787647489', '--dry-run'));
    assert.equal(exit, 2);
    assert.match(stderr, /holds the logs log-backup, log-backup\/epoch-2, expected one\n.*--log/);
  });

  test('its page holds everything that the document does, without control characters', async () => {
    const operations = { truncate: async () => truncateView };
    const words = ['truncate', '--storage', 'x', ...native('-1d', '--dry-run')];
    const { exit, stdout, stderr } = await pitr(words, { operations });
    assert.equal(exit, 1, 'something was not deleted');
    for (const part of [
      'Dry run, nothing was written: 5 objects of data, 3.9 KiB; 3 metas deleted, 1 rewritten of 6; 1 blocklist',
      'log-backup/v1/LOCK.WRIT was removed',
      'log-backup/truncating.lock stands in the way now',
      '41 objects could not be deleted',
      'log-backup/v1/b.log: it is locked',
      'and 40 more: --json has all',
      'delete   log-backup/v1/a.log  12 B',
    ])
      assert.ok(stdout.includes(part), part);
    assert.ok(!stdout.includes('\u0007'));
    assert.match(stderr, /note: the safepoint stays there/);
  });
});
