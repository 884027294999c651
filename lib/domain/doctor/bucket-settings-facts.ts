// How a bucket is set up, as plain values: what a storage tells when it is asked, and what it does not tell. Judges nothing.

import type { ClockFacts } from '../cluster-facts.ts';

/** `untold`: it was refused, or the storage has no such setting. */
export type Asked<T> =
  | { readonly kind: 'told'; readonly value: T }
  | { readonly kind: 'untold'; readonly problem: string; readonly hint: string };

export interface LifecycleRule {
  /** As it is called in the bucket; empty when it has no name. */
  readonly id: string;
  readonly isOn: boolean;
  /** Of the objects that it is about; empty for all. */
  readonly prefix: string;
  /** It is about objects with these tags only: nothing that br or TiKV write has tags. */
  readonly needsTags: boolean;
  /** `after 30 days`, `on 2026-11-22`: current objects are deleted; undefined when they are not. */
  readonly deletes: string | undefined;
  /** Storage classes that current objects go to. */
  readonly movesTo: readonly string[];
  /** Versions that were replaced are deleted some day. */
  readonly endsReplaced: boolean;
  /** Unfinished uploads are given up some day. */
  readonly endsUploads: boolean;
}

/** What of `BlockPublicAcls`, `IgnorePublicAcls`, `BlockPublicPolicy` and `RestrictPublicBuckets` is off; none: all are on. */
export type PublicAccess = readonly string[];

export type ObjectLockFacts =
  | { readonly kind: 'off' }
  /** `days` undefined: objects are locked only where somebody asks for it. */
  | { readonly kind: 'on'; readonly mode: string; readonly days: number | undefined };

export interface EncryptionFacts {
  /** `AES256`, `aws:kms`, `aws:kms:dsse`; empty: none. */
  readonly algorithm: string;
  /** As the bucket or the object has it: an ARN, an id or an alias. */
  readonly key: string | undefined;
}

export interface BucketSettingFacts {
  readonly versioning: Asked<'on' | 'suspended' | 'off'>;
  readonly publicAccess: Asked<PublicAccess>;
  /** Its policy refuses requests without TLS. */
  readonly refusesPlain: Asked<boolean>;
  /** Its policy lets nobody end a lock of governance mode early. */
  readonly refusesBypass: Asked<boolean>;
  readonly lifecycle: Asked<readonly LifecycleRule[]>;
  readonly objectLock: Asked<ObjectLockFacts>;
  readonly encryption: Asked<EncryptionFacts>;
  /** The storage's clock beside ours; undefined when no answer told it. */
  readonly clock: ClockFacts | undefined;
}

/** One object of the backup, looked at for how it is encrypted. */
export interface ObjectProbe {
  readonly key: string;
  readonly encryption: EncryptionFacts;
  /** Its first byte could be read, by us. */
  readonly read: Asked<true>;
}
