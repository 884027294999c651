import assert from 'node:assert/strict';
import test from 'node:test';
import { PitrError } from '../../lib/domain/errors.ts';
import type { RestoreRun } from '../../lib/domain/state/restore-run.ts';
import {
  type RestoreClusterEvent,
  type RestoreWish,
  restoreCluster,
  watchRestore,
} from '../../lib/operations/restore-cluster.ts';
import { FakeFlowConsole, runningAt, type ScriptedLook } from '../support/fake-flow-console.ts';
import { ManualClock } from '../support/manual-clock.ts';

const startMs = Date.UTC(2026, 10, 22, 4, 24, 48);
const execution = '20261122042448-i000-restore';
const place = `https://console.example/${execution}`;
const wish: RestoreWish = {
  cluster: 'shop',
  restoreTo: '2026-11-22T04:25:06Z',
  targetPd: ['10.0.9.1:2379'],
  tables: [],
  dryRun: false,
  who: undefined,
  wait: true,
};
const succeeded: ScriptedLook = {
  state: 'succeeded',
  output: { outcome: 'succeeded', message: 'all is equal' },
};
const failed = (code: string, message: string): ScriptedLook => ({ state: 'failed', code, message });

const planned = {
  shape: 'restore/v1',
  cluster: 'shop',
  id: `20261122042449-${execution}`,
  requestedMs: startMs,
  requestedBy: 'a person',
  restoreTs: 470632761065996290n,
  targetPd: ['http://10.0.9.1:2379'],
  tables: [],
  planId: 'p',
  base: 'snapshot-20261122042455',
} as const;
const running = (step: 'snapshot' | 'log', progress: number | null): RestoreRun => ({
  ...planned,
  ...{ state: 'running', startedMs: startMs, attempt: 1, heartbeatMs: startMs, step, progress },
  runner: { kind: 'local', ref: '1' },
});

function stage(
  script: readonly ScriptedLook[],
  options: {
    readonly outlives?: boolean;
    readonly onSleep?: (count: number, console: FakeFlowConsole) => void;
  } = {},
) {
  const console = new FakeFlowConsole(script, options);
  const clock = new ManualClock(startMs);
  const stop = new AbortController();
  const events: RestoreClusterEvent[] = [];
  const deps = {
    flows: console,
    nowMs: () => clock.nowMs(),
    random: () => 0.5,
    signal: stop.signal,
    sleep: async (ms: number) => {
      await clock.sleep(ms);
      options.onSleep?.(clock.sleptMs.length, console);
    },
    tell: (event: RestoreClusterEvent) => void events.push(event),
  };
  return { console, clock, stop, events, deps };
}

test('a restore is started once, under a name with its time, with the small input and nothing else', async () => {
  const { console, deps } = stage([succeeded]);
  await restoreCluster(deps, { ...wish, tables: ['shop.*', '!shop.tmp_*'], dryRun: true, who: 'ann' });
  assert.deepEqual(console.started, [
    {
      flow: 'restore-to-point',
      name: execution,
      input: {
        cluster: 'shop',
        restoreTo: '2026-11-22T04:25:06Z',
        target: { pd: ['10.0.9.1:2379'] },
        tables: ['shop.*', '!shop.tmp_*'],
        dryRun: true,
        who: 'ann',
      },
    },
  ]);
  const { console: small, deps: others } = stage([succeeded]);
  await restoreCluster(others, wish);
  assert.deepEqual(Object.keys(small.started[0]?.input ?? {}), ['cluster', 'restoreTo', 'target']);
});

test('a mistake that needs no bucket to be seen begins nothing', async () => {
  const { console, deps } = stage([succeeded]);
  await assert.rejects(restoreCluster(deps, { ...wish, restoreTo: '2026-11-22 04:25:06' }), {
    code: 'MOMENT_WITHOUT_ZONE',
  });
  await assert.rejects(restoreCluster(deps, { ...wish, targetPd: [] }), { code: 'INVALID_INPUT' });
  await assert.rejects(restoreCluster(deps, { ...wish, tables: ['shop.*,!a.*'] }), {
    code: 'INVALID_TABLE_FILTER',
  });
  assert.equal(console.started.length, 0);
});

test('each state is told once when it is entered, each step of br when it goes on', async () => {
  const script = [
    runningAt(''),
    runningAt('Plan'),
    runningAt('Plan'),
    ...Array(4).fill(runningAt('RunRestore')),
  ];
  const { deps, events } = stage([...script, succeeded], {
    onSleep: (count, console) => {
      console.run = count < 3 ? undefined : count < 5 ? running('snapshot', 0.5) : running('log', null);
    },
  });
  const report = await restoreCluster(deps, wish);
  assert.equal(report.state, 'restored');
  assert.deepEqual(events, [
    { kind: 'started', execution, place },
    { kind: 'state', at: '', sinceMs: 0 },
    { kind: 'state', at: 'Plan', sinceMs: 0 },
    { kind: 'state', at: 'RunRestore', sinceMs: 0 },
    { kind: 'work', step: 'snapshot', fraction: 0.5, attempt: 1 },
    { kind: 'work', step: 'log', fraction: null, attempt: 1 },
  ]);
});

