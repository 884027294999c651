// The child processes of one machine: the contract, and what only they can suffer: controllers and supervisors that are
// killed at any step, pids that are used again, disks and files that are not as they should be.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { PitrError } from '../../lib/domain/errors.ts';
import { openProcessRunner } from '../../lib/local/process-runner.ts';
import { identityOf } from '../../lib/local/runs/process-identity.ts';
import { readClaim, readStarted, writeWhole } from '../../lib/local/runs/run-folder.ts';
import { encodeRunHandle, outputStart, type RunHandle, type Runner } from '../../lib/ports/runner.ts';
import { runnerContract } from '../contracts/runner.contract.ts';
import { allOutput, type OpenedRunner, request, rest, waitFor } from '../contracts/runner-steps.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function openTemporary(): Promise<OpenedRunner & { readonly runs: string }> {
  const folder = await temporaryFolder();
  const runs = join(folder.path, 'runs');
  return {
    runner: openProcessRunner(runs),
    openAgain: () => openProcessRunner(runs),
    runs,
    scratch: folder.path,
    close: folder.remove,
  };
}

runnerContract('child processes', openTemporary);

const controllerPath = 'test/support/run-controller.ts';

function startController(runs: string, runId: string, argv: readonly string[]): ChildProcess {
  return spawn(process.execPath, [controllerPath, runs, runId, JSON.stringify(argv)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function supervisorPid(handle: RunHandle): number {
  const claim = readClaim(handle.place);
  assert.ok(claim !== undefined && 'supervisor' in claim);
  return claim.supervisor.pid;
}

async function killSupervisor(handle: RunHandle): Promise<void> {
  const pid = supervisorPid(handle);
  process.kill(pid, 'SIGKILL');
  await waitFor(() => identityOf(pid) === undefined, 'the end of the supervisor');
}

const isUnavailable = (error: unknown) => error instanceof PitrError && error.code === 'RUNNER_UNAVAILABLE';

describe('a child process as a run', { concurrency: 4 }, () => {
  const withRunner = (
    title: string,
    run: (opened: OpenedRunner & { readonly runs: string; readonly runner: Runner }) => Promise<void>,
  ): void => {
    test(title, { timeout: 90_000 }, async () => {
      const opened = await openTemporary();
      try {
        await run(opened);
      } finally {
        await opened.close();
      }
    });
  };

  withRunner(
    'a controller that is killed leaves its run going, and the next one sees its end',
    async ({ runner, runs }) => {
      const argv = ['sh', '-c', 'echo begun; sleep 1; echo done; exit 5'];
      const controller = startController(runs, 'orphaned', argv);
      const [text] = await once(controller.stdout!, 'data');
      await kill(controller);
      const handle = await runner.start(request('orphaned', argv));
      assert.equal(encodeRunHandle(handle), String(text).trim());
      assert.equal((await runner.poll(handle)).state, 'running');
      const state = await rest(runner, handle);
      assert.ok(state.state === 'ended');
      assert.deepEqual(state.end, { exitCode: 5 });
      const { lines } = await allOutput(runner, handle);
      assert.deepEqual(
        lines.map((line) => line.text),
        ['begun', 'done'],
      );
    },
  );

  withRunner(
    'a controller that is killed at any moment of a start, and started again, starts one process',
    async ({ runner, runs, scratch }) => {
      let begunByTheFirst = 0;
      for (let step = 0; step < 8; step++) {
        const runId = `step-${step}`;
        const count = join(scratch, runId);
        const argv = ['sh', '-c', 'echo x >> "$1"; sleep 0.2', 'sh', count];
        const controller = startController(runs, runId, argv);
        // From before its first file to after the start: a controller of this size needs some 60 to 250 ms.
        await setTimeout(40 + step * 33);
        await kill(controller);
        if (existsSync(join(runs, runId, 'claim.json'))) begunByTheFirst += 1;
        const state = await rest(runner, await runner.start(request(runId, argv)));
        assert.ok(state.state === 'ended', `${runId}: ${JSON.stringify(state)}`);
        assert.equal(readFileSync(count, 'utf8'), 'x\n', runId);
      }
      assert.ok(begunByTheFirst < 8, 'some controllers died before the run began');
    },
  );

  withRunner(
    'a controller that dies after asking for a stop has stopped it',
    async ({ runner, openAgain }) => {
      const handle = await runner.start(
        request('stopping', ['sh', '-c', "trap '' TERM; echo ready; while :; do sleep 0.05; done"]),
      );
      await waitFor(async () => (await runner.output(handle, outputStart)).lines.length > 0, 'the program');
      await runner.stop(handle, { graceMs: 400 });
      // Nothing of this controller runs on: the next one only looks.
      const state = await rest(openAgain(), handle);
      assert.ok(state.state === 'ended' && state.wasStopped);
    },
  );

  withRunner(
    'a run whose supervisor died is running as long as its program lives, and then lost',
    async ({ runner, scratch }) => {
      const flag = join(scratch, 'go');
      const handle = await runner.start(
        request('unwatched', ['sh', '-c', 'while [ ! -e "$1" ]; do sleep 0.05; done', 'sh', flag]),
      );
      await killSupervisor(handle);
      assert.equal((await runner.poll(handle)).state, 'running');
      writeFileSync(flag, '');
      const state = await rest(runner, handle);
      assert.equal(state.state, 'lost');
      assert.match(state.why, /supervisor died/);
      assert.deepEqual(await runner.poll(handle), state);
      assert.deepEqual(
        await runner.start(
          request('unwatched', ['sh', '-c', 'while [ ! -e "$1" ]; do sleep 0.05; done', 'sh', flag]),
        ),
        handle,
      );
      assert.equal((await runner.output(handle, outputStart)).isEnd, true);
    },
  );

  withRunner('a program without its supervisor can still be stopped', async ({ runner }) => {
    const handle = await runner.start(
      request('deaf', ['sh', '-c', "trap '' TERM; echo ready; while :; do sleep 0.05; done"]),
    );
    await waitFor(async () => (await runner.output(handle, outputStart)).lines.length > 0, 'the program');
    await killSupervisor(handle);
    await runner.stop(handle, { graceMs: 300 });
    assert.equal((await rest(runner, handle)).state, 'lost');
  });

  // Only Linux shows the environment of others, by which what a program started is known as its own.
  if (process.platform === 'linux') {
    withRunner(
      'what a program left running without its supervisor is seen, and stopped, before the run is lost',
      async ({ runner }) => {
        const handle = await runner.start(
          request('left', ['sh', '-c', 'sh -c "trap \\"\\" TERM; while :; do sleep 0.05; done" & wait']),
        );
        const leader = readStarted(handle.place)!.leader;
        await setTimeout(200);
        await killSupervisor(handle);
        process.kill(leader.pid, 'SIGKILL');
        await waitFor(() => identityOf(leader.pid) === undefined, 'the end of the program');
        assert.equal((await runner.poll(handle)).state, 'running');
        await runner.stop(handle, { graceMs: 200 });
        assert.equal((await rest(runner, handle)).state, 'lost');
      },
    );
  }

  withRunner('a supervisor outlives the signals of a machine that shuts down', async ({ runner }) => {
    const handle = await runner.start(request('shutdown', ['sh', '-c', 'sleep 0.6; exit 3']));
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.kill(supervisorPid(handle), signal);
    const state = await rest(runner, handle);
    assert.ok(state.state === 'ended');
    assert.deepEqual(state.end, { exitCode: 3 });
  });

  withRunner('a pid that was used again is neither believed nor killed', async ({ runner }) => {
    const bystander = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    await once(bystander, 'spawn');
    const handle = await runner.start(request('reused', ['sleep', '60']));
    const leader = readStarted(handle.place)!.leader;
    await killSupervisor(handle);
    process.kill(leader.pid, 'SIGKILL');
    await waitFor(() => identityOf(leader.pid) === undefined, 'the end of the program');
    const now = identityOf(bystander.pid!)!;
    writeWhole(handle.place, 'claim.json', { supervisor: { ...now, began: leader.began }, atMs: Date.now() });
    writeWhole(handle.place, 'started.json', { leader: { ...now, began: leader.began }, atMs: Date.now() });
    assert.notEqual(now.began, leader.began);
    await runner.stop(handle, { graceMs: 0 });
    assert.equal((await runner.poll(handle)).state, 'lost');
    assert.notEqual(identityOf(bystander.pid!), undefined);
    await kill(bystander);
  });

  withRunner(
    'a run of a machine whose pids we do not see lives as long as it shows it',
    async ({ runner }) => {
      const handle = await runner.start(request('elsewhere', ['sh', '-c', 'exit 0']));
      await rest(runner, handle);
      rmSync(join(handle.place, 'exit.json'));
      const machine = 'linux:another-boot:pid:[1]';
      writeWhole(handle.place, 'claim.json', {
        supervisor: { pid: process.pid, began: '1', machine },
        atMs: Date.now(),
      });
      writeWhole(handle.place, 'started.json', {
        leader: { pid: process.pid, began: '1', machine },
        atMs: Date.now(),
      });
      const at = (agoMs: number) =>
        utimesSync(join(handle.place, 'alive'), new Date(), new Date(Date.now() - agoMs));
      at(10_000);
      assert.equal((await runner.poll(handle)).state, 'running');
      at(120_000);
      assert.equal((await runner.poll(handle)).state, 'lost');
    },
  );

  withRunner(
    'a run whose files were removed is lost, and never begun afterwards',
    async ({ runner, runs }) => {
      const handle: RunHandle = { runner: 'process', runId: 'gone', place: join(runs, 'gone') };
      assert.equal((await runner.poll(handle)).state, 'lost');
      const begun = await runner.start(request('emptied', ['sh', '-c', 'exit 0']));
      await rest(runner, begun);
      for (const name of ['claim.json', 'started.json', 'exit.json']) rmSync(join(begun.place, name));
      assert.equal((await runner.poll(begun)).state, 'lost');
      await assert.rejects(
        runner.start(request('emptied', ['sh', '-c', 'exit 0'])),
        (error: unknown) => error instanceof PitrError && error.code === 'RUNNER_START_FAILED',
      );
    },
  );

  withRunner('files that this version did not write are an error, never a state', async ({ runner }) => {
    const handle = await runner.start(request('broken', ['sh', '-c', 'exit 0']));
    await rest(runner, handle);
    for (const text of [
      '',
      '{',
      '[]',
      '{"exitCode":0}',
      '{"exitCode":0,"signal":"SIGKILL","atMs":1,"wasStopped":false}',
    ]) {
      writeFileSync(join(handle.place, 'exit.json'), text);
      await assert.rejects(runner.poll(handle), isUnavailable, text);
    }
  });

  withRunner('the files of a run are for this user only, and hold no environment', async ({ runner }) => {
    const handle = await runner.start({
      runId: 'secret',
      argv: ['sh', '-c', 'printenv TOKEN | wc -c | tr -d " "'],
      env: { TOKEN: 'hunter2hunter2' },
    });
    await rest(runner, handle);
    assert.equal(statSync(handle.place).mode & 0o077, 0);
    for (const name of ['command.json', 'claim.json', 'started.json', 'exit.json']) {
      assert.equal(statSync(join(handle.place, name)).mode & 0o077, 0);
      assert.doesNotMatch(readFileSync(join(handle.place, name), 'utf8'), /hunter2/);
    }
    assert.equal((await allOutput(runner, handle)).lines[0]?.text, '15');
  });
});
