import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { backupGcTtlSeconds, isResumableBackup } from '../../../lib/br/commands/backup-command.ts';
import { brCommand } from '../../../lib/br/commands/br-command.ts';
import type { BackupFull, BrDecision, RestorePoint } from '../../../lib/br/commands/br-decision.ts';
import { type BrSurroundings, refuseSecrets } from '../../../lib/br/commands/br-surroundings.ts';
import { parseVersion } from '../../../lib/domain/versions.ts';
import { recordedRun } from '../../support/recorded-runs.ts';

const s3 = { endpoint: 'http://127.0.0.1:9000', region: 'us-east-1', provider: 'minio' };
const beta: BrSurroundings = { version: parseVersion('v9.0.0-beta.2'), pd: ['127.0.0.1:2379'], s3 };
const target: BrSurroundings = { ...beta, pd: ['127.0.0.1:3479'] };
const at = (version: string): BrSurroundings => ({ ...beta, version: parseVersion(version) });
const bucket = 's3://tidb-pitr-bucket/backup-data';
const log = `${bucket}/log-backup`;
const hour = 3_600_000;
const backup: BackupFull = {
  kind: 'backup-full',
  storage: `${bucket}/snapshot-20261122042442`,
  retryBudgetMs: hour,
  checksum: true,
};
const restore: RestorePoint = {
  kind: 'restore-point',
  logStorage: log,
  from: { snapshotStorage: `${bucket}/snapshot-20261122042455` },
  restoredTs: 470632761065996290n,
  checksum: true,
};
const argvOf = (decision: BrDecision, surroundings = beta) => brCommand(decision, surroundings).argv;

/** Why our command has a flag that the recorded one left to br's default. */
const onPurpose: Readonly<Record<string, string>> = {
  '--gcttl=4320': 'the default depends on whether checkpoints are on; ours follows from the retry budget',
  '--ignore-stats=true': 'what a backup holds is said, not left to a default',
  '--gc-ttl=86400': 'the fuse is a promise of ours, so it is said',
  '--checksum=true': 'the default differs between versions (FACTS §1.2)',
};

/** Flags are in any order for br. `-c=false` is the short form of what we write out. */
function sameCommand(decision: BrDecision, recorded: string, surroundings = beta): void {
  const theirs = recordedRun(recorded).argv.map((one) =>
    one === '-c=false' ? '--send-credentials-to-tikv=false' : one,
  );
  const ours = argvOf(decision, surroundings);
  const added = ours.filter((one) => !theirs.includes(one));
  assert.deepEqual(
    added.filter((one) => onPurpose[one] === undefined),
    [],
    recorded,
  );
  assert.deepEqual(
    theirs.filter((one) => !ours.includes(one)),
    [],
    recorded,
  );
  const words = (argv: readonly string[]) => argv.filter((one) => !one.startsWith('-'));
  assert.deepEqual(words(ours), words(theirs));
}

