import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StoreFacts } from '../../../lib/domain/cluster-facts.ts';
import { doctorFindings } from '../../../lib/domain/doctor/doctor.ts';
import type {
  DoctorCheck,
  DoctorFacts,
  DoctorFinding,
  DoctorSettings,
} from '../../../lib/domain/doctor/doctor-finding.ts';
import type { LogTaskFacts } from '../../../lib/domain/log-task/log-task-facts.ts';
import { tsFromMs } from '../../../lib/domain/ts.ts';
import { parseMembers, parseStores } from '../../../lib/pd/cluster.ts';
import { logBackupFacts } from '../../../lib/pd/log-backup.ts';
import { parseSafePoints } from '../../../lib/pd/safe-points.ts';
import { recordedPd } from '../../support/recorded-pd.ts';

const nowMs = Date.UTC(2026, 10, 22, 4, 26, 12);

const settings: DoctorSettings = {
  taskName: 'pitr',
  logUrl: 's3://tidb-pitr-bucket/backup-data/log-backup',
  brVersion: 'v9.0.0-beta.2',
  clusterId: 7710846925929674311n,
  maxLagMs: 10 * 60_000,
};

function recordedFacts(name: string): DoctorFacts {
  const { keyValues, http } = recordedPd(name);
  const cluster = recordedPd('shop/pd/5-before-end').http;
  const answer = (path: string) => http.get(path) ?? cluster.get(path)!;
  return {
    logBackup: logBackupFacts(keyValues, 1n),
    safePoints: { ...parseSafePoints('s', answer('/pd/api/v1/gc/safepoint')), savedSafePoint: undefined },
    cluster: {
      ...parseMembers('m', answer('/pd/api/v1/members')),
      stores: parseStores('t', answer('/pd/api/v1/stores')),
    },
    clock: { serverMs: nowMs, localMs: nowMs, uncertaintyMs: 510 },
    logBackupEnabled: new Map([[1n, true]]),
  };
}

const healthy = recordedFacts('shop/pd/5-before-end');
const task = healthy.logBackup.task as LogTaskFacts;

function findings(facts: Partial<DoctorFacts>, changed: Partial<DoctorSettings> = {}, at = nowMs) {
  return doctorFindings(
    { kind: 'read', facts: { ...healthy, ...facts }, nowMs: at },
    { ...settings, ...changed },
  );
}

function row(
  check: DoctorCheck,
  facts: Partial<DoctorFacts> = {},
  changed: Partial<DoctorSettings> = {},
  at = nowMs,
): DoctorFinding {
  const found = findings(facts, changed, at).filter((finding) => finding.check === check);
  assert.equal(found.length, 1);
  return found[0]!;
}

function assertRow(finding: DoctorFinding, level: DoctorFinding['level'], found: RegExp): void {
  assert.equal(finding.level, level, JSON.stringify(finding));
  assert.match(finding.found, found);
  assert.equal(finding.hint === '', level === 'ok');
}

const withTask = (changed: Partial<LogTaskFacts>): Partial<DoctorFacts> => ({
  logBackup: { ...healthy.logBackup, task: { ...task, ...changed } },
});

const store = (id: bigint, changed: Partial<StoreFacts> = {}): StoreFacts => ({
  ...healthy.cluster.stores[0]!,
  id,
  ...changed,
});

const withStores = (...stores: readonly StoreFacts[]): Partial<DoctorFacts> => ({
  cluster: { ...healthy.cluster, stores },
});

