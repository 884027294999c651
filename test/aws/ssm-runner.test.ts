// Runs on a machine of SSM that is this one: the contract, with either shell that Linux has as `sh`, and what a machine behind
// short commands can suffer.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { identityOf } from '../../lib/local/runs/process-identity.ts';
import { outputStart, type RunHandle } from '../../lib/ports/runner.ts';
import { runnerContract } from '../contracts/runner.contract.ts';
import { allOutput, hasCode, isReady, request, rest, sh, waitFor } from '../contracts/runner-steps.ts';
import { AwsFault } from '../support/fake-aws-json.ts';
import { machine, openSsm, withSsm } from '../support/opened-ssm.ts';
import { useTestCredentials } from '../support/s3-environment.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

useTestCredentials();

const departures = { 'codes-are-signals': 'a shell tells one number' };
const bash = '/bin/bash';

runnerContract('a machine of SSM', openSsm, departures);
if (existsSync(bash)) {
  const openWithBash = async () => {
    const programs = await temporaryFolder();
    symlinkSync(bash, join(programs.path, 'sh'));
    const opened = await openSsm({ programs: programs.path });
    const close = async () => {
      await opened.close();
      await programs.remove();
    };
    return { ...opened, close };
  };
  runnerContract('a machine of SSM whose sh is bash', openWithBash, departures);
} else {
  console.log(`skipped: the contract with bash as sh, as there is no ${bash}`);
}

/** The pid at the beginning of one of the run's files. */
function pidIn(handle: RunHandle, name: string): number {
  const folder = handle.place.slice(handle.place.indexOf(':') + 1);
  return Number(readFileSync(join(folder, name), 'utf8').split(' ')[0]);
}

async function killNamed(handle: RunHandle, name: string): Promise<void> {
  const pid = pidIn(handle, name);
  process.kill(pid, 'SIGKILL');
  await waitFor(() => identityOf(pid) === undefined, `the end of ${name}`);
}

const deaf = sh("trap '' TERM; echo ready; while :; do sleep 0.05; done");

