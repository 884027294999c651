// Everything around the deployed stack: the emulator, two clusters that serve recorded situations, and what stands for Fargate.
// All of it on loopback, and all of it ends with the stage.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { decodeRunnerPlace } from '../../lib/config/runner-place.ts';
import { tsFromMs } from '../../lib/domain/ts.ts';
import { type PlaybackSettings, writePlaybackBr } from '../../lib/local/playback-br.ts';
import { DeployedStack } from './deployed-stack.ts';
import { EmulatedFargate } from './emulated-fargate.ts';
import { FakePd } from './fake-pd.ts';
import { emulatedAccount, emulatedRegion, type Ministack, startMinistack } from './ministack.ts';
import { fixtures, openFixtures } from './recorded-backups.ts';
import { type RecordedPd, recordedPd } from './recorded-pd.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { ToldPeople } from './told-people.ts';
import { vpcDomain } from './vpc-names.ts';

/** The bucket of the recordings, whose name stands in what PD recorded of the log task. */
export const bucketName = 'tidb-pitr-bucket';
const topicName = 'pitr-people';
/** The cluster of the recordings, and one that is not it. */
const recordedClusterId = '7710846925929674311';
const otherClusterId = '7299999999999999999';

export interface DeployStage {
  readonly ministack: Ministack;
  readonly stack: DeployedStack;
  readonly fargate: EmulatedFargate;
  /** Who is told by the topic of the settings. */
  readonly people: ToldPeople;
  /** PD of the cluster that is kept. */
  readonly pd: FakePd;
  /** `host:port` of the PD of an empty cluster, as functions in the VPC reach it. */
  readonly targetPd: string;
  /** The settings of the stack; `schedule` of the snapshots in their words. */
  readonly writeSettings: (schedule: string) => void;
  /** From now on runs of br are played back; needs what was deployed. */
  readonly openFargate: () => Promise<void>;
  /** Puts the recorded backup into the deployed bucket, as if it had been taken there. */
  readonly fillBucket: () => Promise<void>;
  /** Writes down what stands in CloudWatch, for whoever looks at a failure. */
  readonly keepLogs: () => Promise<void>;
  /** Leaves its folder with all logs to somebody who looks at a failure, unless all went well. */
  readonly close: (hasFailed: boolean) => Promise<void>;
}

export async function openDeployStage(python: string): Promise<DeployStage> {
  const folder = await temporaryFolder();
  const opened: (() => Promise<void>)[] = [];
  const close = async (hasFailed: boolean): Promise<void> => {
    if (hasFailed) await keepLogs(folder.path).catch(console.error);
    for (const one of opened.reverse()) await one();
    if (hasFailed) console.error(`logs of functions, flows and br, and the stack itself: ${folder.path}`);
    else await folder.remove();
  };
  try {
    return { ...(await open(python, folder.path, opened)), close };
  } catch (error) {
    await close(true);
    throw error;
  }
}

async function open(
  python: string,
  folder: string,
  opened: (() => Promise<void>)[],
): Promise<Omit<DeployStage, 'close'>> {
  const source = await clusterOf('shop/pd/5-before-end');
  opened.push(() => source.pd.close());
  const target = await clusterOf('shop/pd/0-no-task', otherClusterId);
  opened.push(() => target.pd.close());
  const fargate = new EmulatedFargate();
  const fargateUrl = await fargate.listen();
  opened.push(() => fargate.close());
  const names = pathToFileURL(join(import.meta.dirname, 'vpc-names.ts')).href;
  const functions = { AWS_ENDPOINT_URL_ECS: fargateUrl, NODE_OPTIONS: `--import=${names}` };
  const ministack = await startMinistack(python, folder, functions);
  // Closed as the last, since the last lines of tasks go into it.
  opened.unshift(() => ministack.close());
  Object.assign(process.env, awsVariables(ministack));
  const stack = new DeployedStack(ministack, folder);
  const people = new ToldPeople(ministack);
  opened.push(() => people.close());
  await people.subscribe(topicName);
  return {
    ministack,
    stack,
    fargate,
    people,
    pd: source.pd,
    targetPd: target.address,
    writeSettings: (schedule) =>
      writeFileSync(join(folder, 'pitr.yaml'), settingsFor(source.address, schedule)),
    openFargate: async () => {
      const place = decodeRunnerPlace(stack.environmentOf('start-br')['PITR_RUNNER'] ?? '');
      if (place.kind !== 'fargate') throw new Error('the runner is not Fargate');
      await fargate.open(ministack, place, writePlaybackBr(join(folder, 'br'), playback()));
    },
    fillBucket: () => putRecordedBackup(ministack),
    keepLogs: () => keepLogs(folder),
  };
}

