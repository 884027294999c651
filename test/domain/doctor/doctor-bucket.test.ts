import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type {
  Asked,
  BucketSettingFacts,
  LifecycleRule,
  ObjectProbe,
} from '../../../lib/domain/doctor/bucket-settings-facts.ts';
import { type BucketWishes, bucketSettingsFindings } from '../../../lib/domain/doctor/doctor-bucket.ts';
import { storageClockFinding } from '../../../lib/domain/doctor/doctor-clocks.ts';
import type { DoctorCheck, DoctorFinding } from '../../../lib/domain/doctor/doctor-finding.ts';

const told = <T>(value: T): Asked<T> => ({ kind: 'told', value });
const untold = { kind: 'untold', problem: 's3:Get is denied', hint: 'allow s3:Get' } as const;
const dayMs = 86_400_000;

const rule: LifecycleRule = {
  ...{ id: 'ours', isOn: true, prefix: '', needsTags: false, deletes: undefined, movesTo: [] },
  ...{ endsReplaced: true, endsUploads: true },
};
/** As the stack makes it. */
const made: BucketSettingFacts = {
  versioning: told('on'),
  publicAccess: told([]),
  refusesPlain: told(true),
  refusesBypass: told(false),
  lifecycle: told([rule]),
  objectLock: told({ kind: 'off' }),
  encryption: told({ algorithm: 'AES256', key: undefined }),
  clock: undefined,
};
const wishes: BucketWishes = { prefix: 'backup-data', kmsKey: undefined, windowMs: 30 * dayMs };

function findings(
  facts: Partial<BucketSettingFacts> = {},
  wanted: Partial<BucketWishes> = {},
  probe?: Asked<ObjectProbe>,
): readonly DoctorFinding[] {
  const look = { kind: 'read', name: 'backups', facts: { ...made, ...facts }, probe } as const;
  return bucketSettingsFindings(look, { ...wishes, ...wanted });
}

function row(check: DoctorCheck, ...given: Parameters<typeof findings>): DoctorFinding {
  const found = findings(...given).find((finding) => finding.check === check);
  assert.ok(found !== undefined, check);
  assert.equal(found.hint === '', found.level === 'ok', JSON.stringify(found));
  return found;
}

test('a bucket as the stack makes it is well in six rows', () => {
  assert.deepEqual(
    findings().map(({ level }) => level),
    Array.from({ length: 6 }, () => 'ok'),
  );
});

test('a folder has one row that says why, and a bucket that nobody named has none', () => {
  const [only, ...rest] = bucketSettingsFindings({ kind: 'folder', url: 'file:///backups' }, wishes);
  assert.deepEqual([only?.level, only?.found, rest], ['ok', 'none: file:///backups is a folder', []]);
  assert.deepEqual(bucketSettingsFindings({ kind: 'not-asked' }, wishes), []);
});

test('a setting that we may not read is a warning with the right that it needs, and the others are told', () => {
  for (const name of [
    'versioning',
    'publicAccess',
    'refusesPlain',
    'lifecycle',
    'objectLock',
    'encryption',
  ] as const) {
    const warned = findings({ [name]: untold }).filter(({ level }) => level !== 'ok');
    assert.deepEqual(
      warned.map(({ level, found, hint }) => [level, found, hint]),
      [['warn', 'not known: s3:Get is denied', 'allow s3:Get']],
      name,
    );
  }
});

test('a reason that hides all settings is told once', () => {
  const all = { versioning: untold, publicAccess: untold, refusesPlain: untold, lifecycle: untold };
  const found = findings({ ...all, objectLock: untold, encryption: untold });
  assert.deepEqual(
    found.map(({ check, level, found }) => [check, level, found]),
    [['bucket-settings', 'warn', 'not known: s3:Get is denied']],
  );
});

test('a bucket without versions, open to the public or without TLS is a warning', () => {
  assert.equal(row('bucket-versioning', { versioning: told('off') }).level, 'warn');
  assert.equal(row('bucket-versioning', { versioning: told('suspended') }).found, 'suspended');
  assert.equal(
    row('bucket-public-access', { publicAccess: told(['BlockPublicAcls']) }).found,
    'off: BlockPublicAcls',
  );
  assert.equal(row('bucket-tls', { refusesPlain: told(false) }).level, 'warn');
});

