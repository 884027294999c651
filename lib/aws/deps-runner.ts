// Where br of a function's cluster runs, and how it is called there, from the function's environment. The runner's clients are
// loaded by the first use. Starts nothing.

import { type AwsRunnerPlace, decodeRunnerPlace } from '../config/runner-place.ts';
import type { BrProgram, ClusterSettings } from '../config/settings-types.ts';
import type { BrPlace, BrRole, RunnerDeps } from '../operations/control/control-deps.ts';
import type { Runner } from '../ports/runner.ts';
import { awsClock } from './aws-clock.ts';
import { onFirstUse } from './deps.ts';
import { serviceSettings } from './service-client.ts';

/** In the container: the image has br at its root, and its entry point writes the certificates (lib/stack/br-entry-point.ts). */
const programOfImage = '/br';
const tlsFolderOfTask = '/tmp/pitr-tls';
/** On a machine of the operator's, who puts ca.pem, cert.pem and key.pem below it, readable for root alone. */
const tlsFolderOfMachine = '/etc/tidb-pitr/tls';
const runsFolderOfMachine = '/var/lib/tidb-pitr/runs';

/** The log driver sends every five seconds, and CloudWatch shows what it has some seconds later. */
const lastLinesMs = 20_000;
/** A machine that is there answers within a second or two. */
const firstLookMs = 400;

/** Errors: INVALID_INPUT for a variable that is not as expected. */
export function runnerDeps(
  env: { readonly PITR_RUNNER: string },
  settings: Pick<ClusterSettings, 'name' | 'tls' | 'version'>,
  region = process.env['AWS_REGION'],
): RunnerDeps {
  const place = decodeRunnerPlace(env.PITR_RUNNER);
  const runner = onFirstUse(() => openRunner(place));
  return {
    brPlace: brPlaceOf(place, settings, region),
    openRunner: async (role) => withRights(await runner(), role),
  };
}

async function openRunner(place: AwsRunnerPlace): Promise<Runner> {
  if (place.kind === 'ssm') {
    const [{ SSMClient }, { ssmRunner }] = await Promise.all([
      import('@aws-sdk/client-ssm'),
      import('./ssm-runner.ts'),
    ]);
    const ssm = new SSMClient(serviceSettings({}));
    const { nowMs, sleep } = awsClock;
    const parts = { ssm, nowMs, sleep, firstWaitMs: firstLookMs, runsFolder: runsFolderOfMachine };
    return ssmRunner(place, parts);
  }
  const [{ ECSClient }, { CloudWatchLogsClient }, { fargateRunner }] = await Promise.all([
    import('@aws-sdk/client-ecs'),
    import('@aws-sdk/client-cloudwatch-logs'),
    import('./fargate-runner.ts'),
  ]);
  return fargateRunner(place, {
    ecs: new ECSClient(serviceSettings({})),
    logs: new CloudWatchLogsClient(serviceSettings({})),
    nowMs: awsClock.nowMs,
    settleMs: lastLinesMs,
  });
}

/** Every run that is started through it has the rights of the role. */
function withRights(runner: Runner, rights: BrRole): Runner {
  return {
    start: (request) => runner.start({ ...request, rights }),
    poll: (handle) => runner.poll(handle),
    output: (handle, from) => runner.output(handle, from),
    stop: (handle, options) => runner.stop(handle, options),
  };
}

function brPlaceOf(
  place: AwsRunnerPlace,
  { name, tls, version }: Pick<ClusterSettings, 'name' | 'tls' | 'version'>,
  region: string | undefined,
): BrPlace {
  const folder = place.kind === 'ssm' ? `${tlsFolderOfMachine}/${name}` : tlsFolderOfTask;
  return {
    runnerKind: place.kind,
    program: place.kind === 'ssm' ? wordsOf(place.program, version.text) : [programOfImage],
    tls:
      tls === undefined
        ? undefined
        : { ca: `${folder}/ca.pem`, cert: `${folder}/cert.pem`, key: `${folder}/key.pem` },
    region,
  };
}

function wordsOf(program: BrProgram, version: string): readonly string[] {
  return program.kind === 'tiup' ? ['tiup', `br:${version}`] : [program.path];
}
