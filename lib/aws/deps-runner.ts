// Where br of a function's cluster runs, and how it is called there, from the function's environment. The runner's clients are
// loaded by the first use. Starts nothing.

import { type AwsRunnerPlace, decodeRunnerPlace } from '../config/runner-place.ts';
import type { BrProgram, ClusterSettings } from '../config/settings-types.ts';
import type { BrPlace, BrRole, RunnerDeps } from '../operations/control/control-deps.ts';
import type { Runner } from '../ports/runner.ts';
import { onFirstUse } from './deps.ts';
import { openAwsRunner } from './open-runner.ts';

/** In the container: the image has br at its root, and its entry point writes the certificates (lib/stack/br-entry-point.ts). */
const programOfImage = '/br';
const tlsFolderOfTask = '/tmp/pitr-tls';
/** On a machine of the operator's, who puts ca.pem, cert.pem and key.pem below it, readable for root alone. */
const tlsFolderOfMachine = '/etc/tidb-pitr/tls';

/** Errors: INVALID_INPUT for a variable that is not as expected. */
export function runnerDeps(
  env: { readonly PITR_RUNNER: string },
  settings: Pick<ClusterSettings, 'name' | 'tls' | 'version'>,
  region = process.env['AWS_REGION'],
): RunnerDeps {
  const place = decodeRunnerPlace(env.PITR_RUNNER);
  const runner = onFirstUse(() => openAwsRunner(place));
  return {
    brPlace: brPlaceOf(place, settings, region),
    openRunner: async (role) => withRights(await runner(), role),
  };
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