describe('the same decision gives the recorded command', () => {
  const recorded: readonly (readonly [string, BrDecision, BrSurroundings?])[] = [
    ['shop/br/01-log-status-none', { kind: 'log-status' }],
    ['shop/br/02-log-start', { kind: 'log-start', taskName: 'pitr', storage: log }],
    ['shop/br/04-backup-full', backup],
    ['shop/br/06-log-status-json', { kind: 'log-status', taskName: 'pitr' }],
    ['shop/br/08-log-metadata', { kind: 'log-metadata', storage: log }],
    ['shop/br/09-log-pause', { kind: 'log-pause', taskName: 'pitr', gcTtlSeconds: 86_400 }],
    ['shop/br/12-log-resume', { kind: 'log-resume', taskName: 'pitr' }],
    [
      'shop/br/14-log-truncate-dry',
      {
        kind: 'log-truncate',
        storage: log,
        untilTs: 470632757998649345n,
        dryRun: true,
        acceptsBlocklistDeletion: true,
      },
    ],
    ['shop/br/17-log-stop', { kind: 'log-stop', taskName: 'pitr' }],
    ['shop/restore/4-restore-point-t5', restore, target],
    [
      'faults/truncate-1-killed',
      { kind: 'log-truncate', storage: 's3://big/log', untilTs: 470632805971001345n },
    ],
    [
      'faults/backup-2-other-args',
      { ...backup, storage: 's3://faults/f/snapshot-20261122060000', filter: ['f.*'] },
    ],
  ];
  for (const [name, decision, surroundings] of recorded) {
    test(`${name}: ${decision.kind}`, () => sameCommand(decision, name, surroundings));
  }

  test('of the variants: compression, statistics, incremental', () => {
    const local: BrSurroundings = { version: beta.version, pd: beta.pd };
    const to = (name: string, more: Partial<BackupFull>): BackupFull => ({
      ...backup,
      storage: `local:///var/lib/br/storage/${name}`,
      filter: ['v.*'],
      ...more,
    });
    const cases: readonly (readonly [string, BackupFull])[] = [
      ['02-snapshot-lz4', to('snapshot-lz4', { compression: { algorithm: 'lz4' } })],
      ['04-snapshot-stats', to('snapshot-stats', { statistics: true })],
      ['08-snapshot-incremental', to('snapshot-incremental', { lastBackupTs: 470633839868772353n })],
    ];
    for (const [name, decision] of cases) {
      const theirs = recordedRun(`variants/br/${name}`).argv;
      const missing = theirs.filter((one) => !argvOf(decision, local).includes(one));
      assert.deepEqual(missing, [], name);
    }
  });

  test('the recorded keys are in the argv; ours are in files', () => {
    const theirs = recordedRun('variants/br/06-snapshot-aes256').argv;
    assert.throws(() => refuseSecrets(theirs), { name: 'INVALID_INPUT', message: /crypter\.key/ });
    const ours = argvOf({ ...backup, crypter: { method: 'aes256-ctr', keyFile: '/run/keys/snapshot' } });
    assert.ok(ours.includes('--crypter.method=aes256-ctr'));
    assert.ok(ours.includes('--crypter.key-file=/run/keys/snapshot'));
  });
});

test('a command is the same, byte for byte, however PD addresses are ordered: a resumed backup must repeat it', () => {
  const three = (...pd: readonly string[]) => argvOf(backup, { ...beta, pd });
  assert.deepEqual(three('c:2379', 'a:2379', 'b:2379'), three('b:2379', 'c:2379', 'a:2379', 'a:2379'));
});

test('the environment sends logs to stdout in UTC and without colours, and holds no secret', () => {
  const { env, kind, argv } = brCommand(
    { kind: 'log-status' },
    { ...beta, program: '/br', workFolder: '/tmp/w' },
  );
  assert.deepEqual(env, {
    BR_LOG_TO_TERM: '1',
    TZ: 'UTC',
    NO_COLOR: '1',
    AWS_REGION: 'us-east-1',
    TMPDIR: '/tmp/w',
  });
  assert.deepEqual([kind, argv[0], argv[1]], ['log-status', '/br', 'log']);
});

test('history is held for the whole retry budget, and never for less than br itself would', () => {
  assert.equal(backupGcTtlSeconds(0), 4320);
  assert.equal(backupGcTtlSeconds(6 * hour), 6 * 3600 + 600);
  assert.throws(() => backupGcTtlSeconds(Number.NaN), { name: 'INVALID_INPUT' });
});

test('a full backup of 6.5 and younger can be resumed, an incremental one cannot', () => {
  assert.equal(isResumableBackup(backup, parseVersion('6.1.3')), 'no');
  assert.equal(isResumableBackup(backup, parseVersion('6.5.0')), 'yes');
  assert.equal(isResumableBackup({ ...backup, lastBackupTs: 1n }, parseVersion('8.5.5')), 'no');
});

