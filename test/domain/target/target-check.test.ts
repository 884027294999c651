// Whether a cluster can be the target of a restore: what passes, what is only told, what refuses, and by which code.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StoreFacts } from '../../../lib/domain/cluster-facts.ts';
import type { LogTaskFacts } from '../../../lib/domain/log-task/log-task-facts.ts';
import { type TargetFacts, targetFindings, targetRefusal } from '../../../lib/domain/target/target-check.ts';
import type { RestoreFacts, TargetCheckName } from '../../../lib/domain/target/target-finding.ts';
import { parseVersion } from '../../../lib/domain/versions.ts';

const store = (id: bigint, rest: Partial<StoreFacts> = {}): StoreFacts => ({
  id,
  address: `10.0.2.2${id}:20160`,
  statusAddress: `10.0.2.2${id}:20180`,
  version: '8.5.5',
  engine: 'tikv',
  state: 'Up',
  ...rest,
});

const ratio = (storeId: bigint, value: number | undefined) => ({
  storeId,
  address: `10.0.2.2${storeId}:20160`,
  ratio: value,
  problem: value === undefined ? 'it does not answer' : '',
});

const restore: RestoreFacts = {
  sourceClusterId: 1n,
  backupVersion: '8.5.5',
  brVersion: parseVersion('8.5.5'),
  needsLog: true,
  hasFilter: false,
};

function target(
  stores: readonly StoreFacts[] = [store(1n), store(2n)],
  rest: Partial<TargetFacts> = {},
): TargetFacts {
  return {
    cluster: {
      clusterId: 2n,
      members: [{ name: 'pd-0', clientUrls: [], version: '8.5.5', isLeader: true }],
      stores,
    },
    tasks: [],
    imports: [],
    gcRatios: [ratio(1n, 1.1), ratio(2n, 1.1)],
    clock: { serverMs: 1000, localMs: 1400, uncertaintyMs: 500 },
    ...rest,
  };
}

const task = (url: string, isEncrypted = false) =>
  ({
    kind: 'task',
    name: 'pitr',
    storage: { url },
    encryption: isEncrypted ? { kind: 'data-key', method: 'aes256-ctr' } : { kind: 'none' },
  }) as LogTaskFacts;

/** The finding of one check: level, code, what was found. */
function finding(check: TargetCheckName, facts: TargetFacts, of: RestoreFacts = restore) {
  const found = targetFindings(of, facts).find((one) => one.check === check);
  assert.ok(found !== undefined);
  assert.equal(found.hint === '', found.level === 'pass');
  assert.equal(found.code === undefined, found.level !== 'fail');
  return found;
}

test('a new cluster of the right version passes every check', () => {
  const findings = targetFindings(restore, target());
  assert.deepEqual(new Set(findings.map(({ level }) => level)), new Set(['pass']));
  assert.deepEqual(
    findings.map(({ check }) => check),
    [
      'pd-reachable',
      'cluster-id',
      'stores-up',
      'br-version',
      'not-older',
      'imports',
      'log-task',
      'gc-ratio',
      'clock',
    ],
  );
  assert.equal(targetRefusal('10.0.2.11:2379', findings), undefined);
});

describe('the cluster', () => {
  test('that was backed up is never restored into', () => {
    const found = finding('cluster-id', target(), { ...restore, sourceClusterId: 2n });
    assert.deepEqual([found.level, found.code], ['fail', 'CLUSTER_MISMATCH']);
  });

  test('is only doubted when the backup does not tell its own id', () => {
    assert.equal(finding('cluster-id', target(), { ...restore, sourceClusterId: 0n }).level, 'warn');
  });
});

describe('its stores', () => {
  test('that are away for a moment are waited for, and those that are down are not', () => {
    const levels = ['Disconnected', 'Down', 'Offline'].map((state) => {
      const { level, code, found } = finding('stores-up', target([store(1n), store(2n, { state })]));
      assert.match(found, new RegExp(`10\\.0\\.2\\.22:20160 is ${state}`));
      return [level, code];
    });
    assert.deepEqual(levels, [
      ['fail', 'CLUSTER_UNAVAILABLE'],
      ['fail', 'CLUSTER_NOT_READY'],
      ['fail', 'CLUSTER_NOT_READY'],
    ]);
  });

  test('must be there', () => {
    assert.equal(finding('stores-up', target([])).code, 'CLUSTER_NOT_READY');
  });

  test('of TiFlash and those that are gone do not count', () => {
    const others = [store(3n, { engine: 'tiflash', state: 'Down' }), store(4n, { state: 'Tombstone' })];
    assert.equal(finding('stores-up', target([store(1n), ...others])).level, 'pass');
  });
});

