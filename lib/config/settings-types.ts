// What `pitr.yaml` says, in the types that the rest of the program uses: milliseconds, bytes, unions. Made only by
// settings.ts, so that whoever holds a value knows it was checked. Holds no rule.

import type { Version } from '../domain/versions.ts';
import type { Schedule } from './schedule.ts';

export interface Settings {
  /** At least one; names, storage and PD addresses of two clusters never overlap. */
  readonly clusters: readonly ClusterSettings[];
}

export interface ClusterSettings {
  /** `[a-z][a-z0-9-]*`, unique. */
  readonly name: string;
  readonly version: Version;
  /** `http://host:port` or `https://…`, at least one, all of one scheme; `https` exactly when `tls` is there. */
  readonly pd: readonly string[];
  readonly tls: TlsSettings | undefined;
  /** Where functions and br run; there exactly when the runner is not `local`. */
  readonly vpc: VpcSettings | undefined;
  readonly bucket: BucketSettings;
  /** The role that TiKV writes with, when the stack shall give it the rights. */
  readonly tikvRole: string | undefined;
  readonly policy: PolicySettings;
  readonly objectives: ObjectiveSettings;
  readonly runner: RunnerSettings;
  readonly notifications: NotificationSettings;
}

/** The client certificate that PD asks for. */
export type TlsSettings =
  /** Name or ARN of a secret: a JSON object with `ca`, `cert` and `key` in PEM. */
  | { readonly kind: 'secret'; readonly secret: string }
  /** Absolute paths on the machine of the local runner. */
  | { readonly kind: 'files'; readonly ca: string; readonly cert: string; readonly key: string };

export interface VpcSettings {
  readonly id: string;
  readonly subnets: readonly string[];
  readonly securityGroup: string;
  /** Of the subnets, in their order; empty: found out at deployment. */
  readonly availabilityZones: readonly string[];
}

interface S3Settings {
  /** Below which everything lies: no slash at either end, empty for the whole bucket. */
  readonly prefix: string;
  /** undefined: the region of the stack. */
  readonly region: string | undefined;
  readonly kmsKey: string | undefined;
}

export type BucketSettings =
  /** Made by the stack; without a name CloudFormation chooses one. */
  | (S3Settings & {
      readonly kind: 'new';
      readonly name: string | undefined;
      readonly objectLock: ObjectLockSettings | undefined;
    })
  /** It is there and stays as it is. */
  | (S3Settings & {
      readonly kind: 'existing';
      readonly name: string;
      /** Of what speaks S3 and is not AWS; local runner only. */
      readonly endpoint: string | undefined;
    })
  /** A folder that this machine and every TiKV share; local runner only. */
  | { readonly kind: 'folder'; readonly path: string };

export interface ObjectLockSettings {
  readonly mode: 'governance' | 'compliance';
  readonly days: number;
}

export interface PolicySettings {
  readonly log: { readonly kind: 'on'; readonly taskName: string } | { readonly kind: 'off' };
  /** Below the bucket's prefix, one folder; later epochs lie in `log-backup/`. */
  readonly logFolder: string;
  readonly snapshot: {
    readonly schedule: Schedule;
    /** IANA name; the clock of the schedule. */
    readonly zone: string;
    /** What a firing does while a snapshot is still running. */
    readonly onOverlap: 'skip' | 'wait';
  };
  readonly firstSnapshot: 'now' | 'scheduled';
  readonly retention: {
    /** How far back every moment can be had. */
    readonly windowMs: number;
    /** Complete snapshots that are kept whatever their age. */
    readonly minBases: number;
    /** From a plan's making to its carrying out; 0 for at once. */
    readonly coolOffMs: number;
    /** What a dead run left unfinished goes when nothing has happened in it for so long. */
    readonly keepUnfinishedMs: number;
    /** What cuts the log. */
    readonly engine: 'br' | 'native';
  };
  readonly onFailure: {
    /** Tries after the first; 0 for none. */
    readonly retries: number;
    /** Wait before the first retry; doubles with each. */
    readonly backoffMs: number;
    readonly maxBackoffMs: number;
  };
  readonly keeper: KeeperPolicy;
}

/** What is done by itself to keep the log task alive. */
export interface KeeperPolicy {
  /** False: it is watched and told, and nothing but the first start is done. */
  readonly heals: boolean;
  /** Starts and resumes in any hour. */
  readonly attemptsPerHour: number;
  /** A task that somebody stopped. */
  readonly onStop: 'restart' | 'tell';
  /** History that was collected before it was saved. */
  readonly onLoss: 'epoch' | 'tell';
}

export interface ObjectiveSettings {
  /** How much may be lost: an alarm when the log lags further behind. */
  readonly rpoMs: number;
  /** How long a restore may take; undefined: not promised. */
  readonly rtoMs: number | undefined;
  /** A snapshot may be taken before its time for it. */
  readonly snapshotsEarly: boolean;
}

export type RunnerSettings =
  /** cpuUnits: 1024 a vCPU. */
  | {
      readonly kind: 'fargate';
      readonly cpuUnits: number;
      readonly memoryBytes: number;
      readonly image: string;
    }
  | {
      readonly kind: 'ssm';
      readonly target: SsmTarget;
      readonly document: string;
      readonly program: BrProgram;
    }
  | { readonly kind: 'local'; readonly program: BrProgram };

export type SsmTarget =
  | { readonly kind: 'instances'; readonly instanceIds: readonly string[] }
  | { readonly kind: 'tags'; readonly tags: Readonly<Record<string, string>> };

export type BrProgram =
  /** `br`, or an absolute path. */
  | { readonly kind: 'br'; readonly path: string }
  /** `tiup br:VERSION`. */
  | { readonly kind: 'tiup' };

export interface NotificationSettings {
  readonly snsTopics: readonly string[];
  readonly eventBus: string | undefined;
  readonly webhook:
    | { readonly kind: 'url'; readonly url: string }
    /** Name or ARN of a secret that holds the URL. */
    | { readonly kind: 'secret'; readonly secret: string }
    | undefined;
}
