// The doctor's looks at a bucket beside its content: how it is set up, and what TiKV wrote there of late. What cannot be read is part of
// the look and no error.

import type { BucketLook } from '../domain/bucket-look.ts';
import { logOfTask, newestSnapshot } from '../domain/bucket-look.ts';
import type { BucketSettingsLook } from '../domain/doctor/doctor-bucket.ts';
import type { WritesLook } from '../domain/doctor/doctor-writes.ts';
import { PitrError } from '../domain/errors.ts';
import type { LogTaskFacts } from '../domain/log-task/log-task-facts.ts';
import type { BucketConfig } from '../ports/bucket-settings.ts';
import type { BucketPlace } from './cluster/look-around.ts';
import { lookAtWrites } from './cluster/look-at-writes.ts';

/** `url`: with its options. Gives undefined for a folder. Errors: those of the URL. */
export type OpenBucketConfig = (url: string) => Promise<BucketConfig | undefined>;

/** Never fails with a PitrError: a bucket that cannot be opened is told by the look at its content. */
export async function lookAtBucketSettings(
  url: string | undefined,
  openConfig: OpenBucketConfig,
  bucket: BucketLook,
): Promise<BucketSettingsLook> {
  if (url === undefined || bucket.kind === 'not-asked') return { kind: 'not-asked' };
  const config = await orNothing(() => openConfig(url));
  if (config === 'failed') return { kind: 'not-asked' };
  if (config === undefined) return { kind: 'folder', url: bucket.url };
  try {
    const facts = await config.read();
    const newest = bucket.kind === 'read' ? newestSnapshot(bucket.facts)?.name : undefined;
    const probe = newest === undefined ? undefined : await config.probe(`${newest}/backupmeta`);
    return { kind: 'read', name: config.name, facts, probe };
  } finally {
    config.close();
  }
}

async function orNothing<T>(open: () => Promise<T>): Promise<T | 'failed'> {
  try {
    return await open();
  } catch (caught) {
    if (!(caught instanceof PitrError)) throw caught;
    return 'failed';
  }
}

/** Never fails with a PitrError. */
export async function lookAtTaskWrites(
  place: BucketPlace,
  bucket: BucketLook,
  task: LogTaskFacts | undefined,
): Promise<WritesLook> {
  if (task === undefined) return { kind: 'not-here', why: 'no task: nothing is to be written' };
  const log = logOfTask(bucket, task);
  if (place.kind === 'not-told' || log === undefined) {
    return { kind: 'not-here', why: 'not looked at: the task writes nothing into this bucket' };
  }
  try {
    const { log: store } = await place.open();
    if (store === undefined)
      return { kind: 'not-here', why: 'not looked at: there is no log in this bucket' };
    return { kind: 'told', ...(await lookAtWrites(store, log.path)) };
  } catch (caught) {
    if (!(caught instanceof PitrError)) throw caught;
    return { kind: 'untold', problem: caught.message, hint: caught.hint ?? '' };
  }
}
