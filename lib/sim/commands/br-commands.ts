// Which script each command of a simulated br is, and what br says when one of them fails.

import { PitrError } from '../../domain/errors.ts';
import { backupFull } from './backup-full.ts';
import { BrRefusal, type BrScript, type BrScriptContext } from './br-script.ts';
import { logPause, logResume, logStart, logStop } from './log-task.ts';
import { logTruncate } from './log-truncate.ts';
import { type RestoreReceiver, restoreFull, restorePoint } from './restore-point.ts';

/** The script of the words of a call; `receive` takes what a restore brings. */
export function scriptOf(context: BrScriptContext, receive: RestoreReceiver): BrScript {
  const kind = context.flags.words.join(' ');
  switch (kind) {
    case 'backup full':
      return backupFull(context);
    case 'log start':
      return logStart(context);
    case 'log stop':
      return logStop(context);
    case 'log pause':
      return logPause(context);
    case 'log resume':
      return logResume(context);
    case 'log truncate':
      return logTruncate(context);
    case 'restore point':
      return restorePoint(context, receive);
    case 'restore full':
      return restoreFull(context, receive);
    default:
      return unknownCommand(kind);
  }
}

// biome-ignore lint/correctness/useYield: a command that does not exist ends before its first step
async function* unknownCommand(kind: string): BrScript {
  throw new BrRefusal(`unknown command "${kind}" for "br"`);
}

/** Its own refusal, or what the storage says; anything else is a fault of the simulator, and thrown. */
export function wordsOf(caught: unknown): string {
  if (caught instanceof BrRefusal) return caught.message;
  if (!(caught instanceof PitrError)) throw caught;
  if (caught.code !== 'STORAGE_UNAVAILABLE') return caught.message;
  return `SlowDown: ${caught.message}: [BR:KV:ErrKVStorage]tikv storage occur I/O error`;
}
