// The real stack, bootstrapped and deployed by the CDK's own command to ministack, an emulator of AWS on this machine: its
// schedule fires, its functions and flows work by the rights of their roles, and when it goes the backup stays. `replaced` says
// what is not as on AWS; docs/testing.md says how to look at a failure.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { openDynamoTaskStore } from '../../lib/aws/dynamo-task-store.ts';
import { decodeFlows, type FlowArns } from '../../lib/config/launch-env.ts';
import { openStore } from '../../lib/local/open-store.ts';
import type { TaskStore } from '../../lib/ports/task-store.ts';
import { bucketName, type DeployStage, openDeployStage, presentTs } from '../support/deploy-stage.ts';
import { type CdkEnd, until } from '../support/deployed-stack.ts';
import { findMinistack } from '../support/ministack.ts';

/** Only what the emulator cannot do, or does wrong. */
const replaced = [
  'Fargate: RunTask is answered by test/support/fake-ecs.ts. A task runs the deployed entry point with the deployed environment and the rights of the deployed task role; in place of /br a recording of br is played back into the S3 of the emulator (test/support/emulated-fargate.ts)',
  'the clusters: PD and TiKV serve recorded situations, the log backup brought to the present (test/support/fake-pd.ts), and names of the VPC mean this machine (test/support/vpc-names.ts)',
  'faults of the emulator: it loses the names of errors, the scheduled time in the input of a schedule, and functions that fail with a token in their hands; it asks for rights on log streams, tokens and the account of a service otherwise than AWS; it makes no metrics of lines of the log, and knows neither metric math in alarms nor the region in conditions (test/support/start-ministack.py)',
];
const untested =
  'time zones of schedules (all is in UTC), networks, heartbeats that stay away, rights on ECS itself';

const found = findMinistack();
const skip =
  process.env['PITR_DEPLOY_TEST'] === undefined
    ? 'npm run test:deploy runs the deploy test'
    : 'missing' in found && found.missing;
if (skip !== false) console.log(`test/deploy skips: ${skip}`);

/** A deployment takes so long, and the emulator sees a schedule within ten seconds. Two, should the first be missed. */
const leadMs = 40_000;
const minutesSoon = () =>
  [0, 2].map((minutes) => new Date(Date.now() + leadMs + minutes * 60_000).getUTCMinutes());
/** The moment of a recorded restore. */
const restoredTs = '470632761065996290';

