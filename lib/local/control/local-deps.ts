// What the operations of one cluster are given on one machine: its bucket, its PD, the state file, the runner of child processes.
// Opens each at its first use, and asks nothing of it.

import { bucketUrl } from '../../config/bucket-url.ts';
import type { ClusterSettings } from '../../config/settings-types.ts';
import { PitrError } from '../../domain/errors.ts';
import type {
  BrPlace,
  BrWorkDeps,
  CallbackDeps,
  ClusterDeps,
  LauncherDeps,
  MessengerDeps,
  MetricsDeps,
  OpenedCluster,
} from '../../operations/control/control-deps.ts';
import type { FlowCallbacks } from '../../ports/flow-callbacks.ts';
import type { Launcher } from '../../ports/launcher.ts';
import type { Messenger } from '../../ports/messenger.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { Runner } from '../../ports/runner.ts';
import type { TaskStore } from '../../ports/task-store.ts';
import { openCluster } from '../open-cluster.ts';
import { openStore } from '../open-store.ts';

/** Everything that any operation is given. */
export type LocalDeps = BrWorkDeps & CallbackDeps & ClusterDeps & LauncherDeps & MessengerDeps & MetricsDeps;

/** What is opened with the runtime; only the messenger is a cluster's own. */
export interface SharedParts {
  readonly store: TaskStore;
  readonly runner: Runner;
  readonly callbacks: FlowCallbacks;
  readonly launcher: Launcher;
  readonly messenger: Messenger;
  readonly metrics: Metrics;
  readonly nowMs: () => number;
}

/** For the demo and for tests: what stands in for a bucket, for a PD, for the processes. */
export interface StandIns {
  readonly runner?: Runner;
  readonly openBucket?: (settings: ClusterSettings) => Promise<ObjectStore>;
  readonly openCluster?: (settings: ClusterSettings, pd: readonly string[]) => Promise<OpenedCluster>;
}

/** Errors: INVALID_INPUT for a cluster whose br does not run on this machine. */
export function localDeps(settings: ClusterSettings, parts: SharedParts, standIns: StandIns = {}): LocalDeps {
  const { runner, ...shared } = parts;
  let bucket: Promise<ObjectStore> | undefined;
  return {
    ...shared,
    settings,
    bucketName: undefined,
    brPlace: brPlaceOf(settings),
    openRunner: async () => runner,
    openBucket: () => {
      bucket ??= (standIns.openBucket ?? openBucket)(settings).catch((error: unknown) => {
        bucket = undefined;
        throw error;
      });
      return bucket;
    },
    openCluster: (pd = settings.pd) => (standIns.openCluster ?? openPd)(settings, pd),
  };
}

/** How br is called on this machine. Errors: INVALID_INPUT where it runs elsewhere. */
export function brPlaceOf({ name, runner, tls, version }: ClusterSettings): BrPlace {
  if (runner.kind !== 'local') {
    throw new PitrError(
      'INVALID_INPUT',
      `br of ${name} runs on ${runner.kind}, and pitr local up runs it on this machine`,
      { hint: 'set runner: { kind: local } for it, or deploy the stack with npx cdk deploy' },
    );
  }
  const { program } = runner;
  return {
    runnerKind: 'local',
    program: program.kind === 'tiup' ? ['tiup', `br:${version.text}`] : [program.path],
    tls: tls?.kind === 'files' ? { ca: tls.ca, cert: tls.cert, key: tls.key } : undefined,
    region: undefined,
  };
}

/** Errors: INVALID_INPUT for a bucket whose name nobody said; as `openStore`. */
export async function openBucket(settings: ClusterSettings): Promise<ObjectStore> {
  const url = bucketUrl(settings.bucket);
  if (url !== undefined) return await openStore(url);
  throw new PitrError(
    'INVALID_INPUT',
    `bucket.name of ${settings.name} is missing, expected the bucket's name`,
    {
      hint: 'only the stack makes buckets; pitr local up needs one that is there',
    },
  );
}

async function openPd({ tls, name }: ClusterSettings, pd: readonly string[]): Promise<OpenedCluster> {
  if (tls?.kind === 'secret') {
    throw new PitrError('INVALID_INPUT', `tls of ${name} is a secret, expected files on this machine`, {
      hint: 'give ca, cert and key as paths',
    });
  }
  return await openCluster({ pd, tls });
}
