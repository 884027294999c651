// What was read of a cluster → its settings, with the defaults that depend on other fields; and every mistake of fields that
// exclude or need each other. Must not warn: doubts are settings-rules.ts.

import { isLoopback, type PdAddress } from './pd-address.ts';
import { buildBucket } from './settings-bucket.ts';
import type { Finding } from './settings-problem.ts';
import { buildRunner } from './settings-runner.ts';
import type { ClusterShape } from './settings-schema.ts';
import type { ClusterSettings, NotificationSettings, TlsSettings, VpcSettings } from './settings-types.ts';
import { canCutNatively, isUnknownMajor } from './tidb-version.ts';

/** Collects mistakes with paths inside the cluster. */
export type Refuse = (path: readonly (string | number)[], message: string, hint?: string) => undefined;

export interface BuiltCluster {
  /** undefined when there are mistakes. */
  readonly settings: ClusterSettings | undefined;
  readonly findings: readonly Finding[];
}

/** Paths of findings begin inside the cluster; messages name the field without the cluster. */
export function buildCluster(shape: ClusterShape): BuiltCluster {
  const findings: Finding[] = [];
  const refuse: Refuse = (path, message, hint) => {
    findings.push({ severity: 'error', path, message, hint });
    return undefined;
  };
  const isLocal = shape.runner.kind === 'local';
  const tls = buildTls(shape, isLocal, refuse);
  const pd = buildPd(shape, isLocal, refuse);
  const vpc = buildVpc(shape, isLocal, refuse);
  const bucket = buildBucket(shape.bucket, isLocal, refuse);
  const runner = buildRunner(shape.runner, shape.tidbVersion, refuse);
  const notifications = buildNotifications(shape.notifications, refuse);
  const policy = buildPolicy(shape.policy, shape.tidbVersion, refuse);
  if (isUnknownMajor(shape.tidbVersion)) {
    refuse(
      ['tidbVersion'],
      `tidbVersion is ${shape.tidbVersion.text}, expected v6.1.0 to v9`,
      'this version of pitr does not know that one yet: look for a newer pitr',
    );
  }
  if (findings.length > 0 || bucket === undefined || runner === undefined)
    return { settings: undefined, findings };
  const settings: ClusterSettings = {
    name: shape.name,
    version: shape.tidbVersion,
    pd,
    tls,
    vpc,
    bucket,
    tikvRole: shape.tikvRole,
    policy,
    objectives: {
      rpoMs: shape.objectives.rpo,
      rtoMs: shape.objectives.rto,
      snapshotsEarly: shape.objectives.snapshotsEarly,
    },
    runner,
    notifications,
  };
  return { settings, findings };
}

function buildTls({ tls }: ClusterShape, isLocal: boolean, refuse: Refuse): TlsSettings | undefined {
  if (tls === undefined) return undefined;
  const { secret, ca, cert, key } = tls;
  const hasFiles = ca !== undefined || cert !== undefined || key !== undefined;
  if (secret !== undefined && hasFiles) {
    return refuse(
      ['tls'],
      'tls has a secret and files, expected one of the two',
      'keep secret for AWS, or ca, cert and key for the local runner',
    );
  }
  if (secret !== undefined) {
    if (!isLocal) return { kind: 'secret', secret };
    return refuse(
      ['tls', 'secret'],
      'tls.secret is given to the local runner, expected files',
      'write ca, cert and key with the paths of the files',
    );
  }
  if (ca === undefined || cert === undefined || key === undefined) {
    const form = isLocal ? 'ca, cert and key' : 'secret, the name of a secret in Secrets Manager';
    return refuse(['tls'], `tls is not whole, expected ${form}`, 'without TLS take the key tls away');
  }
  if (isLocal) return { kind: 'files', ca, cert, key };
  return refuse(
    ['tls', 'ca'],
    'tls has files, expected a secret: functions on AWS see no files of yours',
    'put the three into a secret of Secrets Manager as JSON with ca, cert and key, and write secret: its name',
  );
}

