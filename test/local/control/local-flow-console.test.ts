// Flows of one machine, run by this process or asked of the runtime that has the folder.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { RestoreRun } from '../../../lib/domain/state/restore-run.ts';
import { claimFolder } from '../../../lib/local/control/daemon-claim.ts';
import { OwnFlowConsole, openLocalFlowConsole } from '../../../lib/local/control/local-flow-console.ts';
import { openNeighbourConsole } from '../../../lib/local/control/neighbour-flow-console.ts';
import { openFlowRunner } from '../../../lib/local/flow-runner.ts';
import { openSqliteTaskStore } from '../../../lib/local/sqlite-task-store.ts';
import { VirtualClock } from '../../../lib/local/virtual-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const startMs = Date.UTC(2026, 10, 22, 12);
const flow = 'restore-to-point' as const;
const one = '20261122120000-x4f1-restore';
const request = { cluster: 'shop', restoreTo: 'latest', target: { pd: ['10.0.9.1:2379'] } };
const restore: RestoreRun = {
  ...{ shape: 'restore/v1', cluster: 'shop', id: '20261122120000', requestedMs: startMs, requestedBy: 'ann' },
  ...{ restoreTs: 470632761065996290n, targetPd: [], tables: [], planId: 'p', base: 'b' },
  ...{ state: 'planned', plannedMs: startMs },
};

/** The files of a state folder, with the process that runs its flows; br waits until `endBr`. */
async function stage(t: TestContext) {
  const folder = await temporaryFolder();
  const clock = new VirtualClock(startMs);
  const store = await openSqliteTaskStore(join(folder.path, 'state.sqlite'));
  const tokens: string[] = [];
  const open = () =>
    openFlowRunner({
      path: join(folder.path, 'flows.sqlite'),
      functions: {
        'start-br': async () => ({}),
        'cut-log': async () => ({}),
        'settle-run': async () => ({}),
        observe: async () => ({}),
        'plan-restore': async () => ({ cluster: 'shop', id: restore.id, dryRun: false, plan: {} }),
        'check-target': async () => ({}),
        'run-restore': async (payload) => {
          tokens.push(String((payload as { readonly token: string }).token));
          return {};
        },
        'verify-restore': async () => ({ next: 'done', waitSeconds: 0 }),
        'settle-restore': async () => ({ outcome: 'succeeded', code: '', message: '' }),
      },
      clock,
      random: () => 0.5,
      onFault: (_, error) => assert.fail(String(error)),
    });
  t.after(() => folder.remove());
  return { folder: folder.path, clock, store, tokens, open };
}

/** As `LocalRuntime`, whose sweep finds that br ended as soon as `isOver` says so. */
async function ownConsole(t: TestContext) {
  const { folder, clock, store, tokens, open } = await stage(t);
  const state = { isOver: false, sweeps: 0 };
  const begin = async () => {
    const flows = await open();
    const run = async (operation: string) => {
      assert.equal(operation, 'br-ended');
      state.sweeps += 1;
      if (state.isOver) await flows.succeed(tokens.at(-1) ?? '', { next: 'done' });
      return {};
    };
    const close = () => flows.close();
    return new OwnFlowConsole({ flows, store, run, close, options: { clock, folder } }, 'shop');
  };
  t.after(() => store.close());
  return { clock, state, store, begin };
}

test('a flow that this process runs goes through its states to its end, br being looked after meanwhile', async (t) => {
  const { clock, state, begin } = await ownConsole(t);
  const console = await begin();
  assert.equal(console.outlives, false);
  assert.equal(await console.startFlow(flow, one, request), 'started');
  assert.equal(await console.startFlow(flow, one, request), 'exists');
  await clock.advance(5_000);
  const look = await console.look(flow, one);
  assert.deepEqual(look, { state: 'running', at: 'RunRestore', sinceMs: startMs });
  assert.ok(state.sweeps >= 4, `${state.sweeps}`);
  state.isOver = true;
  await clock.advance(5_000);
  assert.deepEqual(await console.look(flow, one), {
    state: 'succeeded',
    output: { outcome: 'succeeded', code: '', message: '' },
  });
  await console.close();
});

test('a flow that an earlier process left unfinished goes on when it is looked at', async (t) => {
  const { clock, state, begin } = await ownConsole(t);
  const first = await begin();
  await first.startFlow(flow, one, request);
  await clock.advance(5_000);
  await first.close();
  const second = await begin();
  await clock.advance(5_000);
  assert.equal((await second.look(flow, one))?.state, 'running');
  state.isOver = true;
  await clock.advance(5_000);
  assert.equal((await second.look(flow, one))?.state, 'succeeded');
  assert.equal(await second.look(flow, 'two'), undefined);
  await second.close();
});

