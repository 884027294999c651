// What would fail before it fails: findings about a cluster, from facts that were read and settings that were given. Every
// check has its row, also when all is well. Decides and changes nothing.

import type { ClusterFacts, StoreFacts } from '../cluster-facts.ts';
import { isSameRelease, parseVersion } from '../versions.ts';
import { clockFinding, clusterNowMs } from './doctor-clocks.ts';
import { type DoctorFacts, type DoctorFinding, type DoctorSettings, ok } from './doctor-finding.ts';
import { leftoverFindings } from './doctor-leftovers.ts';
import { logTaskFindings } from './doctor-task.ts';

/** `unreachable`: the error of the port, as it came. */
export type DoctorLook =
  | { readonly kind: 'read'; readonly facts: DoctorFacts; readonly nowMs: number }
  | { readonly kind: 'unreachable'; readonly problem: string; readonly hint: string };

/** All findings, in the order in which a person would ask. An unreachable PD leaves one row. */
export function doctorFindings(look: DoctorLook, settings: DoctorSettings): readonly DoctorFinding[] {
  const expected = 'a PD that answers';
  if (look.kind === 'unreachable') {
    return [{ check: 'pd-reachable', level: 'fail', found: look.problem, expected, hint: look.hint }];
  }
  const { facts } = look;
  const nowMs = clusterNowMs(facts.clock, look.nowMs);
  const count = facts.cluster.members.length;
  const found = `cluster ${facts.cluster.clusterId}, ${count} ${count === 1 ? 'member' : 'members'}`;
  return [
    ok('pd-reachable', found, expected),
    clusterIdFinding(facts.cluster, settings),
    storeVersionsFinding(facts.cluster.stores),
    brVersionFinding(facts.cluster.stores, settings),
    enabledFinding(facts),
    ...logTaskFindings(facts, settings, nowMs),
    ...leftoverFindings(facts, nowMs),
    clockFinding(facts.clock),
  ];
}

function clusterIdFinding({ clusterId }: ClusterFacts, settings: DoctorSettings): DoctorFinding {
  if (settings.clusterId === undefined || settings.clusterId === clusterId) {
    return ok(
      'cluster-id',
      String(clusterId),
      String(settings.clusterId ?? 'any: nothing was backed up yet'),
    );
  }
  return {
    check: 'cluster-id',
    level: 'fail',
    found: `cluster ${clusterId}`,
    expected: `cluster ${settings.clusterId}, as in what was backed up before`,
    hint: 'correct the PD addresses, or give a cluster that was made anew a bucket prefix of its own',
  };
}

const tikvOf = (stores: readonly StoreFacts[]) =>
  stores.filter(({ engine, state }) => engine === 'tikv' && state !== 'Tombstone');

function versionsOf(stores: readonly StoreFacts[]): readonly string[] {
  return [...new Set(tikvOf(stores).map(({ version }) => version))].sort();
}

function storeVersionsFinding(stores: readonly StoreFacts[]): DoctorFinding {
  const versions = versionsOf(stores);
  const expected = 'one version on all TiKV stores';
  const [first, ...others] = versions;
  if (first === undefined) {
    const hint = 'start TiKV, then look again';
    return { check: 'store-versions', level: 'fail', found: 'no TiKV store', expected, hint };
  }
  if (others.length === 0) return ok('store-versions', `${first} on ${tikvOf(stores).length}`, expected);
  const each = tikvOf(stores).map(({ id, version }) => `store ${id}: ${version}`);
  const hint = 'finish the upgrade before the next snapshot or restore';
  return { check: 'store-versions', level: 'warn', found: each.join(', '), expected, hint };
}

function brVersionFinding(stores: readonly StoreFacts[], { brVersion }: DoctorSettings): DoctorFinding {
  const versions = versionsOf(stores);
  const expected = `br ${versions.join(' or ')}, as the stores`;
  if (brVersion === undefined) {
    const hint = 'set the version of br to that of the cluster';
    return { check: 'br-version', level: 'warn', found: 'no version is set', expected, hint };
  }
  const plain = brVersion.trim().replace(/^v/, '');
  if (versions.length === 1 && isBrFor(versions[0] ?? '', plain))
    return ok('br-version', `br ${plain}`, expected);
  const isMixed = versions.length > 1 && versions.some((version) => isBrFor(version, plain));
  return {
    check: 'br-version',
    level: isMixed ? 'warn' : 'fail',
    found: `br ${plain}`,
    expected,
    hint: 'run the br of the cluster: br refuses clusters of other major versions and may misread newer ones',
  };
}

/** A hotfix build of the stores goes with the br of its release. FACTS §7. A text that is no version goes with itself alone. */
function isBrFor(store: string, br: string): boolean {
  if (store === br) return true;
  try {
    return isSameRelease(parseVersion(store), parseVersion(br));
  } catch {
    return false;
  }
}

function enabledFinding({ cluster, logBackupEnabled }: DoctorFacts): DoctorFinding {
  const stores = tikvOf(cluster.stores);
  const off = stores.filter(({ id }) => logBackupEnabled.get(id) === false);
  const silent = stores.filter(({ id }) => !logBackupEnabled.has(id));
  const check = 'log-backup-enabled';
  const expected = 'log-backup.enable = true on every TiKV store';
  const names = (list: readonly StoreFacts[]) =>
    list.map(({ id, address }) => `store ${id} (${address})`).join(', ');
  if (off.length > 0) {
    const hint = 'set log-backup.enable = true in the configuration of TiKV and restart these stores';
    return { check, level: 'fail', found: `false on ${names(off)}`, expected, hint };
  }
  if (silent.length > 0) {
    const hint = 'open the status port (20180) of TiKV to this host, or check the setting yourself';
    return { check, level: 'warn', found: `not known of ${names(silent)}`, expected, hint };
  }
  return ok(check, `true on ${stores.length}`, expected);
}