describe('what the doctor finds', () => {
  test('a healthy cluster has every row, all well but what br leaves on its own', () => {
    const rows = findings({});
    assert.deepEqual(
      rows.filter(({ level }) => level !== 'ok').map(({ check }) => check),
      ['leftover-safe-points'],
    );
    assert.equal(rows.length, 15);
    assert.equal(new Set(rows.map(({ check }) => check)).size, 15);
  });

  test('a PD that does not answer leaves one row, with the problem and hint as they came', () => {
    const rows = doctorFindings(
      { kind: 'unreachable', problem: 'no PD answered', hint: 'check it' },
      settings,
    );
    assert.deepEqual(rows, [
      {
        check: 'pd-reachable',
        level: 'fail',
        found: 'no PD answered',
        expected: 'a PD that answers',
        hint: 'check it',
      },
    ]);
  });

  test('another cluster than the one that was backed up fails', () => {
    assertRow(row('cluster-id', {}, { clusterId: 5n }), 'fail', /cluster 7710846925929674311/);
    assertRow(row('cluster-id', {}, { clusterId: undefined }), 'ok', /7710846925929674311/);
  });

  test('the br of a release goes with a hotfix build of its stores, and with no other release', () => {
    const hotfix = withStores(store(1n, { version: '8.5.4-20260812-784eac0' }));
    assertRow(row('br-version', hotfix, { brVersion: 'v8.5.4' }), 'ok', /br 8\.5\.4/);
    assertRow(row('br-version', hotfix, { brVersion: 'v8.5.5' }), 'fail', /br 8\.5\.5/);
    assertRow(
      row('br-version', withStores(store(1n, { version: '?' })), { brVersion: '8.5.4' }),
      'fail',
      /8/,
    );
  });

  test('stores of several versions are warned of, TiFlash and tombstones aside', () => {
    const mixed = withStores(store(1n), store(2n, { version: '8.5.0' }));
    assertRow(row('store-versions', mixed), 'warn', /store 1: 9\.0\.0-beta\.2, store 2: 8\.5\.0/);
    const others = withStores(
      store(1n),
      store(2n, { version: '8.5.0', engine: 'tiflash' }),
      store(3n, { version: '8.5.0', state: 'Tombstone' }),
    );
    assertRow(row('store-versions', others), 'ok', /9\.0\.0-beta\.2 on 1/);
    assertRow(row('store-versions', withStores()), 'fail', /no TiKV store/);
  });

  test('a br of another version fails, of one of two versions is warned of, with or without a v is the same', () => {
    assertRow(row('br-version', {}, { brVersion: '9.0.0-beta.2' }), 'ok', /br 9/);
    assertRow(row('br-version', {}, { brVersion: 'v8.5.0' }), 'fail', /br 8\.5\.0/);
    assertRow(row('br-version', {}, { brVersion: undefined }), 'warn', /no version/);
    const mixed = withStores(store(1n), store(2n, { version: '8.5.0' }));
    assertRow(row('br-version', mixed, { brVersion: 'v8.5.0' }), 'warn', /br 8\.5\.0/);
  });

  test('log-backup.enable that is off on one store fails, that is not known is warned of', () => {
    const two = withStores(store(1n), store(2n));
    const off = new Map([
      [1n, true],
      [2n, false],
    ]);
    assertRow(row('log-backup-enabled', { ...two, logBackupEnabled: off }), 'fail', /store 2/);
    assertRow(row('log-backup-enabled', two), 'warn', /not known of store 2/);
    const flash = withStores(store(1n), store(2n, { engine: 'tiflash' }));
    assertRow(row('log-backup-enabled', flash), 'ok', /true on 1/);
  });

  test('a task of another name or to another place is not ours', () => {
    assertRow(row('log-task'), 'ok', /pitr to s3:/);
    assertRow(row('log-task', {}, { taskName: 'other' }), 'fail', /pitr to s3:/);
    assertRow(row('log-task', {}, { logUrl: 's3://tidb-pitr-bucket/else' }), 'fail', /pitr to s3:/);
    assertRow(row('log-task', {}, { logUrl: `${settings.logUrl}/` }), 'ok', /pitr/);
    const two = { logBackup: { ...healthy.logBackup, otherTasks: [{ ...task, name: 'second' }] } };
    assertRow(row('log-task', two), 'fail', /pitr to .*, second to /);
  });

  test('without a task there is one row about it, and nothing about its checkpoint', () => {
    const rows = findings(recordedFacts('shop/pd/0-no-task'));
    assert.deepEqual(
      rows.map(({ check }) => check).filter((check) => /task|advancer|lag|history/.test(check)),
      ['log-task'],
    );
  });

  test('a paused task is warned of with who and since when, a task in error fails with what its stores say', () => {
    const paused = row('task-state', recordedFacts('shop/pd/3-paused'));
    assertRow(paused, 'warn', /paused by a person on vm since 2026-11-22T04:25:21\.000Z/);
    const error = row('task-state', recordedFacts('error-state/pd/7-error'));
    assertRow(error, 'fail', /store 1: KV:LogBackup:Io .*Not a directory/);
  });

  test('credentials in PD are warned of', () => {
    const storage = { ...task.storage, hasCredentials: true };
    assertRow(row('task-credentials', withTask({ storage })), 'warn', /in clear/);
  });

  test('a cluster without an advancer fails, as seen when the only TiDB server was killed', () => {
    assertRow(row('advancer', recordedFacts('faults/pd/frozen-1-healthy')), 'ok', /1 /);
    assertRow(row('advancer', recordedFacts('faults/pd/frozen-2-no-tidb-120s')), 'fail', /none/);
  });

  test('a checkpoint that lags beyond the limit fails, although the task says normal', () => {
    assertRow(row('checkpoint-lag'), 'ok', /s: checkpoint 2026-11-22T04:26/);
    assertRow(row('checkpoint-lag', {}, {}, nowMs + 17 * 3_600_000), 'fail', /^17 h/);
    assertRow(row('checkpoint-lag', {}, { maxLagMs: 500 }), 'fail', /checkpoint/);
  });

  test('a clock of ours that is wrong is no lag', () => {
    const ahead = nowMs + 3_600_000;
    const clock = { serverMs: nowMs, localMs: ahead, uncertaintyMs: 510 };
    assertRow(row('checkpoint-lag', { clock }, {}, ahead), 'ok', /checkpoint/);
  });

  test('what TiKV does not save, or saves elsewhere, fails even within the limit', () => {
    const checkpoints = { ...task.checkpoints, advanced: tsFromMs(nowMs + 3_600_000) };
    assertRow(row('checkpoint-lag', withTask({ checkpoints })), 'fail', /advanced to/);
    const elsewhere = { ...task.checkpoints, objects: 5n };
    assertRow(row('checkpoint-lag', withTask({ checkpoints: elsewhere })), 'fail', /in the bucket/);
  });

  test('history that was collected up to the checkpoint is lost', () => {
    const collected = (gcSafePoint: bigint) => ({ safePoints: { ...healthy.safePoints, gcSafePoint } });
    const checkpoint = task.checkpoints.persisted!;
    assertRow(row('history', collected(checkpoint)), 'fail', /collected up to/);
    assertRow(row('history', collected(checkpoint - 1n)), 'ok', /collected up to/);
    assertRow(row('history'), 'ok', /nothing/);
  });

  test('keys of tasks that are gone and keys of no known form are warned of', () => {
    const leftovers = [{ name: 'old', keys: ['k1', 'k2'], centralGlobal: 5n }];
    const logBackup = { ...healthy.logBackup, leftovers };
    assertRow(row('leftover-keys', { logBackup }), 'warn', /2 of old/);
    const unexplained = [{ key: '/tidb/br-stream/x', problem: 'new' }];
    assertRow(
      row('leftover-keys', { logBackup: { ...healthy.logBackup, unexplained } }),
      'warn',
      /x \(new\)/,
    );
  });

  test('safe points of what is gone are warned of with their time, those of the living and those that ended are not', () => {
    const stopped = row('leftover-safe-points', recordedFacts('shop/pd/6-stopped'));
    assertRow(stopped, 'warn', /backup-stream-pitr-1 for 119 min, br-622819f8-\S+ for 28 min/);
    const running = row('leftover-safe-points');
    assert.doesNotMatch(running.found, /backup-stream|coordinator/);
    assert.match(running.found, /pitr_pause_safepoint/);
    assert.doesNotMatch(row('leftover-safe-points', recordedFacts('shop/pd/3-paused')).found, /pause/);
    assert.doesNotMatch(row('leftover-safe-points', recordedFacts('error-state/pd/7-error')).found, /guard/);
    assertRow(row('leftover-safe-points', {}, {}, nowMs + 25 * 3_600_000), 'ok', /none/);
  });

  test('a restore or import that runs fails a start, and is only warned of while the task runs', () => {
    const left = recordedFacts('faults/pd/restore-1-left-pd');
    assertRow(row('imports', left), 'fail', /restore-78b5b04c/);
    const imports = [{ kind: 'lightning' as const, name: 'lightning/x', hasLease: false }];
    const running = row('imports', { logBackup: { ...healthy.logBackup, imports } });
    assertRow(running, 'warn', /without a lease/);
    assert.match(running.hint, /etcdctl/);
  });

  test('clocks that differ are warned of from 2 s and fail from 30 s, beyond what can be measured', () => {
    const clock = (localMs: number) => ({ clock: { serverMs: nowMs, localMs, uncertaintyMs: 510 } });
    assertRow(row('clock', clock(nowMs + 400)), 'ok', /equal within 510 ms/);
    assertRow(row('clock', clock(nowMs + 2500)), 'ok', /1 s|1990 ms/);
    assertRow(row('clock', clock(nowMs + 2600)), 'warn', /at least 2 s ahead of PD/);
    assertRow(row('clock', clock(nowMs - 40_000)), 'fail', /at least 39 s behind PD/);
  });
});
