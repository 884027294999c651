// Settings of a bucket in the forms of S3 → facts. Asks nothing.

import type { GetObjectLockConfigurationCommandOutput, LifecycleRule as S3Rule } from '@aws-sdk/client-s3';
import type { LifecycleRule, ObjectLockFacts } from '../domain/doctor/bucket-settings-facts.ts';

export function lifecycleRuleOf(rule: S3Rule): LifecycleRule {
  const { ID, Status, Expiration, Transitions, NoncurrentVersionExpiration, AbortIncompleteMultipartUpload } =
    rule;
  const filter = { ...rule.Filter };
  return {
    id: ID ?? '',
    isOn: Status === 'Enabled',
    // Old rules have the prefix beside the filter.
    prefix: filter.Prefix ?? filter.And?.Prefix ?? rule.Prefix ?? '',
    needsTags: filter.Tag !== undefined || (filter.And?.Tags ?? []).length > 0,
    deletes: deletionOf(Expiration),
    movesTo: (Transitions ?? []).flatMap(({ StorageClass }) => StorageClass ?? []),
    endsReplaced: NoncurrentVersionExpiration !== undefined,
    endsUploads: AbortIncompleteMultipartUpload !== undefined,
  };
}

/** Removing the markers of what is deleted already touches no current object. */
function deletionOf(expiration: S3Rule['Expiration']): string | undefined {
  if (expiration?.Days !== undefined)
    return `after ${expiration.Days} ${expiration.Days === 1 ? 'day' : 'days'}`;
  return expiration?.Date === undefined ? undefined : `on ${expiration.Date.toISOString().slice(0, 10)}`;
}

const daysOfYear = 365;

export function objectLockOf({
  ObjectLockConfiguration,
}: Pick<GetObjectLockConfigurationCommandOutput, 'ObjectLockConfiguration'>): ObjectLockFacts {
  if (ObjectLockConfiguration?.ObjectLockEnabled !== 'Enabled') return { kind: 'off' };
  const { Mode, Days, Years } = { ...ObjectLockConfiguration.Rule?.DefaultRetention };
  const days = Days ?? (Years === undefined ? undefined : Years * daysOfYear);
  return { kind: 'on', mode: (Mode ?? '').toLowerCase(), days };
}

interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly Action?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Whether the policy denies everybody whatever comes without TLS. What is no JSON refuses nothing. */
export function refusesPlain(policy: string): boolean {
  return statementsOf(policy).some(({ Effect, Principal, Action, Condition }) => {
    const isEverybody = isForAll(Principal);
    const isEverything = listOf(Action).some((action) => action === '*' || action === 's3:*');
    const secure = Object.entries(Condition ?? {}).some(
      ([operator, keys]) =>
        /^Bool(?:IfExists)?$/.test(operator) &&
        Object.entries(keys).some(
          ([key, value]) =>
            key.toLowerCase() === 'aws:securetransport' &&
            listOf(value).some((one) => String(one) === 'false'),
        ),
    );
    return Effect === 'Deny' && isEverybody && isEverything && secure;
  });
}

/** Whether the policy denies everybody, under no condition, the end of a lock before its time. */
export function refusesBypass(policy: string): boolean {
  return statementsOf(policy).some(
    ({ Effect, Principal, Action, Condition }) =>
      Effect === 'Deny' &&
      isForAll(Principal) &&
      listOf(Action).some((action) => action === '*' || action === 's3:*' || action === bypass) &&
      Object.keys(Condition ?? {}).length === 0,
  );
}

const bypass = 's3:BypassGovernanceRetention';

const isForAll = (principal: unknown) =>
  principal === '*' || (isObject(principal) && listOf(principal['AWS']).includes('*'));

function statementsOf(policy: string): readonly Statement[] {
  try {
    const document: unknown = JSON.parse(policy);
    return isObject(document) ? listOf(document['Statement']).filter(isObject) : [];
  } catch {
    return [];
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
