// Which machine a run gets when there are several: one, the same for everybody, for as long as anybody may ask.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { SsmPlace } from '../../lib/config/runner-place.ts';
import { hasCode, request, rest, sh } from '../contracts/runner-steps.ts';
import { AwsFault } from '../support/fake-aws-json.ts';
import { onOne, withSsm } from '../support/opened-ssm.ts';
import { useTestCredentials } from '../support/s3-environment.ts';

useTestCredentials();

const [a, b, c] = ['i-0000000000000000a', 'i-0000000000000000b', 'i-0000000000000000c'];
const byTag: SsmPlace = { ...onOne, target: { kind: 'tags', tags: { role: 'br' } } };
const byList: SsmPlace = { ...onOne, target: { kind: 'instances', instanceIds: [c, a, b] } };
const run = (runId: string) => request(runId, sh('exit 0'));
const machineOf = (place: string) => place.split(':')[0];

describe('the machine of a run', { concurrency: 4 }, () => {
  withSsm('of machines with a tag the online one with the lowest id is taken', async ({ openAt, ssm }) => {
    ssm.addMachine(c, { role: 'br' });
    ssm.addMachine(b, { role: 'br' });
    ssm.addMachine(a, { role: 'br' }, false);
    ssm.addMachine('i-00000000000000000', { role: 'other' });
    const runner = openAt(byTag);
    const handle = await runner.start(run('tagged'));
    assert.equal(machineOf(handle.place), b);
    assert.equal((await rest(runner, handle)).state, 'ended');
  });

  withSsm('of a list of machines the first one that is online is taken', async ({ openAt, ssm }) => {
    ssm.addMachine(a);
    ssm.addMachine(b);
    ssm.addMachine(c, {}, false);
    assert.equal(machineOf((await openAt(byList).start(run('listed'))).place), a);
  });

  withSsm(
    'a run stays on its machine when that goes away and another comes',
    async ({ openAt, ssm, aws }) => {
      const first = ssm.addMachine(b, { role: 'br' });
      const handle = await openAt(byTag).start(run('stays'));
      first.online = false;
      ssm.addMachine(a, { role: 'br' });
      await assert.rejects(openAt(byTag).start(run('stays')), hasCode('RUNNER_START_FAILED'));
      first.online = true;
      assert.deepEqual(await openAt(byTag).start(run('stays')), handle);
      assert.equal(machineOf((await openAt(byTag).start(run('next'))).place), a);
      assert.equal(aws.inputsOf('AmazonSSM.PutParameter').length, 2);
    },
  );

  withSsm('controllers that see other machines at once still agree', async ({ openAt, ssm, aws }) => {
    for (const id of [a, b]) ssm.addMachine(id, { role: 'br' });
    let looks = 0;
    aws.on('AmazonSSM.DescribeInstanceInformation', () => {
      looks += 1;
      return { InstanceInformationList: [{ InstanceId: looks % 2 === 0 ? a : b, PingStatus: 'Online' }] };
    });
    const starts = Array.from({ length: 4 }, () => openAt(byTag).start(run('agreed')));
    const handles = await Promise.all(starts);
    assert.ok(looks >= 2);
    for (const handle of handles) assert.deepEqual(handle, handles[0]);
  });

  withSsm(
    'without a machine that is online nothing is started, and the machines are told',
    async (opened) => {
      const { openAt, ssm } = opened;
      await assert.rejects(openAt(byTag).start(run('none')), (error: unknown) =>
        /"role":"br".* is online, found none/.test(String(error)),
      );
      ssm.addMachine(a, { role: 'br' }, false);
      await assert.rejects(
        openAt(byTag).start(run('none')),
        (error: unknown) =>
          hasCode('RUNNER_START_FAILED')(error) &&
          /found i-0000000000000000a ConnectionLost/.test(String(error)),
      );
    },
  );

  withSsm('one machine in the settings needs no choice and no record', async ({ runner, aws }) => {
    await runner.start(run('only'));
    assert.equal(aws.requests.filter(({ operation }) => /Parameter|Describe/.test(operation)).length, 0);
  });

  withSsm('choices are removed a month later, by the way', async ({ openAt, ssm, later }) => {
    ssm.addMachine(a, { role: 'br' });
    for (const runId of ['r1', 'r2', 'r3']) await openAt(byTag).start(run(runId));
    assert.equal(ssm.parameters.size, 3);
    later(31 * 24 * 3_600_000);
    await openAt(byTag).start(run('r4'));
    assert.ok(ssm.parameters.size <= 1);
  });

  withSsm('a right that is missing is named', async ({ openAt, ssm, aws }) => {
    ssm.addMachine(a, { role: 'br' });
    for (const action of ['GetParameter', 'DescribeInstanceInformation', 'PutParameter']) {
      aws.fail({ match: `.${action}`, answer: new AwsFault('AccessDeniedException') });
      await assert.rejects(
        openAt(byTag).start(run('denied')),
        (error: unknown) => hasCode('AWS_DENIED')(error) && String(error).includes(`ssm:${action}`),
      );
    }
  });
});
