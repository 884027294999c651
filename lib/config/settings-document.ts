// Settings back into the form of the file, every default written out: for `pitr settings check --json` and for showing a
// person what counts. Reading its YAML gives the same settings. Decides nothing.

import { formatDurationSetting } from './duration.ts';
import { formatSchedule } from './schedule.ts';
import type {
  BucketSettings,
  ClusterSettings,
  RunnerSettings,
  Settings,
  TlsSettings,
} from './settings-types.ts';
import { formatSizeSetting } from './size.ts';

/** Plain data of strings, numbers, booleans, lists and objects; what is not set is left out. */
export type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };
type PlainMap = { readonly [key: string]: Plain };

/** The document of `pitr.yaml`. */
export function settingsDocument(settings: Settings): PlainMap {
  return { version: 1, clusters: settings.clusters.map(clusterDocument) };
}

/** One item of `clusters`. */
export function clusterDocument(cluster: ClusterSettings): PlainMap {
  const { vpc, notifications } = cluster;
  return {
    name: cluster.name,
    tidbVersion: cluster.version.text,
    pd: cluster.pd,
    ...given('tls', cluster.tls && tlsDocument(cluster.tls)),
    ...given(
      'vpc',
      vpc && {
        id: vpc.id,
        subnets: vpc.subnets,
        securityGroup: vpc.securityGroup,
        ...given('availabilityZones', vpc.availabilityZones.length === 0 ? undefined : vpc.availabilityZones),
      },
    ),
    bucket: bucketDocument(cluster.bucket),
    ...given('tikvRole', cluster.tikvRole),
    policy: policyDocument(cluster),
    objectives: {
      rpo: formatDurationSetting(cluster.objectives.rpoMs),
      ...given('rto', cluster.objectives.rtoMs && formatDurationSetting(cluster.objectives.rtoMs)),
      snapshotsEarly: cluster.objectives.snapshotsEarly,
    },
    runner: runnerDocument(cluster.runner),
    notifications: {
      ...given('sns', notifications.snsTopics.length === 0 ? undefined : notifications.snsTopics),
      ...given('eventBus', notifications.eventBus),
      ...given('webhook', notifications.webhook && withoutKind(notifications.webhook)),
    },
  };
}

function given(key: string, value: Plain | undefined): PlainMap {
  return value === undefined ? {} : { [key]: value };
}

function withoutKind({
  kind: _,
  ...rest
}: {
  readonly kind: string;
  readonly [key: string]: string;
}): PlainMap {
  return rest;
}

function tlsDocument(tls: TlsSettings): PlainMap {
  if (tls.kind === 'secret') return { secret: tls.secret };
  return { ca: tls.ca, cert: tls.cert, key: tls.key };
}

function bucketDocument(bucket: BucketSettings): PlainMap {
  if (bucket.kind === 'folder') return { folder: bucket.path };
  const lock = bucket.kind === 'new' ? bucket.objectLock : undefined;
  return {
    ...given('name', bucket.name),
    create: bucket.kind === 'new',
    prefix: bucket.prefix,
    ...given('region', bucket.region),
    ...given('kmsKey', bucket.kmsKey),
    ...given('objectLock', lock && { mode: lock.mode, retention: `${lock.days}d` }),
    ...given('endpoint', bucket.kind === 'existing' ? bucket.endpoint : undefined),
  };
}

function policyDocument({ policy }: ClusterSettings): PlainMap {
  const { log, snapshot, retention, onFailure, keeper } = policy;
  return {
    log: log.kind,
    ...given('logTaskName', log.kind === 'on' ? log.taskName : undefined),
    logFolder: policy.logFolder,
    snapshot: {
      schedule: formatSchedule(snapshot.schedule),
      zone: snapshot.zone,
      onOverlap: snapshot.onOverlap,
    },
    firstSnapshot: policy.firstSnapshot,
    retention: {
      window: formatDurationSetting(retention.windowMs),
      minBases: retention.minBases,
      coolOff: formatDurationSetting(retention.coolOffMs),
      keepUnfinished: formatDurationSetting(retention.keepUnfinishedMs),
      engine: retention.engine,
    },
    onFailure: {
      retries: onFailure.retries,
      backoff: formatDurationSetting(onFailure.backoffMs),
      maxBackoff: formatDurationSetting(onFailure.maxBackoffMs),
    },
    keeper: {
      heal: keeper.heals ? 'on' : 'off',
      attemptsPerHour: keeper.attemptsPerHour,
      onStop: keeper.onStop,
      onLoss: keeper.onLoss,
    },
  };
}

function runnerDocument(runner: RunnerSettings): PlainMap {
  if (runner.kind === 'fargate') {
    const { cpuUnits, memoryBytes, image } = runner;
    return { kind: 'fargate', cpu: cpuUnits / 1024, memory: formatSizeSetting(memoryBytes), image };
  }
  const { program } = runner;
  const br: PlainMap =
    program.kind === 'tiup'
      ? { tiup: true }
      : program.path === 'br'
        ? { tiup: false }
        : { brPath: program.path };
  if (runner.kind === 'local') return { kind: 'local', ...br };
  const { target } = runner;
  const machines: PlainMap =
    target.kind === 'instances' ? { instanceIds: target.instanceIds } : { tags: target.tags };
  return { kind: 'ssm', target: machines, document: runner.document, ...br };
}
