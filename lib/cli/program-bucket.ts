// The grammar of the commands that look through a whole bucket: audit and cost. Must not run anything.

import { defaultMemory } from './option-values.ts';
import { type AddCommand, addCommon, addStorage } from './program-options.ts';

export function addBucketLooks(add: AddCommand): void {
  const audit = add(
    'audit',
    'what nothing refers to, what is referred to and gone, what dead runs left',
    'pitr audit --storage ./backup\n' +
      'pitr audit --cluster shop --json\n' +
      'pitr audit --storage ./backup --plan\n' +
      'pitr audit --storage ./backup --apply 20261122120000-audit',
  );
  addStorage(audit);
  audit.option(
    '--settings <file>',
    'look at the cluster of this settings file, too: its bucket, its PD, its runs',
  );
  audit.option('--cluster <name>', 'which of its clusters, when there are several');
  audit.option('--pd <urls>', 'look into this PD, too: http://HOST:2379, several with commas');
  audit.option('--pd-ca <file>', 'who signed the certificate of PD (PEM)');
  audit.option('--pd-cert <file>', 'our own certificate (PEM)');
  audit.option('--pd-key <file>', 'its key (PEM)');
  audit.option(
    '--state <folder>',
    'local runner: its state, and plans; default: .pitr beside the settings file',
  );
  audit.option('--plan', 'plan what may be removed, with a reason for each, and keep the plan');
  audit.option('--apply <plan>', 'remove what this plan says, if it still holds');
  audit.option(
    '--unsafe-remove-lock <owner>',
    'of --apply: remove the locks of this owner, whom you know to be dead',
  );
  audit.option('--limit <n>', 'how many keys of a finding are told', '1000');
  audit.option('--memory <size>', 'memory to stay within; an eighth of it holds names', defaultMemory);
  addCommon(audit);
  const cost = add(
    'cost',
    'what the backup costs a month, and what another window would cost',
    "pitr cost --storage 's3://backups/prod?region=eu-central-1' --price-per-gb 0.0245 --window 7d,30d,90d",
  );
  addStorage(cost);
  cost.option(
    '--price-per-gb <price>',
    'for a GB (2^30 bytes) and a month; default: S3 in us-east-1 by class',
  );
  cost.option('--window <windows>', 'windows of the retention to compare, with commas', '7d,30d,90d');
  addCommon(cost);
}
