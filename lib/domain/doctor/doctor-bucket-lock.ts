// A doctor's finding about the lock of a bucket: whether it ends within the window, and whether anybody may end it early. Decides and changes
// nothing.

import type { BucketSettingFacts, ObjectLockFacts } from './bucket-settings-facts.ts';
import type { BucketWishes, Say } from './doctor-bucket.ts';
import { type DoctorFinding, duration } from './doctor-finding.ts';

const dayMs = 86_400_000;

/** One row. `refusesBypass`: of the bucket's policy. */
export function objectLockFinding(
  lock: ObjectLockFacts,
  refusesBypass: BucketSettingFacts['refusesBypass'],
  { windowMs }: BucketWishes,
  say: Say,
): DoctorFinding {
  if (lock.kind === 'off') return say('ok', 'no lock');
  if (lock.days === undefined) return say('ok', 'on, and no object is locked by itself');
  const found = `${lock.mode === '' ? 'on' : lock.mode}, ${duration(lock.days * dayMs)} for each object`;
  const isTooLong = windowMs !== undefined && lock.days * dayMs > windowMs;
  const endsEarly = lock.mode === 'governance' && refusesBypass.kind === 'told' && !refusesBypass.value;
  if (endsEarly && !isTooLong) {
    const hint =
      'deny s3:BypassGovernanceRetention to everybody in the policy of the bucket, as the stack does for a bucket that it makes; or lock in compliance mode';
    return say('warn', `${found}, and whoever has s3:BypassGovernanceRetention deletes all the same`, hint);
  }
  if (!isTooLong) return say('ok', found);
  const hint =
    'shorten the default retention: a cut of the log ends well and what it deleted stays, and is paid for, until its lock ends';
  return say('warn', `${found}, longer than the ${duration(windowMs)} of the window`, hint);
}
