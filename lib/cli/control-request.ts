// Whose control plane a command asks, and where it is: the runtime of this machine or a stack on AWS, by the settings. Must not ask it.

import { parseSettings } from '../config/settings.ts';
import type { Settings } from '../config/settings-types.ts';
import { PitrError } from '../domain/errors.ts';
import { chooseCluster, stateFolderOf } from './cluster-request.ts';
import type { CommandContext } from './command-context.ts';
import type { ControlPlace, ControlRequest } from './control-operations.ts';
import { readSettingsText, usualSettingsFile } from './settings-file.ts';

/**
 * The cluster of `--settings` and `--cluster`; its runner says where its control plane is. Without a settings file `--cluster` alone
 * names one on AWS, where the stack is found by tags. Errors: INVALID_INPUT for settings with errors, or when nothing names a cluster.
 */
export async function controlOf(context: CommandContext): Promise<ControlRequest> {
  const { host, options } = context;
  const file = options.settings ?? usualSettingsFile;
  const isThere = options.settings !== undefined || (await host.readFile(file)) !== undefined;
  if (!isThere && options.cluster !== undefined) {
    return { cluster: options.cluster, place: placeOnAws(context), signal: host.signal };
  }
  const settings = await settingsOf(context, file);
  const cluster = chooseCluster(context, settings.clusters, file);
  const place = cluster.runner.kind === 'local' ? localPlace(context, settings) : placeOnAws(context);
  return { cluster: cluster.name, place, signal: host.signal };
}

/** For `pitr local up`: all clusters whose runner is local. Errors: as {@link controlOf}; INVALID_INPUT when there is none. */
export async function localPlaceOf(context: CommandContext): Promise<{
  readonly place: Extract<ControlPlace, { kind: 'local' }>;
  readonly leftOut: readonly string[];
}> {
  const file = context.options.settings ?? usualSettingsFile;
  const settings = await settingsOf(context, file);
  const leftOut = settings.clusters.filter(({ runner }) => runner.kind !== 'local').map(({ name }) => name);
  if (leftOut.length < settings.clusters.length) {
    return { place: localPlace(context, settings), leftOut };
  }
  throw new PitrError(
    'INVALID_INPUT',
    `no cluster of ${file} runs br on this machine: ${leftOut.join(', ')}`,
    {
      hint: 'set runner: { kind: local } for those that pitr local up is to keep; npx cdk deploy keeps the others',
      details: { clusters: leftOut },
    },
  );
}

async function settingsOf({ host }: CommandContext, file: string): Promise<Settings> {
  const hint =
    'name the settings file with --settings FILE; a cluster on AWS is also found with --cluster NAME alone';
  return parseSettings(await readSettingsText(host, file, hint), file);
}

function localPlace(
  { options }: CommandContext,
  settings: Settings,
): Extract<ControlPlace, { kind: 'local' }> {
  const clusters = settings.clusters.filter(({ runner }) => runner.kind === 'local');
  return { kind: 'local', settings: { ...settings, clusters }, folder: stateFolderOf(options) };
}

function placeOnAws({ options }: CommandContext): ControlPlace {
  if (options.state === undefined) return { kind: 'aws' };
  throw new PitrError('INVALID_INPUT', `--state is \`${options.state}\`, and the cluster's state is on AWS`, {
    hint: 'leave --state away, or set runner: { kind: local } for a cluster of this machine',
    details: { option: '--state', found: options.state },
  });
}
