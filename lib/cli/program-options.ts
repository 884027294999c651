// Options that commands of all kinds share, and how a command is added to the grammar. Must not run anything.

import type { Command } from 'commander';
import { defaultMemory } from './option-values.ts';
import type { CommandName } from './program.ts';

export type AddCommand = (name: CommandName, summary: string, example: string) => Command;

export function addKeys(command: Command): Command {
  command.option('--key-file <file>', 'key of encrypted snapshots, hexadecimal');
  return command.option('--log-key-file <file>', 'key of an encrypted log, when it differs');
}

export function addCommon(command: Command): Command {
  command.option('--json', 'one JSON document on stdout (docs/formats/json.md)');
  return command.option('--quiet', 'no progress and no notes on stderr');
}

export function addStorage(command: Command): Command {
  command.option('--storage <url>', 'folder, file://, local:// or s3://bucket/prefix?region=…&endpoint=…');
  command.option('--snapshots <url>', 'where snapshot-*/ are, when not below --storage');
  command.option('--log <url>', 'the log backup, when not below --storage');
  return addKeys(command);
}

export function addMoment(command: Command, tables = true): Command {
  command.option('--at <moment>', 'the moment; see pitr --help for its forms');
  command.option('--base <name>', 'start from this snapshot instead of the newest usable one');
  if (!tables) return command;
  const collect = (rule: string, rules: readonly string[] | undefined): readonly string[] => [
    ...(rules ?? []),
    rule,
  ];
  return command.option(
    '--tables <rules>',
    "which tables, e.g. 'shop.*,!shop.tmp_*'; may be repeated",
    collect,
  );
}

export function addResources(command: Command): Command {
  command.option('--memory <size>', 'memory to stay within, at least 128MiB', defaultMemory);
  return command.option('--workers <n>', 'worker threads; default: one per core');
}