test('it looks at once, and then less and less often', async () => {
  const { deps, clock } = stage([...Array(7).fill(runningAt('RunRestore')), succeeded]);
  await restoreCluster(deps, wish);
  assert.deepEqual(clock.sleptMs, [100, 200, 400, 800, 1600, 2000, 2000]);
});

test('a dry run ends with the plan, its numbers whole', async () => {
  const plan = {
    ...{
      restoreTs: '470632761065996290',
      asked: '-1m',
      base: 'b',
      chain: ['b', 'c'],
      backupTs: '470632758116614145',
    },
    log: { path: 'log-backup', afterTs: '470632758116614145', toTs: '470632761065996290', seconds: 12 },
    ...{ targetPd: ['10.0.9.1:2379'], tables: [], snapshotBytes: '573440', logBytes: null },
    estimate: { seconds: null, sentence: 'not known' },
    ...{ argv: ['/br', 'restore', 'point'], steps: ['one'], notes: [] },
  };
  const output = { cluster: 'shop', id: 'x', dryRun: true, plan, error: null };
  const { deps } = stage([{ state: 'succeeded', output }]);
  const { base: _, ...shown } = plan;
  assert.deepEqual(await restoreCluster(deps, { ...wish, dryRun: true }), {
    ...{ cluster: 'shop', state: 'planned', execution, place },
    plan: {
      ...shown,
      ...{ restoreTs: 470632761065996290n, backupTs: 470632758116614145n, snapshotBytes: 573440n },
      log: { path: 'log-backup', afterTs: 470632758116614145n, toTs: 470632761065996290n, seconds: 12 },
      ...{ logBytes: undefined, estimate: { seconds: undefined, sentence: 'not known' } },
    },
  });
});

test('the end has what the state says of the restore, and is an end also when the state cannot be read', async () => {
  const done = { ...planned, state: 'done', startedMs: 0, endedMs: 1, proof: 'all is equal' } as const;
  const { deps, console } = stage([succeeded]);
  console.run = done;
  assert.deepEqual(await restoreCluster(deps, wish), {
    ...{ cluster: 'shop', state: 'restored', execution, place, story: 'all is equal', run: done },
  });
  console.run = new PitrError('STORAGE_DENIED', 'no');
  assert.equal((await restoreCluster(deps, wish)).state, 'restored');
});

test('without waiting it ends as soon as the flow is started', async () => {
  const { deps, console } = stage([runningAt('Plan')]);
  assert.deepEqual(await restoreCluster(deps, { ...wish, wait: false }), {
    cluster: 'shop',
    state: 'started',
    execution,
    place,
  });
  assert.equal(console.looks, 0);
});

test('a flow that would not go on without this program is not started without waiting for it', async () => {
  const { deps, console } = stage([runningAt('Plan')], { outlives: false });
  await assert.rejects(restoreCluster(deps, { ...wish, wait: false }), { code: 'INVALID_INPUT' });
  assert.equal(console.started.length, 0);
});

test('a failure keeps the code and the sentence of the flow, and says what is left behind and where to look', async () => {
  const { deps, console } = stage([failed('RESTORE_CONFLICT', 'another restore is registered')]);
  console.run = {
    ...planned,
    ...{
      state: 'failed',
      endedMs: 0,
      attempt: 1,
      leftBehind: ['gc.ratio-threshold is -1', 'a registry entry'],
    },
    failure: { code: 'RESTORE_CONFLICT', message: 'm', hint: 'give the other one up' },
  };
  await assert.rejects(restoreCluster(deps, wish), (error: PitrError) => {
    assert.equal(error.code, 'RESTORE_CONFLICT');
    assert.equal(error.message, 'another restore is registered');
    assert.equal(
      error.hint,
      `give the other one up\nleft behind: gc.ratio-threshold is -1\nleft behind: a registry entry\nwhere: ${place}`,
    );
    assert.deepEqual(error.details['leftBehind'], ['gc.ratio-threshold is -1', 'a registry entry']);
    return true;
  });
});

test('a moment outside the window is refused with the nearest ones, and the exit code that belongs to it', async () => {
  const { deps, console } = stage([failed('MOMENT_NOT_IN_WINDOW', 'no base is older')]);
  console.run = {
    ...planned,
    ...{ state: 'refused', refusedMs: 0, nearestTs: [470632777030303745n, 470632754787647489n] },
    refusal: { code: 'MOMENT_NOT_IN_WINDOW', message: 'no base is older', hint: '' },
  };
  await assert.rejects(restoreCluster(deps, wish), (error: PitrError) => {
    assert.equal(error.exitCode, 3);
    const nearest = { before: 470632754787647489n, after: 470632777030303745n };
    assert.deepEqual(error.details['nearest'], nearest);
    return true;
  });
});

