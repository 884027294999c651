// What the operations of the control plane are given, in small pieces: an operation names the pieces that it needs, and a host
// opens no more than those. Holds no rule.

import type { TlsFiles } from '../../br/commands/br-surroundings.ts';
import type { ClusterSettings } from '../../config/settings-types.ts';
import type { RunnerRef } from '../../domain/state/run-identity.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { FlowCallbacks } from '../../ports/flow-callbacks.ts';
import type { Launcher } from '../../ports/launcher.ts';
import type { Messenger } from '../../ports/messenger.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { Runner } from '../../ports/runner.ts';
import type { TaskStore } from '../../ports/task-store.ts';

/** One cluster, its state and the time. */
export interface StateDeps {
  readonly settings: ClusterSettings;
  readonly store: TaskStore;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
}

/** The cluster's bucket below its prefix. */
export interface BucketDeps {
  readonly openBucket: () => Promise<ObjectStore>;
  /** The bucket's name where the stack chose it; undefined: that of the settings, or a folder. */
  readonly bucketName: string | undefined;
}

/** Which rights br needs: each has a role of its own on AWS (FACTS §8.1). */
export type BrRole = 'writer' | 'deleter' | 'restorer';

/** How br is called where it runs. */
export interface BrPlace {
  readonly runnerKind: RunnerRef['kind'];
  /** `/br`, `br`, or `tiup` and `br:v8.5.4`. */
  readonly program: readonly string[];
  readonly tls: TlsFiles | undefined;
  /** The region where nothing else says it; undefined for a folder. */
  readonly region: string | undefined;
}

export interface RunnerDeps {
  /** A handle of one role can be asked of any. */
  readonly openRunner: (role: BrRole) => Promise<Runner>;
  readonly brPlace: BrPlace;
}

export interface CallbackDeps {
  readonly callbacks: FlowCallbacks;
}

export interface LauncherDeps {
  readonly launcher: Launcher;
}

export interface MessengerDeps {
  readonly messenger: Messenger;
}

export interface MetricsDeps {
  readonly metrics: Metrics;
}

export interface OpenedCluster {
  readonly cluster: Cluster;
  readonly close: () => void;
}

export interface ClusterDeps {
  /** PD of our cluster, or of another one at these addresses (the same certificate). Asks nothing of it yet. */
  readonly openCluster: (pd?: readonly string[]) => Promise<OpenedCluster>;
}

/** Everything that a run of br is begun and ended with. */
export type BrWorkDeps = StateDeps & BucketDeps & RunnerDeps;
