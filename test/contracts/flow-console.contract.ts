// What every adapter of the port FlowConsole must do: lib/ports/flow-console.ts. The judge is what a test lets the flow come to.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { RestoreRun } from '../../lib/domain/state/restore-run.ts';
import type { FlowConsole } from '../../lib/ports/flow-console.ts';
import { restoreIn } from '../support/restore-runs.ts';

/** How a restore comes to its end. */
export type FlowEnd = 'succeeded' | { readonly code: string; readonly message: string };

export interface OpenedConsole {
  readonly console: FlowConsole;
  /** Lets the flow that was started go on, until br works. */
  readonly untilBr: (name: string) => Promise<void>;
  /** Lets it come to its end. Its output has `outcome`. */
  readonly end: (name: string, end: FlowEnd) => Promise<void>;
  /** Writes the record of a restore into the state. */
  readonly keep: (run: RestoreRun) => Promise<void>;
  readonly nowMs: () => number;
}

/** Where an adapter departs from the contract: why. */
export interface ConsoleDepartures {
  readonly restores?: string;
  readonly otherFlows?: string;
}

export interface ConsoleAdapter {
  readonly open: (t: TestContext) => Promise<OpenedConsole>;
  readonly outlives: boolean;
  readonly departures?: ConsoleDepartures;
}

const flow = 'restore-to-point';
const one = '20261122120000-x4f1-restore';
const other = '20261122120100-x4f2-restore';
const request = { cluster: 'shop', restoreTo: 'latest', target: { pd: ['10.0.9.1:2379'] } };
const unless = (why: string | undefined) => (why === undefined ? {} : { skip: why });

export function flowConsoleContract(name: string, { open, outlives, departures = {} }: ConsoleAdapter): void {
  describe(`the contract of a console of flows: ${name}`, () => {
    test('it says whether a flow goes on without this program, and where it runs, for people', async (t) => {
      const { console } = await open(t);
      assert.equal(console.outlives, outlives);
      await console.startFlow(flow, one, request);
      assert.match(await console.place(flow, one), /\S/);
    });

    test('a name is started once', async (t) => {
      const { console, untilBr } = await open(t);
      assert.equal(await console.startFlow(flow, one, request), 'started');
      await untilBr(one);
      assert.equal(await console.startFlow(flow, one, request), 'exists');
      assert.equal(await console.startFlow(flow, other, request), 'started');
    });

    test('there is nothing to be seen of a name that was never started', async (t) => {
      const { console } = await open(t);
      await console.startFlow(flow, one, request);
      assert.equal(await console.look(flow, other), undefined);
    });

    test('a flow that was just started is running, and a look changes nothing', async (t) => {
      const { console, nowMs } = await open(t);
      await console.startFlow(flow, one, request);
      for (let look = 0; look < 3; look++) {
        const seen = await console.look(flow, one);
        assert.ok(seen?.state === 'running', JSON.stringify(seen));
        assert.ok(Math.abs(seen.sinceMs - nowMs()) <= 60_000, `${seen.sinceMs}`);
      }
    });

    test('while br works the state of the flow is shown, and since when', async (t) => {
      const { console, untilBr } = await open(t);
      await console.startFlow(flow, one, request);
      await untilBr(one);
      const seen = await console.look(flow, one);
      assert.ok(seen?.state === 'running' && seen.at === 'RunRestore', JSON.stringify(seen));
    });

    test('a restore that ended well is seen with what its last state gave', async (t) => {
      const { console, untilBr, end } = await open(t);
      await console.startFlow(flow, one, request);
      await untilBr(one);
      await end(one, 'succeeded');
      for (let look = 0; look < 2; look++) {
        const seen = await console.look(flow, one);
        assert.ok(seen?.state === 'succeeded', JSON.stringify(seen));
        assert.equal(seen.output['outcome'], 'succeeded');
      }
    });

    test('one that failed is seen with its code and its sentence', async (t) => {
      const { console, untilBr, end } = await open(t);
      await console.startFlow(flow, one, request);
      await untilBr(one);
      const failure = { code: 'TARGET_NOT_EMPTY', message: 'the target has databases: shop' };
      await end(one, failure);
      assert.deepEqual(await console.look(flow, one), { state: 'failed', ...failure });
    });

    test(
      'restores are given as the state has them, the newest first, at most 20',
      unless(departures.restores),
      async (t) => {
        const { console, keep } = await open(t);
        assert.deepEqual(await console.restores(), []);
        const runs = Array.from({ length: 22 }, (_, index) => restoreIn(index));
        for (const run of runs) await keep(run);
        assert.deepEqual(await console.restores(), runs.toReversed().slice(0, 20));
      },
    );

    test(
      'a flow that is not for a person, or not there, is INVALID_INPUT',
      unless(departures.otherFlows),
      async (t) => {
        const { console } = await open(t);
        await assert.rejects(console.startFlow('snapshot', '20261122120000-snapshot', {}), {
          code: 'INVALID_INPUT',
        });
      },
    );
  });
}
