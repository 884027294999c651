// The grammar of `pitr truncate`: the one cut by hand. Must not run anything.

import { type AddCommand, addCommon, addStorage } from './program-options.ts';

export function addTruncate(add: AddCommand): void {
  const cut = add(
    'truncate',
    'delete the part of a log that no snapshot needs',
    'pitr truncate --engine native --storage ./backup --until 2026-11-01T00:00:00Z --dry-run\n' +
      'pitr truncate --engine native --storage ./backup --until 2026-11-01T00:00:00Z --yes',
  );
  cut.option('--until <moment>', 'the log begins there afterwards; see pitr --help for the forms of moments');
  cut.option('--engine <name>', 'native: this program does what br log truncate does');
  addStorage(cut);
  cut.option('--dry-run', 'only tell every object that would go or change, and why');
  cut.option('--yes', 'do it');
  cut.option('--unsafe-ignore-snapshots', 'cut what snapshots need, too');
  cut.option('--unsafe-remove-lock <owner>', 'remove the locks of this owner, whom you know to be dead');
  addCommon(cut);
}
