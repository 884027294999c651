// `br backup full` as arguments: what makes a run that died go on, and history stay until it did. Starts nothing.
import { capabilities, type Support } from '../../domain/capabilities.ts';
import type { Version } from '../../domain/versions.ts';
import { crypterFlags, filterFlags, storageFlag, tsFlag, wholeNumber } from './argument-values.ts';
import type { BackupFull } from './br-decision.ts';
import { type BrSurroundings, flag, pdFlags } from './br-surroundings.ts';

/** What br itself takes with checkpoints on: 72 minutes (FACTS §1.4). */
const checkpointGcTtlSeconds = 4320;
/** The lock of a dead run lives 5 minutes (FACTS §3.3); as much again for a slow start. */
const restartSeconds = 600;
/** Ten years: far beyond any budget, and far from overflows in PD. */
const longestGcTtlSeconds = 315_360_000;

/** Seconds of `--gcttl`: our whole retry budget, the lock of the dead run, and never less than br's own default. */
export function backupGcTtlSeconds(retryBudgetMs: number): number {
  wholeNumber('the retry budget in milliseconds', retryBudgetMs, 0, (longestGcTtlSeconds - 600) * 1000);
  return Math.max(checkpointGcTtlSeconds, Math.ceil(retryBudgetMs / 1000) + restartSeconds);
}

/**
 * Whether the same command goes on where a dead run stopped: br 6.5 and younger, and not for an incremental run, which turns
 * checkpoints off. The command must be the very same: keep the argv of the first attempt (FACTS §3.3).
 */
export function isResumableBackup(decision: BackupFull, version: Version): Support {
  return decision.lastBackupTs === undefined ? capabilities(version).backupCheckpoint : 'no';
}

export function backupArguments(decision: BackupFull, surroundings: BrSurroundings): string[] {
  const { compression, concurrency, rateLimitMiB, lastBackupTs } = decision;
  return [
    'backup',
    'full',
    ...pdFlags(surroundings),
    storageFlag('storage', decision.storage),
    ...(lastBackupTs === undefined ? [] : [tsFlag('lastbackupts', lastBackupTs)]),
    ...filterFlags(decision.filter),
    flag('checksum', decision.checksum),
    flag('ignore-stats', decision.statistics !== true),
    flag('gcttl', backupGcTtlSeconds(decision.retryBudgetMs)),
    ...(compression === undefined ? [] : [flag('compression', compression.algorithm)]),
    ...(compression?.level === undefined
      ? []
      : [flag('compression-level', wholeNumber('the compression level', compression.level, -10, 22))]),
    ...(concurrency === undefined
      ? []
      : [flag('concurrency', wholeNumber('the concurrency', concurrency, 1, 256))]),
    ...(rateLimitMiB === undefined
      ? []
      : [flag('ratelimit', wholeNumber('the rate limit in MiB/s', rateLimitMiB, 1, 1_000_000))]),
    ...crypterFlags('crypter', decision.crypter),
  ];
}
