// A planned restore as what br is to do, and the command lines by which a person gives one up. Pure; the words of each command
// are made in lib/br/commands.

import type { RestoreFull, RestorePoint } from '../../../br/commands/br-decision.ts';
import type { ClusterSettings } from '../../../config/settings-types.ts';
import { capabilities } from '../../../domain/capabilities.ts';
import type { BrPlace } from '../control-deps.ts';
import { brStorageUrl, callOf } from '../runs/br-call.ts';
import type { PlannedRestore } from './restore-plan-facts.ts';

export interface RestoreAim {
  readonly planned: PlannedRestore;
  readonly tables: readonly string[];
  readonly targetPd: readonly string[];
}

/** `restore point`, or `restore full` where the base alone is the moment. */
export function restoreDecision(
  { planned, tables }: RestoreAim,
  settings: ClusterSettings,
  bucketName: string | undefined,
): RestorePoint | RestoreFull {
  const { base, logPath, restoreTs, withSystemTables } = planned;
  const urlOf = (folder: string) => brStorageUrl(settings, bucketName, folder);
  const options = {
    checksum: true,
    ...(tables.length === 0 ? {} : { filter: tables }),
    ...(withSystemTables ? {} : { withSystemTables }),
  };
  if (logPath === undefined) return { kind: 'restore-full', storage: urlOf(base), ...options };
  return {
    kind: 'restore-point',
    logStorage: urlOf(logPath),
    from: { snapshotStorage: urlOf(base) },
    restoredTs: restoreTs,
    ...options,
  };
}

/**
 * `br abort restore …` for this restore, or for one of the same base to another moment, as one line for a shell: undefined where
 * this br has no such command (FACTS §6.7).
 */
export function abortLine(
  aim: RestoreAim,
  {
    settings,
    bucketName,
    brPlace,
  }: { settings: ClusterSettings; bucketName: string | undefined; brPlace: BrPlace },
  otherTs?: bigint,
): string | undefined {
  if (capabilities(settings.version).abortRestore !== 'yes') return undefined;
  const restore = restoreDecision(aim, settings, bucketName);
  if (otherTs !== undefined && restore.kind !== 'restore-point') return undefined;
  const other = otherTs === undefined ? restore : { ...restore, restoredTs: otherTs };
  const { argv } = callOf({ kind: 'abort-restore', restore: other }, settings, brPlace, aim.targetPd);
  return argv.map(shellWord).join(' ');
}

/** The moment of the restore that is registered in the target, from br's sentence about it (FACTS §1.13). */
export function registeredMoment(message: string): bigint | undefined {
  const found = /existing task has different restoredTS\((\d{17,20})\)/.exec(message)?.[1];
  return found === undefined ? undefined : BigInt(found);
}

function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
