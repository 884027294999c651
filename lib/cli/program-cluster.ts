// The grammar of the commands that look at a cluster: doctor and status. Must not run anything.

import type { Command } from 'commander';
import { type AddCommand, addCommon, addKeys } from './program-options.ts';

export function addClusterLooks(add: AddCommand): void {
  const doctor = add(
    'doctor',
    'what would fail before it fails: settings, br, bucket, cluster',
    'pitr doctor --cluster shop\n' +
      "pitr doctor --pd http://10.0.1.11:2379 --storage 's3://backups/prod?region=eu-central-1' --br-version v8.5.4",
  );
  addCluster(doctor).option('--br-version <version>', 'of the br that will be run, e.g. v8.5.4');
  addCommon(doctor);
  const status = add(
    'status',
    'the log task, its lag, the window and the newest snapshot, now',
    'pitr status --cluster shop --watch\npitr status --pd http://10.0.1.11:2379 --storage ./backup',
  );
  addCluster(status)
    .option('--state <folder>', 'local runner: its state; default: .pitr beside the settings file')
    .option('--watch', 'draw it again every 10 seconds, until Ctrl-C');
  addCommon(status);
}

function addCluster(command: Command): Command {
  command.option('--settings <file>', 'the settings file; default: pitr.yaml, unless --pd is given');
  command.option('--cluster <name>', 'which of its clusters, when there are several');
  command.option('--pd <urls>', 'PD, instead of that in the settings: http://HOST:2379, several with commas');
  command.option('--pd-ca <file>', 'who signed the certificate of PD (PEM)');
  command.option('--pd-cert <file>', 'our own certificate (PEM)');
  command.option('--pd-key <file>', 'its key (PEM)');
  command.option('--task <name>', 'our log task, instead of that in the settings');
  command.option('--storage <url>', 'the bucket, instead of that in the settings; as for pitr window');
  return addKeys(command);
}
