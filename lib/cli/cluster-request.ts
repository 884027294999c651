// Which cluster and bucket `pitr doctor` and `pitr status` look at: from pitr.yaml, from options, or from both, where an
// option wins. Must not open them.

import { dirname, join, resolve } from 'node:path';
import { bucketUrl } from '../config/bucket-url.ts';
import { usualTaskName } from '../config/policy-schema.ts';
import { checkSettings, parseSettings } from '../config/settings.ts';
import type { BucketSettings, ClusterSettings, TlsSettings } from '../config/settings-types.ts';
import { formatStorageUrl, parseStorageUrl } from '../config/storage-url.ts';
import { PitrError } from '../domain/errors.ts';
import { parseVersion } from '../domain/versions.ts';
import type { CommandContext } from './command-context.ts';
import { readKeys } from './keys.ts';
import type { ClusterRequest, DoctorRequest, StorageChoice } from './operations.ts';
import type { RawOptions } from './program.ts';
import { readSettingsText, usualSettingsFile } from './settings-file.ts';
import { retryText } from './source-request.ts';

const usualStateFolder = '.pitr';
/** Where br itself shows a lag in red. FACTS §2.5 */
const usualMaxLagMs = 10 * 60_000;

/**
 * The cluster of `pitr status`. Errors: INVALID_INPUT when nothing names a cluster, for settings with errors, for a
 * certificate that only AWS has; what keys.ts throws.
 */
export async function clusterOf(context: CommandContext): Promise<ClusterRequest> {
  const file = settingsFileOf(context);
  const settings =
    file === undefined ? undefined : parseSettings(await readText(context, file), file).clusters;
  return requestOf(context, settings === undefined ? undefined : chooseCluster(context, settings, file));
}

/** As {@link clusterOf}, but what is wrong in the settings is part of the request, for the report. */
export async function doctorOf(context: CommandContext): Promise<DoctorRequest> {
  const file = settingsFileOf(context);
  if (file === undefined) return { ...(await requestOf(context, undefined)), ...brOf(undefined) };
  const { settings, problems } = checkSettings(await readText(context, file));
  const ofSeverity = (wanted: 'error' | 'warning') =>
    problems.flatMap(({ severity, line, column, message }) =>
      severity === wanted ? [`${line}:${column} ${message}`] : [],
    );
  const look = { file, errors: ofSeverity('error'), warnings: ofSeverity('warning') };
  const cluster = settings === undefined ? undefined : chooseCluster(context, settings.clusters, file);
  return { ...(await requestOf(context, cluster)), ...brOf(cluster), settings: look };
}

/** The state of a runtime on this machine: beside the settings file unless `--state` names another folder. Absolute. */
export function stateFolderOf({ state, settings }: Pick<RawOptions, 'state' | 'settings'>): string {
  return resolve(state ?? join(dirname(settings ?? usualSettingsFile), usualStateFolder));
}

/** Without --settings the usual file counts, unless the options name a cluster themselves. */
function settingsFileOf({ options }: CommandContext): string | undefined {
  return options.settings ?? (options.pd === undefined ? usualSettingsFile : undefined);
}

function readText({ host }: CommandContext, file: string): Promise<string> {
  const hint = 'name the cluster by its settings (--settings FILE) or by its PD (--pd http://HOST:2379)';
  return readSettingsText(host, file, hint);
}

/** The one of `--cluster`, or the only one. Errors: INVALID_INPUT with those that there are. */
export function chooseCluster(
  { options }: CommandContext,
  clusters: readonly ClusterSettings[],
  file: string | undefined,
): ClusterSettings {
  const names = clusters.map(({ name }) => name).join(', ');
  const wanted = options.cluster;
  const [only, ...others] = clusters;
  if (wanted === undefined && only !== undefined && others.length === 0) return only;
  const found = clusters.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  const problem =
    wanted === undefined
      ? `${file} has several clusters, expected one of them after --cluster`
      : `--cluster is \`${wanted}\`, which ${file} does not have`;
  throw new PitrError('INVALID_INPUT', problem, {
    hint: `its clusters are ${names}`,
    details: { option: '--cluster', found: wanted ?? null, expected: names },
  });
}

async function requestOf(
  context: CommandContext,
  cluster: ClusterSettings | undefined,
): Promise<ClusterRequest> {
  const { host, options } = context;
  const log = cluster?.policy.log;
  const ownName = log?.kind === 'on' ? log.taskName : undefined;
  return {
    clusterName: cluster?.name,
    pd: options.pd === undefined ? (cluster?.pd ?? []) : addressesOf(options.pd),
    tls: tlsOf(context, cluster?.tls),
    storage: storageOf(context, cluster?.bucket),
    keys: await readKeys(options, host),
    taskName: options.task ?? ownName,
    isTaskChosen: options.task !== undefined || ownName !== usualTaskName,
    brVersion: options.brVersion === undefined ? cluster?.version.text : parseVersion(options.brVersion).text,
    maxLagMs: cluster?.objectives.rpoMs ?? usualMaxLagMs,
    stateFolder: cluster?.runner.kind === 'local' ? stateFolderOf(options) : undefined,
    isDeployed: cluster !== undefined && cluster.runner.kind !== 'local',
    signal: host.signal,
    onRetry: (event) => context.progress.note(retryText(event)),
  };
}

function addressesOf(text: string): readonly string[] {
  const addresses = text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  if (addresses.length > 0) return addresses;
  throw new PitrError('INVALID_INPUT', '--pd is empty, expected http://HOST:2379 or several with commas', {
    details: { option: '--pd', found: text, expected: 'URLs of PD' },
  });
}

function tlsOf({ options }: CommandContext, settings: TlsSettings | undefined): ClusterRequest['tls'] {
  const { pdCa, pdCert, pdKey } = options;
  if (pdCa !== undefined || pdCert !== undefined || pdKey !== undefined) {
    return { ca: pdCa, cert: pdCert, key: pdKey };
  }
  if (settings === undefined) return undefined;
  if (settings.kind === 'files') return { ca: settings.ca, cert: settings.cert, key: settings.key };
  throw new PitrError(
    'INVALID_INPUT',
    `the client certificate is in the secret ${settings.secret}, which this command does not open`,
    { hint: 'give it as files: --pd-ca FILE --pd-cert FILE --pd-key FILE' },
  );
}

function storageOf({ host, options }: CommandContext, bucket: BucketSettings | undefined): StorageChoice {
  const fromEnv = host.env['PITR_STORAGE'] === '' ? undefined : host.env['PITR_STORAGE'];
  const ofSettings = bucket === undefined ? undefined : bucketUrl(bucket);
  const url = options.storage ?? ofSettings ?? fromEnv;
  if (url !== undefined) return { kind: 'told', url, shown: formatStorageUrl(parseStorageUrl(url)) };
  const reason = bucket === undefined ? undefined : 'the settings leave the name of the bucket to the stack';
  return { kind: 'not-told', reason };
}

/** What only the doctor asks: which program on this machine tells its version (none, where br runs elsewhere), and the settings. */
function brOf(cluster: ClusterSettings | undefined): Omit<DoctorRequest, keyof ClusterRequest> {
  const settings = undefined;
  if (cluster === undefined) return { br: 'br', isBrNeeded: false, settings, cluster };
  const { runner } = cluster;
  if (runner.kind !== 'local' || runner.program.kind !== 'br')
    return { br: undefined, isBrNeeded: false, settings, cluster };
  return { br: runner.program.path, isBrNeeded: true, settings, cluster };
}