test('every restore names its moment, and gives a filter only when tables were chosen', () => {
  const argv = argvOf(restore, target);
  assert.ok(argv.includes('--restored-ts=470632761065996290'));
  assert.ok(!argv.some((one) => one.startsWith('--filter')));
  const some = argvOf({ ...restore, filter: ['shop.orders', '!mysql.*'] }, target);
  assert.deepEqual(
    some.filter((one) => one.startsWith('--filter')),
    ['--filter=shop.orders', '--filter=!mysql.*'],
  );
  for (const filter of [['mysql.user'], ['*.*'], ['shop.*', 's*.*'], ['*.*', '!mysql.*']])
    assert.throws(() => argvOf({ ...restore, filter }, target), /selects system tables/, filter.join(' '));
  assert.ok(argvOf({ ...restore, filter: ['*.*', '!mysql.*', '!sys.*'] }, target).length > 0);
});

test('a restore goes on from an earlier one by its start, without a snapshot', () => {
  const argv = argvOf({ ...restore, from: { startTs: 470632758116614145n } }, target);
  assert.ok(argv.includes('--start-ts=470632758116614145'));
  assert.ok(!argv.some((one) => one.startsWith('--full-backup-storage')));
});

test('a restore is aborted with its own arguments', () => {
  const full: BrDecision = { kind: 'restore-full', storage: backup.storage, checksum: false };
  for (const one of [restore, full] as const) {
    const argv = argvOf({ kind: 'abort-restore', restore: one }, target);
    assert.deepEqual([argv[0], argv[1], ...argv.slice(2)], ['br', 'abort', ...argvOf(one, target).slice(1)]);
  }
});

test('what a version of br cannot do is refused, and says since when it can', () => {
  const logCrypter = { method: 'aes256-ctr', keyFile: '/k' } as const;
  const cases: readonly (readonly [BrDecision, string, string])[] = [
    [{ ...restore, filter: ['a.b'] }, '8.5.4', '8.5.5'],
    [{ ...restore, checkpointStorage: 's3://b/c' }, '8.5.4', '8.5.5'],
    [{ kind: 'abort-restore', restore }, '8.5.4', '8.5.5'],
    [{ kind: 'force-flush' }, '8.5.5', '8.5.6'],
    [{ kind: 'log-start', taskName: 'a', storage: log, logCrypter }, '8.3.0', '8.4.0'],
    [{ ...restore, logCrypter }, '8.3.0', '8.4.0'],
  ];
  for (const [decision, too, since] of cases) {
    assert.throws(() => argvOf(decision, at(too)), {
      name: 'UNSUPPORTED',
      details: { version: `v${too}`, since },
    });
    assert.ok(argvOf(decision, at(since)).length > 0);
  }
});

test('the reason of a pause is told where br has a place for it, and left out where it has none', () => {
  const pause: BrDecision = { kind: 'log-pause', taskName: 'a', gcTtlSeconds: 60, message: 'restore drill' };
  assert.ok(argvOf(pause, at('8.5.5')).includes('--message=restore drill'));
  assert.ok(!argvOf(pause, at('8.5.4')).some((one) => one.startsWith('--message')));
});

test('a dry run that would delete blocklists is refused unless that is accepted', () => {
  const dry = { kind: 'log-truncate', storage: log, untilTs: 470632757998649345n, dryRun: true } as const;
  for (const version of ['8.5.5', '8.5.7', '9.0.0-beta.2'])
    assert.throws(() => argvOf(dry, at(version)), { name: 'UNSUPPORTED' });
  assert.ok(argvOf(dry, at('8.1.0')).includes('--dry-run'));
  assert.ok(!argvOf({ ...dry, dryRun: false }).includes('--dry-run'));
});

test('TLS files go with https, and never one without the other', () => {
  const tls = { ca: '/tls/ca.pem', cert: '/tls/cert.pem', key: '/tls/key.pem' };
  const argv = argvOf({ kind: 'log-status' }, { ...beta, pd: ['https://pd-0.pd:2379'], tls });
  for (const one of ['--pd=pd-0.pd:2379', '--ca=/tls/ca.pem', '--cert=/tls/cert.pem', '--key=/tls/key.pem'])
    assert.ok(argv.includes(one), one);
  assert.throws(
    () => argvOf({ kind: 'log-status' }, { ...beta, pd: ['https://pd:2379'] }),
    /needs TLS files/,
  );
  assert.throws(
    () => argvOf({ kind: 'log-status' }, { ...beta, pd: ['http://pd:2379'], tls }),
    /without TLS/,
  );
  for (const pd of [[], ['pd'], ['a:1,b:2'], ['--x:1 y'], ['a:1\n']])
    assert.throws(() => argvOf({ kind: 'log-status' }, { ...beta, pd }), { name: 'INVALID_INPUT' });
});

