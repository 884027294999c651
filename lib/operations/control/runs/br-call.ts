// Settings of a cluster → how br is called for it: URLs of folders in its bucket, flags of its storage, PD and certificates.
// Pure; the words of each command are made in lib/br/commands.

import { brCommand } from '../../../br/commands/br-command.ts';
import type { BrDecision } from '../../../br/commands/br-decision.ts';
import type { BrSurroundings, S3Flags } from '../../../br/commands/br-surroundings.ts';
import type { ClusterSettings } from '../../../config/settings-types.ts';
import { PitrError } from '../../../domain/errors.ts';
import type { BrPlace } from '../control-deps.ts';

/** The folder of the log's first epoch below the bucket's prefix. */
export const logFolder = 'log-backup';

/** What br and TiKV are told for a folder of the bucket: `s3://bucket/prefix/FOLDER` or `local:///path/FOLDER`. */
export function brStorageUrl(
  settings: ClusterSettings,
  bucketName: string | undefined,
  folder: string,
): string {
  const { bucket } = settings;
  if (bucket.kind === 'folder') return `local://${bucket.path.replace(/\/+$/, '')}/${folder}`;
  const name = bucketName ?? bucket.name;
  if (name === undefined) {
    throw new PitrError('INTERNAL', `the name of the bucket of ${settings.name} is not known`);
  }
  return `s3://${[name, bucket.prefix, folder].filter((part) => part !== '').join('/')}`;
}

/** The arguments and the environment for a decision about this cluster, or about another one at `pd`. */
export function callOf(
  decision: BrDecision,
  settings: ClusterSettings,
  place: BrPlace,
  pd: readonly string[] = settings.pd,
): { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const [program = 'br', ...words] = place.program;
  const surroundings: BrSurroundings = {
    program,
    version: settings.version,
    pd,
    s3: s3FlagsOf(settings, place),
    ...(place.tls === undefined ? {} : { tls: place.tls }),
  };
  const { argv, env } = brCommand(decision, surroundings);
  return { argv: [argv[0] ?? program, ...words, ...argv.slice(1)], env };
}

function s3FlagsOf({ bucket }: ClusterSettings, place: BrPlace): S3Flags {
  if (bucket.kind === 'folder') return {};
  const region = bucket.region ?? place.region;
  const endpoint = bucket.kind === 'existing' ? bucket.endpoint : undefined;
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(bucket.kmsKey === undefined ? {} : { sse: 'aws:kms', sseKmsKeyId: bucket.kmsKey }),
  };
}
