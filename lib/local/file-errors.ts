// What an error of the file system means for a store: absence, a refusal, a full disk, or a fault that may pass.
// Must not decide whether to try again.

import { PitrError } from '../domain/errors.ts';

/** The system's code, `ENOENT` and the like, or undefined for an error that is none of the system's. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** There is no such object: nothing there, a file where a folder would be, a folder where a file would be. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG'].includes(errnoOf(error) ?? '');
}

/**
 * Any failure of the file system as one of ours. `action` is a verb, `place` the URL of the object.
 * STORAGE_DENIED for permissions, LOCAL_IO for a disk that is full or read-only, otherwise STORAGE_UNAVAILABLE.
 */
export function storageError(error: unknown, action: string, place: string): PitrError {
  if (error instanceof PitrError) return error;
  const errno = errnoOf(error);
  const details = { action, place, errno };
  switch (errno) {
    case 'EACCES':
    case 'EPERM':
    case 'ELOOP':
      return new PitrError('STORAGE_DENIED', `${place}: ${action} is denied (${errno})`, {
        hint: 'run as a user who may use this folder, or change its permissions',
        details,
        cause: error,
      });
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EROFS':
      return new PitrError(
        'LOCAL_IO',
        `${place}: ${action} failed, the disk is full or read-only (${errno})`,
        {
          hint: 'free space on this disk or choose another place',
          details,
          cause: error,
        },
      );
    case undefined:
      return new PitrError('INTERNAL', `${place}: ${action} failed: ${String(error)}`, {
        details,
        cause: error,
      });
    default:
      return new PitrError('STORAGE_UNAVAILABLE', `${place}: ${action} failed (${errno})`, {
        hint: 'look at the disk or the network mount that holds this folder',
        details,
        cause: error,
      });
  }
}
