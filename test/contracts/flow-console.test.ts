import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openSfnFlowConsole } from '../../lib/aws/sfn-flow-console.ts';
import { claimFolder } from '../../lib/local/control/daemon-claim.ts';
import { OwnFlowConsole, openLocalFlowConsole } from '../../lib/local/control/local-flow-console.ts';
import { openFlowRunner } from '../../lib/local/flow-runner.ts';
import type { Json } from '../../lib/local/flows/flow-records.ts';
import { openSqliteTaskStore } from '../../lib/local/sqlite-task-store.ts';
import { VirtualClock } from '../../lib/local/virtual-clock.ts';
import type { TaskStore } from '../../lib/ports/task-store.ts';
import { FakeAws } from '../support/fake-aws-json.ts';
import { FakeFlowConsole } from '../support/fake-flow-console.ts';
import { FakeStepFunctions } from '../support/fake-step-functions.ts';
import { memoryTaskStore } from '../support/memory-task-store.ts';
import { useTestCredentials } from '../support/s3-environment.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { type ConsoleAdapter, type FlowEnd, flowConsoleContract } from './flow-console.contract.ts';

useTestCredentials();

const startMs = Date.UTC(2026, 10, 22, 12);
const flow = 'restore-to-point' as const;
const runsAt = 'RunRestore';

async function keepIn(
  store: TaskStore,
  record: Parameters<TaskStore['commit']>[0]['records'][number]['record'],
) {
  await store.commit({ cluster: 'shop', nowMs: startMs, records: [{ record, expect: 'absent' }] });
}

const stepFunctions: ConsoleAdapter = {
  outlives: true,
  open: async (t) => {
    const machine = 'arn:aws:states:eu-central-1:111122223333:stateMachine:Shop-restore-to-point';
    const arnOf = (name: string) => `${machine.replace(':stateMachine:', ':execution:')}:${name}`;
    const aws = new FakeAws();
    const flows = new FakeStepFunctions(aws, [machine]);
    flows.tags.set(machine, { 'pitr:cluster': 'shop', 'pitr:flow': flow, 'pitr:table': 'shop-table' });
    const endpoint = await aws.listen();
    const store = memoryTaskStore();
    const console = openSfnFlowConsole({
      cluster: 'shop',
      location: { endpoint, region: 'eu-central-1' },
      nowMs: () => flows.nowMs,
      openStore: async () => store,
    });
    t.after(async () => {
      await console.close();
      await aws.close();
    });
    return {
      console,
      untilBr: async (name) => {
        for (const state of ['Plan', 'IsDryRun', 'CheckTarget', runsAt]) flows.enter(arnOf(name), state);
        flows.nowMs += 10_000;
      },
      end: async (name, end) =>
        flows.end(
          arnOf(name),
          end === 'succeeded'
            ? { status: 'SUCCEEDED', output: '{"outcome":"succeeded"}' }
            : { status: 'FAILED', error: end.code, cause: end.message },
        ),
      keep: (run) => keepIn(store, run),
      nowMs: () => flows.nowMs,
    };
  },
};

/** The files of a state folder, and what runs its flows; br waits until it is told to end. */
async function stateFolder(t: TestContext) {
  const folder = await temporaryFolder();
  const clock = new VirtualClock(startMs);
  const store = await openSqliteTaskStore(join(folder.path, 'state.sqlite'));
  const tokens = new Map<string, string>();
  let settled: FlowEnd = 'succeeded';
  const open = () =>
    openFlowRunner({
      path: join(folder.path, 'flows.sqlite'),
      functions: {
        ...Object.fromEntries(
          ['start-br', 'cut-log', 'settle-run', 'observe', 'check-target'].map((name) => [
            name,
            async () => ({}),
          ]),
        ),
        'plan-restore': async () => ({ cluster: 'shop', id: '20261122120000', dryRun: false, plan: {} }),
        'run-restore': async (payload: Json) => {
          const { execution, token } = payload as { readonly execution: string; readonly token: string };
          tokens.set(execution, token);
          return {};
        },
        'verify-restore': async () => ({ next: 'done', waitSeconds: 0 }),
        'settle-restore': async () =>
          settled === 'succeeded'
            ? { outcome: 'succeeded', code: '', message: '' }
            : { outcome: 'failed', ...settled },
      },
      clock,
      random: () => 0.5,
      onFault: (_, error) => {
        throw error;
      },
    });
  const flows = await open();
  t.after(async () => {
    await flows.close();
    await store.close();
    await folder.remove();
  });
  const end = async (name: string, how: FlowEnd) => {
    settled = how;
    await flows.succeed(tokens.get(name) ?? '', { next: 'done' });
    await clock.advance(5_000);
  };
  return {
    folder: folder.path,
    clock,
    store,
    flows,
    end,
    keep: (run: Parameters<typeof keepIn>[1]) => keepIn(store, run),
  };
}

const ownProcess: ConsoleAdapter = {
  outlives: false,
  departures: { otherFlows: 'the process that runs the flows has them all' },
  open: async (t) => {
    const { folder, clock, store, flows, end, keep } = await stateFolder(t);
    const parts = {
      flows,
      store,
      run: async () => ({}),
      close: async () => undefined,
      options: { clock, folder },
    };
    const console = new OwnFlowConsole(parts, 'shop');
    t.after(() => console.close());
    return { console, end, keep, untilBr: () => clock.advance(5_000), nowMs: () => clock.nowMs() };
  },
};

const neighbour: ConsoleAdapter = {
  outlives: true,
  open: async (t) => {
    const { folder, clock, store, flows, end, keep } = await stateFolder(t);
    const claim = claimFolder(folder);
    t.after(() => claim.release());
    const console = await openLocalFlowConsole({
      ...{
        settings: { clusters: [] },
        folder,
        clock,
        random: () => 0.5,
        log: () => undefined,
        cluster: 'shop',
      },
    });
    t.after(() => console.close());
    return {
      console,
      end,
      keep,
      // As the runtime does that has the folder: it reads the wish, and starts what it asks for.
      untilBr: async (name) => {
        const { entries } = await store.waitingSignals('shop', { nowMs: clock.nowMs() });
        const { request } = { ...entries.at(-1)?.facts };
        await flows.start(flow, name, { ...Object(request) });
        await clock.advance(5_000);
      },
      nowMs: () => clock.nowMs(),
    };
  },
};

const memory: ConsoleAdapter = {
  outlives: true,
  departures: {
    restores: 'in memory there is one restore at most, which the test puts there',
    otherFlows: 'in memory nothing is deployed or missing',
  },
  open: async () => {
    const console = new FakeFlowConsole([{ state: 'running', at: '', sinceMs: startMs }]);
    return {
      console,
      untilBr: async () => console.show({ state: 'running', at: runsAt, sinceMs: startMs }),
      end: async (_name, end) =>
        console.show(
          end === 'succeeded'
            ? { state: 'succeeded', output: { outcome: 'succeeded' } }
            : { state: 'failed', ...end },
        ),
      keep: async (run) => void (console.run = run),
      nowMs: () => startMs,
    };
  },
};

flowConsoleContract('Step Functions', stepFunctions);
flowConsoleContract('the flows of this process', ownProcess);
flowConsoleContract('the runtime that has the folder', neighbour);
flowConsoleContract('in memory', memory);