describe('versions', () => {
  const of = (version: string) => target([store(1n, { version })]);
  const br = (version: string) => ({ ...restore, brVersion: parseVersion(version), backupVersion: version });

  test('of 8.5.5 and younger must be those of br; a hotfix build of the stores goes with it', () => {
    assert.equal(finding('br-version', of('8.5.6')).code, 'CLUSTER_NOT_READY');
    assert.equal(finding('br-version', of('8.5.5-20260812-784eac0')).level, 'pass');
  });

  test('before 8.5.5 may differ within the major, with a warning', () => {
    assert.equal(finding('br-version', of('8.1.2'), br('8.1.1')).level, 'warn');
    assert.equal(finding('br-version', of('7.5.6'), br('8.1.1')).code, 'CLUSTER_NOT_READY');
  });

  test('that cannot be read, or are not there, are doubted', () => {
    assert.equal(finding('br-version', of('nightly')).level, 'warn');
    assert.equal(finding('br-version', target([])).level, 'warn');
    assert.equal(finding('not-older', target(), { ...restore, backupVersion: '' }).level, 'warn');
    assert.equal(finding('not-older', target(), { ...restore, backupVersion: 'main' }).level, 'warn');
  });

  test('of the target may not be older than those of the backup', () => {
    const found = finding('not-older', of('8.5.4'));
    assert.deepEqual([found.code, found.found], ['CLUSTER_NOT_READY', 'v8.5.4']);
    assert.equal(
      finding('not-older', of('8.5.5'), { ...restore, backupVersion: '8.5.5-20260812-784eac0' }).level,
      'pass',
    );
  });
});

describe('a running import or restore', () => {
  const lease = (hasLease: boolean) => [{ kind: 'restore', name: 'restore/restore-1', hasLease }] as const;

  test('is waited for', () => {
    assert.equal(finding('imports', target(undefined, { imports: lease(true) })).code, 'BR_LOCKED');
  });

  test('whose key never goes by itself is not', () => {
    assert.equal(finding('imports', target(undefined, { imports: lease(false) })).code, 'CLUSTER_NOT_READY');
  });
});

describe("the target's own log backup", () => {
  const withTask = (url = 's3://b/log', isEncrypted = false) =>
    target(undefined, { tasks: [task(url, isEncrypted)] });
  const old = (version: string) => ({ ...restore, brVersion: parseVersion(version) });

  test('is refused by br up to 8.5.4, and by us where br would not look', () => {
    assert.match(finding('log-task', withTask(), old('8.5.4')).expected, /refuses to restore beside one/);
    assert.match(finding('log-task', withTask(), old('6.5.0')).expected, /would restore into its log/);
  });

  test('is allowed from 8.5.5 on, when its storage is known, with a warning', () => {
    assert.equal(finding('log-task', withTask()).level, 'warn');
    assert.equal(finding('log-task', withTask('')).code, 'CLUSTER_NOT_READY');
  });

  test('allows the snapshot alone only for chosen tables, and not beside an encrypted log', () => {
    const alone = { ...restore, needsLog: false };
    assert.equal(finding('log-task', withTask(), alone).level, 'fail');
    assert.equal(finding('log-task', withTask(), { ...alone, hasFilter: true }).level, 'warn');
    assert.equal(
      finding('log-task', withTask('s3://b/log', true), { ...alone, hasFilter: true }).level,
      'fail',
    );
  });
});

test('gc.ratio-threshold that a dead restore left, or that is not told, is told and stops nothing', () => {
  const left = finding('gc-ratio', target(undefined, { gcRatios: [ratio(1n, -1), ratio(2n, 1.1)] }));
  assert.deepEqual([left.level, left.found], ['warn', '-1 on 10.0.2.21:20160']);
  assert.match(left.hint, /SET CONFIG tikv `gc\.ratio-threshold` = '1\.1'/);
  const silent = finding('gc-ratio', target(undefined, { gcRatios: [ratio(1n, undefined)] }));
  assert.deepEqual([silent.level, silent.found], ['warn', '10.0.2.21:20160: it does not answer']);
});

test('clocks that are far apart are told', () => {
  const clock = { serverMs: 0, localMs: 60_000, uncertaintyMs: 500 };
  assert.equal(finding('clock', target(undefined, { clock })).level, 'warn');
});

test('a refusal tells everything that fails at once, and can be tried again only when all of it passes by itself', () => {
  const imports = [{ kind: 'restore', name: 'restore/restore-1', hasLease: true }] as const;
  const waiting = targetRefusal('t', targetFindings(restore, target(undefined, { imports })));
  assert.deepEqual([waiting?.code, waiting?.retryable], ['BR_LOCKED', true]);
  const down = [store(1n, { state: 'Down' })];
  const both = targetRefusal('t', targetFindings(restore, target(down, { imports })));
  assert.deepEqual([both?.code, both?.retryable], ['CLUSTER_NOT_READY', false]);
  assert.match(
    both?.message ?? '',
    /^the cluster at t cannot be restored into: stores-up: .*; imports: .*; nothing was begun$/,
  );
  assert.match(both?.hint ?? '', /start these stores.*; wait for its end/);
});