describe('a lifecycle rule', () => {
  const lifecycle = (changed: Partial<LifecycleRule>, wanted: Partial<BucketWishes> = {}) =>
    row('bucket-lifecycle', { lifecycle: told([rule, { ...rule, ...changed }]) }, wanted);

  test('that deletes current objects of the backup fails by its id, wherever its prefix overlaps', () => {
    for (const prefix of ['', 'backup-data', 'backup-data/', 'backup', 'backup-data/log-backup/v1/']) {
      const found = lifecycle({ id: 'tidy', prefix, deletes: 'after 30 days' });
      assert.deepEqual(
        [found.level, found.found],
        ['fail', 'rule tidy deletes objects after 30 days'],
        prefix,
      );
      assert.match(found.hint, /prefix outside backup-data\//);
    }
  });

  test('that moves them to an archive fails, too, and other classes do not', () => {
    const found = lifecycle({ id: 'cold', movesTo: ['STANDARD_IA', 'GLACIER', 'DEEP_ARCHIVE'] });
    assert.deepEqual(
      [found.level, found.found],
      ['fail', 'rule cold moves objects to GLACIER, DEEP_ARCHIVE'],
    );
    assert.equal(lifecycle({ movesTo: ['STANDARD_IA', 'GLACIER_IR'] }).level, 'ok');
  });

  test('that is off, elsewhere, or for tags touches nothing', () => {
    for (const changed of [
      { isOn: false },
      { prefix: 'logs/' },
      { prefix: 'backup-data-2/' },
      { needsTags: true },
    ]) {
      assert.equal(lifecycle({ ...changed, deletes: 'after 1 day' }).level, 'ok', JSON.stringify(changed));
    }
  });

  test('without a name is told by its prefix; in a bucket of its own each prefix is the backup’s', () => {
    const found = lifecycle({ id: '', prefix: 'x/', deletes: 'on 2027-01-01' }, { prefix: '' });
    assert.equal(found.found, 'a rule without id for x/ deletes objects on 2027-01-01');
  });

  test('for replaced versions and unfinished uploads is missed where it is not', () => {
    const only = (changed: Partial<LifecycleRule>) =>
      row('bucket-lifecycle', { lifecycle: told([{ ...rule, ...changed }]) });
    assert.match(only({ endsReplaced: false }).found, /replaced versions stay for ever$/);
    assert.match(only({ endsUploads: false }).found, /unfinished uploads stay for ever$/);
    const plain = row('bucket-lifecycle', {
      versioning: told('off'),
      lifecycle: told([{ ...rule, endsReplaced: false }]),
    });
    assert.equal(plain.level, 'ok', 'without versions there is nothing to end');
    assert.equal(row('bucket-lifecycle', { lifecycle: told([]) }).level, 'warn');
  });
});

test('a lock is well unless it holds longer than the window: a cut would end well and free nothing', () => {
  const lock = (days: number | undefined, windowMs: number | null = 30 * dayMs) =>
    row(
      'bucket-object-lock',
      { objectLock: told({ kind: 'on', mode: 'compliance', days }) },
      { windowMs: windowMs ?? undefined },
    );
  assert.equal(lock(undefined).level, 'ok');
  assert.equal(lock(30).level, 'ok');
  assert.equal(lock(31).level, 'warn');
  assert.match(lock(31).found, /compliance, 31 days for each object, longer than the 30 days/);
  assert.equal(lock(400, null).level, 'ok');
});

test('a lock of governance mode that anybody with the right can end early is told, and one that the policy guards is well', () => {
  const lock = (mode: string, refusesBypass: Asked<boolean>, days = 7) =>
    row('bucket-object-lock', { objectLock: told({ kind: 'on', mode, days }), refusesBypass });
  assert.equal(lock('governance', told(true)).level, 'ok');
  const open = lock('governance', told(false));
  assert.equal(open.level, 'warn');
  assert.match(open.found, /governance, 7 days .* s3:BypassGovernanceRetention deletes all the same/);
  assert.match(open.hint, /deny s3:BypassGovernanceRetention to everybody/);
  assert.equal(lock('compliance', told(false)).level, 'ok', 'nobody ends that one');
  const untold = { kind: 'untold', problem: 'denied', hint: 'allow it' } as const;
  assert.equal(lock('governance', untold).level, 'ok', 'the row of the policy says that it is not known');
  assert.match(lock('governance', told(false), 31).found, /longer than the 30 days/);
});

describe('the encryption', () => {
  const key = 'arn:aws:kms:eu-central-1:111122223333:key/0a1b';
  const under = (found: string | undefined, kmsKey: string) =>
    row('bucket-encryption', { encryption: told({ algorithm: 'aws:kms', key: found }) }, { kmsKey }).level;

  test('is that of the settings, by ARN or id; an alias cannot be compared with an id', () => {
    assert.equal(under(key, key), 'ok');
    assert.equal(under(key, '0a1b'), 'ok');
    assert.equal(under(key, 'alias/shop'), 'ok');
    assert.equal(under(key, 'other'), 'warn');
    assert.equal(under(undefined, key), 'warn');
  });

  const probe = (problem: string | undefined): Asked<ObjectProbe> =>
    told({
      key: 'snapshot-1/backupmeta',
      encryption: { algorithm: 'aws:kms', key },
      read: problem === undefined ? told(true) : { kind: 'untold', problem, hint: '' },
    });

  test('of an object that can be read is told beside that of new ones', () => {
    assert.match(
      row('bucket-encryption', {}, {}, probe(undefined)).found,
      /AES256, snapshot-1\/backupmeta: aws:kms with .*, readable$/,
    );
  });

  test('whose key is off fails for everybody; that we may not read it does not', () => {
    const disabled = row('bucket-encryption', {}, {}, probe('refused (400 KMS.DisabledException: no)'));
    assert.equal(disabled.level, 'fail');
    assert.match(disabled.hint, /^enable the key in KMS/);
    assert.match(
      row('bucket-encryption', {}, {}, probe('(400 KMS.KMSInvalidStateException)')).hint,
      /cancel the deletion/,
    );
    const denied = row('bucket-encryption', {}, {}, probe('s3:GetObject is denied (403 AccessDenied)'));
    assert.equal(denied.level, 'warn');
    assert.match(denied.hint, /kms:Decrypt/);
  });
});

test('the clock of the storage may be a minute off, and S3 refuses a quarter of an hour', () => {
  const apart = (ms: number) =>
    storageClockFinding({ serverMs: 1_000_000, localMs: 1_000_000 + ms, uncertaintyMs: 500 });
  assert.equal(apart(30_000).level, 'ok');
  assert.equal(apart(-30_000).level, 'ok');
  assert.equal(apart(120_000).level, 'warn');
  assert.equal(apart(-900_000).level, 'fail');
  assert.match(apart(-900_000).found, /this host is at least 14 min behind the storage/);
});
