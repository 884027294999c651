// The grammar of the commands that ask the control plane for something: restores into a cluster, snapshots, cuts, the local runtime.
// Must not run anything.

import type { Command } from 'commander';
import { type AddCommand, addCommon } from './program-options.ts';

export function addControl(add: AddCommand): void {
  addRestoreCluster(add);
  const snapshot = add(
    'take-snapshot',
    'take a snapshot now, besides the schedule',
    'pitr take-snapshot --cluster shop',
  );
  addCommon(addPlace(snapshot));
  const cut = add(
    'truncate-log',
    'cut the log now as far as the retention allows',
    'pitr truncate-log --cluster shop --dry-run',
  );
  addCommon(addPlace(cut).option('--dry-run', 'only tell where the cut would be, and why'));
  const adopt = add(
    'adopt',
    'make what stands in the bucket known to the state, and a running log task ours',
    'pitr adopt --cluster shop --task pitr_old',
  );
  addCommon(
    addPlace(adopt).option('--task <name>', 'a running log task of another name, which is to be ours'),
  );
  const rebuild = add(
    'rebuild',
    'make the state of a cluster again from its bucket',
    'pitr rebuild --cluster shop --dry-run',
  );
  addCommon(addPlace(rebuild).option('--dry-run', 'only tell what would be written'));
  const up = add(
    'local up',
    'run the control plane on this machine, in the foreground',
    'pitr local up\npitr local up --settings staging/pitr.yaml --state /var/lib/pitr --json',
  );
  up.option('--settings <file>', 'the settings file; default: pitr.yaml');
  up.option('--state <folder>', 'where the state is kept; default: .pitr beside the settings file');
  up.option('--once', 'do what is due, wait for what runs, and end');
  up.option('--json', 'one JSON object per line on stdout (docs/formats/json.md)');
  up.option('--quiet', 'print no banner');
}

function addRestoreCluster(add: AddCommand): void {
  const restore = add(
    'restore-cluster',
    'bring another cluster to a moment, with br',
    'pitr restore-cluster --at -10m --target 10.0.9.1:2379 --dry-run\n' +
      "pitr restore-cluster --at '2026-11-22 12:25:02+08:00' --target 10.0.9.1:2379",
  );
  restore.option('--at <moment>', 'the moment; see pitr --help for its forms');
  restore.option('--target <pd>', 'PD of an empty cluster of the same version, several with commas');
  restore.option(
    '--tables <rules...>',
    "which tables, by br's rules, e.g. 'shop.*' '!shop.tmp_*'; default: everything",
  );
  restore.option('--dry-run', 'only make the plan and show it');
  restore.option('--watch <execution>', 'follow a restore that was begun before');
  restore.option('--no-wait', 'end as soon as it is begun');
  addCommon(addPlace(restore));
}

/** Whose control plane, and where. */
export function addPlace(command: Command): Command {
  command.option('--settings <file>', 'the settings file; default: pitr.yaml');
  command.option('--cluster <name>', 'which cluster; without a settings file one on AWS');
  return command.option(
    '--state <folder>',
    'local runner: its state; default: .pitr beside the settings file',
  );
}
