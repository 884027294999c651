// The grammar of the command line: commands, options, help, and the nearest word for a misspelt one. It gives back
// what was asked for and runs nothing. Must not import operations: `pitr --help` and mistakes answer at once.

import { Command, CommanderError, Option } from 'commander';
import { PitrError } from '../domain/errors.ts';
import { addBucketLooks } from './program-bucket.ts';
import { addClusterLooks } from './program-cluster.ts';
import { addControl } from './program-control.ts';
import {
  type AddCommand,
  addCommon,
  addKeys,
  addMoment,
  addResources,
  addStorage,
} from './program-options.ts';
import { addRetention } from './program-retention.ts';
import { addTruncate } from './program-truncate.ts';
import type { RawOptions } from './raw-options.ts';
import { usageError } from './usage-error.ts';

export type CommandName =
  | 'window'
  | 'snapshots'
  | 'tables'
  | 'restore'
  | 'query'
  | 'inspect'
  | 'doctor'
  | 'status'
  | 'audit'
  | 'cost'
  | 'settings check'
  | 'restore-cluster'
  | 'take-snapshot'
  | 'truncate-log'
  | 'truncate'
  | 'adopt'
  | 'rebuild'
  | 'retention plan'
  | 'retention apply'
  | 'retention veto'
  | 'pin snapshot'
  | 'pin moment'
  | 'pin range'
  | 'bookmark'
  | 'unpin'
  | 'pins'
  | 'local up';

export type { RawOptions };

/** What a command line asks for. */
export type Request =
  | {
      readonly kind: 'run';
      readonly command: CommandName;
      readonly words: readonly string[];
      readonly options: RawOptions;
    }
  | { readonly kind: 'print'; readonly text: string };

const momentForms = `Moments (--at): a TSO (470632756295237638), RFC 3339 (2026-11-22T04:24:48Z),
"2026-11-22 12:24:48.553+08:00", latest, or a time before latest: -90m, -2h30m, -1d`;

const exitCodes = `Exit codes: 0 done; 2 wrong usage; 3 the moment is not in the window; 4 the backup is damaged;
130 interrupted; 1 anything else`;

const environment = `Environment: PITR_STORAGE; PITR_KEY_FILE, PITR_LOG_KEY_FILE (files) or PITR_KEY, PITR_LOG_KEY
(hexadecimal); NO_COLOR`;

/**
 * Errors: INVALID_INPUT for every mistake of grammar, with the nearest right word as the hint.
 * `columns` is the width that help is wrapped to.
 */
export function parseArguments(argv: readonly string[], version: string, columns: number): Request {
  const printed: string[] = [];
  let request: Request | undefined;
  const program = buildProgram(version, (command, words, options) => {
    request = { kind: 'run', command, words, options };
  });
  const commands = program.commands.flatMap((command) => [command, ...command.commands]);
  for (const command of [program, ...commands]) {
    command.exitOverride();
    command.configureOutput({
      writeOut: (text) => printed.push(text),
      writeErr: () => {},
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
    });
  }
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0)
      return { kind: 'print', text: printed.join('') };
    throw usageError(error, argv, program);
  }
  if (request !== undefined) return request;
  throw new PitrError('INTERNAL', 'the arguments were read and no command was chosen');
}

function buildProgram(
  version: string,
  choose: (command: CommandName, words: readonly string[], options: RawOptions) => void,
): Command {
  const program = new Command('pitr')
    .description('Any moment of a TiDB backup that br and TiKV wrote: without a cluster, or back into one.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help; also after a command')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText(
      'after',
      `\n${momentForms}\n\n${environment}\n\n${exitCodes}\n\nStart here:\n  pitr window --storage ./backup`,
    );
  const add = (name: CommandName, summary: string, example: string): Command => {
    const [first = name, second] = name.split(' ');
    const command = (second === undefined ? program : groupOf(program, first))
      .command(second ?? first)
      .summary(summary)
      .description(`${upperFirst(summary)}.`);
    command.helpOption('-h, --help', 'print this help');
    command.addHelpText('after', `\nExample:\n${example.replace(/^/gm, '  ')}`);
    command.action((...values: unknown[]) => choose(name, wordsOf(values), command.opts()));
    return command;
  };
  addReports(add);
  addOperations(add);
  addBucketLooks(add);
  addClusterLooks(add);
  addControl(add);
  addRetention(add);
  addTruncate(add);
  addSettings(add);
  return program;
}

function addReports(add: AddCommand): void {
  const window = add(
    'window',
    'which moments can be brought back, and why not the others',
    "pitr window --storage 's3://backups/prod?region=eu-central-1'",
  );
  addCommon(addStorage(window));
  const snapshots = add(
    'snapshots',
    'each snapshot: state, size, what it can serve',
    'pitr snapshots --storage ./backup',
  );
  addCommon(addStorage(snapshots));
  const tables = add(
    'tables',
    'databases and tables as they were at a moment',
    "pitr tables --storage ./backup --at '2026-11-22 12:25:02+08:00' --tables 'shop.*'",
  );
  addCommon(addMoment(addStorage(tables)).option('--ddl', 'print the CREATE statements as well'));
}

function addOperations(add: AddCommand): void {
  const restore = add(
    'restore',
    'write the database as it was at a moment',
    'pitr restore --storage ./backup --at latest --into duckdb:shop.duckdb\n' +
      "pitr restore --storage ./backup --at -90m --into jsonl:out --tables 'shop.*,!shop.tmp_*'",
  );
  addMoment(addStorage(restore));
  restore.option('--into <target>', 'duckdb:FILE, parquet:DIR, csv:DIR or jsonl:DIR');
  restore.option('--force', 'replace a DuckDB file that no restore wrote');
  addCommon(addResources(restore));
  const query = add(
    'query',
    'ask the database as it was at a moment, in SQL',
    'pitr query --storage ./backup --at -10m "SELECT count(*) FROM shop.orders"',
  );
  query.argument('<sql>', 'one SELECT in the dialect of DuckDB; only the tables it names are read');
  addMoment(addStorage(query), false);
  query.addOption(
    new Option('--format <form>', 'how rows are printed').choices(['table', 'csv', 'jsonl']).default('table'),
  );
  addCommon(addResources(query));
  const inspect = add(
    'inspect',
    'decode any object of a backup for reading',
    'pitr inspect ./backup/log-backup/v1/global_checkpoint/1.ts',
  );
  inspect.argument('<object>', 'a file, or the URL of an object: s3://bucket/prefix/object');
  inspect.option('--limit <n>', 'how many entries of an object are shown', '20');
  addCommon(addKeys(inspect));
}

function addSettings(add: AddCommand): void {
  const check = add(
    'settings check',
    'every mistake in pitr.yaml, each at its place',
    'pitr settings check\npitr settings check staging/pitr.yaml --json',
  );
  check.argument('[file]', 'the settings file; default: pitr.yaml');
  addCommon(check);
}

/** What the words before the last one of a command are about. */
const groups: Readonly<Record<string, string>> = {
  settings: 'check the settings file pitr.yaml',
  local: 'the control plane on this machine',
  retention: 'what is deleted, and when',
  pin: 'keep something, whatever the retention says',
};

function groupOf(program: Command, name: string): Command {
  const known = program.commands.find((command) => command.name() === name);
  if (known !== undefined) return known;
  const summary = groups[name] ?? name;
  return program
    .command(name)
    .summary(summary)
    .description(`${upperFirst(summary)}.`)
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false);
}

function wordsOf(values: readonly unknown[]): readonly string[] {
  return values.filter((value): value is string => typeof value === 'string');
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
