// The construct for people with a CDK app of their own: point-in-time recovery for the clusters of a settings file. Makes one
// machine per cluster, and one dashboard of all.

import { Annotations } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { ClusterSettings } from '../config/settings-types.ts';
import { PitrError } from '../domain/errors.ts';
import { type AwsCluster, ClusterMachine } from './cluster-machine.ts';
import { makeDashboard } from './dashboard.ts';
import { usualLambdaFolder } from './lambda-code.ts';
import { acknowledgeFindings } from './nag-exceptions.ts';
import { SecretsDoors } from './network.ts';
import { writeOutputs } from './outputs.ts';
import { readSettings, type SettingsProps } from './settings-source.ts';
import { Buckets } from './storage.ts';
import { tagParts } from './tags.ts';

export type { SettingsDocument } from './settings-source.ts';

export type TidbPitrProps = SettingsProps & {
  /** Folder of the functions, when they are not those of this package: `NAME.ts`, or `NAME/index.mjs`. */
  readonly lambdaFolder?: string;
  /** False: no dashboard in CloudWatch. An account has three for nothing, and pays for each further one. */
  readonly dashboard?: boolean;
};

/**
 * `new TidbPitr(stack, 'Pitr', { settingsFile: 'pitr.yaml' })`. Looks nothing up, so the stack needs no account and no region at
 * synth. Clusters whose runner is local are left out with a warning. Errors: INVALID_INPUT for settings that are not right,
 * without a cluster for AWS, or too long for the environment of a function.
 */
export class TidbPitr extends Construct {
  /** By the name of the cluster. */
  readonly machines: ReadonlyMap<string, ClusterMachine>;

  constructor(scope: Construct, id: string, props: TidbPitrProps) {
    super(scope, id);
    const { settings, warnings } = readSettings(props);
    for (const { path, message } of warnings) {
      Annotations.of(this).addWarningV2(`tidb-pitr:settings:${dotted(path)}`, message);
    }
    const clusters = this.#onAws(settings.clusters);
    const buckets = new Buckets(this);
    const doors = new SecretsDoors(this);
    const lambdaFolder = props.lambdaFolder ?? usualLambdaFolder;
    const machines = new Map<string, ClusterMachine>();
    // Those that make a bucket come first, for another cluster may keep its backup there, too.
    for (const cluster of clusters.toSorted((a, b) => Number(makesNone(a)) - Number(makesNone(b)))) {
      const machine = new ClusterMachine(this, cluster.name, { cluster, buckets, doors, lambdaFolder });
      machines.set(cluster.name, machine);
      writeOutputs(machine);
      tagParts(machine);
    }
    this.machines = machines;
    // In the order of the settings.
    const shown = clusters.flatMap(({ name }) => machines.get(name) ?? []);
    if (props.dashboard ?? true) makeDashboard(this, shown);
    acknowledgeFindings(this);
  }

  #onAws(clusters: readonly ClusterSettings[]): readonly AwsCluster[] {
    const found = clusters.flatMap((cluster) => {
      const { name, vpc, runner } = cluster;
      if (vpc !== undefined && runner.kind !== 'local') return [{ ...cluster, vpc, runner }];
      Annotations.of(this).addWarningV2(
        `tidb-pitr:local:${name}`,
        `${name} is left out: its runner is local, so pitr local up does its work`,
      );
      return [];
    });
    if (found.length > 0) return found;
    throw new PitrError(
      'INVALID_INPUT',
      'no cluster of the settings is for AWS, expected one whose runner is fargate or ssm',
      {
        hint: 'pitr local up runs clusters with a local runner; the stack needs vpc and runner: { kind: fargate }',
      },
    );
  }
}

const makesNone = ({ bucket }: ClusterSettings) => bucket.kind !== 'new';

/** The CDK ends the mark of a warning at the first `]`. */
const dotted = (path: string) => path.replaceAll(/\[(\d+)\]/g, '.$1');
