// What is allowed and yet doubtful in a cluster's settings: a sentence with the reason for each, and what must not be the
// same in two clusters. Refuses nothing by itself but clashes of clusters. Reads no clock.

import { formatDurationSetting } from './duration.ts';
import { isBalancer, readPdAddress } from './pd-address.ts';
import { formatSchedule, gapsOf, skippedFiring } from './schedule.ts';
import type { Finding } from './settings-problem.ts';
import type { BucketSettings, ClusterSettings } from './settings-types.ts';
import { canLock, comparedCuts, isCutCompared, whatFallsAway } from './tidb-version.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;
/** TiKV flushes the log every 3 to 5 minutes. */
const bestRpoMs = 5 * minuteMs;
/** Longer logs take too long to replay. */
const longestReplayMs = 7 * dayMs;
/** br reads all metas of the log into memory for a restore. FACTS §8.6 */
const restoreMemoryBytes = 16 * 2 ** 30;

type Warn = (path: readonly (string | number)[], message: string, hint?: string) => void;

/** Warnings and errors of one cluster that is right in itself; paths begin inside the cluster. */
export function judgeCluster(cluster: ClusterSettings): readonly Finding[] {
  const findings: Finding[] = [];
  const warn: Warn = (path, message, hint) => {
    findings.push({ severity: 'warning', path, message, hint });
  };
  for (const loss of whatFallsAway(cluster.version)) {
    warn(
      ['tidbVersion'],
      `tidbVersion is ${cluster.version.text}: ${loss}`,
      'upgrade to v6.5 or later, best v8.5',
    );
  }
  judgeNetwork(cluster, warn);
  judgeSchedule(cluster, warn);
  judgeRetention(cluster, warn);
  judgeFailure(cluster, warn);
  judgeLog(cluster, warn);
  judgeBucket(cluster, warn);
  const { runner } = cluster;
  if (runner.kind === 'fargate' && runner.memoryBytes < restoreMemoryBytes) {
    warn(
      ['runner', 'memory'],
      'runner.memory is less than 16GiB: a restore to a moment reads all of the log’s metadata and may run out of it',
      'write 16GiB or more; a task costs only while it runs',
    );
  }
  return findings;
}

function judgeNetwork(cluster: ClusterSettings, warn: Warn): void {
  for (const [index, url] of cluster.pd.entries()) {
    const address = readPdAddress(url);
    if ('value' in address && isBalancer(address.value)) {
      warn(
        ['pd', index],
        `pd[${index}] is a load balancer: br goes on with the addresses that PD itself tells, so they must be reachable, too`,
        'write the addresses of the PD machines',
      );
    }
  }
}

function judgeSchedule({ policy }: ClusterSettings, warn: Warn): void {
  const { schedule, zone } = policy.snapshot;
  const path = ['policy', 'snapshot', 'schedule'];
  const text = formatSchedule(schedule);
  const gaps = gapsOf(schedule);
  if (gaps !== undefined && gaps.shortestMs < hourMs) {
    warn(
      path,
      `policy.snapshot.schedule is ${text}: less than an hour apart, most firings will find a snapshot still running`,
      'a restore starts from the newest snapshot before its moment and replays the log: a few a day are many',
    );
  }
  if (gaps?.lastYear !== undefined) {
    warn(
      path,
      `policy.snapshot.schedule is ${text}: it ends with the year ${gaps.lastYear}, and so do the snapshots`,
      'write * as the last field',
    );
  }
  const skipped = skippedFiring(schedule, zone);
  if (skipped !== undefined) {
    warn(
      path,
      `policy.snapshot.schedule is ${text}: there is no ${skipped} in ${zone}, where summer time begins then; AWS leaves that firing out`,
      'choose another time of day, or zone: UTC',
    );
  }
}

function judgeRetention({ policy, version }: ClusterSettings, warn: Warn): void {
  const gaps = gapsOf(policy.snapshot.schedule);
  const { windowMs } = policy.retention;
  const window = formatDurationSetting(windowMs);
  const path = ['policy', 'retention', 'window'];
  if (policy.retention.engine === 'native' && !isCutCompared(version)) {
    warn(
      ['policy', 'retention', 'engine'],
      `policy.retention.engine is native: its cuts were compared with those of br ${comparedCuts}, and not with those of ${version.text}`,
      'compare once: br log truncate --dry-run and pitr truncate --engine native --dry-run of the same moment',
    );
  }
  if (policy.log.kind === 'off') {
    warn(
      ['policy', 'log'],
      'policy.log is off: only the moments of the snapshots themselves can be brought back',
      'write log: on to have every moment between them',
    );
    return;
  }
  if (gaps === undefined) return;
  if (gaps.longestMs === Number.POSITIVE_INFINITY) return;
  const longest = formatDurationSetting(Math.ceil(gaps.longestMs / minuteMs) * minuteMs);
  if (windowMs < 2 * gaps.longestMs) {
    warn(
      path,
      `policy.retention.window is ${window} and snapshots are up to ${longest} apart: expected at least twice as much, so that one failed snapshot leaves the window whole`,
      `write at least ${formatDurationSetting(2 * gaps.longestMs)}, or take snapshots more often`,
    );
  }
  if (gaps.longestMs > longestReplayMs) {
    warn(
      ['policy', 'snapshot', 'schedule'],
      `policy.snapshot.schedule leaves up to ${longest} between snapshots: a restore replays all of the log since the last one, a week is the most that is advised`,
      'take snapshots every two days or more often',
    );
  }
}