test('no sweep goes on after the console is closed', async (t) => {
  const { clock, state, begin } = await ownConsole(t);
  const console = await begin();
  await console.startFlow(flow, one, request);
  await clock.advance(2_000);
  await console.close();
  const { sweeps } = state;
  await clock.advance(60_000);
  assert.equal(state.sweeps, sweeps);
});

test('what the state says of a restore is given as it stands there', async (t) => {
  const { begin, store } = await ownConsole(t);
  const console = await begin();
  assert.deepEqual(await console.restores(), []);
  await store.commit({ cluster: 'shop', nowMs: startMs, records: [{ record: restore, expect: 'absent' }] });
  assert.deepEqual(await console.restores(), [restore]);
  await console.close();
});

/** The folder is claimed by this very process, as by a `pitr local up`. */
async function neighbour(t: TestContext) {
  const { folder, clock, store, tokens, open } = await stage(t);
  const claim = claimFolder(folder);
  const flows = await open();
  const settings = { clusters: [] };
  const log = () => {};
  const console = await openLocalFlowConsole({
    ...{ settings, folder, clock, random: () => 0.5, log, cluster: 'shop' },
  });
  t.after(async () => {
    await console.close();
    await flows.close();
    await store.close();
    claim.release();
  });
  return { clock, store, tokens, flows, console, claim, folder };
}

test('a restore is asked of the runtime by one signal, and is running from the moment that it is asked for', async (t) => {
  const { clock, store, console, folder } = await neighbour(t);
  assert.equal(console.outlives, true);
  assert.equal(await console.startFlow(flow, one, request), 'started');
  const { entries } = await store.waitingSignals('shop', { nowMs: clock.nowMs() });
  assert.deepEqual(
    entries.map(({ id, topic, facts }) => ({ id, topic, facts })),
    [
      {
        id: 'restore-requested/20261122120000-x4f1',
        topic: 'restore-requested',
        facts: { id: '20261122120000-x4f1', request },
      },
    ],
  );
  assert.deepEqual(await console.look(flow, one), { state: 'running', at: '', sinceMs: startMs });
  assert.equal(await console.look(flow, 'two'), undefined);
  assert.equal(await console.place(flow, one), `this machine, the runtime of ${folder}`);
});

test('a restore that the runtime took up is watched to its end in the file of the flows', async (t) => {
  const { clock, tokens, flows, console } = await neighbour(t);
  await console.startFlow(flow, one, request);
  await flows.start(flow, one, request);
  assert.equal(await console.startFlow(flow, one, request), 'exists');
  await clock.advance(1_000);
  assert.deepEqual(await console.look(flow, one), { state: 'running', at: 'RunRestore', sinceMs: startMs });
  await flows.fail(tokens[0] ?? '', { code: 'BR_REFUSED', message: 'no' });
  await clock.advance(1_000);
  assert.equal((await console.look(flow, one))?.state, 'succeeded');
});

test('a wish that nobody takes up is taken back after two minutes, so that nothing begins unexpectedly', async (t) => {
  const { clock, store, console } = await neighbour(t);
  await console.startFlow(flow, one, request);
  await clock.advance(121_000);
  assert.equal((await console.look(flow, one))?.state, 'running');
  assert.deepEqual((await store.waitingSignals('shop', { nowMs: clock.nowMs() })).entries, []);
  await assert.rejects(console.look(flow, one), {
    code: 'STATE_CONFLICT',
    message: new RegExp(`the process ${process.pid} has it; nothing was begun`),
  });
});

test('a wish that was taken up in the last moment is no longer taken back', async (t) => {
  const { clock, flows, console } = await neighbour(t);
  await console.startFlow(flow, one, request);
  await clock.advance(121_000);
  await console.look(flow, one);
  await flows.start(flow, one, request);
  assert.equal((await console.look(flow, one))?.state, 'running');
});

test('a restore that another process asked for a moment ago is running, too', async (t) => {
  const { console, clock, folder } = await neighbour(t);
  await console.startFlow(flow, one, request);
  const other = await openNeighbourConsole({ folder, cluster: 'shop', clock });
  t.after(() => other.close());
  assert.deepEqual(await other.look(flow, one), { state: 'running', at: '', sinceMs: startMs });
  assert.equal(await other.look(flow, '20261122120000-none-restore'), undefined);
});

test('when the runtime is gone, that may pass: the flow is unfinished on disk', async (t) => {
  const { console, claim, flows } = await neighbour(t);
  await console.startFlow(flow, one, request);
  await flows.start(flow, one, request);
  claim.release();
  await assert.rejects(console.look(flow, one), { code: 'RUNNER_UNAVAILABLE', retryable: true });
});

test('only a restore can be asked for', async (t) => {
  const { console } = await neighbour(t);
  await assert.rejects(console.startFlow('snapshot', one, {}), { code: 'INVALID_INPUT' });
});