test('a Unix time for a TSO, a strange task name and a storage that is none never reach br', () => {
  const wrong: readonly BrDecision[] = [
    { kind: 'log-truncate', storage: log, untilTs: 1_795_321_521n },
    { kind: 'log-truncate', storage: log, untilTs: 0n },
    { ...restore, restoredTs: 1_795_321_521_000n },
    { kind: 'log-stop', taskName: '../x' },
    { kind: 'log-stop', taskName: '' },
    { kind: 'log-metadata', storage: 'backup' },
    { kind: 'log-metadata', storage: 's3://b/p\n--x' },
    { kind: 'log-metadata', storage: '' },
    { ...backup, concurrency: 0 },
    { ...backup, concurrency: 1.5 },
    { ...backup, filter: [''] },
    { ...backup, filter: ['!shop.tmp_*'] },
    { kind: 'log-metadata', storage: 's3:///p' },
    { kind: 'log-metadata', storage: 'local://p' },
    { ...backup, crypter: { method: 'aes256-ctr', keyFile: '' } },
  ];
  for (const decision of wrong)
    assert.throws(() => argvOf(decision), { name: 'INVALID_INPUT' }, JSON.stringify(decision.kind));
});

test('a secret in an argument is refused and never repeated', () => {
  const secret = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY';
  const dangerous = [
    `s3://b/p?access-key=x&secret-access-key=${secret}`,
    `s3://b/p?region=r&Secret_Access_Key=${secret}`,
    `s3://b/p?region=r&secret%2Daccess%2Dkey=${secret}`,
    `s3://b/p?session-token=${secret}`,
    `s3://user:${secret}@b/p`,
    `azure://c/p?account-key=${secret}`,
    `ftp://user:${secret}@b/p?access-key=${secret}`,
  ];
  for (const storage of dangerous) {
    assert.throws(
      () => argvOf({ kind: 'log-metadata', storage }),
      (error: Error) => error.name === 'INVALID_INPUT' && !`${error.message}${error.stack}`.includes(secret),
      storage,
    );
  }
  const flags = [
    `--crypter.key=${secret}`,
    `--log.crypter.key=${secret}`,
    `--master-key=aws-kms:///k?AWS_ACCESS_KEY_ID=a&AWS_SECRET_ACCESS_KEY=${secret}`,
    `--azblob.account-key=${secret}`,
    '--note=AKIAIOSFODNN7EXAMPLE',
  ];
  for (const one of flags) assert.throws(() => refuseSecrets(['br', one]), { name: 'INVALID_INPUT' }, one);
  refuseSecrets([
    'br',
    '--crypter.key-file=/k',
    '--key=/tls/key.pem',
    '--storage=s3://b/access-key/p?region=r',
  ]);
});

test('whatever text is put into a decision, it stays inside one argument or is refused', () => {
  const decision = fc.oneof(
    fc.string().map((taskName): BrDecision => ({ kind: 'log-stop', taskName })),
    fc.string().map((part): BrDecision => ({ kind: 'log-metadata', storage: `s3://b/${part}` })),
    fc.string().map((rule): BrDecision => ({ ...backup, filter: [rule] })),
    fc
      .string()
      .map((message): BrDecision => ({ kind: 'log-pause', taskName: 'a', gcTtlSeconds: 1, message })),
  );
  fc.assert(
    fc.property(decision, (one) => {
      try {
        const argv = argvOf(one);
        for (const argument of argv.slice(3)) assert.match(argument, /^-/);
        assert.equal(argv.filter((argument) => argument.startsWith('--log-format')).length, 1);
      } catch (error) {
        assert.equal((error as Error).name, 'INVALID_INPUT');
      }
    }),
    { seed: 20261122, numRuns: 300 },
  );
});
