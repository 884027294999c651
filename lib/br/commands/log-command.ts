// The `br log …` commands and `br operator force-flush` as arguments. Starts nothing, and decides no TSO.
import { capabilities } from '../../domain/capabilities.ts';
import { PitrError } from '../../domain/errors.ts';
import { crypterFlags, storageFlag, taskFlag, textFlag, tsFlag, wholeNumber } from './argument-values.ts';
import type { ForceFlush, LogPause, LogStart, LogStatus, LogTruncate } from './br-decision.ts';
import { type BrSurroundings, flag, pdFlags } from './br-surroundings.ts';

/** Ten years. */
const longestTtlSeconds = 315_360_000;

export function logStartArguments(decision: LogStart, surroundings: BrSurroundings): string[] {
  const { version } = surroundings;
  if (decision.logCrypter !== undefined && capabilities(version).logEncryption !== 'yes') {
    throw unsupported(version.text, 'encrypt a log backup', '8.4.0');
  }
  return [
    'log',
    'start',
    taskFlag(decision.taskName),
    ...pdFlags(surroundings),
    storageFlag('storage', decision.storage),
    ...(decision.startTs === undefined ? [] : [tsFlag('start-ts', decision.startTs)]),
    ...crypterFlags('log.crypter', decision.logCrypter),
  ];
}

/** `br log stop` and `br log resume`. */
export function logTaskArguments(
  verb: 'stop' | 'resume',
  taskName: string,
  surroundings: BrSurroundings,
): string[] {
  return ['log', verb, taskFlag(taskName), ...pdFlags(surroundings)];
}

/** `--message` is left out where br has no such flag (before 8.5.5). */
export function logPauseArguments(decision: LogPause, surroundings: BrSurroundings): string[] {
  const takesMessage = capabilities(surroundings.version).pauseMessage === 'yes';
  return [
    'log',
    'pause',
    taskFlag(decision.taskName),
    ...pdFlags(surroundings),
    flag('gc-ttl', wholeNumber('the fuse in seconds', decision.gcTtlSeconds, 1, longestTtlSeconds)),
    ...(decision.message === undefined || !takesMessage ? [] : [textFlag('message', decision.message)]),
  ];
}

export function logStatusArguments(decision: LogStatus, surroundings: BrSurroundings): string[] {
  const task = decision.taskName === undefined ? [] : [taskFlag(decision.taskName)];
  return ['log', 'status', ...task, ...pdFlags(surroundings), '--json'];
}

export function logMetadataArguments(storage: string): string[] {
  return ['log', 'metadata', storageFlag('storage', storage)];
}

/**
 * Always `-y`: without a terminal br answers itself with yes (FACTS §0.2), so asking would only pretend. Never
 * `--clean-up-compactions`: it exits 0 whatever happened (FACTS §0.4). Errors: UNSUPPORTED for a dry run that would delete.
 */
export function logTruncateArguments(decision: LogTruncate, surroundings: BrSurroundings): string[] {
  const { version } = surroundings;
  const dryRunDeletes = capabilities(version).dryRunDeletesBlocklists !== 'no';
  if (decision.dryRun === true && dryRunDeletes && decision.acceptsBlocklistDeletion !== true) {
    throw new PitrError(
      'UNSUPPORTED',
      `a dry run of br log truncate ${version.text} deletes blocklist objects, expected one that deletes nothing`,
      { hint: 'plan the truncation natively instead', details: { version: version.text } },
    );
  }
  return [
    'log',
    'truncate',
    tsFlag('until', decision.untilTs),
    storageFlag('storage', decision.storage),
    ...(decision.dryRun === true ? ['--dry-run'] : []),
    '-y',
  ];
}

/** Errors: UNSUPPORTED where TiKV does not serve it (before 8.5.6). */
export function forceFlushArguments(decision: ForceFlush, surroundings: BrSurroundings): string[] {
  const { version } = surroundings;
  if (capabilities(version).forceFlush === 'no') throw unsupported(version.text, 'flush on demand', '8.5.6');
  const stores = decision.stores === undefined ? [] : [textFlag('stores', decision.stores)];
  return ['operator', 'force-flush', ...pdFlags(surroundings), ...stores];
}

/** What a version cannot do, and since when br can. */
export function unsupported(version: string, what: string, since: string): PitrError {
  return new PitrError(
    'UNSUPPORTED',
    `br ${version} cannot ${what}: expected ${since} or a younger version`,
    {
      hint: `upgrade cluster and br to ${since}, or do without`,
      details: { version, since },
    },
  );
}
