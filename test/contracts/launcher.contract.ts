// What every adapter of the port Launcher must do: lib/ports/launcher.ts. The judge is what was begun elsewhere.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { PitrError } from '../../lib/domain/errors.ts';
import type { Facts } from '../../lib/domain/state/run-identity.ts';
import type { FlowName, LaunchedOperation, Launcher } from '../../lib/ports/launcher.ts';

export interface BegunFlow {
  readonly flow: FlowName;
  readonly name: string;
  readonly input: Facts;
}

export interface OpenedLauncher {
  readonly launcher: Launcher;
  /** Executions of the flows snapshot and truncate. */
  readonly executions: () => readonly BegunFlow[];
  readonly invoked: () => readonly { readonly operation: LaunchedOperation; readonly input: Facts }[];
  /** An execution comes to its end. */
  readonly end: (flow: FlowName, name: string) => Promise<void>;
  /** A minute goes by. */
  readonly later: () => Promise<void>;
  /** The next run of an operation fails. */
  readonly breakOperation: () => void;
  /** Makes the next call fail, as it is told in `failures`. */
  readonly fail: (code: 'RUNNER_UNAVAILABLE' | 'AWS_DENIED') => void;
}

/** Where an adapter departs from the contract: why. */
export interface LauncherDepartures {
  /** An operation is waited for, so that its failure is the call's. */
  readonly waits?: string;
  readonly endings?: string;
  readonly breaking?: string;
  readonly failures?: string;
}

export interface LauncherAdapter {
  readonly open: (t: TestContext) => Promise<OpenedLauncher>;
  readonly departures?: LauncherDepartures;
}

const input = { cluster: 'shop', id: '20261122120000' };
const unless = (why: string | undefined) => (why === undefined ? {} : { skip: why });

export function launcherContract(name: string, { open, departures = {} }: LauncherAdapter): void {
  describe(`the contract of a launcher: ${name}`, () => {
    test('a flow is started by its name, with its input', async (t) => {
      const { launcher, executions } = await open(t);
      assert.equal(await launcher.startFlow('snapshot', '20261122120000-snapshot', input), 'started');
      assert.deepEqual(executions(), [{ flow: 'snapshot', name: '20261122120000-snapshot', input }]);
    });

    test('a name that is there is no second execution, whatever its input', async (t) => {
      const { launcher, executions, later } = await open(t);
      await launcher.startFlow('snapshot', 'a', input);
      await later();
      assert.equal(await launcher.startFlow('snapshot', 'a', input), 'exists');
      assert.equal(await launcher.startFlow('snapshot', 'a', { ...input, id: 'other' }), 'exists');
      assert.deepEqual(executions(), [{ flow: 'snapshot', name: 'a', input }]);
    });

    test('a name is used up, also after its end', unless(departures.endings), async (t) => {
      const { launcher, executions, end, later } = await open(t);
      await launcher.startFlow('snapshot', 'a', input);
      await end('snapshot', 'a');
      await later();
      assert.equal(await launcher.startFlow('snapshot', 'a', input), 'exists');
      assert.equal(executions().length, 1);
    });

    test('many starts at once are one execution, and at least one of them started it', async (t) => {
      const { launcher, executions } = await open(t);
      const starts = Array.from({ length: 5 }, () => launcher.startFlow('truncate', 'a', input));
      assert.ok((await Promise.all(starts)).includes('started'));
      assert.equal(executions().length, 1);
    });

    test('the same name in another flow is another execution', async (t) => {
      const { launcher, executions } = await open(t);
      assert.equal(await launcher.startFlow('snapshot', 'a', input), 'started');
      assert.equal(await launcher.startFlow('truncate', 'a', input), 'started');
      assert.deepEqual(
        executions()
          .map(({ flow }) => flow)
          .sort(),
        ['snapshot', 'truncate'],
      );
    });

    test('a name of 80 letters is one, and any other form is refused before anything begins', async (t) => {
      const { launcher, executions } = await open(t);
      for (const wrong of ['', 'a.b', 'a/b', 'a b', 'é', 'x'.repeat(81)]) {
        await assert.rejects(launcher.startFlow('snapshot', wrong, input), { code: 'INVALID_INPUT' }, wrong);
      }
      assert.deepEqual(executions(), []);
      assert.equal(await launcher.startFlow('snapshot', `${'x'.repeat(78)}-_`, input), 'started');
    });

    test('an operation is run with its input', async (t) => {
      const { launcher, invoked } = await open(t);
      await launcher.invoke('take-snapshot', { ...input, trigger: 'first' });
      await launcher.invoke('adopt', input);
      assert.deepEqual(invoked(), [
        { operation: 'take-snapshot', input: { ...input, trigger: 'first' } },
        { operation: 'adopt', input },
      ]);
    });

    test(
      `an operation that fails ${departures.waits === undefined ? 'is told to nobody here' : `fails the call: ${departures.waits}`}`,
      unless(departures.breaking),
      async (t) => {
        const { launcher, invoked, breakOperation } = await open(t);
        breakOperation();
        const call = launcher.invoke('truncate-log', input);
        if (departures.waits === undefined) await call;
        else await assert.rejects(call, PitrError);
        assert.equal(invoked().length, 1);
        await launcher.invoke('truncate-log', input);
        assert.equal(invoked().length, 2);
      },
    );

    for (const code of ['RUNNER_UNAVAILABLE', 'AWS_DENIED'] as const) {
      test(
        `what keeps work from being begun is ${code}, and the same call can be made again`,
        unless(departures.failures),
        async (t) => {
          const { launcher, executions, invoked, fail } = await open(t);
          const isCode = (error: unknown) =>
            error instanceof PitrError &&
            error.code === code &&
            error.retryable === (code === 'RUNNER_UNAVAILABLE');
          fail(code);
          await assert.rejects(launcher.startFlow('snapshot', 'a', input), isCode);
          fail(code);
          await assert.rejects(launcher.invoke('adopt', input), isCode);
          assert.deepEqual([executions(), invoked()], [[], []]);
          assert.equal(await launcher.startFlow('snapshot', 'a', input), 'started');
          await launcher.invoke('adopt', input);
          assert.deepEqual([executions().length, invoked().length], [1, 1]);
        },
      );
    }
  });
}
