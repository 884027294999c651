// Whether a cluster can be the target of a restore, as far as its PD and stores tell: findings, each with what was found, what
// was expected and what to do. Whether it is empty nobody but br sees. Decides and changes nothing.

import { capabilities } from '../capabilities.ts';
import type { ClockFacts, ClusterFacts, StoreFacts } from '../cluster-facts.ts';
import { duration } from '../doctor/doctor-finding.ts';
import { errorCodes, PitrError } from '../errors.ts';
import type { ImportLeaseFacts, LogTaskFacts } from '../log-task/log-task-facts.ts';
import { logTaskFinding } from './target-check-log.ts';
import { versionFindings } from './target-check-versions.ts';
import { pass, type RestoreFacts, type TargetFinding } from './target-finding.ts';
import {
  describeImport,
  describeRatios,
  gcRatioSetting,
  gcRatioSql,
  listed,
  type StoreGcRatio,
  type TargetLook,
  tikvStores,
  untold,
  withoutCollection,
} from './target-look.ts';

export interface TargetFacts extends TargetLook {
  readonly cluster: ClusterFacts;
  readonly tasks: readonly LogTaskFacts[];
  readonly clock: ClockFacts;
}

/** Every check has its finding, also when all is well. */
export function targetFindings(restore: RestoreFacts, target: TargetFacts): readonly TargetFinding[] {
  const { cluster } = target;
  const members = `${cluster.members.length} PD ${cluster.members.length === 1 ? 'member' : 'members'}`;
  return [
    pass('pd-reachable', `cluster ${cluster.clusterId}, ${members}`, 'a PD that answers'),
    clusterIdFinding(restore, cluster.clusterId),
    storesFinding(cluster.stores),
    ...versionFindings(restore, tikvStores(cluster.stores)),
    importsFinding(target.imports),
    logTaskFinding(restore, target.tasks, capabilities(restore.brVersion).restoreBesideLogBackup),
    gcRatioFinding(target.gcRatios),
    clockFinding(target.clock),
  ];
}

/**
 * Why the restore must not begin: all that fails in one sentence; undefined when nothing does. It can be tried again only when
 * all that fails passes by itself.
 */
export function targetRefusal(target: string, findings: readonly TargetFinding[]): PitrError | undefined {
  const failing = findings.filter(({ level }) => level === 'fail');
  const codes = failing.map(({ code }) => code ?? 'CLUSTER_NOT_READY');
  const code = codes.find((one) => !errorCodes[one].retry) ?? codes[0];
  if (code === undefined) return undefined;
  const sentences = failing.map(({ check, found, expected }) => `${check}: ${found}, expected ${expected}`);
  return new PitrError(
    code,
    `the cluster at ${target} cannot be restored into: ${sentences.join('; ')}; nothing was begun`,
    {
      hint: failing.map(({ hint }) => hint).join('; '),
      details: { findings: failing.map(({ check, found, expected }) => ({ check, found, expected })) },
    },
  );
}

function clusterIdFinding({ sourceClusterId }: RestoreFacts, clusterId: bigint): TargetFinding {
  const check = 'cluster-id';
  if (sourceClusterId === 0n) {
    const found = `cluster ${clusterId}; the backup does not tell its own`;
    const hint = 'make sure that it is not the cluster that was backed up';
    return { check, level: 'warn', code: undefined, found, expected: 'another cluster', hint };
  }
  const expected = `another cluster than ${sourceClusterId}, which was backed up`;
  if (clusterId !== sourceClusterId) return pass(check, `cluster ${clusterId}`, expected);
  return {
    check,
    level: 'fail',
    code: 'CLUSTER_MISMATCH',
    found: `cluster ${clusterId}, the very one that was backed up`,
    expected,
    hint: 'name the PD of a new, empty cluster; a restore never goes into the cluster it came from',
  };
}

function storesFinding(stores: readonly StoreFacts[]): TargetFinding {
  const check = 'stores-up';
  const expected = 'every TiKV Up';
  const tikv = tikvStores(stores);
  const down = tikv.filter(({ state }) => state !== 'Up');
  if (tikv.length > 0 && down.length === 0)
    return pass(check, `${tikv.length} of ${tikv.length} Up`, expected);
  const found =
    tikv.length === 0 ? 'no TiKV' : listed(down.map(({ address, state }) => `${address} is ${state}`));
  const isPassing = tikv.length > 0 && down.every(({ state }) => state === 'Disconnected');
  return {
    check,
    level: 'fail',
    code: isPassing ? 'CLUSTER_UNAVAILABLE' : 'CLUSTER_NOT_READY',
    found,
    expected,
    hint: 'start these stores, or take them out of the cluster, before the restore: br needs all of them',
  };
}

function importsFinding(imports: readonly ImportLeaseFacts[]): TargetFinding {
  const check = 'imports';
  const expected = 'no restore and no import';
  if (imports.length === 0) return pass(check, 'none', expected);
  const isForEver = imports.some(({ hasLease }) => !hasLease);
  return {
    check,
    level: 'fail',
    code: isForEver ? 'CLUSTER_NOT_READY' : 'BR_LOCKED',
    found: listed(imports.map(describeImport)),
    expected,
    hint: isForEver
      ? 'a key below /tidb/brie/import/ without a lease never goes by itself: when nothing runs, remove it with etcdctl'
      : 'wait for its end; what a dead one left goes within three minutes, and this is tried again',
  };
}

function gcRatioFinding(ratios: readonly StoreGcRatio[]): TargetFinding {
  const check = 'gc-ratio';
  const expected = `${gcRatioSetting} that is not negative on every TiKV`;
  const off = withoutCollection(ratios);
  const silent = untold(ratios);
  if (off.length > 0) {
    const hint = `an earlier restore that died left it; it does no harm to this one, and br puts it back at the end; for giving up: ${gcRatioSql}`;
    return { check, level: 'warn', code: undefined, found: describeRatios(off), expected, hint };
  }
  if (silent.length > 0) {
    const found = listed(silent.map(({ address, problem }) => `${address}: ${problem}`));
    const hint =
      'let the status ports of TiKV (20180) be reached from the functions, so that it can be read back at the end';
    return { check, level: 'warn', code: undefined, found, expected, hint };
  }
  return pass(check, describeRatios(ratios), expected);
}

/** Moments of people are told by clocks: a warning only, since br takes the target's own. */
const clockWarnMs = 30_000;

function clockFinding({ serverMs, localMs, uncertaintyMs }: ClockFacts): TargetFinding {
  const check = 'clock';
  const expected = `less than ${duration(clockWarnMs)} between us and PD`;
  const apartMs = Math.max(0, Math.abs(localMs - serverMs) - uncertaintyMs);
  if (apartMs <= clockWarnMs) return pass(check, `${duration(apartMs)} at least`, expected);
  const found = `${duration(apartMs)} at least`;
  const hint = 'let both follow the same time service; leases and waits are counted by these clocks';
  return { check, level: 'warn', code: undefined, found, expected, hint };
}
