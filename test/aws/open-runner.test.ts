// The runner that a place on AWS names, with the folders that it has there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAwsRunner } from '../../lib/aws/open-runner.ts';
import { decodeRunnerPlace, encodeRunnerPlace } from '../../lib/config/runner-place.ts';
import { hasCode, request, rest, sh } from '../contracts/runner-steps.ts';
import { FakeAws } from '../support/fake-aws-json.ts';
import { FakeEcs } from '../support/fake-ecs.ts';
import { FakeLogs } from '../support/fake-logs.ts';
import { FakeSsm } from '../support/fake-ssm.ts';
import { place as fargatePlace } from '../support/opened-fargate.ts';
import { machine, onOne } from '../support/opened-ssm.ts';
import { useTestCredentials } from '../support/s3-environment.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

useTestCredentials();

test('the place of the stack opens the runner of its kind, and each refuses the handles of the other', async (t) => {
  const aws = new FakeAws();
  const folder = await temporaryFolder();
  const logs = new FakeLogs(aws, { group: fargatePlace.logGroup });
  const ecs = new FakeEcs(aws, logs, {
    cluster: fargatePlace.ecsCluster,
    container: fargatePlace.container,
    logStreamPrefix: fargatePlace.logStreamPrefix,
  });
  // Not online: nothing of this test may run in the folder of a real machine.
  new FakeSsm(aws, { folder: folder.path }).addMachine(machine, {}, false);
  const endpoint = await aws.listen();
  t.after(async () => {
    await ecs.close();
    await aws.close();
    await folder.remove();
  });
  const fargate = await openAwsRunner(decodeRunnerPlace(encodeRunnerPlace(fargatePlace)), { endpoint });
  const ssm = await openAwsRunner(decodeRunnerPlace(encodeRunnerPlace(onOne)), { endpoint });
  const handle = await fargate.start({ ...request('opened', sh('exit 4')), rights: 'restorer' });
  assert.equal((await rest(fargate, handle)).state, 'ended');
  await assert.rejects(ssm.poll(handle), hasCode('INTERNAL'));
  await assert.rejects(ssm.start(request('opened', sh('exit 4'))), hasCode('RUNNER_START_FAILED'));
  const [sent] = aws.inputsOf('AmazonSSM.SendCommand');
  assert.match(JSON.stringify(sent), /p_run='\/var\/lib\/tidb-pitr\/runs\/opened'/);
  const foreign = { runner: 'ssm', runId: 'opened', place: `${machine}:/var/lib/tidb-pitr/runs/opened` };
  await assert.rejects(fargate.poll(foreign), hasCode('INTERNAL'));
});
