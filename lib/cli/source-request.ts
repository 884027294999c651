// Which backup a command works on, from options and environment. Must not open it.

import { PitrError } from '../domain/errors.ts';
import type { RetryEvent } from '../ports/retrying-object-store.ts';
import type { CommandContext } from './command-context.ts';
import { readKeys } from './keys.ts';
import type { MomentRequest, SourceRequest } from './operations.ts';
import { required } from './option-values.ts';
import { formatDuration } from './render/quantity.ts';

/**
 * `--storage` (or PITR_STORAGE), or `--snapshots` and `--log` apart.
 * Errors: INVALID_INPUT when nothing names a backup; what keys.ts throws.
 */
export async function sourceOf(context: CommandContext): Promise<SourceRequest> {
  const { host, options } = context;
  const fromEnv = host.env['PITR_STORAGE'];
  const apart = options.snapshots !== undefined && options.log !== undefined;
  const storage = options.storage ?? (apart || fromEnv === '' ? undefined : fromEnv);
  if (storage === undefined && options.snapshots === undefined && options.log === undefined) {
    throw new PitrError(
      'INVALID_INPUT',
      '--storage is missing, expected the folder or bucket prefix that holds snapshot-*/ and log-backup/',
      {
        hint: "write for example --storage ./backup or --storage 's3://bucket/prefix?region=eu-central-1', or set PITR_STORAGE",
        details: { option: '--storage', expected: 'a folder or an s3:// URL' },
      },
    );
  }
  const keys = await readKeys(options, host);
  return {
    storage,
    snapshots: options.snapshots,
    log: options.log,
    keys,
    signal: host.signal,
    onRetry: (event) => context.progress.note(retryText(event)),
  };
}

/** `get v1/a.meta: the storage answered 503; trying again in 0.4 s`. */
export function retryText({ action, key, error, delayMs }: RetryEvent): string {
  return `${action} ${key}: ${error.message}; trying again in ${formatDuration(delayMs)}`;
}

/** The backup and the moment. Errors: INVALID_INPUT without --at; the moment itself is read by the operation. */
export async function momentOf(context: CommandContext): Promise<MomentRequest> {
  const at = momentTextOf(context);
  return { ...(await sourceOf(context)), at, base: context.options.base };
}

/** What stands after --at. Errors: INVALID_INPUT without it. */
export function momentTextOf({ options }: CommandContext): string {
  const at = required(
    '--at',
    options.at,
    'a moment: a TSO, RFC 3339, "YYYY-MM-DD HH:MM:SS+08:00", latest or -90m',
    'pitr window lists the moments that can be brought back; --at latest takes the newest',
  );
  if (at.startsWith('--')) {
    throw new PitrError('INVALID_INPUT', `--at is followed by \`${at}\`, expected a moment`, {
      hint: 'write the moment right after --at, for example --at latest',
      details: { option: '--at', found: at, expected: 'a moment' },
    });
  }
  return at;
}
