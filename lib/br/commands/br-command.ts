// A decision as the arguments and the environment of one run of br: the only place that knows br's flags from outside. The
// same decision on the same version gives the same argv, byte for byte. Pure: no process is started here.
import { backupArguments } from './backup-command.ts';
import type { BrCommandKind, BrDecision } from './br-decision.ts';
import { type BrSurroundings, brEnvironment, refuseSecrets, storageFlags } from './br-surroundings.ts';
import {
  forceFlushArguments,
  logMetadataArguments,
  logPauseArguments,
  logStartArguments,
  logStatusArguments,
  logTaskArguments,
  logTruncateArguments,
} from './log-command.ts';
import { abortRestoreArguments, restoreFullArguments, restorePointArguments } from './restore-command.ts';

export interface BrCommand {
  readonly kind: BrCommandKind;
  /** `argv[0]` is the program. Holds no secret. */
  readonly argv: readonly string[];
  /** To be added to the runner's own environment, which brings the credentials. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The command for a decision (FACTS §1, §7). To resume a backup or a restore run the argv of its first attempt again: PD's
 * addresses are part of what br compares (FACTS §3.3).
 * Errors: INVALID_INPUT for values that br must not see, secrets among them; UNSUPPORTED for what this br cannot do.
 */
export function brCommand(decision: BrDecision, surroundings: BrSurroundings): BrCommand {
  const own = ownArguments(decision, surroundings);
  const shared = decision.kind === 'version' ? [] : ['--log-format=json', ...storageFlags(surroundings)];
  const argv = [surroundings.program ?? 'br', ...own, ...shared];
  refuseSecrets(argv);
  return { kind: decision.kind, argv, env: brEnvironment(surroundings) };
}

function ownArguments(decision: BrDecision, surroundings: BrSurroundings): string[] {
  switch (decision.kind) {
    case 'backup-full':
      return backupArguments(decision, surroundings);
    case 'log-start':
      return logStartArguments(decision, surroundings);
    case 'log-stop':
      return logTaskArguments('stop', decision.taskName, surroundings);
    case 'log-pause':
      return logPauseArguments(decision, surroundings);
    case 'log-resume':
      return logTaskArguments('resume', decision.taskName, surroundings);
    case 'log-status':
      return logStatusArguments(decision, surroundings);
    case 'log-metadata':
      return logMetadataArguments(decision.storage);
    case 'log-truncate':
      return logTruncateArguments(decision, surroundings);
    case 'restore-point':
      return restorePointArguments(decision, surroundings);
    case 'restore-full':
      return restoreFullArguments(decision, surroundings);
    case 'abort-restore':
      return abortRestoreArguments(decision, surroundings);
    case 'force-flush':
      return forceFlushArguments(decision, surroundings);
    case 'version':
      return ['--version'];
    default:
      return decision satisfies never;
  }
}