function buildPd({ pd, tls }: ClusterShape, isLocal: boolean, refuse: Refuse): readonly string[] {
  const scheme = tls === undefined ? 'http' : 'https';
  const seen = new Set<string>();
  return pd.map((address, index) => {
    const path = ['pd', index];
    const place = placeOf(address);
    if (address.scheme === 'https' && tls === undefined) {
      refuse(
        path,
        `pd[${index}] is an https address and there is no tls, expected the certificate that PD asks for`,
        'add tls with the secret, or write http://',
      );
    }
    if (address.scheme === 'http' && tls !== undefined) {
      refuse(
        path,
        `pd[${index}] is an http address and tls is given, expected https`,
        'write https://, or the address without a scheme',
      );
    }
    if (seen.has(place))
      refuse(
        path,
        `pd[${index}] is ${place} a second time, expected each address once`,
        'take one of the two away',
      );
    if (!isLocal && isLoopback(address)) {
      refuse(
        path,
        `pd[${index}] is ${place}, expected an address that can be reached from the VPC`,
        'on AWS that would be the function itself; write the private address of PD',
      );
    }
    seen.add(place);
    return `${scheme}://${place}`;
  });
}

function placeOf({ host, port }: PdAddress): string {
  return `${host}:${port}`;
}

function buildVpc({ vpc, runner }: ClusterShape, isLocal: boolean, refuse: Refuse): VpcSettings | undefined {
  if (isLocal) return undefined;
  if (vpc === undefined) {
    return refuse(
      ['vpc'],
      `vpc is missing, expected id, subnets and securityGroup for the runner ${runner.kind}`,
      'PD is reached from inside the network of the cluster: name its VPC',
    );
  }
  const zones = vpc.availabilityZones ?? [];
  if (new Set(vpc.subnets).size < vpc.subnets.length)
    refuse(['vpc', 'subnets'], 'vpc.subnets names a subnet twice, expected each once');
  if (zones.length > 0 && zones.length !== vpc.subnets.length) {
    refuse(
      ['vpc', 'availabilityZones'],
      `vpc.availabilityZones has ${zones.length} items and vpc.subnets ${vpc.subnets.length}, expected the zone of each subnet`,
      'the zones stand in the order of the subnets',
    );
  }
  return { id: vpc.id, subnets: vpc.subnets, securityGroup: vpc.securityGroup, availabilityZones: zones };
}

function buildPolicy(
  shape: ClusterShape['policy'],
  version: ClusterShape['tidbVersion'],
  refuse: Refuse,
): ClusterSettings['policy'] {
  const { retries, backoff, maxBackoff } = shape.onFailure;
  const { heal, attemptsPerHour, onStop, onLoss } = shape.keeper;
  if (maxBackoff < backoff) {
    refuse(
      ['policy', 'onFailure', 'maxBackoff'],
      'policy.onFailure.maxBackoff is less than policy.onFailure.backoff, expected at least as much',
    );
  }
  if (shape.retention.engine === 'native' && !canCutNatively(version)) {
    refuse(
      ['policy', 'retention', 'engine'],
      `policy.retention.engine is native and tidbVersion is ${version.text}, expected v6.2.0 or later: metas of v6.1 do not tell which older values their records need`,
      'write engine: br, or upgrade the cluster',
    );
  }
  return {
    log: shape.log ? { kind: 'on', taskName: shape.logTaskName } : { kind: 'off' },
    logFolder: shape.logFolder,
    snapshot: shape.snapshot,
    firstSnapshot: shape.firstSnapshot,
    retention: {
      windowMs: shape.retention.window,
      minBases: shape.retention.minBases,
      coolOffMs: shape.retention.coolOff,
      keepUnfinishedMs: shape.retention.keepUnfinished,
      engine: shape.retention.engine,
    },
    onFailure: { retries, backoffMs: backoff, maxBackoffMs: maxBackoff },
    keeper: { heals: heal, attemptsPerHour, onStop, onLoss },
  };
}

function buildNotifications(shape: ClusterShape['notifications'], refuse: Refuse): NotificationSettings {
  const { url, secret } = shape.webhook ?? {};
  if (shape.webhook !== undefined && (url === undefined) === (secret === undefined)) {
    refuse(
      ['notifications', 'webhook'],
      'notifications.webhook needs one of url and secret',
      'url for an address that holds no secret, secret for the name of a secret that holds the address',
    );
  }
  const webhook =
    url !== undefined
      ? { kind: 'url' as const, url }
      : secret !== undefined
        ? { kind: 'secret' as const, secret }
        : undefined;
  return { snsTopics: shape.sns ?? [], eventBus: shape.eventBus, webhook };
}
