// A doctor's findings about how the bucket is set up: what would delete or hide what a restore needs, who could read it, and whether
// its key still opens it. Decides and changes nothing.

import type { Asked, BucketSettingFacts, LifecycleRule, ObjectProbe } from './bucket-settings-facts.ts';
import { objectLockFinding } from './doctor-bucket-lock.ts';
import type { DoctorCheck, DoctorFinding } from './doctor-finding.ts';
import { ok } from './doctor-finding.ts';

export type BucketSettingsLook =
  /** Nobody said where it is: that is a finding of the bucket's own. */
  | { readonly kind: 'not-asked' }
  | { readonly kind: 'folder'; readonly url: string }
  | {
      readonly kind: 'read';
      readonly name: string;
      readonly facts: BucketSettingFacts;
      /** Of an object of the backup; undefined when there is none. */
      readonly probe: Asked<ObjectProbe> | undefined;
    };

/** What the settings say of the bucket. */
export interface BucketWishes {
  /** Without a slash at its ends; empty for the whole bucket. */
  readonly prefix: string;
  /** ARN, id or alias; undefined where the settings name none. */
  readonly kmsKey: string | undefined;
  /** How far back every moment is to be had; undefined where nothing says it. */
  readonly windowMs: number | undefined;
}

/** Six rows for a bucket, one for a folder or where one reason hides all, none where nobody asked. */
export function bucketSettingsFindings(
  look: BucketSettingsLook,
  wishes: BucketWishes,
): readonly DoctorFinding[] {
  switch (look.kind) {
    case 'not-asked':
      return [];
    case 'folder':
      return [
        ok('bucket-settings', `none: ${look.url} is a folder`, 'settings of a bucket, where there is one'),
      ];
    case 'read': {
      const { facts } = look;
      const reason = onlyReason(facts);
      if (reason !== undefined)
        return [asked('bucket-settings', 'a bucket that tells its settings', reason, never)];
      return [
        asked(
          'bucket-versioning',
          'versions of what is replaced or deleted',
          facts.versioning,
          versioningFinding,
        ),
        asked('bucket-public-access', 'all public access blocked', facts.publicAccess, publicAccessFinding),
        asked('bucket-tls', 'a policy that refuses requests without TLS', facts.refusesPlain, plainFinding),
        asked('bucket-lifecycle', lifecycleExpected, facts.lifecycle, (rules, finding) =>
          lifecycleFinding(rules, facts.versioning, wishes, finding),
        ),
        asked(
          'bucket-object-lock',
          'no lock, or one that ends within the window and that nobody ends early',
          facts.objectLock,
          (lock, finding) => objectLockFinding(lock, facts.refusesBypass, wishes, finding),
        ),
        encryptionFinding(look, wishes),
      ];
    }
    default:
      return look satisfies never;
  }
}

/** The one problem that kept each setting from being told, such as missing credentials. */
function onlyReason(facts: BucketSettingFacts): Asked<never> | undefined {
  const { versioning, publicAccess, refusesPlain, lifecycle, objectLock, encryption } = facts;
  const all = [versioning, publicAccess, refusesPlain, lifecycle, objectLock, encryption];
  const untold = all.flatMap((one) => (one.kind === 'untold' ? [one] : []));
  const [first] = untold;
  return untold.length === all.length && untold.every(({ problem }) => problem === first?.problem)
    ? first
    : undefined;
}

const never = (value: never): never => value;

/** A row, once it is known what was looked at and what is expected. */
export type Say = (level: DoctorFinding['level'], found: string, hint?: string) => DoctorFinding;

/** A row for one setting; one that is not known is a warning with what it needs. */
function asked<T>(
  check: DoctorCheck,
  expected: string,
  answer: Asked<T>,
  judge: (value: T, finding: Say) => DoctorFinding,
): DoctorFinding {
  const say: Say = (level, found, hint = '') => ({ check, level, found, expected, hint });
  return answer.kind === 'told'
    ? judge(answer.value, say)
    : say('warn', `not known: ${answer.problem}`, answer.hint);
}

function versioningFinding(versioning: 'on' | 'suspended' | 'off', say: Say): DoctorFinding {
  return versioning === 'on'
    ? say('ok', versioning)
    : say(
        'warn',
        versioning,
        'turn versioning on: what a person or a cut deletes by mistake is gone at once without it',
      );
}

function publicAccessFinding(open: readonly string[], say: Say): DoctorFinding {
  return open.length === 0
    ? say('ok', 'blocked')
    : say(
        'warn',
        `off: ${open.join(', ')}`,
        'block all public access of the bucket: a backup is the whole database',
      );
}

function plainFinding(refuses: boolean, say: Say): DoctorFinding {
  return refuses
    ? say('ok', 'refused')
    : say('warn', 'none', 'deny s3:* to everybody where aws:SecureTransport is false');
}

const lifecycleExpected = 'no rule that deletes or archives current objects of the backup';
/** From here br and TiKV cannot read without somebody's restoring it first. FACTS §8.2 */
const archives = ['GLACIER', 'DEEP_ARCHIVE'];

