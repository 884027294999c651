// The port of how a bucket is set up, read only. Adapter: lib/aws/s3-bucket-settings.ts; a folder has none of this.

import type { Asked, BucketSettingFacts, ObjectProbe } from '../domain/doctor/bucket-settings-facts.ts';

/**
 * Each setting is asked for by itself, since each needs a right of its own; what is refused, or what the storage does not have, is
 * part of the answer. Errors of all calls: none of ours.
 */
export interface BucketConfig {
  /** Name of the bucket. */
  readonly name: string;
  /** Six requests. */
  read(): Promise<BucketSettingFacts>;
  /**
   * An object's encryption, and whether its first byte can be read: a key that is disabled or about to be deleted shows only then. `key`:
   * of the object, below the prefix. Undefined: there is no such object.
   */
  probe(key: string): Promise<Asked<ObjectProbe> | undefined>;
  close(): void;
}
