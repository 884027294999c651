// The SSM runner of a test, over a Systems Manager whose one machine is this one.

import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { SSMClient } from '@aws-sdk/client-ssm';
import { serviceSettings } from '../../lib/aws/service-client.ts';
import { ssmRunner } from '../../lib/aws/ssm-runner.ts';
import type { SsmPlace } from '../../lib/config/runner-place.ts';
import type { Runner } from '../../lib/ports/runner.ts';
import type { OpenedRunner } from '../contracts/runner-steps.ts';
import { FakeAws } from './fake-aws-json.ts';
import { FakeSsm, type FakeSsmOptions } from './fake-ssm.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const machine = 'i-0a1b2c3d4e5f60718';
export const onOne: SsmPlace = {
  kind: 'ssm',
  target: { kind: 'instances', instanceIds: [machine] },
  document: 'AWS-RunShellScript',
  program: { kind: 'br', path: 'br' },
};

export interface OpenedSsm extends OpenedRunner {
  readonly aws: FakeAws;
  readonly ssm: FakeSsm;
  /** Where the folders of runs are. */
  readonly runs: string;
  readonly openAt: (place: SsmPlace) => Runner;
  /** Added to the clock of the controller. */
  readonly later: (milliseconds: number) => void;
}

export async function openSsm(options: Partial<FakeSsmOptions> = {}): Promise<OpenedSsm> {
  const folder = await temporaryFolder();
  const runs = join(folder.path, "it's {{ runs }}");
  const aws = new FakeAws();
  const ssm = new FakeSsm(aws, { folder: folder.path, ...options });
  ssm.addMachine(machine);
  const client = new SSMClient(serviceSettings({ endpoint: await aws.listen() }));
  let shiftMs = 0;
  const openAt = (place: SsmPlace) =>
    ssmRunner(place, {
      ssm: client,
      nowMs: () => Date.now() + shiftMs,
      sleep: (milliseconds) => setTimeout(milliseconds),
      firstWaitMs: 20,
      runsFolder: runs,
    });
  return {
    runner: openAt(onOne),
    openAgain: () => openAt(onOne),
    openAt,
    scratch: folder.path,
    runs,
    aws,
    ssm,
    later: (milliseconds) => {
      shiftMs += milliseconds;
    },
    close: async () => {
      await ssm.close();
      client.destroy();
      await aws.close();
      await folder.remove();
    },
  };
}

/** A test with a machine of its own. */
export function withSsm(
  title: string,
  run: (opened: OpenedSsm) => Promise<void>,
  options?: Partial<FakeSsmOptions>,
): void {
  test(title, { timeout: 90_000 }, async () => {
    const opened = await openSsm(options);
    try {
      await run(opened);
    } finally {
      await opened.close();
    }
  });
}