function lifecycleFinding(
  rules: readonly LifecycleRule[],
  versioning: BucketSettingFacts['versioning'],
  { prefix }: BucketWishes,
  say: Say,
): DoctorFinding {
  const own = rules.filter((rule) => rule.isOn && touches(rule, prefix));
  const wrong = own.flatMap((rule) => {
    const classes = rule.movesTo.filter((one) => archives.includes(one));
    const does = [
      ...(rule.deletes === undefined ? [] : [`deletes objects ${rule.deletes}`]),
      ...(classes.length === 0 ? [] : [`moves objects to ${classes.join(', ')}`]),
    ];
    return does.length === 0 ? [] : [`${nameOf(rule)} ${does.join(' and ')}`];
  });
  if (wrong.length > 0) {
    const hint = `remove these rules, or give them a prefix outside ${prefix === '' ? 'the backup' : `${prefix}/`}: metas stay and point to what is gone, and the backup cannot be restored. old backups are cut by policy.retention`;
    return say('fail', wrong.join('; '), hint);
  }
  const names = own.map(nameOf).join(', ');
  const found = own.length === 0 ? 'no rule' : `${names}: no current object`;
  const isVersioned = versioning.kind === 'told' && versioning.value !== 'off';
  if (isVersioned && !own.some(({ endsReplaced }) => endsReplaced)) {
    const hint = 'add NoncurrentVersionExpiration of some days: what a cut deletes costs for ever otherwise';
    return say('warn', `${found}, and replaced versions stay for ever`, hint);
  }
  if (!own.some(({ endsUploads }) => endsUploads)) {
    const hint =
      'add AbortIncompleteMultipartUpload of some days: what a killed br had uploaded costs for ever otherwise';
    return say('warn', `${found}, and unfinished uploads stay for ever`, hint);
  }
  return say('ok', found);
}

const nameOf = ({ id, prefix }: LifecycleRule) =>
  id === '' ? `a rule without id for ${prefix === '' ? 'everything' : prefix}` : `rule ${id}`;

/** Rules by tags touch nothing: neither br nor TiKV tags what it writes. */
function touches(rule: LifecycleRule, prefix: string): boolean {
  if (rule.needsTags) return false;
  const root = prefix === '' ? '' : `${prefix}/`;
  return root.startsWith(rule.prefix) || rule.prefix.startsWith(root);
}

function encryptionFinding(
  { facts, probe }: Extract<BucketSettingsLook, { readonly kind: 'read' }>,
  { kmsKey }: BucketWishes,
): DoctorFinding {
  const check = 'bucket-encryption';
  const expected = kmsKey === undefined ? 'objects that can be decrypted' : `objects under the key ${kmsKey}`;
  const say: Say = (level, found, hint = '') => ({ check, level, found, expected, hint });
  if (probe?.kind === 'told' && probe.value.read.kind === 'untold') {
    const { key, read, encryption } = probe.value;
    // That we may not read says nothing about br and TiKV; a key that is off says it for everybody.
    const isOff = /KMS\.(?!AccessDenied)/.test(read.problem);
    return say(
      isOff ? 'fail' : 'warn',
      `${key} (${wordsOf(encryption)}) cannot be read: ${read.problem}`,
      `${kmsHint(read.problem)}${isOff ? ': without the key nothing of the backup can be read' : ''}`,
    );
  }
  if (facts.encryption.kind === 'untold') {
    return say('warn', `not known: ${facts.encryption.problem}`, facts.encryption.hint);
  }
  const words = `new objects: ${wordsOf(facts.encryption.value)}`;
  const seen =
    probe?.kind === 'told' ? `, ${probe.value.key}: ${wordsOf(probe.value.encryption)}, readable` : '';
  if (kmsKey !== undefined && !isSameKey(facts.encryption.value.key, kmsKey)) {
    const hint =
      'set the default encryption of the bucket to the key of the settings, or correct bucket.kmsKey';
    return say('warn', `${words}${seen}`, hint);
  }
  return say('ok', `${words}${seen}`);
}

function wordsOf({
  algorithm,
  key,
}: {
  readonly algorithm: string;
  readonly key: string | undefined;
}): string {
  if (algorithm === '') return 'not encrypted by the storage';
  return key === undefined ? algorithm : `${algorithm} with ${key}`;
}

function kmsHint(problem: string): string {
  if (/Disabled/.test(problem)) return 'enable the key in KMS';
  if (/InvalidState|PendingDeletion/.test(problem))
    return 'cancel the deletion of the key in KMS, and enable it';
  if (/KMS\.NotFound/.test(problem)) return 'the key is not there: look for it in its account and region';
  return 'allow s3:GetObject and kms:Decrypt to whoever looks here, and look at the policy of the key';
}

/** An id, an alias and an ARN may name one key; what cannot be compared is taken for the same. */
function isSameKey(found: string | undefined, wanted: string): boolean {
  if (found === undefined) return false;
  const [a, b] = [found, wanted].map((key) =>
    key.replace(/^arn:[^:]*:kms:[^:]*:[^:]*:/, '').replace(/^key\//, ''),
  );
  return a === b || a?.startsWith('alias/') !== b?.startsWith('alias/');
}