test('words of Step Functions become ours, and stand in the sentence', async () => {
  const codes = [
    ['aborted', 'INTERRUPTED'],
    ['States.Timeout', 'RUN_LOST'],
    ['[BR:KV:ErrKVNotLeader]', 'BR_FAILED'],
    ['States.Runtime', 'INTERNAL'],
    ['toString', 'INTERNAL'],
  ] as const;
  for (const [code, ours] of codes) {
    const { deps } = stage([failed(code, 'why')]);
    await assert.rejects(restoreCluster(deps, wish), { code: ours, message: `${code}: why` });
  }
  const { deps } = stage([failed('aborted', '')]);
  await assert.rejects(restoreCluster(deps, wish), /aborted: somebody stopped the execution/);
});

test('a stop ends the watching, says that the restore goes on, and how it is watched again', async () => {
  const { deps, stop } = stage([runningAt('RunRestore')], { onSleep: () => stop.abort() });
  await assert.rejects(restoreCluster(deps, wish), (error: PitrError) => {
    assert.equal(error.code, 'INTERRUPTED');
    assert.equal(error.message, `the watching was stopped; the restore ${execution} goes on (${place})`);
    assert.match(error.hint ?? '', new RegExp(`pitr restore-cluster --cluster shop --watch ${execution}`));
    return true;
  });
});

test('a stop of a restore that lives in this program says what goes on with it', async () => {
  const { deps, stop } = stage([runningAt('RunRestore')], { outlives: false, onSleep: () => stop.abort() });
  await assert.rejects(restoreCluster(deps, wish), /is left unfinished/);
  await assert.rejects(restoreCluster(deps, wish), (error: PitrError) =>
    /pitr local up/.test(error.hint ?? ''),
  );
});

test('a restore that was begun before is watched by its name; one that never was is INVALID_INPUT', async () => {
  const { deps, console, events } = stage([runningAt('Verify'), succeeded]);
  assert.equal((await watchRestore(deps, { cluster: 'shop', execution })).state, 'restored');
  assert.equal(console.started.length, 0);
  assert.deepEqual(events, [{ kind: 'state', at: 'Verify', sinceMs: 0 }]);
  const none = stage([undefined]);
  await assert.rejects(watchRestore(none.deps, { cluster: 'shop', execution: 'restore-x' }), {
    code: 'INVALID_INPUT',
  });
});

test('what may pass is told once and waited out; what cannot pass ends the watching at once', async () => {
  const busy = new PitrError('RUNNER_UNAVAILABLE', 'too many requests');
  const { deps, events } = stage([runningAt('Plan'), busy, busy, runningAt('Plan'), succeeded]);
  await restoreCluster(deps, wish);
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'trouble'),
    [{ kind: 'trouble', problem: 'too many requests' }],
  );
  const denied = stage([runningAt('Plan'), new PitrError('AWS_DENIED', 'no')]);
  await assert.rejects(restoreCluster(denied.deps, wish), { code: 'AWS_DENIED' });
});

test('after ten minutes without an answer the watching gives up', async () => {
  const { deps, clock } = stage([new PitrError('RUNNER_UNAVAILABLE', 'gone')]);
  await assert.rejects(restoreCluster(deps, wish), { code: 'RUNNER_UNAVAILABLE' });
  const tookMs = clock.nowMs() - startMs;
  assert.ok(tookMs > 600_000 && tookMs < 605_000, `${tookMs}`);
});

test('a state that cannot be read is told once, and takes nothing from the watching', async () => {
  const { deps, console, events } = stage([runningAt('RunRestore'), runningAt('RunRestore'), succeeded]);
  console.run = new PitrError('STORAGE_DENIED', 'dynamodb:GetItem is denied');
  await restoreCluster(deps, wish);
  const told = events.filter(({ kind }) => kind === 'trouble');
  assert.deepEqual(told, [
    { kind: 'trouble', problem: 'how far br is cannot be told: dynamodb:GetItem is denied' },
  ]);
});

test('what stands in the sentence of the flow already is not told again', async () => {
  const story = 'br refused; left behind: gc.ratio-threshold is -1; make the target anew';
  const { deps, console } = stage([failed('BR_REFUSED', story)]);
  console.run = {
    ...planned,
    ...{ state: 'failed', endedMs: 0, attempt: 1, leftBehind: ['gc.ratio-threshold is -1'] },
    failure: { code: 'BR_REFUSED', message: 'br refused', hint: 'make the target anew' },
  };
  await assert.rejects(restoreCluster(deps, wish), { message: story, hint: `where: ${place}` });
});
