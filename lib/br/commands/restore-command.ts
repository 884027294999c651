// `br restore point`, `br restore full` and `br abort restore …` as arguments. An aborted restore is found by its arguments,
// so both come from the same function. Starts nothing.
import { capabilities } from '../../domain/capabilities.ts';
import { parseTableFilter } from '../../domain/restore/table-filter.ts';
import { crypterFlags, filterFlags, storageFlag, tsFlag } from './argument-values.ts';
import type { AbortRestore, RestoreFull, RestoreOptions, RestorePoint } from './br-decision.ts';
import { type BrSurroundings, flag, invalid, pdFlags } from './br-surroundings.ts';
import { unsupported } from './log-command.ts';

/**
 * `--restored-ts` is always there, and a filter only when tables were chosen: br's own default list counts as a filter since
 * 8.5.5 and is refused (FACTS §1.5). Errors: UNSUPPORTED for a filter before 8.5.5; INVALID_INPUT for system tables in it.
 */
export function restorePointArguments(decision: RestorePoint, surroundings: BrSurroundings): string[] {
  const { version } = surroundings;
  const can = capabilities(version);
  const filter = decision.filter ?? [];
  if (filter.length > 0 && can.pitrFilter !== 'yes') {
    throw unsupported(version.text, 'restore some tables to a point', '8.5.5');
  }
  refuseSystemTables(filter);
  if (decision.logCrypter !== undefined && can.logEncryption !== 'yes') {
    throw unsupported(version.text, 'read an encrypted log', '8.4.0');
  }
  const from =
    'snapshotStorage' in decision.from
      ? storageFlag('full-backup-storage', decision.from.snapshotStorage)
      : tsFlag('start-ts', decision.from.startTs);
  return [
    'restore',
    'point',
    ...pdFlags(surroundings),
    storageFlag('storage', decision.logStorage),
    from,
    tsFlag('restored-ts', decision.restoredTs),
    ...optionFlags(decision, surroundings),
    ...crypterFlags('log.crypter', decision.logCrypter),
  ];
}

export function restoreFullArguments(decision: RestoreFull, surroundings: BrSurroundings): string[] {
  return [
    'restore',
    'full',
    ...pdFlags(surroundings),
    storageFlag('storage', decision.storage),
    ...optionFlags(decision, surroundings),
  ];
}

/** The restore's own arguments behind `abort` (FACTS §6.7). Errors: UNSUPPORTED before 8.5.5. */
export function abortRestoreArguments(decision: AbortRestore, surroundings: BrSurroundings): string[] {
  const { version } = surroundings;
  if (capabilities(version).abortRestore !== 'yes') {
    throw unsupported(version.text, 'abort a restore', '8.5.5');
  }
  const { restore } = decision;
  const args =
    restore.kind === 'restore-point'
      ? restorePointArguments(restore, surroundings)
      : restoreFullArguments(restore, surroundings);
  return ['abort', ...args];
}

function optionFlags(options: RestoreOptions, surroundings: BrSurroundings): string[] {
  const { version } = surroundings;
  const { withSystemTables, loadStatistics, checkpointStorage } = options;
  if (checkpointStorage !== undefined && capabilities(version).checkpointStorage !== 'yes') {
    throw unsupported(version.text, 'keep restore checkpoints in a storage', '8.5.5');
  }
  return [
    ...filterFlags(options.filter),
    flag('checksum', options.checksum),
    ...(withSystemTables === undefined ? [] : [flag('with-sys-table', withSystemTables)]),
    ...(loadStatistics === undefined ? [] : [flag('load-stats', loadStatistics)]),
    ...(checkpointStorage === undefined ? [] : [storageFlag('checkpoint-storage', checkpointStorage)]),
    ...crypterFlags('crypter', options.crypter),
  ];
}

/** FACTS §1.13 `PiTR doesn't support custom filter to include system db`. Rules that take them out are fine. */
function refuseSystemTables(filter: readonly string[]): void {
  if (filter.length === 0) return;
  const { selects } = parseTableFilter(filter);
  const selected = ['mysql', 'sys'].find((database) =>
    ['user', 'bind_info', 'db', 'any'].some((table) => selects(database, table)),
  );
  const named = filter.find((rule) => /^[`"]?(?:mysql|sys)[`"]?\./i.test(rule));
  if (selected === undefined && named === undefined) return;
  throw invalid(
    `${JSON.stringify(filter.join(' ').slice(0, 200))} selects system tables: expected rules over user databases only`,
    'add !mysql.* and !sys.* at the end; accounts come from a restore of everything, or are created by hand',
  );
}