/** Waits of all retries together must end before the next snapshot begins. */
function judgeFailure({ policy }: ClusterSettings, warn: Warn): void {
  const { retries, backoffMs, maxBackoffMs } = policy.onFailure;
  let waitsMs = 0;
  for (let retry = 0; retry < retries; retry += 1) waitsMs += Math.min(maxBackoffMs, backoffMs * 2 ** retry);
  const shortestMs = gapsOf(policy.snapshot.schedule)?.shortestMs;
  if (shortestMs !== undefined && waitsMs >= shortestMs) {
    warn(
      ['policy', 'onFailure'],
      `policy.onFailure waits ${formatDurationSetting(waitsMs)} in all, and the next snapshot begins after ${formatDurationSetting(shortestMs)}`,
      'retry less often, or wait less',
    );
  }
}

function judgeLog({ policy, objectives }: ClusterSettings, warn: Warn): void {
  if (policy.log.kind === 'on' && objectives.rpoMs < bestRpoMs) {
    warn(
      ['objectives', 'rpo'],
      `objectives.rpo is ${formatDurationSetting(objectives.rpoMs)}: TiKV writes the log every 3 to 5 minutes, so the alarm will rise without a fault`,
      'write 5m or more',
    );
  }
}

function judgeBucket(cluster: ClusterSettings, warn: Warn): void {
  const { bucket, policy } = cluster;
  if (bucket.kind === 'folder') return;
  if (bucket.kind === 'existing' && bucket.region === undefined && cluster.runner.kind === 'local') {
    warn(
      ['bucket', 'region'],
      'bucket.region is missing: TiKV then takes that of its machine, or us-east-1',
      'write the region of the bucket',
    );
  }
  if (bucket.name?.includes('.') === true) {
    warn(
      ['bucket', 'name'],
      'bucket.name has a dot: certificates of S3 do not cover such names',
      'choose a name with dashes for a new bucket',
    );
  }
  if (bucket.kind !== 'new' || bucket.objectLock === undefined) return;
  const withLog = policy.log.kind === 'on';
  if (!canLock(cluster.version, withLog)) {
    warn(
      ['bucket', 'objectLock'],
      `bucket.objectLock is set and TiKV ${cluster.version.text} cannot write ${withLog ? 'its log' : 'snapshots'} to such a bucket`,
      withLog ? 'it can from v8.0 on' : 'it can from v6.3 on',
    );
  }
  if (bucket.objectLock.days * dayMs > policy.retention.windowMs) {
    warn(
      ['bucket', 'objectLock', 'retention'],
      'bucket.objectLock.retention is longer than policy.retention.window: what left the window stays locked, and is paid for',
      'write less than the window',
    );
  }
}

/** What two clusters must not share. Paths begin at the top of the file. */
export function judgeTogether(clusters: ReadonlyMap<number, ClusterSettings>): readonly Finding[] {
  const findings: Finding[] = [];
  const all = [...clusters];
  for (const [later, [index, cluster]] of all.entries()) {
    const path = ['clusters', index];
    for (const [before, other] of all.slice(0, later)) {
      const refuse = (below: readonly (string | number)[], message: string, hint: string): void => {
        findings.push({ severity: 'error', path: [...path, ...below], message, hint });
      };
      if (cluster.name === other.name) {
        refuse(
          ['name'],
          `clusters[${index}].name is "${cluster.name}" and so is clusters[${before}].name, expected two names`,
          'alarms and commands go by the name',
        );
      }
      const shared = cluster.pd.findIndex((url) => other.pd.includes(url));
      if (shared >= 0) {
        refuse(
          ['pd', shared],
          `clusters[${index}].pd[${shared}] is an address of clusters[${before}], too, expected another cluster`,
          'a cluster has one log backup task, so one entry manages it',
        );
      }
      if (overlaps(cluster.bucket, other.bucket)) {
        refuse(
          ['bucket'],
          `clusters[${index}].bucket lies in the place of clusters[${before}].bucket or around it, expected places apart`,
          'give each its own prefix, such as tidb/shop and tidb/billing',
        );
      }
    }
  }
  return findings;
}

function overlaps(a: BucketSettings, b: BucketSettings): boolean {
  const [left, right] = [rootOf(a), rootOf(b)];
  return left !== undefined && right !== undefined && (left.startsWith(right) || right.startsWith(left));
}

/** Bucket and prefix with a slash at the end, so that one inside another begins with it. */
function rootOf(bucket: BucketSettings): string | undefined {
  if (bucket.kind === 'folder') return `file:${bucket.path}/`;
  if (bucket.name === undefined) return undefined;
  const endpoint = bucket.kind === 'existing' ? (bucket.endpoint ?? '') : '';
  return `${endpoint} ${bucket.name}/${bucket.prefix === '' ? '' : `${bucket.prefix}/`}`;
}