describe('a run on a machine of SSM', { concurrency: 4 }, () => {
  withSsm(
    'a machine that goes away is no state of the run, and the run is there when it is back',
    async (opened) => {
      const { runner, ssm } = opened;
      const handle = await runner.start(request('away', sh('sleep 0.3; echo done; exit 3')));
      ssm.machines[0]!.online = false;
      await assert.rejects(runner.poll(handle), hasCode('RUNNER_UNAVAILABLE'));
      ssm.machines[0]!.online = true;
      const state = await rest(runner, handle);
      assert.ok(state.state === 'ended');
      assert.deepEqual(state.end, { exitCode: 3 });
    },
  );

  withSsm('a run whose machine SSM no longer has is lost, and its output ends', async ({ runner, ssm }) => {
    const handle = await runner.start(request('terminated', sh('exit 0')));
    ssm.machines.splice(0);
    const state = await runner.poll(handle);
    assert.ok(state.state === 'lost');
    assert.match(state.why, /i-0a1b2c3d4e5f60718 is no longer one of SSM/);
    assert.equal((await runner.output(handle, outputStart)).isEnd, true);
    await runner.stop(handle, { graceMs: 0 });
  });

  withSsm(
    'a command that was never delivered started nothing, and may be sent again',
    async ({ runner, ssm }) => {
      ssm.machines[0]!.online = false;
      await assert.rejects(
        runner.start(request('offline', sh('exit 0'))),
        (error: unknown) => hasCode('RUNNER_START_FAILED')(error) && /DeliveryTimedOut/.test(String(error)),
      );
      ssm.machines[0]!.online = true;
      assert.equal((await rest(runner, await runner.start(request('offline', sh('exit 0'))))).state, 'ended');
    },
  );

  withSsm('a start whose answer was lost is the same run when it is made again', async (opened) => {
    const { runner, aws, scratch } = opened;
    const count = join(scratch, 'count');
    const counting = request('cut', sh('echo x >> "$1"; sleep 0.5', count));
    aws.fail({ match: 'GetCommandInvocation', times: 3, answer: 'hang-up' });
    await assert.rejects(runner.start(counting), hasCode('RUNNER_UNAVAILABLE'));
    const handle = await runner.start(counting);
    assert.equal((await rest(runner, handle)).state, 'ended');
    assert.equal(readFileSync(count, 'utf8'), 'x\n');
  });

  withSsm(
    'a run whose supervisor died is running as long as its program lives, and then lost',
    async (opened) => {
      const { runner, scratch } = opened;
      const flag = join(scratch, 'go');
      const handle = await runner.start(
        request('unwatched', sh('while [ ! -e "$1" ]; do sleep 0.05; done', flag)),
      );
      await killNamed(handle, 'claim');
      assert.equal((await runner.poll(handle)).state, 'running');
      writeFileSync(flag, '');
      const state = await rest(runner, handle);
      assert.ok(state.state === 'lost');
      assert.match(state.why, /supervisor died/);
      assert.deepEqual(await runner.poll(handle), state);
      assert.equal((await allOutput(runner, handle)).lines.length, 0);
    },
  );

  withSsm('nothing of a run stays behind, also when its supervisor was killed', async ({ runner, runs }) => {
    const handle = await runner.start(request('nothing', sh('echo ready; sleep 0.5')));
    await isReady(runner, handle);
    await killNamed(handle, 'claim');
    assert.equal((await rest(runner, handle)).state, 'lost');
    const processes = () => spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout;
    await waitFor(() => !processes().includes(`${runs}/nothing`), 'the end of the watcher');
  });

  withSsm('a program without its supervisor can still be stopped', async ({ runner }) => {
    const handle = await runner.start(request('orphan', deaf));
    await isReady(runner, handle);
    await killNamed(handle, 'claim');
    await runner.stop(handle, { graceMs: 300 });
    assert.equal((await rest(runner, handle)).state, 'lost');
  });

  withSsm(
    'what a program left running without its supervisor is seen, and stopped, before the run is lost',
    async (opened) => {
      const { runner } = opened;
      const handle = await runner.start(
        request('left', sh('sh -c "trap \\"\\" TERM; echo ready; while :; do sleep 0.05; done" & wait')),
      );
      await isReady(runner, handle);
      await killNamed(handle, 'claim');
      await killNamed(handle, 'started');
      assert.equal((await runner.poll(handle)).state, 'running');
      await runner.stop(handle, { graceMs: 200 });
      assert.equal((await rest(runner, handle)).state, 'lost');
    },
  );

  withSsm('after a boot of the machine no pid is believed', async ({ runner }) => {
    const handle = await runner.start(request('boot', deaf));
    await isReady(runner, handle);
    const folder = handle.place.slice(handle.place.indexOf(':') + 1);
    const program = pidIn(handle, 'started');
    await killNamed(handle, 'claim');
    process.kill(program, 'SIGKILL');
    for (const name of ['claim', 'started']) {
      const [, began, , at] = readFileSync(join(folder, name), 'utf8').split(' ');
      assert.notEqual(began, '');
      // This process has the pid now, as after a boot another one may have.
      const ours = identityOf(process.pid)!.began;
      writeFileSync(join(folder, name), `${process.pid} ${ours} 00000000-another-boot ${at}`);
    }
    assert.equal((await rest(runner, handle)).state, 'lost');
    await runner.stop(handle, { graceMs: 0 });
  });

  withSsm('a run whose files were removed is lost', async ({ runner }) => {
    const handle = await runner.start(request('gone', sh('exit 0')));
    await rest(runner, handle);
    rmSync(handle.place.slice(handle.place.indexOf(':') + 1), { recursive: true });
    assert.equal((await runner.poll(handle)).state, 'lost');
    assert.equal((await runner.output(handle, outputStart)).isEnd, true);
  });

  withSsm(
    'a run of which somebody said that it never began does not begin',
    async ({ runner, runs, scratch }) => {
      const handle = await runner.start(request('given-up', sh('exit 0')));
      await rest(runner, handle);
      const folder = join(runs, 'given-up');
      for (const name of ['claim', 'started', 'exit']) rmSync(join(folder, name));
      assert.equal((await runner.poll(handle)).state, 'lost');
      await assert.rejects(runner.start(request('given-up', sh('exit 0'))), hasCode('RUNNER_START_FAILED'));
      assert.ok(!existsSync(join(scratch, 'ran')));
    },
  );

  withSsm('files of the run are for its user only, and hold no environment', async ({ runner, runs }) => {
    const handle = await runner.start({
      ...request('secret', sh('printenv TOKEN | wc -c | tr -d " "')),
      env: { TOKEN: 'hunter2hunter2' },
    });
    await rest(runner, handle);
    assert.equal((await allOutput(runner, handle)).lines[0]?.text, '15');
    for (const path of globSync(`${runs.replace(/[{}]/g, '?')}/secret/*`)) {
      assert.doesNotMatch(readFileSync(path, 'utf8'), /hunter2/, path);
    }
  });

  withSsm('a line that no single answer can hold is read in parts', async ({ runner }) => {
    const bytes = 150_000;
    const script = `let seed = 7; let text = ''; const next = () => (seed = (seed * 48271) % 2147483647);
      while (text.length < ${bytes}) text += String.fromCharCode(33 + (next() % 90)); console.log(text + '\\nshort');`;
    const handle = await runner.start(request('dense', [process.execPath, '-e', script]));
    await rest(runner, handle);
    const { lines } = await allOutput(runner, handle);
    assert.deepEqual(
      lines.map(({ offset, text }) => [offset, text.length]),
      [
        [0, bytes],
        [bytes + 1, 5],
      ],
    );
  });

  withSsm('what SSM or the machine refuse is told with what is missing', async ({ runner, aws }) => {
    const start = () => runner.start(request('asked', sh('exit 0')));
    aws.fail({ match: 'SendCommand', answer: new AwsFault('AccessDeniedException') });
    await assert.rejects(
      start(),
      (error: unknown) => hasCode('AWS_DENIED')(error) && /ssm:SendCommand/.test(String(error)),
    );
    aws.fail({ match: 'SendCommand', times: 2, answer: new AwsFault('ThrottlingException') });
    const handle = await start();
    aws.fail({ match: 'SendCommand', answer: new AwsFault('InvalidDocument') });
    await assert.rejects(runner.poll(handle));
    await assert.rejects(runner.start({ ...request('nul', ['sh', '\0']) }), hasCode('INVALID_INPUT'));
    await assert.rejects(
      runner.start({ ...request('name', sh('exit 0')), env: { 'a b': '' } }),
      hasCode('INVALID_INPUT'),
    );
    await assert.rejects(
      runner.start({ ...request('inside', sh('exit 0')), workFolder: 'here' }),
      hasCode('INVALID_INPUT'),
    );
    await assert.rejects(
      runner.start({ ...request('nowhere', sh('exit 0')), workFolder: '/no such folder' }),
      (error: unknown) => hasCode('RUNNER_START_FAILED')(error) && /\/no such folder/.test(String(error)),
    );
    assert.equal(handle.place.split(':')[0], machine);
  });

  withSsm('no command lasts as long as its run', async ({ runner, ssm }) => {
    const handle = await runner.start(request('long', sh('echo begun; sleep 60')));
    await isReady(runner, handle);
    await setTimeout(50);
    assert.ok(ssm.invocations.every(({ details }) => details === 'Success'));
    assert.equal((await runner.poll(handle)).state, 'running');
    await runner.stop(handle, { graceMs: 0 });
    await rest(runner, handle);
  });
});
