// The grammar of the commands that say what is deleted and what is kept: plans of the retention, and pins. Must not run anything.

import type { Command } from 'commander';
import { addPlace } from './program-control.ts';
import { type AddCommand, addCommon } from './program-options.ts';

export function addRetention(add: AddCommand): void {
  const plan = add(
    'retention plan',
    'what the retention would delete and what it keeps, with a reason for each',
    'pitr retention plan --cluster shop --dry-run',
  );
  addCommon(addPlace(plan).option('--dry-run', 'only show it; nothing is kept, and nothing can be applied'));
  const apply = add(
    'retention apply',
    'carry out a plan that has cooled off',
    'pitr retention apply 20261122120000-retention --cluster shop',
  );
  apply.argument('<plan>', 'the id of the plan');
  addCommon(addPlace(apply));
  const veto = add(
    'retention veto',
    'never carry out a plan',
    "pitr retention veto 20261122120000-retention --reason 'the audit is not over'",
  );
  veto.argument('<plan>', 'the id of the plan');
  veto.option('--reason <words>', 'why, for those who read it later');
  addCommon(addPlace(veto));
  addPins(add);
}

function addPins(add: AddCommand): void {
  const snapshot = add(
    'pin snapshot',
    'keep a snapshot, whatever the retention says',
    "pitr pin snapshot snapshot-20261122042442 --reason 'end of the year'",
  );
  snapshot.argument('<folder>', 'the folder of the snapshot');
  addCommon(addPlace(addWords(snapshot)));
  const moment = add(
    'pin moment',
    'keep a moment restorable, whatever the retention says',
    "pitr pin moment --at latest --name 'before v42' --reason 'release' --until 2027-01-31T00:00:00Z",
  );
  moment.option('--at <moment>', 'the moment; see pitr --help for its forms');
  addCommon(addPlace(addWords(moment)));
  const range = add(
    'pin range',
    'keep all moments of a range restorable, whatever the retention says',
    "pitr pin range --from -2h --to latest --reason 'incident 17'",
  );
  range.option('--from <moment>', 'its first moment; see pitr --help for the forms');
  range.option('--to <moment>', 'its last moment');
  addCommon(addPlace(addWords(range)));
  const bookmark = add(
    'bookmark',
    'keep the moment of now under a name, once the log has passed it',
    "pitr bookmark 'before v42' --cluster shop --until 2027-01-31T00:00:00Z",
  );
  bookmark.argument('<name>', 'its name');
  bookmark.option('--at <moment>', 'a moment that has been, as a TSO or a date-time; default: now');
  bookmark.option('--timeout <time>', 'wait at most so long for the log', '15m');
  bookmark.option('--no-flush', 'do not make the stores flush');
  bookmark.option('--reason <words>', 'why, for those who read it later');
  bookmark.option('--until <time>', 'until when, such as 2027-01-31T00:00:00Z; default: until pitr unpin');
  addCommon(addPlace(bookmark));
  const unpin = add('unpin', 'release a pin', 'pitr unpin 20261122120000-pin-1 --cluster shop');
  unpin.argument('<id>', 'the id of the pin');
  addCommon(addPlace(unpin));
  const pins = add('pins', 'what is pinned, until when and why', 'pitr pins --cluster shop');
  addCommon(addPlace(pins).option('--all', 'also those that hold nothing any more'));
}

function addWords(command: Command): Command {
  command.option('--reason <words>', 'why, for those who read it later');
  command.option('--until <time>', 'until when, such as 2027-01-31T00:00:00Z; default: until pitr unpin');
  return command.option('--name <name>', 'a name: a bookmark');
}