/** Everything that was written into CloudWatch, by log group. */
async function keepLogs(folder: string): Promise<void> {
  const client = new CloudWatchLogsClient({ endpoint: process.env['AWS_ENDPOINT_URL'] ?? '' });
  const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({}));
  for (const { logGroupName = '' } of logGroups) {
    const lines: string[] = [];
    for await (const { events = [] } of paginateFilterLogEvents({ client }, { logGroupName })) {
      for (const { timestamp = 0, message = '' } of events) {
        lines.push(`${new Date(timestamp).toISOString()} ${message}\n`);
      }
    }
    writeFileSync(join(folder, `${logGroupName.replaceAll('/', '-')}.log`), lines.join(''));
  }
}

/** For clients in this process. */
function awsVariables({ environment }: Ministack): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => name.startsWith('AWS_')));
}

/** A PD, whose TiKV is at the same address. */
async function clusterOf(situation: string, clusterId?: string) {
  const recorded = atPresent(recordedPd(situation));
  const pd = new FakePd(recorded);
  const port = new URL(await pd.listen()).port;
  for (const [path, bytes] of recorded.http) {
    const text = new TextDecoder().decode(bytes).replaceAll('127.0.0.1:20180', `127.0.0.1:${port}`);
    pd.serve(path, clusterId === undefined ? text : text.replaceAll(recordedClusterId, clusterId));
  }
  pd.serve('/config', '{"gc":{"ratio-threshold":1.1},"log-backup":{"enable":true}}');
  return { pd, address: `pd.${vpcDomain}:${port}` };
}

/** The log backup came to this moment, so that it is as healthy as it was, however long ago it was recorded. */
export const presentTs = tsFromMs(Date.now());

function atPresent({ keyValues, http }: RecordedPd): RecordedPd {
  const value = new Uint8Array(8);
  new DataView(value.buffer).setBigUint64(0, presentTs);
  const isCheckpoint = (key: Uint8Array) =>
    /br-stream\/(storage-)?checkpoint\//.test(Buffer.from(key).toString());
  return { http, keyValues: keyValues.map((one) => (isCheckpoint(one.key) ? { ...one, value } : one)) };
}

/** The first snapshot is left to the schedule, and what leaves the window is cut only when a person asks: plans cool off for a day. */
function settingsFor(pd: string, schedule: string): string {
  return `
version: 1
clusters:
  - name: shop
    tidbVersion: v9.0.0-beta.2
    pd: ["${pd}"]
    vpc: { id: vpc-0a1b2c3d4e5f60718, subnets: [subnet-0a1b2c3d4e5f60718], securityGroup: sg-0a1b2c3d4e5f60718 }
    bucket: { name: ${bucketName}, create: true, prefix: backup-data }
    policy:
      snapshot: { schedule: "${schedule}", zone: UTC }
      firstSnapshot: scheduled
      retention: { window: 1h, minBases: 1, engine: native }
    notifications: { sns: ["arn:aws:sns:${emulatedRegion}:${emulatedAccount}:${topicName}"] }
`;
}

function playback(): PlaybackSettings {
  const snapshot = `${fixtures}shop/bucket/backup-data/snapshot-20261122042552`;
  return {
    recordings: ['shop/br', 'shop/restore', 'shop/truncate'].map((name) => `${fixtures}${name}`),
    speed: 10,
    storages: { [`s3://${bucketName}`]: `s3://${bucketName}?force-path-style=true` },
    rules: [
      {
        command: 'backup full',
        recording: '13-backup-full',
        effects: [{ kind: 'snapshot', from: snapshot }],
      },
    ],
  };
}

async function putRecordedBackup({ endpoint }: Ministack): Promise<void> {
  const client = new S3Client({ endpoint, forcePathStyle: true });
  for await (const { key } of (await openFixtures()).list('shop/bucket/')) {
    const Body = readFileSync(`${fixtures}${key}`);
    if (key.includes('/v1/global_checkpoint/')) Body.writeBigUInt64LE(presentTs);
    await client.send(
      new PutObjectCommand({ Bucket: bucketName, Key: key.slice('shop/bucket/'.length), Body }),
    );
  }
}