describe('the stack, bootstrapped and deployed to an emulator of AWS by the CDK', {
  skip,
  timeout: 420_000,
}, () => {
  let stage: DeployStage;
  let flows: FlowArns;
  let store: TaskStore;
  let firings: readonly number[] = [];
  let outputs: Readonly<Record<string, string>>;
  let hasFailed = true;

  before(async () => {
    console.log(`replaced here:\n- ${replaced.join('\n- ')}\nnot tested here: ${untested}`);
    stage = await openDeployStage('python' in found ? found.python : '');
    stage.writeSettings('every day at 00:00');
    endsWell(await stage.stack.bootstrap());
    firings = minutesSoon();
    stage.writeSettings(`cron(${firings.join(',')} * * * ? *)`);
    const deploy = await stage.stack.deploy();
    endsWell(deploy);
    outputs = deploy.outputs;
    flows = decodeFlows(stage.stack.environmentOf('react')['PITR_FLOWS'] ?? '');
    store = openDynamoTaskStore({ table: outputs['ShopTable'] ?? '' });
    await stage.openFargate();
    hasFailed = false;
  });
  afterEach((t) => {
    hasFailed ||= !('passed' in t && t.passed);
  });
  after(() => stage?.close(hasFailed));

  test('its outputs say where everything is', () => {
    assert.equal(outputs['ShopBucket'], bucketName);
    assert.match(outputs['ShopRestoreToPointFlow'] ?? '', /^https:.*states.*stateMachine:/);
    assert.match(outputs['ShopAdoptFunction'] ?? '', /^TidbPitr-/);
    assert.match(outputs['ShopTikvPolicy'] ?? '', /"s3:PutObject"/);
  });

  test('what stands in the bucket is adopted, when a person asks for it', async () => {
    await stage.fillBucket();
    const { errorType, body } = await stage.stack.invoke('adopt', { cluster: 'shop', who: 'a test' });
    assert.equal(errorType, undefined, JSON.stringify(body));
    assert.deepEqual(body['adopted'], ['20261122042442', '20261122042455', '20261122042552']);
  });

  test('the log backup task is observed through the network of the cluster', async () => {
    const { errorType, body } = await stage.stack.invoke('observe', { cluster: 'shop' });
    assert.equal(errorType, undefined, JSON.stringify(body));
    assert.deepEqual([body['state'], body['checkpointTs']], ['running', String(presentTs)]);
    const key = { cluster: 'shop', kind: 'log-task', id: 'current' } as const;
    assert.equal((await store.get(key, Date.now()))?.record.state, 'running');
  });

  test('a log that falls behind raises its alarm, and people are told of it by CloudWatch and by us', async () => {
    stage.pd.clockAheadMs = 11 * 60_000;
    await stage.stack.invoke('observe', { cluster: 'shop' });
    stage.pd.clockAheadMs = 0;
    const { AlarmDescription } = await alarmOf('lag-warning', 'ALARM');
    assert.match(AlarmDescription, /more than 10m behind.*docs\/runbook\.md#alarm-lag$/);
    // The recorded base is too old for a schedule of every hour: a level of the keeper, by metric math.
    await alarmOf('snapshot', 'ALARM');
    const raised = stage.people.alarms().filter(({ NewStateValue }) => NewStateValue === 'ALARM');
    const names = new Set(raised.map(({ AlarmName }) => AlarmName.replace('TidbPitr-shop-', '')));
    // The recorded safe points are over after a day, which is an alarm of a log that lags.
    names.delete('fuse');
    assert.deepEqual([...names].sort(), ['lag-warning', 'snapshot']);
    await until('our own message', 60_000, async () =>
      stage.people.titles('alarm-raised').find((title) => /the log is .* behind/.test(title)),
    );
  });

  test('a role may do its work and no more', async () => {
    const credentials = stage.ministack.sessionOf(stage.stack.deployed('adopt').Role ?? '');
    const asPlanner = new S3Client({ credentials, forcePathStyle: true });
    const meta = { Bucket: bucketName, Key: 'backup-data/snapshot-20261122042442/backupmeta' };
    await asPlanner.send(new GetObjectCommand(meta));
    const denied = { name: 'AccessDenied' };
    await assert.rejects(asPlanner.send(new DeleteObjectCommand(meta)), denied);
    await assert.rejects(asPlanner.send(new PutObjectCommand({ ...meta, Body: 'x' })), denied);
  });

  test('a request that cannot be served fails in the first state, with the sentence that helps', async () => {
    const request = { cluster: 'shop', restoreTo: '2026-11-22 04:25:01', target: { pd: [stage.targetPd] } };
    const execution = await stage.stack.start(flows['restore-to-point'], request);
    const { status, error, cause } = await stage.stack.endOf(execution, 60_000);
    assert.deepEqual([status, error], ['FAILED', 'MOMENT_WITHOUT_ZONE']);
    assert.match(cause ?? '', /^restoreTo of the request: "2026-11-22 04:25:01" has no time zone/);
    assert.deepEqual(await stage.stack.stepsOf(execution), ['Plan', 'Explain', 'Refused']);
  });

  test('restore-to-point brings an empty cluster to a moment, and its proof is kept', async () => {
    const request = { cluster: 'shop', restoreTo: restoredTs, target: { pd: [stage.targetPd] } };
    const execution = await stage.stack.start(flows['restore-to-point'], request);
    const { status, error, cause } = await stage.stack.endOf(execution, 120_000);
    assert.equal(status, 'SUCCEEDED', `${error}: ${cause}`);
    const { entries } = await store.list('restore', 'shop', { nowMs: Date.now(), limit: 10 });
    const done = entries.find(({ record }) => record.state === 'done')?.record;
    assert.ok(done?.state === 'done');
    assert.equal(String(done.restoreTs), restoredTs);
    assert.match(done.proof, /br came to .*gc\.ratio-threshold is 1\.1/);
    const [command = []] = stage.fargate.commands.filter((words) => words.includes('point'));
    assert.ok(command.includes(`--restored-ts=${restoredTs}`), command.join(' '));
  });

  test('an event asks for a restore', async () => {
    const before = await stage.stack.over(flows['restore-to-point']);
    const request = {
      cluster: 'shop',
      restoreTo: restoredTs,
      target: { pd: [stage.targetPd] },
      dryRun: true,
    };
    const event = { Source: 'tidb-pitr', DetailType: 'restore requested', Detail: JSON.stringify(request) };
    await new EventBridgeClient({}).send(new PutEventsCommand({ Entries: [event] }));
    const execution = await until('the restore that the event asked for', 60_000, async () => {
      const over = await stage.stack.over(flows['restore-to-point']);
      return over.find((one) => !before.includes(one));
    });
    const { status, output } = await stage.stack.endOf(execution, 60_000);
    assert.equal(status, 'SUCCEEDED');
    assert.equal(JSON.parse(output ?? '').plan.base, 'snapshot-20261122042455');
  });

  test('a second deployment changes nothing', async () => {
    const deploy = await stage.stack.cdk('deploy', '--require-approval', 'never');
    endsWell(deploy);
    assert.ok(deploy.output.includes('(no changes)'), lastLines(deploy));
    endsWell(await stage.stack.cdk('diff', '--fail'));
  });

  test('the schedule fires, and a snapshot is taken and recorded', async () => {
    const run = await until('the end of a snapshot of the schedule', 300_000, async () => {
      const { entries } = await store.list('snapshot', 'shop', { nowMs: Date.now(), limit: 50 });
      const scheduled = entries.find(({ record }) => record.trigger === 'schedule')?.record;
      return scheduled?.state === 'planned' || scheduled?.state === 'running' ? undefined : scheduled;
    });
    assert.equal(run.state, 'complete', String('failure' in run && run.failure.message));
    assert.ok(firings.includes(new Date(run.dueMs).getUTCMinutes()), new Date(run.dueMs).toISOString());
    const folder = await openStore(`s3://${bucketName}/backup-data/${run.folder}?force-path-style=true`);
    assert.ok((await folder.get('backupmeta')) !== undefined);
    assert.ok(stage.fargate.commands.some((words) => words.some((word) => word.includes(run.folder))));
    await until('an answer to every signal', 60_000, async () => {
      const { entries } = await store.waitingSignals('shop', { nowMs: Date.now(), limit: 50 });
      return entries.length === 0 ? true : undefined;
    });
  });

  test('our own engine cuts the log in executions of its own, by the rights of its roles', async () => {
    const before = await contents();
    const { body } = await stage.stack.invoke('truncate-log', { cluster: 'shop', who: 'a test' });
    assert.equal(body['decision'], 'planned', JSON.stringify(body));
    const key = { cluster: 'shop', kind: 'truncation', id: String(body['id']) } as const;
    const cut = await until('the end of the cut', 120_000, async () => {
      const record = (await store.get(key, Date.now()))?.record;
      return record?.state === 'planned' || record?.state === 'running' ? undefined : record;
    });
    assert.ok(cut.state === 'done', JSON.stringify('failure' in cut && cut.failure));
    assert.equal(String(cut.logMinimumTs), body['untilTs']);
    const left = await contents();
    const gone = [...before].filter((one) => !left.has(one));
    assert.ok(gone.some((one) => one.endsWith('.log')) && gone.some((one) => one.endsWith('.meta')));
    assert.ok(
      gone.every((one) => one.includes('/log-backup/v1/')),
      gone.join('\n'),
    );
    assert.ok(![...left].some((one) => /truncating|LOCK/.test(one)), 'a lock was left');
    const executions = await stage.stack.over(flows.truncate);
    const steps = await Promise.all(executions.map((one) => stage.stack.stepsOf(one)));
    const whole = 'Begin BeginCut WhichEngine CutParts EndCut Settle Judge Succeeded';
    assert.ok(
      steps.some((names) => names.join(' ') === whole),
      JSON.stringify(steps),
    );
  });

  test('the alarm is over once the log was not behind for three minutes', async () => {
    await alarmOf('lag-warning', 'OK');
    const changes = stage.people.alarms().filter(({ AlarmName }) => AlarmName.endsWith('lag-warning'));
    assert.deepEqual(changes.map(({ NewStateValue }) => NewStateValue).slice(-2), ['ALARM', 'OK']);
  });

  test('no function met an error but the one of the request that could not be served', async () => {
    await stage.keepLogs();
    const codes = (await stage.stack.errors()).map(({ code, message }) => `${code}: ${message}`);
    assert.deepEqual(
      codes.filter((text) => !text.startsWith('MOMENT_WITHOUT_ZONE')),
      [],
    );
    assert.equal(codes.length, 1);
  });

  test('cdk destroy leaves bucket and table, and what is in them', async () => {
    const before = await contents();
    endsWell(await stage.stack.cdk('destroy', '--force'));
    const left = await contents();
    assert.ok(before.size > 20);
    assert.deepEqual(
      [...before].filter((one) => !left.has(one)),
      [],
    );
    await assert.rejects(stage.stack.invoke('adopt', { cluster: 'shop' }), {
      name: 'ResourceNotFoundException',
    });
  });

  /** The newest change of an alarm, once it is to this state; observe looks every minute. */
  function alarmOf(id: string, state: 'OK' | 'ALARM') {
    return until(`the alarm ${id} to be ${state}`, 240_000, async () => {
      const changes = stage.people.alarms().filter(({ AlarmName }) => AlarmName === `TidbPitr-shop-${id}`);
      const newest = changes.at(-1);
      return newest?.NewStateValue === state ? newest : undefined;
    });
  }

  /** All objects, and all that the table knows of snapshots and restores. */
  async function contents(): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    const bucket = await openStore(`s3://${bucketName}?force-path-style=true`);
    for await (const { key } of bucket.list('')) found.add(`object ${key}`);
    for (const kind of ['snapshot', 'restore'] as const) {
      const { entries } = await store.list(kind, 'shop', { nowMs: Date.now(), limit: 100 });
      for (const { record } of entries) found.add(`${kind} ${record.id} ${record.state}`);
    }
    return found;
  }
});

function endsWell(end: CdkEnd): void {
  assert.equal(end.exitCode, 0, lastLines(end));
}

function lastLines({ output }: CdkEnd): string {
  return output.split('\n').slice(-40).join('\n');
}
