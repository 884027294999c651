// How br is called according to the settings alone, for whoever shows the words and starts nothing: the host that starts br
// knows better. Pure.

import type { TlsFiles } from '../../../br/commands/br-surroundings.ts';
import type { BrProgram, ClusterSettings } from '../../../config/settings-types.ts';
import type { BrPlace } from '../control-deps.ts';

/** Where the container's entry point writes the certificates of the secret. */
const containerTls: TlsFiles = {
  ca: '/tmp/pitr-tls/ca.pem',
  cert: '/tmp/pitr-tls/cert.pem',
  key: '/tmp/pitr-tls/key.pem',
};

export function nominalPlace({ runner, tls, version }: ClusterSettings): BrPlace {
  const files =
    tls === undefined
      ? undefined
      : tls.kind === 'secret'
        ? containerTls
        : { ca: tls.ca, cert: tls.cert, key: tls.key };
  const region = undefined;
  switch (runner.kind) {
    case 'fargate':
      return { runnerKind: 'fargate', program: ['/br'], tls: files, region };
    case 'ssm':
    case 'local':
      return {
        runnerKind: runner.kind,
        program: programOf(runner.program, version.text),
        tls: files,
        region,
      };
    default:
      return runner satisfies never;
  }
}

function programOf(program: BrProgram, version: string): readonly string[] {
  return program.kind === 'tiup' ? ['tiup', `br:${version}`] : [program.path];
}
